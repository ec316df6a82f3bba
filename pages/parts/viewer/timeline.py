"""The timeline as a component: viewer.js draws it, moves with the player and keeps the edits."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts.viewer.viewed import Viewed

PLAYER = "viewer-player"
"""The key of the container with the player, by which viewer.js finds it."""
_FOLDER = Path(__file__).parent
_SCRIPTS = ("viewer.js", "drawing.js", "page.js", "editing.js", "input.js", "helpers.js")


def _read(*names: str) -> str:
    return "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in names)


# A component has one script: one module, in which the others are parts of Viewer.
_SCRIPT = _read(*_SCRIPTS) + "Object.assign(Viewer.prototype, drawing, page, editing, input)\n"
_PARTS = {"html": _read("viewer.html"), "css": _read("viewer.css"), "js": _SCRIPT}


def show_timeline(viewed: Viewed, key: str) -> None:
    """The timeline, which takes the edits to `viewed`."""
    given = f"{key}-given"
    if key not in st.session_state:  # made anew, it knows of no edits: those of now
        viewed.serial += 1
    if st.session_state.get(given, (None,))[0] != viewed.serial:
        # NOTE: the same until edits are loaded: every change would send all that is drawn once more
        st.session_state[given] = (viewed.serial, viewed.given)
    serial, edits = st.session_state[given]

    component: Callable[..., Any] = st.components.v2.component("fer_viewer", **_PARTS)
    component(
        key=key,
        data={
            **viewed.drawn,
            "serial": serial,
            "edits": edits,
            "player": f".st-key-{PLAYER} video" if viewed.film else None,
            "offset": viewed.offset,
        },
        on_edits_change=partial(take_edits, viewed, key),
    )


def take_edits(viewed: Viewed, key: str) -> None:
    """Take what the timeline of this key has come to."""
    viewed.take(st.session_state[key].get("edits"))
