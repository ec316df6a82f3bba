"""Compare, uploads: the models on a visitor's own labelled faces, uploaded or in a folder of this machine."""

import json
from collections.abc import Mapping
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import streamlit as st

from fer_core import EMOTIONS, DatasetError, EmotionModel
from fer_core.bundle import PART_NAMES, Bundle
from fer_core.charts import confusion_chart
from fer_core.datasets import (
    Faces,
    FaceTable,
    LabelledPictures,
    labelled_pictures,
    labelled_uploads,
    read_dataset,
    unknown_text,
)
from fer_core.evaluation import Measured, confident_mistakes, measure, table_of_uploads
from fer_core.explanation import ABOUT
from fer_core.image import IMAGE_SUFFIXES, MAX_IMAGE_BYTES
from fer_core.reporting import RealFaces, percent_interval
from pages.parts.compare.address import from_address, to_address
from pages.parts.compare.charts import show_chart
from pages.parts.compare.details import show_absent
from pages.parts.compare.real_faces import measure_found, show_found
from pages.parts.compare.tables import matrix_rows, table_config, table_rows
from pages.parts.shared.choices import remembered
from pages.parts.shared.model_picker import ready_model
from pages.parts.shared.notices import as_text, show_notice
from pages.parts.shared.why import why_image

MISTAKES = 14  # two rows of the gallery
LEFT_OUT_SHOWN = 200
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


def show_uploads(bundles: list[Bundle], titles: dict[str, str]) -> None:
    """The view: the faces and the models, then figures, mistakes and a JSON."""
    show_notice()
    st.markdown(
        "Pictures of faces, each **named after its emotion, or in a folder of that name** "
        f"({', '.join(EMOTIONS)}), such as `happy_1.jpg` or `happy/1.jpg`. They stay in memory and are not stored."
    )
    path, files = _choose_faces()
    find = st.toggle(
        "Find the faces",
        key=remembered("own_find", False),
        help="On: pictures of people. The largest face of each is found, framed and classified, and one that is not "
        "found counts as wrong, as `evaluate --find-faces` does. Off: every picture is taken whole as one face.",
    )
    chosen = st.pills(
        "Models",
        list(titles),
        selection_mode="multi",
        format_func=titles.get,
        key=remembered("own_models", from_address("models", titles, list(titles)[:2]), titles),
    )
    to_address("models", chosen)
    if st.button("Measure", disabled=not (chosen and (path or files)), icon=":material/play_arrow:"):
        st.session_state.own_measured = None
        try:
            with st.spinner("Reading the pictures …"):
                own = _read(path, files, find)
            found = _measure(own.faces, [bundle for bundle in bundles if bundle.name in chosen])
            st.session_state.own_measured = found and (own, found)
        except DatasetError as error:
            st.error(as_text(str(error)), icon=":material/folder_off:")
    if st.session_state.get("own_measured"):
        own, measured = st.session_state.own_measured
        _show_left_out(own, measured)
        names = {name: titles.get(name, name) for name in measured.probabilities}
        if isinstance(measured, RealFaces):
            show_found(own.name, own.faces, measured, names)
        else:
            _show_measured(measured, names, {bundle.name: bundle for bundle in bundles})


class OwnFaces(NamedTuple):
    """What a visitor brought. faces: crops, or pictures whose faces are to be found. left_out: a line for each file.

    unknown: a sentence on folders that name no emotion, or "".
    """

    name: str
    faces: FaceTable | LabelledPictures
    left_out: list[str]
    unknown: str


def _read(path: str, files: list[Any], find: bool) -> OwnFaces:
    """Read what was chosen. Raises DatasetError where nothing can be used."""
    if path:
        faces = labelled_pictures(path) if find else read_dataset(path)
        return OwnFaces(Path(path).name, faces, [], unknown_text(faces.unknown, len(faces.labels)))
    uploads = ((file.name, file.getvalue()) for file in files)
    faces, left_out = labelled_uploads(uploads) if find else table_of_uploads(uploads)
    return OwnFaces("uploads", faces, left_out, "")


def _show_left_out(own: OwnFaces, measured: Measured | RealFaces) -> None:
    """How many pictures do not count, and which."""
    if own.unknown:
        st.warning(f"Left out: {own.unknown}", icon=":material/folder_off:")
    lines = [*own.left_out, *(measured.refused if isinstance(measured, RealFaces) else ())]
    if lines:
        with st.expander(f"{len(lines)} file{' was' if len(lines) == 1 else 's were'} left out"):
            st.text("\n".join(lines[:LEFT_OUT_SHOWN]))


