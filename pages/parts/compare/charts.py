"""A chart of the Compare page with its table and its files, and all files of a view in one."""

import io
import zipfile
from collections.abc import Callable
from functools import partial
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from fer_core.analysis import to_csv
from fer_core.charts import chart_file

MIMES = {"png": "image/png", "svg": "image/svg+xml", "csv": "text/csv"}
TITLE_AND_AXES = 110  # pixels
_FILES = "compare_files"
Rows = list[dict[str, Any]]


def show_chart(
    chart: alt.TopLevelMixin, title: str, rows: Rows, name: str, printed: alt.TopLevelMixin | None = None
) -> None:
    """A chart, and behind a button its table and its files, which are made when they are asked for.

    printed: the chart for the files, where it differs from that for the page.
    """
    named = chart.properties(title=title, description=title)
    # on a page the height holds title, axis and legend too
    st.altair_chart(named.properties(height=chart.height + TITLE_AND_AXES), width="stretch", key=f"chart-{name}")
    drawn = printed.properties(title=title, description=title) if printed else named
    makers = {
        kind: partial(_csv, rows) if kind == "csv" else partial(chart_file, drawn, kind)  # made on demand
        for kind in MIMES
    }
    _offered().update({f"{name}.{kind}": make for kind, make in makers.items()})
    with st.popover("Table and files", icon=":material/download:"):
        with st.container(horizontal=True):
            for kind, mime in MIMES.items():
                st.download_button(
                    kind.upper(), makers[kind], f"{name}.{kind}", mime, on_click="ignore", key=f"{kind}-{name}"
                )
        st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", key=f"table-{name}")


def offer_table(rows: Rows, name: str) -> None:
    """Put a table that the view shows into its ZIP."""
    _offered()[f"{name}.csv"] = partial(_csv, rows)


def forget_files() -> None:
    """A view begins: nothing is in its ZIP yet."""
    st.session_state[_FILES] = {}


def offer_files(name: str) -> None:
    """A button that gives all charts and tables of the view as `name`.zip; none where it has shown nothing."""
    files = dict(_offered())
    if files:
        st.divider()
        st.download_button(
            "Everything on this page as ZIP",
            partial(_zipped, files),
            f"{name}.zip",
            "application/zip",
            on_click="ignore",
            icon=":material/folder_zip:",
            key="compare_zip",
            help="Every chart as PNG and SVG, every table as CSV.",
        )


def _offered() -> dict[str, Callable[[], bytes | str]]:
    files: dict[str, Callable[[], bytes | str]] = st.session_state.setdefault(_FILES, {})
    return files


def _zipped(files: dict[str, Callable[[], bytes | str]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, make in files.items():
            archive.writestr(name.replace("/", "-"), make())
    return buffer.getvalue()


def _csv(rows: Rows) -> str:
    return to_csv(rows, list(rows[0]) if rows else [])
