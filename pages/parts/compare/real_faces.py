"""Compare, uploads with 'Find the faces': models on labelled pictures, end to end."""

import json
from typing import Any

import streamlit as st

from fer_core import EMOTIONS
from fer_core.bundle import Bundle
from fer_core.datasets import LabelledPictures
from fer_core.reporting import RealFaces, measure_pictures, percent_interval, real_faces_record
from pages.parts.compare.charts import offer_table
from pages.parts.compare.tables import table_config, table_rows
from pages.parts.shared.model_picker import ready_model

SHOWN = 200


def measure_found(pictures: LabelledPictures, bundles: list[Bundle]) -> RealFaces | None:
    """Measure with a progress bar; models that do not load are named and left out. None where none loads."""
    models = [model for b in bundles if (model := ready_model(b.name, b.card)) is not None]
    if not models:
        return None
    bar = st.progress(0.0)
    try:
        return measure_pictures(pictures, models, progress=lambda done: bar.progress(done, f"{done:.0%}") and None)
    finally:
        bar.empty()


def show_found(data: str, pictures: LabelledPictures, measured: RealFaces, titles: dict[str, str]) -> None:
    """Found share, accuracy and balanced accuracy, recall by emotion, what was missed, and the JSON to keep.

    data: what the set of pictures is called.
    """
    results = measured.results()
    st.markdown(f"## {len(measured.labels):,} pictures, a face found in {measured.found.mean():.1%}")
    rows = [
        {
            "model": titles[name],
            "found": 100 * found["found"],
            "accuracy": found["accuracy"],
            "interval": percent_interval(*found["accuracy_interval"]),
            "balanced_accuracy": found["balanced_accuracy"],
        }
        for name, found in sorted(results.items(), key=lambda item: -item[1]["accuracy"])
    ]
    offer_table(rows, "real-faces")
    config = table_config(rows[0])
    # the leaderboard's heading and help of this column are those of another set
    config["accuracy"] = st.column_config.NumberColumn("Accuracy", format="%.1f %%")
    config["found"] = st.column_config.NumberColumn("Face found", format="%.1f %%")
    st.dataframe(table_rows(rows), column_config=config, hide_index=True, key="found_table")
    st.caption(
        f"The largest face of each picture, found by the detector `{measured.detector}`, framed and classified. A face "
        "that is not found counts as wrong. Balanced: the mean recall of the emotions that occur."
    )
    st.markdown("**Recall by emotion**")
    st.dataframe(_recalls(results, titles), hide_index=True, placeholder="-", key="found_recalls")
    if measured.missed:
        with st.expander(f"No face found in {len(measured.missed):,} pictures"):
            st.text("\n".join(measured.missed[:SHOWN]))
    st.download_button(
        "Everything as JSON",
        lambda: json.dumps(real_faces_record(data, pictures, measured), indent=1),
        "real-faces.json",
        "application/json",
        on_click="ignore",
        icon=":material/data_object:",
    )


def _recalls(results: dict[str, dict[str, Any]], titles: dict[str, str]) -> list[dict[str, Any]]:
    """A row per emotion that occurs: how many pictures, and each model's recall as text."""
    first = next(iter(results.values()))["per_emotion"]
    return [
        {
            "emotion": emotion,
            "pictures": first[emotion]["support"],
            **{titles[name]: f"{found['per_emotion'][emotion]['recall']:.1%}" for name, found in results.items()},
        }
        for emotion in EMOTIONS
        if emotion in first
    ]
