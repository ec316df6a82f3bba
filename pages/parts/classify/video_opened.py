"""Results of the command that somebody on this server has computed: chosen from a list, and looked at."""

import os
from pathlib import Path

import streamlit as st

from fer_core import ImageError
from fer_core.image import MAX_VIDEO_BYTES
from fer_core.video.edited import Edits, list_results, open_result
from pages.parts.shared.choices import remembered
from pages.parts.shared.clock import clock
from pages.parts.shared.notices import as_text
from pages.parts.viewer.show import offer_film, show_viewer
from pages.parts.viewer.viewed import Viewed

RESULTS_DIR = "FER_RESULTS_DIR"
"""The environment variable that switches this on: the folder that `video ... --out` writes to."""
CHOSEN = "video-result"
_KEPT = 2  # of a session, the newest

_listed = st.cache_data(ttl=10, show_spinner=False, max_entries=2)(list_results)


def chosen_result() -> str | None:
    """The name of a result, or None; without FER_RESULTS_DIR nothing is offered."""
    root = _root()
    if root is None:
        return None
    if not root.is_dir():
        st.error(f"{RESULTS_DIR} names a folder that does not exist. Correct it, or unset it.")
        return None
    names = _listed(root)
    return st.selectbox(
        "Or open a result of the command `video`",
        names,
        index=None,
        key=remembered(CHOSEN, None, [*names, None]),
        placeholder=f"Choose one of {len(names):,}" if names else "None are there yet",
    )


def forget_result() -> None:
    """Another film is given: the result is not what the visitor looks at any more."""
    st.session_state[CHOSEN] = None


def show_result(name: str, titles: dict[str, str]) -> None:
    """titles: model name -> title."""
    st.header(as_text(name), divider="gray", anchor=False)
    try:
        viewed = _opened(name, titles)
    except (ImageError, OSError) as error:
        st.error(as_text(str(error)), icon=":material/movie_off:")
        return
    recording = viewed.recording
    length, faces = clock(recording.end - recording.start), len(recording.faces) or "none found"
    st.caption(f"{len(recording.times):,} frames, {length}, faces: {faces}")
    show_viewer(viewed)
    offer_film(viewed)


def _opened(name: str, titles: dict[str, str]) -> Viewed:
    """The result, read or from before. Raises ImageError, OSError."""
    opened: dict[str, Viewed] = st.session_state.setdefault("opened-results", {})
    edits: dict[str, Edits] = st.session_state.setdefault("opened-edits", {})  # small, so of every result
    if name not in opened:
        with st.spinner("Reading the result …"):
            result = open_result(Path(os.environ[RESULTS_DIR]), name)
        fits = result.annotated is not None and result.annotated.stat().st_size <= MAX_VIDEO_BYTES
        film = result.annotated if fits else None
        opened[name] = Viewed(result.recording, titles, film, result.starts, edits.pop(name, Edits()))
    opened[name] = opened.pop(name)
    for old in list(opened)[:-_KEPT]:
        edits[old] = opened.pop(old).edits
    return opened[name]


def _root() -> Path | None:
    named = os.environ.get(RESULTS_DIR)
    return Path(named) if named else None
