"""A model's card as a page: figures, per emotion, confusions, training, limits. Everything is read from card.json."""

from typing import Any

import pandas as pd
import streamlit as st

from fer_core import EMOTIONS, ModelCard
from fer_core.bundle import PART_NAMES, REAL_FACES, network_entry
from fer_core.charts import confusion_chart, history_chart
from fer_core.reporting import training_facts


def show_card(card: ModelCard, title: str) -> None:
    """The whole page of a model below its name."""
    st.header(title, anchor=False)
    if card.purpose:
        st.markdown(f"For {card.purpose}.")
    if card.reproduces:
        st.markdown(f"Rebuilt after *{card.reproduces}*.")
    _show_size(card)
    if card.adaptation:
        _show_adaptation(card)
    _show_quality(card, title)
    for heading, text in (("Intended use", card.intended_use), ("Limits", card.limits)):
        if text:
            st.subheader(heading, anchor=False)
            st.write(text)
    _show_training(card, title)


def _show_size(card: ModelCard) -> None:
    size = network_entry(card).get("bytes")
    figures = {
        "Architecture": card.architecture,
        "Parameters": f"{card.parameters / 1e6:.2f} M",
        "Multiply-adds per face": f"{card.multiply_adds / 1e6:,.0f} M",
        "File": f"{size / 1e6:.2f} MB" if size else None,
    }
    _show_figures(figures)


def _show_adaptation(card: ModelCard) -> None:
    """What an adapted model learned from, and what it was worth there."""
    st.subheader("What it was adapted to", anchor=False)
    before, after = card.adaptation.get("before", {}), card.adaptation.get("after", {})
    faces = card.adaptation.get("faces", {})
    low, high = after.get("accuracy_interval") or (None, None)
    _show_figures(
        {
            "Base": (card.base or {}).get("name"),
            "Faces": f"{sum(faces.values()):,}",
            "Accuracy before": _percent(before.get("accuracy")),
            "Accuracy after": _percent(after.get("accuracy")),
            "95 % interval": None if low is None else f"{low:.1%} to {high:.1%}",
        }
    )
    counts = ", ".join(f"{emotion} {count:,}" for emotion, count in faces.items())
    st.caption(f"Cross-validated on the faces that it learned from: {counts}.")


def _show_quality(card: ModelCard, title: str) -> None:
    """Figures of one part, per emotion too, and the confusion matrix."""
    measured = ({REAL_FACES: _as_part(card.real_faces)} if card.real_faces else {}) | card.evaluation
    if not measured and card.adaptation:  # which has figures of its own
        return
    st.subheader("How good it is", anchor=False)
    if not measured:
        st.info("Nothing was measured for this model.")
        return
    order = [part for part in PART_NAMES if part in measured]
    parts = [*order, *(part for part in measured if part not in order)]
    part = st.selectbox("Faces", parts, format_func=lambda p: PART_NAMES.get(p, p), key=f"part-{card.name}")
    found = measured[part]
    low, high = found.get("accuracy_interval") or (None, None)
    _show_figures(
        {
            "Accuracy": _percent(found.get("accuracy")),
            "95 % interval": None if low is None else f"{low:.1%} to {high:.1%}",
            "Balanced accuracy": _percent(found.get("balanced_accuracy")),
            "Macro F1": _decimal(found.get("macro_f1")),
            "Calibration error": _decimal(found.get("ece")),
            "Faces": f"{found['n']:,}" if "n" in found else None,
        }
    )
    emotions = [{"Emotion": emotion, **per} for emotion in EMOTIONS if (per := found.get("per_class", {}).get(emotion))]
    matrix = found.get("confusion_matrix")
    left, right = st.columns(2)
    if emotions:
        rows = pd.DataFrame([_emotion_row(row) for row in emotions]).set_index("Emotion")
        left.table(rows.loc[:, (rows != "").any()])
        measured_ones = [row for row in emotions if row.get("support") != 0]
        worst = min(measured_ones or emotions, key=lambda row: row.get("recall", 1.0))
        precision = " Precision: of the faces given that label, the share that is correct."
        left.caption(
            f"Recall: of the faces of an emotion, the share that is predicted correctly; lowest for {worst['Emotion']}."
            + (precision if any("precision" in row for row in emotions) else "")
        )
    if part == REAL_FACES:
        left.caption(_about_pictures(card.real_faces))
    if matrix:
        described = f"Confusion matrix of {title}: rows are labels, columns predictions."
        right.altair_chart(confusion_chart(matrix).properties(description=described), width="stretch")


def _as_part(real: dict[str, Any]) -> dict[str, Any]:
    """What was measured on real faces, named as the metrics of a dataset's part are."""
    return real | {"per_class": real["per_emotion"]}


def _about_pictures(real: dict[str, Any]) -> str:
    source = f" ({real['source']})" if real.get("source") else ""
    return (
        f"Labelled pictures: {real['data']}{source}. The detector found a face in {real['found']:.1%} of them; the "
        "others count as wrong."
    )


def _emotion_row(row: dict[str, Any]) -> dict[str, str]:
    if row.get("support") == 0:  # zeros would look like failures
        row = {key: row[key] for key in ("Emotion", "support")}
    return {
        "Emotion": row["Emotion"],
        "Recall": _percent(row.get("recall")) or "",
        "Precision": _percent(row.get("precision")) or "",
        "F1": _decimal(row.get("f1")) or "",
        "Faces": f"{row.get('support', 0):,}",
    }


def _show_training(card: ModelCard, title: str) -> None:
    """What it learned from and how, and its curves."""
    if card.training:
        st.subheader("How it was trained", anchor=False)
        facts = training_facts(card) | ({"Command": command} if (command := card.training.get("command")) else {})
        if facts:
            st.table(pd.DataFrame({"What": list(facts), "Value": list(facts.values())}).set_index("What"))
    for column, metric in zip(st.columns(2), ("accuracy", "loss"), strict=True):
        if any(record.get(metric) is not None for record in card.history):
            described = f"{metric.capitalize()} of {title} over {len(card.history)} epochs, training and validation."
            chart = history_chart(card.history, metric, metric.capitalize()).properties(description=described)
            column.altair_chart(chart, width="stretch", key=f"history-{card.name}-{metric}")


def _show_figures(figures: dict[str, str | None]) -> None:
    """Figures side by side, those that are known; they wrap on a phone."""
    with st.container(horizontal=True):
        for label, value in figures.items():
            if value is not None:
                st.metric(label, value, width="content")


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.1%}"


def _decimal(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}"
