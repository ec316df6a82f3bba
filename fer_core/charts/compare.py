"""Charts that compare series by name, one function each, from plain rows. Colour never stands alone: lines also differ
by dashes, points by shape, and bars have their series' name beside them."""

import io
from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from fer_core.charts.style import (
    GREY,
    HEIGHT,
    INK,
    PALETTE,
    Rows,
    chart_frame,
    colour_scale,
    dash_scale,
    series_names,
    shape_scale,
)
from fer_core.emotions import EMOTIONS


def f1_chart(rows: Rows) -> alt.LayerChart:
    """Bars of F1 by emotion, the models beside one another. rows: emotion, model, f1."""
    models = series_names(rows, "model")
    base = alt.Chart(chart_frame(rows, "emotion", "model", "f1")).encode(
        y=alt.Y("emotion:N", sort=list(EMOTIONS), title=None),
        yOffset=alt.YOffset("model:N", sort=models),
        x=alt.X("f1:Q", title="F1", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(tickCount=5)),
        tooltip=["emotion:N", "model:N", alt.Tooltip("f1:Q", format=".3f")],
    )
    # the name stands inside the plot, on the right, where a bar of 1 would end: short names fit, long ones are cut
    text = base.mark_text(align="left", dx=4, color=INK, limit=150).encode(text="label:N")
    text = text.transform_calculate(label="format(datum.f1, '.2f') + '  ' + datum.model")
    bars = base.mark_bar().encode(color=_colour(models, symbol="square"))
    return (bars + text).properties(height=26 * len(EMOTIONS) * max(1, len(models)) * 0.8)


def curve_chart(rows: Rows, x: str, y: str, chance: bool = False) -> alt.LayerChart:
    """Curves in the unit square. rows: x, y, curve (a name); the axes are called `x` and `y`. chance: the diagonal.

    A curve whose name begins with an emotion has the emotion's colour.
    """
    names = series_names(rows, "curve")
    lines = (
        alt.Chart(chart_frame(rows, "x", "y", "curve"))
        .mark_line(strokeWidth=2)
        .encode(
            x=_unit("x", x),
            y=_unit("y", y),
            order="point:Q",
            color=_colour(names, "curve"),
            strokeDash=_dash(names, "curve"),
            tooltip=["curve:N", alt.Tooltip("x:Q", title=x, format=".3f"), alt.Tooltip("y:Q", title=y, format=".3f")],
        )
    )
    # on a page the legend takes its rows from the height
    height = HEIGHT + 9 * len(names)
    return (_diagonal() + lines if chance else alt.layer(lines)).properties(height=height)


def reliability_chart(rows: Rows) -> alt.LayerChart:
    """Accuracy over confidence, on the diagonal where perfect. rows: when, confidence, accuracy, faces."""
    names = series_names(rows, "when")
    base = alt.Chart(chart_frame(rows, "when", "confidence", "accuracy", "faces")).encode(
        x=_unit("confidence", "confidence"),
        y=_unit("accuracy", "accuracy"),
        color=_colour(names, "when"),
        tooltip=[
            "when:N",
            alt.Tooltip("confidence:Q", format=".1%"),
            alt.Tooltip("accuracy:Q", format=".1%"),
            alt.Tooltip("faces:Q", format=","),
        ],
    )
    points = base.mark_point(filled=True, opacity=0.8).encode(
        shape=alt.Shape("when:N", sort=names, scale=shape_scale(names)),
        size=alt.Size("faces:Q", scale=alt.Scale(range=[25, 350]), legend=None),
    )
    lines = base.mark_line(strokeWidth=1.5).encode(strokeDash=_dash(names, "when"))
    return (_diagonal() + lines + points).properties(height=HEIGHT)


def learning_rate_chart(rows: Rows) -> alt.Chart:
    """Learning rate over epochs, on a logarithmic scale. rows: epoch, learning_rate, model."""
    names = series_names(rows, "model")
    return (
        alt.Chart(chart_frame(rows, "epoch", "learning_rate", "model"))
        .mark_line(point=True, strokeWidth=2)
        .encode(
            x=alt.X("epoch:Q", axis=alt.Axis(tickMinStep=1, format="d")),
            y=alt.Y("learning_rate:Q", title="learning rate", scale=alt.Scale(type="log"), axis=alt.Axis(format="~e")),
            color=_colour(names),
            strokeDash=_dash(names, "model"),
            tooltip=["epoch:Q", "model:N", alt.Tooltip("learning_rate:Q", title="learning rate", format=".2e")],
        )
        .properties(height=260)
    )


