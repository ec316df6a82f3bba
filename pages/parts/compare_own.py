"""The models on a visitor's own labelled faces: a folder of this machine, or uploads named or foldered by emotion."""

import json
from itertools import cycle
from urllib.parse import urlsplit

import streamlit as st

from fer_core import EMOTIONS, DatasetError
from fer_core.bundles import PART_NAMES, Bundle
from fer_core.charts import confusion_chart
from fer_core.comparison import confident_mistakes
from fer_core.datasets import FaceTable, read_dataset
from fer_core.images import MAX_IMAGE_BYTES, PICTURE_SUFFIXES
from fer_core.own_faces import Measured, measure, table_of_uploads
from pages.parts.compare_parts import matrix_rows, show_chart, table_config, table_rows, titles
from pages.parts.shared import ready_model, show_notice

MISTAKES = 14  # two rows of the gallery
HERE = ("localhost", "127.0.0.1", "::1")


def show_own(bundles: list[Bundle]) -> None:
    """The view: where from, which models, then figures, mistakes and a JSON."""
    show_notice()
    names = titles(bundles)
    st.markdown(
        "Pictures of faces, each **named or foldered by its emotion** "
        f"({', '.join(EMOTIONS)}), such as `happy_1.jpg` or `happy/1.jpg`. Every picture is taken whole as one face, "
        "as `python -m fer_core evaluate --data FOLDER` does. They stay in memory and are not stored."
    )
    ways = ["Pictures", "Folder", *(["Path on this machine"] if visitor_is_here() else [])]
    way = st.segmented_control("Where from", ways, default="Pictures", key="own_way") or "Pictures"
    path, files = "", []
    if way == "Path on this machine":
        path = st.text_input("Folder, or a dataset such as fer2013.csv", key="own_path").strip()
    else:
        files = st.file_uploader(
            "Upload a folder" if way == "Folder" else "Upload pictures",
            type=[suffix[1:] for suffix in PICTURE_SUFFIXES],
            accept_multiple_files="directory" if way == "Folder" else True,
            max_upload_size=MAX_IMAGE_BYTES // 2**20,
            key=f"own_{way}",
        )
    by_name = {bundle.name: bundle for bundle in bundles}
    chosen = st.pills(
        "Models",
        list(by_name),
        selection_mode="multi",
        default=list(by_name)[:2],
        format_func=names.get,
        key="own_models",
    )
    if st.button("Measure", type="primary", disabled=not (chosen and (path or files)), icon=":material/play_arrow:"):
        st.session_state.own_measured = None
        try:
            with st.spinner("Reading the pictures …"):
                table, left_out = (read_dataset(path), []) if path else uploaded(files)
            st.session_state.own_measured = (run(table, [by_name[name] for name in chosen]), left_out)
        except DatasetError as error:
            st.error(str(error), icon=":material/folder_off:")
    if st.session_state.get("own_measured"):
        measured, left_out = st.session_state.own_measured
        if left_out:
            with st.expander(f"{len(left_out)} files were left out"):
                st.text("\n".join(left_out[:200]))
        show_measured(measured, {name: names.get(name, name) for name in measured.probabilities})


def visitor_is_here() -> bool:
    """Whether the browser runs on the machine of the app: only then may it name paths of that machine."""
    host = urlsplit(st.context.url or "").hostname
    return st.context.ip_address is None and host in HERE


def uploaded(files: list) -> tuple[FaceTable, list[str]]:
    """The uploads as a table, and what was left out."""
    return table_of_uploads((file.name, file.getvalue()) for file in files)


def run(table: FaceTable, bundles: list[Bundle]) -> Measured | None:
    """Measure with a progress bar; models that do not load are named and left out."""
    models = {b.name: model for b in bundles if (model := ready_model(b.name, b.card)) is not None}
    if not models:
        return None
    bar = st.progress(0.0)
    try:
        return measure(models, table, lambda done, text: bar.progress(done, text) and None)
    finally:
        bar.empty()


def show_measured(measured: Measured, names: dict[str, str]) -> None:
    """Figures, the confident mistakes, and the JSON to keep."""
    part = next(iter(measured.parts))
    if len(measured.parts) > 1:
        part = st.selectbox("Part", list(measured.parts), format_func=lambda p: PART_NAMES.get(p, p), key="own_part")
    faces, results = measured.parts[part], measured.results()
    rows = []
    for name, by_part in results.items():
        found = by_part[part]
        low, high = found["accuracy_interval"]
        rows.append({"model": names[name], "accuracy": found["accuracy"], "interval": f"{low:.1%} to {high:.1%}"})
        rows[-1] |= {key: found[key] for key in ("balanced_accuracy", "macro_f1", "ece")}
    st.markdown(f"##### {len(faces):,} faces")
    config = table_config(rows[0])
    config["accuracy"] = st.column_config.NumberColumn("Accuracy", format="%.1f %%")
    st.dataframe(table_rows(rows), column_config=config, hide_index=True)
    st.download_button(
        "Everything as JSON",
        lambda: json.dumps(measured.to_dict(), indent=1),
        "own-faces.json",
        "application/json",
        on_click="ignore",
        icon=":material/data_object:",
    )
    with st.expander("Confusion matrices", key="own_confusions"):
        for column, (name, by_part) in zip(cycle(st.columns(2)), results.items(), strict=False):
            with column:
                matrix = by_part[part]["confusion_matrix"]
                chart = confusion_chart(matrix).configure_axisX(labelOverlap=False)
                show_chart(chart, names[name], matrix_rows(matrix), f"own-confusion-{name}-{part}")
    st.markdown("##### Confident mistakes")
    for name, by_part in measured.probabilities.items():
        answers = by_part[part]
        mistakes = confident_mistakes(answers, faces.labels, MISTAKES)
        if not len(mistakes):
            st.success(f"{names[name]} made no mistake here.", icon=":material/check:")
            continue
        st.markdown(f"**{names[name]}**: the {len(mistakes)} wrong answers it was surest of")
        said = [
            f"{EMOTIONS[faces.labels[i]]} → {EMOTIONS[answers[i].argmax()]} {answers[i].max():.0%}" for i in mistakes
        ]
        st.image([faces.faces[i] for i in mistakes], caption=said, width=104)
