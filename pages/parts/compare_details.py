"""The details of two models: where they err, how sure they are, how they were trained."""

from typing import Any

import streamlit as st

from fer_core import EMOTIONS
from fer_core.bundles import Bundle
from fer_core.calibration import uncalibrated
from fer_core.charts import confusion_chart, history_chart
from fer_core.charts_compare import curve_chart, f1_chart, learning_rate_chart, reliability_chart
from fer_core.comparison import precision_recall_curve, reliability, roc_curve
from fer_core.evaluation import expected_calibration_error
from pages.parts.compare_parts import matrix_rows, show_chart

CURVES = {
    "ROC": (roc_curve, "false positive rate", "true positive rate"),
    "precision-recall": (precision_recall_curve, "recall", "precision"),
}


def show_confusions(pair: list[Bundle], part: str, names: dict[str, str]) -> None:
    """Both matrices."""
    counts = st.toggle("Counts instead of shares of each row", key="compare_counts")
    for column, bundle in zip(st.columns(2), pair, strict=True):
        matrix = bundle.card.evaluation[part].get("confusion_matrix")
        with column:
            if not matrix:
                st.info(f"The card of {names[bundle.name]} holds no confusion matrix for these faces.")
                continue
            # every emotion keeps its label on a phone too
            chart = confusion_chart(matrix, normalised=not counts).configure_axisX(labelOverlap=False)
            show_chart(chart, names[bundle.name], matrix_rows(matrix), f"confusion-{bundle.name}-{part}")
    st.caption("Rows: what the face was labelled. Columns: what the model said. The diagonal is what it got right.")


def show_f1(pair: list[Bundle], part: str, names: dict[str, str]) -> None:
    """Bars by emotion."""
    rows = [
        {"emotion": emotion, "model": names[bundle.name], **values}
        for bundle in pair
        for emotion, values in bundle.card.evaluation[part].get("per_class", {}).items()
    ]
    if not rows:
        st.info("Neither card holds figures by emotion for these faces.")
        return
    show_chart(f1_chart(rows), "F1 by emotion", rows, f"f1-{pair[0].name}-{pair[1].name}-{part}")
    st.caption("F1 joins how many faces of an emotion are found (recall) with how often its name is right (precision).")


def show_curves(answers: dict[str, tuple[Any, Any]], names: dict[str, str]) -> None:
    """One emotion, both models, in two charts; or all emotions, a chart for each model and kind."""
    wanted = st.segmented_control("Emotion", ["all", *EMOTIONS], default="all", key="compare_emotion") or "all"
    areas: dict[str, dict[str, Any]] = {emotion: {"emotion": emotion} for emotion in EMOTIONS}
    for kind, (curve_of, x, y) in CURVES.items():
        curves = {
            (name, emotion): curve_of(probabilities[:, i], labels == i)
            for name, (labels, probabilities) in answers.items()
            for i, emotion in enumerate(EMOTIONS)
        }
        for (name, emotion), curve in curves.items():
            areas[emotion][f"{names[name]}: {kind}"] = curve.area if curve else None
        groups = {names[name]: [(name, e, e) for e in EMOTIONS] for name in answers}
        if wanted != "all":
            groups = {wanted: [(name, wanted, names[name]) for name in answers]}
        for column, (title, members) in zip(st.columns(len(groups)), groups.items(), strict=True):
            rows = [
                {"x": float(px), "y": float(py), "curve": f"{label} {curve.area:.3f}"}
                for name, emotion, label in members
                if (curve := curves[name, emotion])
                for px, py in zip(*(lambda c: (c.x, c.y))(curve.thinned()), strict=True)
            ]
            with column:
                chart = curve_chart(rows, x, y, chance=kind == "ROC")
                show_chart(chart, f"{title}: {kind}, with areas", rows, f"{kind}-{'-'.join(answers)}-{title}")
    shown = [row for emotion, row in areas.items() if wanted in ("all", emotion)]
    form = {key: st.column_config.NumberColumn(format="%.3f") for key in shown[0] if key != "emotion"}
    st.markdown("**Areas under the curves**")
    st.dataframe(shown, column_config=form, hide_index=True, placeholder="-")
    st.caption("Each emotion against all others. An area of 1 is perfect; under a ROC curve, 0.5 is guessing.")


def show_calibration(pair: list[Bundle], answers: dict[str, tuple[Any, Any]], names: dict[str, str]) -> None:
    """Reliability before and after calibration."""
    for column, bundle in zip(st.columns(2), pair, strict=True):
        labels, after = answers[bundle.name]
        stages = {"before calibration": uncalibrated(after, bundle.card.calibration), "after calibration": after}
        rows = [{"when": when, **record} for when, p in stages.items() for record in reliability(p, labels)]
        errors = [expected_calibration_error(p, labels) for p in stages.values()]
        with column:
            show_chart(reliability_chart(rows), names[bundle.name], rows, f"calibration-{bundle.name}")
            st.caption(
                f"Temperature {bundle.card.calibration['temperature']:.2f}"
                f"{', then a scale and a bias per emotion' if 'scale' in bundle.card.calibration else ''}: "
                "fitted on the validation part. "
                f"Calibration error {errors[0]:.3f} before, {errors[1]:.3f} after."
            )
    st.caption("On the dotted line a model that says 70 % is right 70 times in 100. Below it, the model is too sure.")


def show_training(pair: list[Bundle], names: dict[str, str]) -> None:
    """Accuracy and loss of both, and their learning rates."""
    st.markdown("##### Training")
    trained = [bundle for bundle in pair if bundle.card.history]
    for bundle in pair:
        if bundle not in trained:
            st.info(f"The card of {names[bundle.name]} holds no history of its training.")
    for metric in ("accuracy", "loss"):
        for column, bundle in zip(st.columns(2), trained, strict=False):
            with column:
                chart = history_chart(bundle.card.history, metric)
                show_chart(chart, f"{names[bundle.name]}: {metric}", bundle.card.history, f"{metric}-{bundle.name}")
    rates = [
        {"epoch": number, "model": names[bundle.name], "learning_rate": record["learning_rate"]}
        for bundle in trained
        for number, record in enumerate(bundle.card.history, 1)
        if record.get("learning_rate")
    ]
    if rates:
        show_chart(learning_rate_chart(rates), "Learning rate", rates, f"rates-{pair[0].name}-{pair[1].name}")
