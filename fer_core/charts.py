"""Altair charts, one function each. Colour never stands alone: names are written beside it."""

import copy
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import altair as alt
import pandas as pd

from fer_core.emotions import COLOURS, EMOTIONS, SYMBOLS

_NAMES: Final = [f"{SYMBOLS[emotion]} {emotion}" for emotion in EMOTIONS]
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


def probability_spec(probabilities: Sequence[float], description: str = "") -> dict[str, Any]:
    """Vega-Lite bars of the seven probabilities (7,), in the order of EMOTIONS, each with its name and value in text.

    description: what screen readers say before the values. Only the data are made anew: Altair takes 50 ms to build and
    check a chart, and a page draws one for each face and model.
    """
    rows = [
        {"emotion": emotion, "name": name, "probability": float(value)}
        for emotion, name, value in zip(EMOTIONS, _NAMES, probabilities, strict=True)
    ]
    spoken = ", ".join(f"{row['emotion']} {row['probability']:.0%}" for row in rows)
    spec = copy.deepcopy(_probability_bars())  # Streamlit changes what it is given
    return spec | {"data": {"values": rows}, "description": f"{description}: {spoken}" if description else spoken}


@cache
def _probability_bars() -> dict[str, Any]:
    base = alt.Chart(alt.NamedData("replaced")).encode(
        y=alt.Y("name:N", sort=_NAMES, title=None, axis=alt.Axis(labelLimit=140, ticks=False, domain=False)),
        # room on the right for the value of a full bar
        x=alt.X("probability:Q", title=None, scale=alt.Scale(domain=[0, 1.2]), axis=None),
        tooltip=["emotion:N", alt.Tooltip("probability:Q", format=".1%")],
    )
    colour = alt.Color(
        "emotion:N", legend=None, scale=alt.Scale(domain=list(EMOTIONS), range=[COLOURS[e] for e in EMOTIONS])
    )
    # a grey that is legible on light and dark ground: a page's theme does not reach text marks
    values = base.mark_text(align="left", dx=4, color="#808080").encode(text=alt.Text("probability:Q", format=".0%"))
    bars: dict[str, Any] = (base.mark_bar().encode(color=colour) + values).properties(height=170).to_dict()
    return bars


def save_png(chart: alt.TopLevelMixin, path: Path, scale: float = 2.0) -> None:
    """Write a chart as a PNG file (vl-convert draws it: no browser needed)."""
    chart.save(str(path), scale_factor=scale)
