"""Teach it: what was corrected, saved and loaded, learned from, and the model that comes of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from fer_core import EMOTIONS, Analysis, DatasetError, EmotionModel, Face, FerError, ModelCard
from fer_core.bundle import MEAN_SIGN
from pages.parts.classify.corrections import add_correction, corrections, show_this_is
from pages.parts.shared.faces import crop_image
from pages.parts.shared.model_picker import model_titles, ready_model, use_in_session
from pages.parts.shared.notices import as_text

MOST_WANTED = 12
MOST_MEGABYTES = 50  # of a ZIP of corrections: far more than 2,000 crops have
NAME = "mine"
"""Of what was learned; the next replaces it."""


def show_teaching(cards: Mapping[str, ModelCard], chosen: Sequence[EmotionModel], results: Sequence[Any]) -> None:
    """The panel, closed until somebody opens it. results: of the pictures, whose doubtful faces are asked for."""
    count = len(corrections())
    # NOTE: a label that changes, with the number of faces say, would shut the panel
    with st.expander("Teach it", key="teach", icon=":material/school:", on_change="rerun") as panel:
        if not panel.open:
            return
        st.markdown(
            "Correct a face with *Wrong? This is …* below it. With ten faces of at least two emotions a model can "
            "learn from them, here and in seconds. Corrections are gone with this session, unless you save them."
        )
        _show_wanted(results)
        _show_files()
        if count:
            said = Counter(EMOTIONS[correction.label] for correction in corrections().values())
            st.caption(
                f"{count} corrected face{'' if count == 1 else 's'}: "
                + ", ".join(f"{name} {said[name]}" for name in EMOTIONS if name in said)
            )
            _show_learning(cards, chosen)


def _show_wanted(results: Sequence[Any]) -> None:
    """The least sure of the faces that are not corrected yet."""
    faces = [face for result in results if isinstance(result, Analysis) for face in result.faces if face.verdict]
    known = {correction.face.tobytes() for correction in corrections().values()}
    asked = st.session_state.setdefault("asked", {})  # those that were shown stay where they are when they are answered
    open_faces = [face for face in faces if face.crop.tobytes() not in known or face.crop.tobytes() in asked]
    wanted = sorted(open_faces, key=_confidence)[:MOST_WANTED]
    asked.clear()
    asked.update({face.crop.tobytes(): True for face in wanted})
    if len(faces) < 2 or not wanted:
        return
    few = "Not corrected yet" if len(wanted) < MOST_WANTED else f"These {len(wanted)} would teach most"
    st.markdown(f"**{few}, the least sure first**")
    with st.container(horizontal=True, gap="small"):
        for index, face in enumerate(wanted):
            with st.container(width=220, horizontal=True, vertical_alignment="center"):
                st.image(crop_image(face), width=48, alt=f"A face that may be {face.caption}")
                show_this_is(face, f"wanted-{index}", width=150)


def _confidence(face: Face) -> float:
    return face.verdict.confidence if face.verdict else 0.0


def _show_files() -> None:
    """Save and load."""
    from fer_core.adaptation import pack_faces, unpack_faces  # here: no first page needs it

    given = st.file_uploader(
        "Load corrections: a ZIP with a folder per emotion",
        type="zip",
        key="corrections-file",
        max_upload_size=MOST_MEGABYTES,
    )
    if given is not None and st.session_state.get("corrections-taken") != given.file_id:
        st.session_state["corrections-taken"] = given.file_id
        try:
            faces, left_out = unpack_faces(given.getvalue())
        except DatasetError as error:
            st.error(as_text(str(error)), icon=":material/folder_off:")
        else:
            for face, label in faces:
                add_correction(face, label)
            st.session_state["corrections-left-out"] = left_out
            st.rerun()
    if left_out := st.session_state.pop("corrections-left-out", None):
        st.warning("\n".join(f"- {as_text(line)}" for line in left_out[:20]), icon=":material/folder_off:")
    if not corrections():
        return
    with st.container(horizontal=True):
        st.download_button(
            "Save corrections",
            lambda: pack_faces((one.face, one.label) for one in corrections().values()),
            "corrections.zip",
            "application/zip",
            icon=":material/download:",
            on_click="ignore",
        )
        st.button("Forget them", icon=":material/delete:", on_click=_forget)


def _forget() -> None:
    corrections().clear()
    for key in [*st.session_state]:
        if str(key).startswith("this-is-"):
            del st.session_state[key]
    st.session_state.pop("learned", None)


def _show_learning(cards: Mapping[str, ModelCard], chosen: Sequence[EmotionModel]) -> None:
    """The button, and what came of it."""
    single = [name for name, card in cards.items() if MEAN_SIGN not in name and card.base is None]
    bases = [(model.card.base or {"name": model.name})["name"] for model in chosen]
    first = next((name for name in bases if name in single), single[0])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        base = st.selectbox("Model", single, index=single.index(first), format_func=model_titles(cards).get, width=240)
        learn = st.button("Learn from these", icon=":material/school:")
    if learn:
        st.session_state.pop("learned", None)
        if (model := ready_model(base, cards[base])) is not None:
            _learn(model)
    if "learned" in st.session_state:
        _show_learned(st.session_state.learned)


def _learn(model: EmotionModel) -> None:
    from fer_core.adaptation import adapt

    faces = np.stack([correction.face for correction in corrections().values()])
    labels = np.array([correction.label for correction in corrections().values()], np.uint8)
    try:
        with st.spinner("Learning …"):
            st.session_state.learned = adapt(model, faces, labels, NAME, "corrections in the app")
    except FerError as error:
        st.warning(as_text(str(error)), icon=":material/school:")


def _show_learned(found: Any) -> None:
    """Before and after, and what can be done with it. found: an Adaptation."""
    from fer_core.adaptation import pack_bundle

    before, after = found.comparison.results()
    with st.container(horizontal=True):
        st.metric("Correct before", f"{before['accuracy']:.0%}", width="content")
        change = after["accuracy"] - before["accuracy"]
        st.metric("Correct after", f"{after['accuracy']:.0%}", f"{100 * change:+.0f} points", width="content")
    (low, high), count = after["accuracy_interval"], len(found.comparison.labels)
    st.caption(
        f"Of {count} faces, each judged by a model that did not learn from it (five-fold cross-validation); 95 % "
        f"interval after: {low:.0%} to {high:.0%}. Many pictures of one person make it look better than it is."
    )
    if not found.comparison.is_better:
        st.info("Not better on these faces: the model stays as it is, unless you take the new one all the same.")
    with st.container(horizontal=True):
        st.button("Use in this session", icon=":material/check:", on_click=use_in_session, args=(found.model,))
        st.download_button(
            "Download the model",
            lambda: pack_bundle(found.model.name, found.files),
            f"{found.model.name}.zip",
            "application/zip",
            icon=":material/download:",
            on_click="ignore",
            help="A folder for models/, beside the model that it learned from.",
        )
