"""Times as people read them."""


def clock(seconds: float) -> str:
    """Minutes and seconds: 0:07.5."""
    return f"{int(seconds) // 60}:{seconds % 60:04.1f}"
