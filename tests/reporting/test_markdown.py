"""Markdown tables: alignment, and cells that would break them."""

import pytest

from fer_core.reporting.markdown import decimal, markdown_table, percent, percent_interval


def test_a_table() -> None:
    rows = [("a|b\nc", "1", "2"), ("d", "-", "")]
    assert markdown_table(("Name", "X", "Y"), rows).splitlines() == [
        "| Name | X | Y |",
        "|---|---:|---:|",
        "| a/b c | 1 | 2 |",
        "| d | - |  |",
    ]
    assert markdown_table(("Name", "Kind", "X"), [], text_columns=2).splitlines()[1:] == ["|---|---|---:|"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (percent(0.70431), "70.4%"),
        (percent(0.756, 2), "75.60%"),
        (percent(None), "-"),
        (decimal(0.69412), "0.694"),
        (decimal(2.8164, 2), "2.82"),
        (decimal(None), "-"),
        (percent_interval(0.689, 0.7194), "68.9% to 71.9%"),
        (percent_interval(None, None), "-"),
    ],
)
def test_figures(written: str, expected: str) -> None:
    assert written == expected
