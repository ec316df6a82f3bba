"""What in a face decided, on demand: the maps of what a model says and of what it says next."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from fer_core import EMOTIONS, EmotionModel, Face
from fer_core.explanation import ABOUT, evidence, overlay, runner_up

SIDE = 256  # pixels of a map
SHOWN = 130  # of the page's pixels: two stand side by side on a phone


def show_why(face: Face, models: Sequence[EmotionModel], titles: Mapping[str, str], key: str) -> None:
    """An expander that, once it is open, shows two maps over the face for each model."""
    if face.verdict is None:
        return
    with st.expander(f"Why {face.verdict.label}?", key=f"why-{key}", on_change="rerun") as why:
        if not why.open:
            return
        for model in models:
            if model.name in face.predictions:
                _show_model(face, model, titles.get(model.name, model.name) if len(models) > 1 else "")
        st.caption(ABOUT)


def why_images(
    face: NDArray[np.uint8], model: EmotionModel, probabilities: NDArray[np.floating]
) -> tuple[list[NDArray[np.uint8]], list[str]]:
    """The maps of the most probable emotion and of the next over a (48, 48) face, on one scale, and their captions."""
    maps = _maps(model.name, model.version, face.tobytes(), model, face)
    chosen = runner_up(probabilities)
    strongest = float(np.abs(maps[list(chosen)]).max())
    images = [overlay(face, maps[index], strongest, SIDE) for index in chosen]
    asked = ("Why", "Why not")
    captions = [
        f"{word} {EMOTIONS[index]} ({probabilities[index]:.0%})" for word, index in zip(asked, chosen, strict=True)
    ]
    return images, captions


@st.cache_data(show_spinner=False, max_entries=64, scope="session")  # a visitor's faces end with the visit
def _maps(
    name: str, version: str, pixels: bytes, _model: EmotionModel, _face: NDArray[np.uint8]
) -> NDArray[np.float32]:
    # name, version, pixels: the cache's key
    return np.asarray(evidence(_model, _face[np.newaxis])[0])


def why_image(face: NDArray[np.uint8], model: EmotionModel, label: int) -> NDArray[np.uint8]:
    """The map of one emotion, an index into EMOTIONS, over a (48, 48) face: (side, side, 3) RGB uint8."""
    one = _maps(model.name, model.version, face.tobytes(), model, face)[label]
    return overlay(face, one, float(np.abs(one).max()), SIDE)


def _show_model(face: Face, model: EmotionModel, title: str) -> None:
    images, captions = why_images(face.crop, model, face.predictions[model.name].probabilities)
    if title:
        st.markdown(f"**{title}**")
    with st.container(horizontal=True, gap="small"):
        for image, caption in zip(images, captions, strict=True):
            with st.container(width=SHOWN):
                st.image(image, caption=caption, width=SHOWN, alt=f"{caption}: what speaks for it and against it")
