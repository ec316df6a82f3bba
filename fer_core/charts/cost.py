"""Accuracy over what a model costs: bubbles with their intervals, and names that do not overlap."""

import json
from collections.abc import Sequence
from typing import Final

import altair as alt

from fer_core.charts.style import HEIGHT, Rows, chart_frame, colour_scale, series_names

NAME_HEIGHT: Final = 15
"""Pixels that a model's name takes on an axis."""


def cost_chart(rows: Rows, cost: str, title: str) -> alt.LayerChart:
    """Bubbles of accuracy over cost; their area is the file size. rows: model, accuracy, low, high, megabytes, `cost`.

    title: of the cost's axis. A thin line shows the interval of the accuracy, low to high. The models' names stand in a
    column on the right, each joined to its bubble by a line, so that they overlap at no width.
    """
    models = series_names(rows, "model")
    frame = chart_frame(rows, "model", "accuracy", "low", "high", "megabytes", cost)
    bottom, top = float(frame["low"].min()) - 0.01, float(frame["high"].max()) + 0.01
    frame["place"] = spread(frame["accuracy"].tolist(), (top - bottom) * NAME_HEIGHT / HEIGHT, bottom, top)
    least, most = float(frame[cost].min()), float(frame[cost].max())
    room = 0.1 * (most - least) or 0.1 * most
    ends = [max(0, least - room), most + room]
    frame["end"] = ends[1]
    scale = alt.Scale(zero=False, domain=[bottom, top], nice=False)
    colour = alt.Color("model:N", legend=None, scale=colour_scale(models))
    base = alt.Chart(frame).encode(
        x=alt.X(f"{cost}:Q", title=title, scale=alt.Scale(domain=ends, nice=False)),
        color=colour,
        tooltip=[
            "model:N",
            alt.Tooltip("accuracy:Q", format=".1%"),
            alt.Tooltip(f"{cost}:Q", title=title, format=",.2f"),
            alt.Tooltip("megabytes:Q", title="file, MB", format=".2f"),
        ],
    )
    spans = base.mark_rule(opacity=0.6).encode(y=alt.Y("low:Q", scale=scale, axis=None), y2="high:Q")
    bubbles = base.mark_circle(opacity=0.75).encode(
        y=alt.Y("accuracy:Q", title="accuracy", scale=scale, axis=alt.Axis(format=".0%", tickCount=6)),
        size=alt.Size("megabytes:Q", scale=alt.Scale(domainMin=0, range=[20, 600]), legend=None),
    )
    names = base.mark_rule(strokeWidth=1, strokeDash=[1, 3]).encode(
        x2="end:Q",
        y=alt.Y("accuracy:Q", scale=scale, axis=_names_axis(dict(zip(frame["place"], frame["model"], strict=True)))),
        y2="place:Q",
    )
    return alt.layer(spans, bubbles, names).resolve_axis(y="independent").properties(height=HEIGHT)


def spread(values: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """The values moved apart to at least `gap`, in their order, as little as a pass up and a pass down need.

    They stay between low and high where there is room for all.
    """
    order = sorted(range(len(values)), key=values.__getitem__)
    placed = [0.0] * len(values)
    below = low - gap / 2
    for i in order:
        below = placed[i] = max(values[i], below + gap)
    above = high + gap / 2
    for i in reversed(order):
        above = placed[i] = min(placed[i], above - gap)
    return placed


def _names_axis(names: dict[float, str]) -> alt.Axis:
    """An axis on the right that says names in the place of values."""
    said = "".join(f"abs(datum.value - {place!r}) < 1e-9 ? {json.dumps(name)} : " for place, name in names.items())
    return alt.Axis(
        orient="right", values=list(names), labelExpr=f"{said}''", labelOverlap=False, labelLimit=150,
        title=None, grid=False, ticks=False, domain=False,
    )  # fmt: skip
