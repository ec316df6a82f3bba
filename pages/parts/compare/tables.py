"""Tables of the Compare page: columns with explained headings, fractions in percent, confusion matrices."""

from collections.abc import Container
from typing import Any

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from fer_core import EMOTIONS
from fer_core.reporting import COLUMNS


def table_config(keys: Container[str]) -> dict[str, Any]:
    """Titles, help and formats of those columns among `keys` that COLUMNS explains."""
    config: dict[str, Any] = {}
    for column in COLUMNS:
        if column.key not in keys:
            continue
        if column.kind == "text":
            config[column.key] = st.column_config.TextColumn(column.title, help=column.help)
        else:
            form = "%.1f %%" if column.kind == "share" else f"%.{column.decimals}f"
            config[column.key] = st.column_config.NumberColumn(column.title, help=column.help, format=form)
    if "model" in config:
        config["model"] = st.column_config.TextColumn(COLUMNS[0].title, help=COLUMNS[0].help, pinned=True)
    return config


def table_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of a table, with the columns that hold fractions in percent."""
    fractions = {column.key for column in COLUMNS if column.kind == "share"}
    return [{key: _percent(value) if key in fractions else value for key, value in row.items()} for row in rows]


def best_in_bold(frame: pd.DataFrame) -> Styler:
    """A table whose best figure of each column is bold, wherever COLUMNS says what is better."""
    better = {column.key: column.better for column in COLUMNS if column.better and column.key in frame}

    def bold(values: pd.Series) -> list[str]:
        best = values.max() if better[str(values.name)] == "high" else values.min()
        return ["font-weight: 700" if value == best else "" for value in values]

    formats = {
        column.key: "{:.1f} %" if column.kind == "share" else f"{{:.{column.decimals}f}}"
        for column in COLUMNS
        if column.kind != "text" and column.key in frame
    }
    return frame.style.apply(bold, subset=list(better)).format(formats, na_rep="-")


def matrix_rows(matrix: list[list[int]]) -> list[dict[str, Any]]:
    """A confusion matrix as a table, one row per true emotion."""
    return [
        {"truth": truth, **dict(zip(EMOTIONS, row, strict=True))} for truth, row in zip(EMOTIONS, matrix, strict=True)
    ]


def _percent(fraction: float | None) -> float | None:
    """A fraction as tables show it: Streamlit's own percent format drops the zero of 56.0 %."""
    return None if fraction is None else 100 * fraction
