"""Altair charts of the Compare page, one function each, from plain rows. Colour never stands alone: lines also differ
by dashes, points by shape, and bars have their model's name beside them."""

import io
from collections.abc import Sequence
from typing import Any, Final

import altair as alt
import pandas as pd

from fer_core.emotions import COLOURS, EMOTIONS

Rows = Sequence[dict[str, Any]]
_PALETTE: Final = (
    "#0072B2", "#D55E00", "#009E73", "#CC6FA3", "#E69F00", "#56B4E9", "#8F5BB5", "#7E8F00", "#9C6B30", "#7F7F7F",
)  # fmt: skip
"""After Okabe & Ito (2008), the first two farthest apart, and four more that are legible on light and dark ground."""
_DASHES: Final = ([1, 0], [6, 3], [2, 2], [8, 2, 2, 2], [1, 3], [10, 4], [4, 1, 1, 1])
_SHAPES: Final = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right")
_GREY: Final = "#808080"  # legible on light and dark ground: a page's theme does not reach marks
_HEIGHT: Final = 300


def f1_chart(rows: Rows) -> alt.LayerChart:
    """Bars of F1 by emotion, the models beside one another. rows: emotion, model, f1."""
    models = _names(rows, "model")
    base = alt.Chart(_frame(rows, "emotion", "model", "f1")).encode(
        y=alt.Y("emotion:N", sort=list(EMOTIONS), title=None),
        yOffset=alt.YOffset("model:N", sort=models),
        x=alt.X("f1:Q", title="F1", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(tickCount=5)),
        tooltip=["emotion:N", "model:N", alt.Tooltip("f1:Q", format=".3f")],
    )
    # the name stands inside the plot, on the right, where a bar of 1 would end: short names fit, long ones are cut
    text = base.mark_text(align="left", dx=4, color=_GREY, limit=150).encode(text="label:N")
    text = text.transform_calculate(label="format(datum.f1, '.2f') + '  ' + datum.model")
    bars = base.mark_bar().encode(color=_colour(models, symbol="square"))
    return (bars + text).properties(height=26 * len(EMOTIONS) * max(1, len(models)) * 0.8)


