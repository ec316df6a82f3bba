"""What every view of the Compare page uses: a chart with its table and files, and a table with explained columns."""

from collections.abc import Container
from functools import partial
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from fer_core import EMOTIONS
from fer_core.bundles import Bundle, read_predictions
from fer_core.charts_compare import chart_file
from fer_core.reports import to_csv
from fer_core.scoreboard import COLUMNS

MIMES = {"png": "image/png", "svg": "image/svg+xml", "csv": "text/csv"}
FURNITURE = 110  # pixels of title, axis and legend


def show_chart(chart: alt.TopLevelMixin, title: str, rows: list[dict[str, Any]], name: str) -> None:
    """A chart, and behind a button its table and its files, which are made when they are asked for."""
    named = chart.properties(title=title, description=title)
    # on a page the height holds title, axis and legend too
    st.altair_chart(named.properties(height=chart.height + FURNITURE), width="stretch", key=f"chart-{name}")
    with st.popover("Table and files", icon=":material/download:"):
        st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", key=f"table-{name}")
        with st.container(horizontal=True):
            for kind, mime in MIMES.items():
                content = partial(_csv, rows) if kind == "csv" else partial(chart_file, named, kind)
                st.download_button(
                    kind.upper(), content, f"{name}.{kind}", mime, on_click="ignore", key=f"{kind}-{name}"
                )


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


def percent(share: float | None) -> float | None:
    """A fraction as tables show it: Streamlit's own percent format drops the zero of 56.0 %."""
    return None if share is None else 100 * share


def table_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of a table with those columns that hold shares in percent."""
    shares = {column.key for column in COLUMNS if column.kind == "share"}
    return [{key: percent(value) if key in shares else value for key, value in row.items()} for row in rows]


@st.cache_data(show_spinner=False, max_entries=32)
def predictions(_bundle: Bundle, folder: str, sha256: str) -> Any:
    """`read_predictions`, kept by the hash that the card has of the file."""
    return read_predictions(_bundle)


def stored_predictions(bundle: Bundle) -> Any:
    """Part -> (labels, probabilities) of a bundle. Raises ModelError."""
    entry = bundle.card.files.get("predictions.npz", {})
    return predictions(bundle, str(bundle.folder), entry.get("sha256", ""))


def matrix_rows(matrix: list[list[int]]) -> list[dict[str, Any]]:
    """A confusion matrix as a table, a row for each truth."""
    return [
        {"truth": truth, **dict(zip(EMOTIONS, row, strict=True))} for truth, row in zip(EMOTIONS, matrix, strict=True)
    ]


def titles(bundles: list[Bundle]) -> dict[str, str]:
    """Bundle name -> the title that charts show; two bundles of one title get their names behind it."""
    given = [bundle.card.title for bundle in bundles]
    return {b.name: b.card.title if given.count(b.card.title) == 1 else f"{b.card.title} ({b.name})" for b in bundles}


def _csv(rows: list[dict[str, Any]]) -> str:
    return to_csv(rows, list(rows[0]) if rows else [])
