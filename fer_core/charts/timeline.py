"""Emotions over time as charts: the last minute of a webcam."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import altair as alt
import pandas as pd

from fer_core.charts.style import INK, emotion_scale
from fer_core.emotions import EMOTIONS

_COLUMNS: Final = ("face", "time", "emotion", "probability")


def timeline_frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the data of a timeline. rows: face, time in seconds, emotion, probability."""
    return pd.DataFrame(list(rows), columns=list(_COLUMNS))


@lru_cache(maxsize=32)
def timeline_spec(start: float, end: float, height: int = 280) -> dict[str, Any]:
    """`timeline_chart` as Vega-Lite without data: Altair takes 70 ms to build one, too long for a chart that moves."""
    spec: dict[str, Any] = timeline_chart((), start=start, end=end, height=height).to_dict()
    return {key: value for key, value in spec.items() if key not in ("data", "datasets")}


def timeline_chart(rows: Sequence[Mapping[str, Any]], *, start: float, end: float, height: int = 280) -> alt.LayerChart:
    """Return lines of the seven probabilities of one face over time.

    rows: face, time in seconds, emotion, probability. start, end: of the time axis, which does not depend on the
    rows, so that the chart holds still.
    height: pixels, with axis and legend.
    """
    time = alt.X(
        "time:Q",
        title="seconds",
        scale=alt.Scale(domain=[start, end], nice=False),
        axis=alt.Axis(grid=False),
    )
    colour = alt.Color(
        "emotion:N",
        title=None,
        sort=list(EMOTIONS),
        scale=emotion_scale(),
        legend=alt.Legend(orient="bottom", columns=4, symbolType="stroke", symbolStrokeWidth=3),
    )
    base = alt.Chart(timeline_frame(rows)).encode(
        x=time,
        y=alt.Y(
            "probability:Q",
            title=None,
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(format="%", values=[0, 0.5, 1]),
        ),
    )
    lines = base.mark_line(strokeWidth=2, interpolate="monotone").encode(color=colour)
    names = (
        base.mark_text(align="right", dy=-8, dx=-2, fontWeight="bold", color=INK)
        .encode(text="emotion:N")
        .transform_window(newest="rank()", sort=[alt.SortField("time", "descending")])
        .transform_filter("datum.newest == 1")
        .transform_window(first="row_number()", sort=[alt.SortField("probability", "descending")])
        .transform_filter("datum.first == 1")
    )
    return alt.layer(lines, names).properties(height=height)
