"""Times as people read them."""


def clock(seconds: float) -> str:
    """Minutes and seconds: 0:07.5."""
    tenths = round(10 * seconds)  # first, or 59.97 would become 0:60.0
    return f"{tenths // 600}:{tenths % 600 / 10:04.1f}"