def robustness_chart(rows: Rows, unit: str, names: Sequence[str], legend: bool = True) -> alt.Chart:
    """Accuracy over the severity of one corruption. rows: level (severity), accuracy, model; unit: of the severity.

    names: of all models that are compared, in the order of their colours, whether they have rows or not.
    """
    colour, dash = _colour(names, columns=1), _dash(names, "model", columns=1)
    if not legend:
        colour, dash = colour.legend(None), dash.legend(None)
    levels = sorted({float(row["level"]) for row in rows})
    # an axis's own format has as many digits as the distance of its ticks calls for: -96 would read -1e+2
    plain = "format(datum.value, '~g')"
    axis = alt.Axis(values=levels, labelExpr=plain, labelFlush=False, labelOverlap="greedy")
    return (
        alt.Chart(chart_frame(rows, "level", "accuracy", "model"))
        .mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=40))
        .encode(
            x=alt.X("level:Q", title=unit, scale=alt.Scale(zero=False), axis=axis),
            y=alt.Y("accuracy:Q", title="accuracy", scale=alt.Scale(domainMin=0), axis=alt.Axis(format="%")),
            color=colour,
            strokeDash=dash,
            tooltip=["model:N", alt.Tooltip("level:Q", title=unit), alt.Tooltip("accuracy:Q", format=".1%")],
        )
        .properties(height=220)
    )


def interval_chart(rows: Rows, title: str) -> alt.LayerChart:
    """Dots with whiskers, a line for each model, in the order of the rows. rows: model, value, low, high (fractions).

    title: of the values' axis.
    """
    base = alt.Chart(chart_frame(rows, "model", "value", "low", "high")).encode(
        y=alt.Y("model:N", sort=series_names(rows, "model"), title=None, axis=alt.Axis(labelLimit=170)),
        tooltip=["model:N", *(alt.Tooltip(f"{key}:Q", format=".1%") for key in ("value", "low", "high"))],
    )
    # room on the right for the value that stands behind the whisker
    low, high = min(row["low"] for row in rows), max(row["high"] for row in rows)
    scale = alt.Scale(domain=[low - 0.01, high + 0.2 * (high - low)], nice=False)
    whiskers = base.mark_rule(color=PALETTE[0], strokeWidth=2).encode(
        x=alt.X("low:Q", title=title, scale=scale, axis=alt.Axis(format=".0%", tickCount=5, labelFlush=False)),
        x2="high:Q",
    )
    dots = base.mark_point(filled=True, size=80, color=PALETTE[0], opacity=1).encode(x=alt.X("value:Q", scale=scale))
    text = base.mark_text(align="left", dx=6, color=INK, fontSize=12).encode(
        x=alt.X("high:Q", scale=scale), text=alt.Text("value:Q", format=".1%")
    )
    return (whiskers + dots + text).properties(height=26 * len(rows))


def chart_file(chart: alt.TopLevelMixin, kind: str) -> bytes:
    """Return the chart as a file. kind: "png" (at twice the size, for print) or "svg". Drawn without a browser."""
    buffer = io.BytesIO() if kind == "png" else io.StringIO()
    drawn = chart.properties(width=480) if isinstance(chart, alt.Chart | alt.LayerChart) else chart
    drawn.save(buffer, format=kind, **({"scale_factor": 2} if kind == "png" else {}))
    content = buffer.getvalue()
    return content if isinstance(content, bytes) else content.encode()


def _legend(symbol: str = "stroke", columns: int = 2) -> alt.Legend:
    return alt.Legend(title=None, orient="bottom", columns=columns, labelLimit=220, symbolType=symbol)


def _colour(names: Sequence[str], field: str = "model", symbol: str = "stroke", columns: int = 2) -> alt.Color:
    return alt.Color(f"{field}:N", sort=list(names), scale=colour_scale(names), legend=_legend(symbol, columns))


def _dash(names: Sequence[str], field: str, columns: int = 2) -> alt.StrokeDash:
    return alt.StrokeDash(
        f"{field}:N",
        sort=list(names),
        scale=dash_scale(names),
        legend=_legend(columns=columns),
    )


def _unit(field: str, title: str) -> dict[str, Any]:
    return {
        "field": field,
        "type": "quantitative",
        "title": title,
        "scale": {"domain": [0, 1]},
        "axis": {"tickCount": 5, "format": ".1~f"},
    }


def _diagonal() -> alt.Chart:
    ends = pd.DataFrame({"end": [0, 1]})
    return alt.Chart(ends).mark_line(color=GREY, strokeDash=[2, 4], strokeWidth=1).encode(x="end:Q", y="end:Q")
