"""Charts of a single model: its training and its confusion matrix."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import altair as alt
import pandas as pd

from fer_core.charts.style import PALETTE, colour_scale, dash_scale
from fer_core.emotions import EMOTIONS

_LIGHT_TEXT: Final = "luminance(background) < 0.4 && datum.share < 0.95"
"""In an expression of Vega's, `background` is the ground that a page's theme sets."""
_CURVES: Final = {"training": "{}", "validation": "val_{}"}


def history_chart(history: Sequence[dict[str, Any]], metric: str, title: str = "") -> alt.LayerChart:
    """Return the training and validation curves of `metric`, "loss" or "accuracy", over epochs."""
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
        color=alt.Color("part:N", title=None, scale=colour_scale(list(_CURVES))),
        strokeDash=alt.StrokeDash("part:N", title=None, scale=dash_scale(list(_CURVES))),
    )
    points = base.mark_point(filled=True, size=30).encode(
        tooltip=["epoch:Q", "part:N", alt.Tooltip(f"{metric}:Q", format=".4f"), "phase:N"]
    )
    return (base.mark_line() + points).properties(title=title, width=420, height=260)


def confusion_chart(matrix: Sequence[Sequence[int]], title: str = "", normalised: bool = True) -> alt.LayerChart:
    """Return a confusion matrix, rows: labels, columns: predictions. A cell without faces shows the ground.

    matrix: (7, 7) counts. normalised: cells say the share of their row, else the count. The row of an emotion without
    faces is empty and says so.
    """
    each = list(zip(EMOTIONS, matrix, strict=True))
    truths = [emotion if sum(counts) else f"{emotion} (no faces)" for emotion, counts in each]
    rows = [
        {"truth": truth, "predicted": predicted, "faces": int(count), "share": count / sum(counts)}
        for truth, counts in zip(truths, matrix, strict=True)
        for predicted, count in zip(EMOTIONS, counts, strict=True)
        if sum(counts)
    ]
    shown = alt.Text("share:Q", format=".0%") if normalised else alt.Text("faces:Q")
    base = alt.Chart(pd.DataFrame(rows, columns=["truth", "predicted", "faces", "share"])).encode(
        x=alt.X("predicted:N", sort=list(EMOTIONS), title="predicted", axis=alt.Axis(labelAngle=-40),
                scale=alt.Scale(domain=list(EMOTIONS))),
        y=alt.Y("truth:N", sort=truths, title="truth", scale=alt.Scale(domain=truths)),
        tooltip=["truth:N", "predicted:N", "faces:Q", alt.Tooltip("share:Q", title="share of row", format=".1%")],
    )  # fmt: skip
    cells = base.mark_rect(color=PALETTE[0]).encode(
        opacity=alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0, 1]), legend=None)
    )
    text = base.mark_text(fontSize=11).encode(
        text=shown, color=alt.condition(_LIGHT_TEXT, alt.value("white"), alt.value("black"))
    )
    return (cells + text).properties(title=title, width=330, height=330)


def save_png(chart: alt.TopLevelMixin, path: Path, scale: float = 2.0) -> None:
    """Write a chart as a PNG file (vl-convert draws it: no browser needed)."""
    chart.save(str(path), scale_factor=scale)
