"""One analysed picture on a page: the annotated copy, then every face with its crop and each model's answer."""

import streamlit as st

from fer_core import Analysis, Face, ModelCard, Prediction
from fer_core.charts import probability_chart
from fer_core.emotions import SYMBOLS
from fer_core.images import shown_name

FACES_AT_ONCE = 6  # charts drawn before somebody asks for more: fifty faces would be a hundred of them
NO_FACE = (
    "No face found. Try a picture in which the face is larger, upright, better lit and turned to the camera; "
    "a crop of 32 to 96 pixels that shows nothing but a face is taken as one."
)


def show_picture(result: Analysis, cards: dict[str, ModelCard], number: int, notes: tuple[str, ...] = ()) -> None:
    """The picture and its faces; `number` tells widgets of several pictures apart."""
    count = len(result.faces)
    st.subheader(shown_name(result.name) or "Snapshot", divider="gray", anchor=False)
    for note in notes:
        st.caption(note)
    picture, answers = st.columns([2, 3], gap="medium")
    whole = any(face.whole_picture for face in result.faces)
    with picture:
        shown = result.image if whole else result.annotated()
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


def _show_face(face: Face, cards: dict[str, ModelCard], key: str) -> None:
    with st.container(border=True):
        crop, heading = st.columns([1, 5], vertical_alignment="center")
        crop.image(face.crop, width=72)
        with heading:
            disagree = " :orange-badge[:material/call_split: models disagree]" if face.models_disagree else ""
            st.markdown(f"**Face {face.number}**{disagree}")
            if face.whole_picture:
                st.caption("The whole picture was taken as the face.")
        for column, (name, prediction) in zip(
            st.columns(max(1, len(face.predictions))), face.predictions.items(), strict=True
        ):
            title = cards[name].title if name in cards else name
            with column:
                st.markdown(_answer(title, prediction))
                st.altair_chart(
                    probability_chart(prediction.probabilities.tolist(), f"Face {face.number}, {title}"),
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
