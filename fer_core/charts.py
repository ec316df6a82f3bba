"""Altair charts, one function each. Colour never stands alone: names are written beside it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import altair as alt
import pandas as pd

from fer_core.emotions import COLOURS, EMOTIONS, SYMBOLS

_CURVES: Final = {"training": "{}", "validation": "val_{}"}


def history_chart(history: Sequence[dict[str, Any]], metric: str, title: str = "") -> alt.LayerChart:
    """Training and validation curve of `metric` ("loss" or "accuracy") over epochs, with the value at every point."""
    rows = [
        {"epoch": index + 1, "part": part, metric: record[key.format(metric)], "phase": record.get("phase", "")}
        for index, record in enumerate(history)
        for part, key in _CURVES.items()
        if record.get(key.format(metric)) is not None
    ]
    y = alt.Y(
        f"{metric}:Q",
        title=metric,
        scale=alt.Scale(zero=False),
        axis=alt.Axis(format="%" if metric == "accuracy" else ""),
    )
    base = alt.Chart(pd.DataFrame(rows, columns=["epoch", "part", metric, "phase"])).encode(
        x=alt.X("epoch:Q", title="epoch", axis=alt.Axis(tickMinStep=1, format="d")),
        y=y,
        color=alt.Color("part:N", title=None, scale=alt.Scale(domain=list(_CURVES), range=["#0072B2", "#D55E00"])),
        strokeDash=alt.StrokeDash("part:N", title=None, scale=alt.Scale(domain=list(_CURVES), range=[[1, 0], [5, 3]])),
    )
    points = base.mark_point(filled=True, size=30).encode(
        tooltip=["epoch:Q", "part:N", alt.Tooltip(f"{metric}:Q", format=".4f"), "phase:N"]
    )
    return (base.mark_line() + points).properties(title=title, width=420, height=260)


def confusion_chart(matrix: Sequence[Sequence[int]], title: str = "", normalised: bool = True) -> alt.LayerChart:
    """Confusion matrix, rows = truth. normalised: shares of each row (colour and text), else counts."""
    rows = []
    for truth, counts in zip(EMOTIONS, matrix, strict=True):
        total = max(1, sum(counts))
        rows += [
            {"truth": truth, "predicted": predicted, "faces": int(count), "share": count / total}
            for predicted, count in zip(EMOTIONS, counts, strict=True)
        ]
    shown = alt.Text("share:Q", format=".0%") if normalised else alt.Text("faces:Q")
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("predicted:N", sort=list(EMOTIONS), title="predicted", axis=alt.Axis(labelAngle=-40)),
        y=alt.Y("truth:N", sort=list(EMOTIONS), title="truth"),
        tooltip=["truth:N", "predicted:N", "faces:Q", alt.Tooltip("share:Q", title="share of row", format=".1%")],
    )
    cells = base.mark_rect().encode(
        color=alt.Color("share:Q", scale=alt.Scale(scheme="blues", domain=[0, 1]), legend=None)
    )
    text = base.mark_text(fontSize=11).encode(
        text=shown, color=alt.condition("datum.share > 0.5", alt.value("white"), alt.value("black"))
    )
    return (cells + text).properties(title=title, width=330, height=330)


def probability_chart(probabilities: dict[str, Sequence[float]]) -> alt.FacetChart | alt.LayerChart:
    """Bars of the seven probabilities, one panel per model; values are written beside the bars.

    probabilities: model title -> (7,) in the order of EMOTIONS.
    """
    rows = [
        {"model": model, "emotion": emotion, "label": f"{SYMBOLS[emotion]} {emotion}", "probability": float(value)}
        for model, values in probabilities.items()
        for emotion, value in zip(EMOTIONS, values, strict=True)
    ]
    labels = [f"{SYMBOLS[emotion]} {emotion}" for emotion in EMOTIONS]
    base = alt.Chart().encode(
        y=alt.Y("label:N", sort=labels, title=None, axis=alt.Axis(labelLimit=140)),
        x=alt.X(
            "probability:Q",
            title=None,
            scale=alt.Scale(domain=[0, 1.12]),
            axis=alt.Axis(format="%", values=[0, 0.5, 1]),
        ),
        tooltip=["model:N", "emotion:N", alt.Tooltip("probability:Q", format=".1%")],
    )
    colour = alt.Color(
        "emotion:N", legend=None, scale=alt.Scale(domain=list(EMOTIONS), range=[COLOURS[e] for e in EMOTIONS])
    )
    bars = base.mark_bar().encode(color=colour)
    text = base.mark_text(align="left", dx=3).encode(text=alt.Text("probability:Q", format=".0%"))
    layered = alt.layer(bars, text, data=pd.DataFrame(rows)).properties(height=190)
    return layered


def save_png(chart: alt.TopLevelMixin, path: Path, scale: float = 2.0) -> None:
    """Write a chart as a PNG file (vl-convert draws it: no browser needed)."""
    chart.save(str(path), scale_factor=scale)
