"""One analysed picture on a page: the annotated copy, and every face with its verdict and the bars behind it."""

from collections.abc import Callable, Mapping

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from fer_core import Analysis, Face
from fer_core.image import reduced, shown_name
from pages.parts.shared.notices import as_text
from pages.parts.shared.verdict import bars_html, verdict_html

FACES_AT_ONCE = 6  # cards drawn before somebody asks for more
LONGEST_SHOWN = 1280  # pixels of a side that reach the browser; downloads have all of them
THINNEST = 1000  # width over height: st.image reduces what is wider than 1,460 pixels
NO_FACE = (
    "No face found. Try a picture in which the face is larger, upright, better lit and turned to the camera; "
    "a crop of 32 to 96 pixels that shows nothing but a face is taken as one."
)
_PICTURE_STYLE = """<style>
[class*="st-key-fer-"] img {width: auto !important; max-width: 100%; align-self: flex-start; object-fit: contain}
[class*="st-key-fer-"] [data-testid="stImageCaption"] {text-align: left; width: 100%}
[class*="st-key-fer-picture"] img {max-height: min(26rem, 34vh)}
[class*="st-key-fer-example"] img {max-height: 15rem}
@media (max-width: 640px) {[class*="st-key-fer-example"] img {max-height: 8.5rem}}
</style>"""
_ROOM_STYLE = """<style>
.st-key-fer-room {min-height: 311px}
@media (max-width: 640px) {.st-key-fer-room {min-height: 215px}}
</style>"""


def show_picture(
    result: Analysis,
    titles: Mapping[str, str],
    number: int,
    name: str = "",
    below: Callable[[Face, str], None] | None = None,
) -> None:
    """The picture and its faces. titles: model name -> title. number: of the picture on this page, for widget keys.

    name: as the heading has it; else the file's, without folders. below: shows more of a face, given a key for widgets.
    """
    st.header(as_text(name or shown_name(result.name)), divider="gray", anchor=False)
    for note in result.notes:
        st.caption(note)
    if len(result.faces) <= 2:
        picture, faces = st.columns([2, 3], gap="medium")
    else:
        picture, faces = st.container(), st.container()
    with picture, st.container(key=f"fer-picture-{number}"):
        _show_image(result)
    with faces:
        if not result.faces:
            st.info(NO_FACE, icon=":material/search_off:")
        _show_faces(result, titles, f"shown-{number}-{result.name}", below)


def room_for_example() -> DeltaGenerator:
    """A container as high as the example will be, so that what stands below it does not move when it comes."""
    st.html(_ROOM_STYLE)
    return st.container(key="fer-room")


def show_example(result: Analysis, titles: Mapping[str, str], caption: str) -> None:
    """A picture of one face, small, as an example."""
    with st.container(key="fer-example", border=True):
        picture, face = st.columns([1, 2], gap="medium", vertical_alignment="center", wrap=False)
        with picture:
            _show_image(result, caption)
        with face:
            bars = f"<div class='fer-wide'>{bars_html(result.faces[0], titles)}</div>"
            st.html(verdict_html(result.faces[0], titles, crop=False) + bars)


def crop_image(face: Face) -> NDArray[np.uint8]:
    """What the models saw of a face, (48, 48, 3) RGB uint8: an image of one channel is drawn in the theme's colours."""
    return np.dstack([face.crop] * 3)


def face_heading(face: Face) -> str:
    """A face's number, its verdict as the box has it, and whether the models disagree on it, as Markdown."""
    if face.verdict is None:
        return f"**Face {face.number}**"
    unsure = " (unsure)" if face.verdict.is_uncertain else ""
    mean = ", the mean of the models" if len(face.predictions) > 1 else ""
    disagree = " :orange-badge[:material/call_split: models disagree]" if face.models_disagree else ""
    return f"**Face {face.number}: {face.verdict.label} {face.verdict.confidence:.0%}**{unsure}{mean}{disagree}"


def described(result: Analysis) -> str:
    """The picture in words, for those who do not see it: how many faces, and what is said of the first ones."""
    faces = result.faces
    captions = ", ".join(f"face {face.caption}" for face in faces[:FACES_AT_ONCE])
    return f"{_count(len(faces))} found{': ' if faces else ''}{captions}{' and more' if faces[FACES_AT_ONCE:] else ''}"


def _show_image(result: Analysis, caption: str = "") -> None:
    st.html(_PICTURE_STYLE)
    whole = any(face.whole_picture for face in result.faces)
    shown = _drawable(reduced(result.image if whole else result.annotated(), LONGEST_SHOWN))
    small = shown.shape[1] < 200
    st.image(
        shown, caption=caption or _caption(result, whole), width=200 if small else "stretch", alt=described(result)
    )


def _show_faces(
    result: Analysis, titles: Mapping[str, str], key: str, below: Callable[[Face, str], None] | None
) -> None:
    count = len(result.faces)
    upto = st.session_state.get(key, FACES_AT_ONCE)
    abreast = 1 if count <= 2 else 2 if len(result.faces[0].predictions) > 1 else 3
    for first in range(0, min(upto, count), abreast):
        row = result.faces[first : min(first + abreast, upto)]
        columns = st.columns(abreast)  # of each row: on a narrow screen they stand below each other
        for column, face in zip(columns, row, strict=False):
            with column, st.container(border=True):
                st.html(verdict_html(face, titles) + bars_html(face, titles))
                if below:
                    below(face, f"{key}-{face.number}")
    if upto < count and st.button(f"Show {min(FACES_AT_ONCE, count - upto)} more of {count} faces", key=f"more-{key}"):
        st.session_state[key] = upto + FACES_AT_ONCE
        st.rerun()


def _drawable(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`image`, thickened where it is a line: st.image makes wide pictures smaller, 10,000 x 1 to no height at all."""
    height, width = image.shape[:2]
    return np.repeat(image, -(-width // (THINNEST * height)), axis=0) if width > THINNEST * height else image


def _caption(result: Analysis, whole: bool) -> str:
    if whole:
        return "Taken whole: a picture this small that shows one face is a face crop already."
    unsure = any(face.verdict is not None and face.verdict.is_uncertain for face in result.faces)
    order = ", numbered from left to right" if len(result.faces) > 1 else ""
    return (
        f"{_count(len(result.faces))}{' found' if not result.faces else ''}{order}{'; ? is unsure' if unsure else ''}"
    )


def _count(number: int) -> str:
    return {0: "No face", 1: "1 face"}.get(number, f"{number} faces")