def visitor_is_local() -> bool:
    """Whether the browser runs on the machine of the app: only then may it name paths of that machine.

    The page's address is what the browser says, `Host` what came with the connection.
    """
    asked = urlsplit(f"//{st.context.headers.get('Host', '')}").hostname
    shown = urlsplit(st.context.url or "").hostname
    return st.context.ip_address is None and asked in LOCAL_HOSTS and shown in LOCAL_HOSTS


def _choose_faces() -> tuple[str, list[Any]]:
    """A path on this machine, or uploaded files; what was not given is empty."""
    ways = ["Pictures", "Folder", *(["Path on this machine"] if visitor_is_local() else [])]
    way = st.segmented_control("Where from", ways, default="Pictures", key="own_way") or "Pictures"
    if way == "Path on this machine":
        return st.text_input("Folder, or a dataset such as fer2013.csv", key="own_path").strip(), []
    files = st.file_uploader(
        "Upload a folder" if way == "Folder" else "Upload pictures",
        type=[suffix[1:] for suffix in IMAGE_SUFFIXES],
        accept_multiple_files="directory" if way == "Folder" else True,
        max_upload_size=MAX_IMAGE_BYTES // 2**20,
        key=f"own_{way}",
    )
    return "", files


def _measure(faces: FaceTable | LabelledPictures, bundles: list[Bundle]) -> Measured | RealFaces | None:
    """Measure with a progress bar; models that do not load are named and left out. None where none loads."""
    if isinstance(faces, LabelledPictures):
        return measure_found(faces, bundles)
    models = {b.name: model for b in bundles if (model := ready_model(b.name, b.card)) is not None}
    if not models:
        return None
    bar = st.progress(0.0)
    try:
        return measure(models, faces, lambda done, text: bar.progress(done, text) and None)
    finally:
        bar.empty()


def _show_measured(measured: Measured, titles: dict[str, str], bundles: Mapping[str, Bundle]) -> None:
    """Figures, the JSON to keep, confusion matrices, and the confident mistakes."""
    part = next(iter(measured.parts))
    if len(measured.parts) > 1:
        part = st.selectbox("Part", list(measured.parts), format_func=lambda p: PART_NAMES.get(p, p), key="own_part")
    faces, results = measured.parts[part], measured.results()
    st.markdown(f"## {len(faces):,} face{'' if len(faces) == 1 else 's'}")
    _show_figures({titles[name]: by_part[part] for name, by_part in results.items()})
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
                show_chart(chart, titles[name], matrix_rows(matrix), f"own-confusion-{name}-{part}")
        show_absent(next(iter(results.values()))[part])
    st.markdown("## Confident mistakes")
    why = st.toggle("Show why", key="own_why", help=ABOUT)
    for name, by_part in measured.probabilities.items():
        model = ready_model(name, bundles[name].card) if why and name in bundles else None
        _show_mistakes(titles[name], faces, by_part[part], model)


def _show_figures(figures: dict[str, dict[str, Any]]) -> None:
    """One row per model. figures: title -> metrics."""
    rows = []
    for title, found in figures.items():
        interval = percent_interval(*found["accuracy_interval"])
        rows.append({"model": title, "accuracy": found["accuracy"], "interval": interval})
        rows[-1] |= {key: found[key] for key in ("balanced_accuracy", "macro_f1", "ece")}
    config = table_config(rows[0])
    # the leaderboard's heading and help of this column are those of PrivateTest
    config["accuracy"] = st.column_config.NumberColumn("Accuracy", format="%.1f %%")
    st.dataframe(table_rows(rows), column_config=config, hide_index=True)


def _show_mistakes(title: str, faces: Faces, probabilities: Any, model: EmotionModel | None) -> None:
    """The wrong predictions of the highest confidence. probabilities: (N, 7), for `faces`. model: tells why, if any."""
    mistakes = confident_mistakes(probabilities, faces.labels, MISTAKES)
    if not len(mistakes):
        st.success(f"{title} made no mistake here.", icon=":material/check:")
        return
    st.markdown(f"**{title}**: the {len(mistakes)} wrong predictions with the highest confidence")
    captions = [
        f"{EMOTIONS[faces.labels[i]]} → {EMOTIONS[probabilities[i].argmax()]} {probabilities[i].max():.0%}"
        for i in mistakes
    ]
    if model is None:
        images = [faces.faces[i] for i in mistakes]
    else:
        images = [why_image(faces.faces[i], model, int(probabilities[i].argmax())) for i in mistakes]
    st.image(images, caption=captions, width=104)