def curve_chart(rows: Rows, x: str, y: str, chance: bool = False) -> alt.LayerChart:
    """Curves in the unit square. rows: x, y, curve (a name); the axes are called `x` and `y`. chance: the diagonal.

    Curves that are called after an emotion, with or without a number behind it, have the emotion's colour.
    """
    names = _names(rows, "curve")
    lines = (
        alt.Chart(_frame(rows, "x", "y", "curve"))
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
    height = _HEIGHT + 9 * len(names)
    return (_diagonal() + lines if chance else alt.layer(lines)).properties(height=height)


def reliability_chart(rows: Rows) -> alt.LayerChart:
    """Accuracy over confidence, on the diagonal where perfect. rows: when, confidence, accuracy, faces."""
    names = _names(rows, "when")
    base = alt.Chart(_frame(rows, "when", "confidence", "accuracy", "faces")).encode(
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
        shape=alt.Shape("when:N", sort=names, scale=alt.Scale(domain=names, range=list(_SHAPES[: len(names)]))),
        size=alt.Size("faces:Q", scale=alt.Scale(range=[25, 350]), legend=None),
    )
    lines = base.mark_line(strokeWidth=1.5).encode(strokeDash=_dash(names, "when"))
    return (_diagonal() + lines + points).properties(height=_HEIGHT)


def learning_rate_chart(rows: Rows) -> alt.Chart:
    """Learning rate over epochs, on a logarithmic scale. rows: epoch, learning_rate, model."""
    names = _names(rows, "model")
    return (
        alt.Chart(_frame(rows, "epoch", "learning_rate", "model"))
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


def cost_chart(rows: Rows, cost: str, title: str) -> alt.LayerChart:
    """Bubbles: accuracy over cost, as large as the file. rows: model, accuracy, low, high, megabytes and `cost`.

    title: of the axis of cost. The accuracy's interval is drawn as a thin line, the model's name beside its bubble.
    """
    models = _names(rows, "model")
    frame = _frame(rows, "model", "accuracy", "low", "high", "megabytes", cost)
    least, most = float(frame[cost].min()), float(frame[cost].max())
    # a name stands beside its interval's line, on the side where there is room
    frame["side"] = ["left" if value > (least + most) / 2 else "right" for value in frame[cost]]
    room = 0.2 * (most - least) or 0.2 * most
    base = alt.Chart(frame).encode(
        x=alt.X(f"{cost}:Q", title=title, scale=alt.Scale(domain=[max(0, least - room), most + room], nice=False)),
        tooltip=[
            "model:N",
            alt.Tooltip("accuracy:Q", format=".1%"),
            alt.Tooltip(f"{cost}:Q", title=title, format=",.2f"),
            alt.Tooltip("megabytes:Q", title="file, MB", format=".2f"),
        ],
    )
    scale = alt.Scale(zero=False, padding=15, nice=True)
    y = alt.Y("accuracy:Q", title="accuracy", scale=scale, axis=alt.Axis(format=".0%", tickCount=6))
    spans = base.mark_rule(color=_GREY).encode(y=alt.Y("low:Q", scale=scale), y2="high:Q")
    bubbles = base.mark_circle(opacity=0.75).encode(
        y=y,
        size=alt.Size("megabytes:Q", scale=alt.Scale(domainMin=0, range=[20, 600]), legend=None),
        color=alt.Color("model:N", legend=None, scale=_scale(models)),
    )
    names = [
        base.mark_text(dx=dx, dy=-9, align=align, color=_GREY, fontSize=12)
        .encode(y=y, text="model:N")
        .transform_filter(f"datum.side == '{side}'")
        for side, align, dx in (("right", "left", 8), ("left", "right", -8))
        if (frame["side"] == side).any()  # Vega warns of a layer without points
    ]
    return alt.layer(spans, bubbles, *names).properties(height=_HEIGHT)


def robustness_chart(rows: Rows, unit: str) -> alt.Chart:
    """Accuracy over the strength of one disturbance. rows: level, accuracy, model; unit: what a level counts."""
    names = _names(rows, "model")
    return (
        alt.Chart(_frame(rows, "level", "accuracy", "model"))
        .mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=40))
        .encode(
            x=alt.X("level:Q", title=unit, scale=alt.Scale(zero=False)),
            y=alt.Y("accuracy:Q", title="accuracy", scale=alt.Scale(domainMin=0), axis=alt.Axis(format="%")),
            color=_colour(names, columns=1),
            strokeDash=_dash(names, "model", columns=1),
            tooltip=["model:N", alt.Tooltip("level:Q", title=unit), alt.Tooltip("accuracy:Q", format=".1%")],
        )
        .properties(height=220 + 20 * len(names))  # three stand in a row: the legend has a line for each model
    )


def chart_file(chart: alt.TopLevelMixin, kind: str) -> bytes:
    """The chart as a file: "png" (twice the size, for print) or "svg". vl-convert draws it, without a browser."""
    buffer = io.BytesIO() if kind == "png" else io.StringIO()
    drawn = chart.properties(width=480) if isinstance(chart, alt.Chart | alt.LayerChart) else chart
    drawn.save(buffer, format=kind, **({"scale_factor": 2} if kind == "png" else {}))
    content = buffer.getvalue()
    return content if isinstance(content, bytes) else content.encode()


def _frame(rows: Rows, *columns: str) -> pd.DataFrame:
    # "point" keeps the order of a curve whose x stands still
    frame = pd.DataFrame(list(rows), columns=list(columns))
    return frame.assign(point=range(len(frame)))


def _names(rows: Rows, key: str) -> list[str]:
    return list(dict.fromkeys(str(row[key]) for row in rows))


def _scale(names: Sequence[str]) -> alt.Scale:
    colours = [COLOURS.get(name.split(" ")[0], _PALETTE[i % len(_PALETTE)]) for i, name in enumerate(names)]
    return alt.Scale(domain=list(names), range=colours)


def _legend(symbol: str = "stroke", columns: int = 2) -> alt.Legend:
    return alt.Legend(title=None, orient="bottom", columns=columns, labelLimit=220, symbolType=symbol)


def _colour(names: Sequence[str], field: str = "model", symbol: str = "stroke", columns: int = 2) -> alt.Color:
    return alt.Color(f"{field}:N", sort=list(names), scale=_scale(names), legend=_legend(symbol, columns))


def _dash(names: Sequence[str], field: str, columns: int = 2) -> alt.StrokeDash:
    dashes = [_DASHES[i % len(_DASHES)] for i in range(len(names))]
    return alt.StrokeDash(
        f"{field}:N",
        sort=list(names),
        scale=alt.Scale(domain=list(names), range=dashes),
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
    return alt.Chart(ends).mark_line(color=_GREY, strokeDash=[2, 4], strokeWidth=1).encode(x="end:Q", y="end:Q")
