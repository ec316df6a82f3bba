"""Times of a film as people write them."""

from typing import Final

_UNITS: Final = (1, 60, 3600)  # seconds of what colons part, from the right


def parse_time(text: str) -> float:
    """Seconds of "90", "1:30", "0:01:30.5". Raises ValueError for anything else."""
    parts = text.strip().split(":")
    if len(parts) > len(_UNITS) or not all(part.replace(".", "", 1).isdecimal() for part in parts):
        raise ValueError(f"Expected seconds, M:S or H:M:S. Received: {text}.")
    if any("." in part for part in parts[:-1]):
        raise ValueError(f"Expected a fraction in the seconds alone. Received: {text}.")
    return sum(float(part) * unit for part, unit in zip(reversed(parts), _UNITS, strict=False))
