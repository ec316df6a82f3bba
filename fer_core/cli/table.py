"""Columns of text for a terminal."""

from collections.abc import Iterable, Sequence


def table_lines(header: Sequence[str], rows: Sequence[Sequence[str]], right: Iterable[int] = ()) -> list[str]:
    """The lines of a table, columns as wide as their widest cell. right: columns that are aligned to the right."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    aligned = frozenset(right)
    return [row_line(cells, widths, aligned) for cells in (header, ["-" * width for width in widths], *rows)]


def row_line(cells: Sequence[str], widths: Sequence[int], right: Iterable[int] = ()) -> str:
    """One line: two spaces between columns, none at its end. A cell that is too wide moves the rest."""
    aligned = frozenset(right)
    padded = (
        cell.rjust(width) if number in aligned else cell.ljust(width)
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(padded).rstrip()


def printable(text: str) -> str:
    """A file's name as it can be shown: what would move a terminal's cursor, or is no text, as an escape."""
    return text if text.isprintable() else ascii(text)[1:-1]
