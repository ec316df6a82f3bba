"""Corrections: 'this is ...' at a face. They gather in the session and are gone with it, unless they are saved."""

import hashlib
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from fer_core import EMOTIONS, Face


@dataclass(frozen=True)
class Correction:
    """A face and what it shows. face: (48, 48) uint8 grey. label: an index into EMOTIONS."""

    face: NDArray[np.uint8]
    label: int


def corrections() -> dict[str, Correction]:
    """Those of this session, by the hash of the face."""
    found: dict[str, Correction] = st.session_state.setdefault("corrections", {})
    return found


def add_correction(face: NDArray[np.uint8], label: int | None) -> None:
    """Remember what a face shows; None takes it back."""
    key = _key(face)
    if label is None:
        corrections().pop(key, None)
    else:
        corrections()[key] = Correction(face, label)


def show_this_is(face: Face, key: str, width: int = 220) -> None:
    """A choice of what the face really shows."""
    if face.verdict is None:
        return
    known = corrections().get(_key(face.crop))
    widget = f"this-is-{key}-{_key(face.crop)}"
    # set at every run: the same face may have such a choice in two places
    st.session_state[widget] = None if known is None else EMOTIONS[known.label]
    st.selectbox(
        f"Face {face.number} is",
        EMOTIONS,
        index=None,
        key=widget,
        placeholder="Wrong? This is …",
        label_visibility="collapsed",
        width=width,
        on_change=_take,
        args=(face.crop, widget),
    )


def _take(face: NDArray[np.uint8], widget: str) -> None:
    said = st.session_state[widget]
    add_correction(face, None if said is None else EMOTIONS.index(said))


def _key(face: NDArray[np.uint8]) -> str:
    return hashlib.sha256(face.tobytes()).hexdigest()[:16]
