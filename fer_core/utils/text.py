"""Small helpers for sentences."""

from collections.abc import Iterable


def listed(names: Iterable[str]) -> str:
    """Names as a sentence lists them: "a", "a and b", "a, b and c"; "" for none."""
    *first, last = [*names] or [""]
    return f"{', '.join(first)} and {last}" if first else last
