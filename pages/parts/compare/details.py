"""The details of two models: their mistakes, their calibration, their training."""

from typing import Any

import streamlit as st

from fer_core import EMOTIONS
from fer_core.bundle import Bundle, uncalibrated
from fer_core.charts import (
    confusion_chart,
    curve_chart,
    f1_chart,
    history_chart,
    learning_rate_chart,
    reliability_chart,
)
from fer_core.evaluation import expected_calibration_error, precision_recall_curve, reliability, roc_curve
from fer_core.reporting import calibrated_on
from pages.parts.compare.charts import offer_table, show_chart
from pages.parts.compare.tables import matrix_rows

CURVES = {
    "ROC": (roc_curve, "false positive rate", "true positive rate"),
    "precision-recall": (precision_recall_curve, "recall", "precision"),
}


def show_confusions(pair: list[Bundle], part: str, titles: dict[str, str]) -> None:
    """Both matrices."""
    counts = st.toggle("Counts instead of percentages of each row", key="compare_counts")
    for column, bundle in zip(st.columns(2), pair, strict=True):
        matrix = bundle.card.evaluation[part].get("confusion_matrix")
        with column:
            if not matrix:
                st.info(f"The card of {titles[bundle.name]} holds no confusion matrix for these faces.")
                continue
            # every emotion keeps its label on a phone too
            chart = confusion_chart(matrix, normalised=not counts).configure_axisX(labelOverlap=False)
            show_chart(chart, titles[bundle.name], matrix_rows(matrix), f"confusion-{bundle.name}-{part}")
    st.caption("Rows: the label of a face. Columns: the model's prediction. On the diagonal it is correct.")
    show_absent(pair[0].card.evaluation[part])


def show_absent(found: dict[str, Any]) -> None:
    """Say which emotions have no faces among those of `found`, the metrics of a part."""
    if absent := [emotion for emotion, of in found.get("per_class", {}).items() if of.get("support") == 0]:
        st.caption(f"No faces of {', '.join(absent)} are among these, so nothing can be said of them.")


def show_f1(pair: list[Bundle], part: str, titles: dict[str, str]) -> None:
    """Bars per emotion."""
    rows = [
        {"emotion": emotion, "model": titles[bundle.name], **values}
        for bundle in pair
        for emotion, values in bundle.card.evaluation[part].get("per_class", {}).items()
        if values.get("support") != 0
    ]
    if not rows:
        st.info("Neither card holds figures per emotion for these faces.")
        return
    show_chart(f1_chart(rows), "F1 by emotion", rows, f"f1-{pair[0].name}-{pair[1].name}-{part}")
    st.caption(
        "F1 combines how many faces of an emotion are found (recall) with how often its predictions are correct "
        "(precision)."
    )
    show_absent(pair[0].card.evaluation[part])


def show_curves(predictions: dict[str, tuple[Any, Any]], titles: dict[str, str]) -> None:
    """One emotion, both models, in two charts; or all emotions, a chart for each model and kind."""
    wanted = st.segmented_control("Emotion", ["all", *EMOTIONS], default="all", key="compare_emotion") or "all"
    curves = {
        (kind, name, emotion): curve_of(probabilities[:, i], labels == i)
        for kind, (curve_of, _, _) in CURVES.items()
        for name, (labels, probabilities) in predictions.items()
        for i, emotion in enumerate(EMOTIONS)
    }
    for kind, (_, x, y) in CURVES.items():
        if wanted == "all":
            groups = {titles[name]: {e: curves[kind, name, e] for e in EMOTIONS} for name in predictions}
        else:
            groups = {wanted: {titles[name]: curves[kind, name, wanted] for name in predictions}}
        for column, (title, members) in zip(st.columns(len(groups)), groups.items(), strict=True):
            rows = _curve_rows(members)
            with column:
                chart = curve_chart(rows, x, y, chance=kind == "ROC")
                show_chart(chart, f"{title}: {kind}, with areas", rows, f"{kind}-{'-'.join(predictions)}-{title}")
    areas: dict[str, dict[str, Any]] = {e: {"emotion": e} for e in (EMOTIONS if wanted == "all" else [wanted])}
    for (kind, name, emotion), curve in curves.items():
        if emotion in areas:
            areas[emotion][f"{titles[name]}: {kind}"] = curve.area if curve else None
    rows = list(areas.values())
    form = {key: st.column_config.NumberColumn(format="%.3f") for key in rows[0] if key != "emotion"}
    offer_table(rows, f"areas-{'-'.join(predictions)}")
    st.markdown("**Areas under the curves**")
    st.dataframe(rows, column_config=form, hide_index=True, placeholder="-")
    st.caption("Each emotion against all others. An area of 1 is perfect; under a ROC curve, 0.5 is guessing.")


def _curve_rows(curves: dict[str, Any]) -> list[dict[str, Any]]:
    """The points of labelled curves as the chart takes them; None stands for a curve that cannot be drawn."""
    rows = []
    for label, curve in curves.items():
        if curve is not None:
            points = curve.thinned()
            named = f"{label} {curve.area:.3f}"
            rows += [{"x": float(x), "y": float(y), "curve": named} for x, y in zip(points.x, points.y, strict=True)]
    return rows


def show_calibration(pair: list[Bundle], predictions: dict[str, tuple[Any, Any]], titles: dict[str, str]) -> None:
    """Reliability before and after calibration."""
    for column, bundle in zip(st.columns(2), pair, strict=True):
        labels, after = predictions[bundle.name]
        stages = {"before calibration": uncalibrated(after, bundle.card.calibration), "after calibration": after}
        rows = [{"when": when, **record} for when, p in stages.items() for record in reliability(p, labels)]
        errors = [expected_calibration_error(p, labels) for p in stages.values()]
        with column:
            show_chart(reliability_chart(rows), titles[bundle.name], rows, f"calibration-{bundle.name}")
            st.caption(
                f"Temperature {bundle.card.calibration['temperature']:.2f}"
                f"{', then a scale and a bias per emotion' if 'scale' in bundle.card.calibration else ''}: "
                f"fitted on {calibrated_on(bundle.card)}. "
                f"Calibration error {errors[0]:.3f} before, {errors[1]:.3f} after."
            )
    st.caption(
        "On the dotted line a model that says 70 % is correct 70 times in 100. Below it, the model is overconfident."
    )


def show_training(pair: list[Bundle], titles: dict[str, str]) -> None:
    """Accuracy and loss of both, and their learning rates."""
    st.markdown("## Training")
    trained = [bundle for bundle in pair if bundle.card.history]
    for bundle in pair:
        if bundle not in trained:
            st.info(f"The card of {titles[bundle.name]} holds no training history.")
    for metric in ("accuracy", "loss"):
        for column, bundle in zip(st.columns(2), trained, strict=False):
            with column:
                chart = history_chart(bundle.card.history, metric)
                show_chart(chart, f"{titles[bundle.name]}: {metric}", bundle.card.history, f"{metric}-{bundle.name}")
    rates = [
        {"epoch": number, "model": titles[bundle.name], "learning_rate": record["learning_rate"]}
        for bundle in trained
        for number, record in enumerate(bundle.card.history, 1)
        if record.get("learning_rate")
    ]
    if rates:
        show_chart(learning_rate_chart(rates), "Learning rate", rates, f"rates-{pair[0].name}-{pair[1].name}")
