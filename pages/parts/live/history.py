"""What the session has shown so far: a timeline of the last minute, and each emotion's share of the time."""

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer_core.charts import timeline_frame, timeline_spec
from fer_core.live import LiveSession
from pages.parts.live.bars import show_bars
from pages.parts.live.panel import FACES_SHOWN

MINUTE = 60.0


def show_history(session: LiveSession, titles: Mapping[str, str], models: Sequence[str]) -> None:
    """The timelines of `models` and the summary. A fragment."""
    _show_timelines(session, titles, models)
    _show_summary(session, titles)


def _show_timelines(session: LiveSession, titles: Mapping[str, str], models: Sequence[str]) -> None:
    """The last minute of every face in view and every model; of the last face seen where none is in view."""
    numbers = [face.number for face in session.view().faces[:FACES_SHOWN]]
    rows = {name: session.timeline(name, MINUTE) for name in models}
    if not numbers:
        numbers = sorted({row["face"] for row in rows.get(models[0], [])})[-1:] if models else []
    for number in numbers:
        for column, name in zip(_places(len(models)), models, strict=True):
            column.markdown(f"**Face {number}** · {titles.get(name, name)}, last 60 seconds")
            own = [row for row in rows[name] if row["face"] == number]
            described = {"description": f"Face {number}, {titles.get(name, name)}: emotions over the last 60 seconds."}
            spec = timeline_spec(-MINUTE, 0) | described
            column.vega_lite_chart(timeline_frame(own), spec, width="stretch", key=f"timeline-{number}-{name}")


def _places(count: int) -> list[DeltaGenerator]:
    """Places for `count` charts, two side by side at most: more would be too narrow to read."""
    rows = [st.columns(min(2, count)) for _ in range(0, count, 2)]
    return [place for row in rows for place in row][:count]


def _show_summary(session: LiveSession, titles: Mapping[str, str]) -> None:
    """Share of time for each emotion, over all faces of the session."""
    shares = session.shares()
    if not shares:
        return
    st.header("Session so far", divider="gray", anchor=False)
    st.caption("Share of the time for which each expression was shown, over all faces.")
    show_bars(shares, {name: f"<strong>{escape(titles.get(name, name))}</strong>" for name in shares})
