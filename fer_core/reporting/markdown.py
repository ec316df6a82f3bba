"""Markdown tables, and how their cells write figures."""

from collections.abc import Iterable, Sequence
from typing import Final

MISSING: Final = "-"
"""What a cell says where a figure is not known."""


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]], text_columns: int = 1) -> str:
    """Return a Markdown table without a final newline.

    header: the columns' titles; rows: cells, as many as titles each. The first `text_columns` columns are aligned left,
    the others right. A pipe or a line break in a cell would end it: they become a slash and a space.
    """
    rule = "|".join(["---"] * text_columns + ["---:"] * (len(header) - text_columns))
    return "\n".join([_line(header), f"|{rule}|", *(_line(row) for row in rows)])


def percent(fraction: float | None, decimals: int = 1) -> str:
    """0.7043 -> "70.4%"; MISSING for None."""
    return MISSING if fraction is None else f"{fraction:.{decimals}%}"


def decimal(value: float | None, decimals: int = 3) -> str:
    """0.69412 -> "0.694"; MISSING for None."""
    return MISSING if value is None else f"{value:.{decimals}f}"


def percent_interval(low: float | None, high: float | None) -> str:
    """(0.689, 0.719) -> "68.9% to 71.9%"; MISSING where an end is not known."""
    return MISSING if low is None or high is None else f"{percent(low)} to {percent(high)}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/').replace(chr(10), ' ') for cell in cells)} |"
