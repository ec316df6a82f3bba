"""One analysed picture on a page: the annotated copy, then every face with its crop and each model's answer."""

import numpy as np
import streamlit as st

from fer_core import Analysis, Face, ModelCard, Prediction
from fer_core.emotions import SYMBOLS
from fer_core.images import shown_name
from pages.parts.shared import as_text

FACES_AT_ONCE = 6  # charts drawn before somebody asks for more: fifty faces would be a hundred of them
THINNEST = 1000  # width over height: st.image reduces what is wider than 1,460 pixels
NO_FACE = (
    "No face found. Try a picture in which the face is larger, upright, better lit and turned to the camera; "
    "a crop of 32 to 96 pixels that shows nothing but a face is taken as one."
)


def show_picture(result: Analysis, cards: dict[str, ModelCard], number: int) -> None:
    """The picture and its faces; `number` tells widgets of several pictures apart."""
    count = len(result.faces)
    st.subheader(as_text(shown_name(result.name)), divider="gray", anchor=False)
    for note in result.notes:
        st.caption(note)
    picture, answers = st.columns([2, 3], gap="medium")
    whole = any(face.whole_picture for face in result.faces)
    with picture:
        shown = _drawable(result.image if whole else result.annotated())
        small = shown.shape[1] < 200
        st.image(shown, caption=_caption(count, whole), width=200 if small else "stretch")
    with answers:
        if not count:
            st.info(NO_FACE, icon=":material/search_off:")
        key = f"shown-{number}-{result.name}"
        upto = st.session_state.get(key, FACES_AT_ONCE)
        for face in result.faces[:upto]:
            _show_face(face, cards, f"{number}-{face.number}")
        if upto < count and st.button(
            f"Show {min(FACES_AT_ONCE, count - upto)} more of {count} faces", key=f"more-{key}"
        ):
            st.session_state[key] = upto + FACES_AT_ONCE
            st.rerun()


def _drawable(image: np.ndarray) -> np.ndarray:
    """`image`, thickened where it is a line: st.image makes wide pictures smaller, 10,000 x 1 to no height at all."""
    height, width = image.shape[:2]
    return np.repeat(image, -(-width // (THINNEST * height)), axis=0) if width > THINNEST * height else image


def _show_face(face: Face, cards: dict[str, ModelCard], key: str) -> None:
    from fer_core.charts import probability_spec  # here: Altair and pandas would hold up every first page

    with st.container(border=True):
        crop, heading = st.columns([1, 5], vertical_alignment="center")
        crop.image(face.crop, width=72)
        with heading:
            disagree = " :orange-badge[:material/call_split: models disagree]" if face.models_disagree else ""
            st.markdown(f"**Face {face.number}**{disagree}")
            if face.whole_picture:
                st.caption("The whole picture was taken as the face.")
            if face.hints:
                st.caption(f":material/info: Doubtful, because the face is {'; '.join(face.hints)}.")
        for column, (name, prediction) in zip(
            st.columns(max(1, len(face.predictions))), face.predictions.items(), strict=True
        ):
            title = cards[name].title if name in cards else name
            with column:
                st.markdown(_answer(title, prediction))
                st.vega_lite_chart(
                    spec=probability_spec(prediction.probabilities.tolist(), f"Face {face.number}, {title}"),
                    width="stretch",
                    key=f"chart-{key}-{name}",
                )


def _answer(title: str, prediction: Prediction) -> str:
    unsure = " :gray-badge[:material/help: unsure]" if prediction.is_uncertain else ""
    return f"{title}: {SYMBOLS[prediction.label]} **{prediction.label}** {prediction.confidence:.0%}{unsure}"


def _caption(count: int, whole: bool) -> str:
    if whole:
        return "Taken whole: a picture this small that shows one face is a face crop already."
    return {0: "No face found", 1: "1 face"}.get(count, f"{count} faces, numbered from left to right")
