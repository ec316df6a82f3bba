"""The files that a film's result may have, by name."""

from typing import Final

FORMATS: Final = ("csv", "parquet", "eaf", "srt", "vtt", "mp4")
"""Tables, ELAN, subtitles, the annotated copy. The summary as JSON is always there."""
DEFAULT_FORMATS: Final = FORMATS[:-1]
"""All but the copy, which takes longer than the rest together."""


def parse_formats(text: str | None, copy: bool = False) -> tuple[str, ...]:
    """The formats named in a list with commas, in their order. Raises ValueError.

    text: None for the default, which has the annotated copy where `copy` says so.
    """
    if text is None:
        return FORMATS if copy else DEFAULT_FORMATS
    chosen = {part.strip() for part in text.split(",")}
    if not chosen <= set(FORMATS):
        raise ValueError(f"Expected some of {', '.join(FORMATS)}, with commas. Received: {text}.")
    return tuple(name for name in FORMATS if name in chosen)
