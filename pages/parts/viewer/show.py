"""The viewer of an analysed film: the player, under it the timeline, and the files, which follow the edits."""

from functools import partial
from pathlib import Path

import streamlit as st

from fer_core.video.edited import MAX_EDITS_BYTES, overlaps, write_edits
from pages.parts.shared.download_button import download_button
from pages.parts.shared.notices import as_text
from pages.parts.viewer.timeline import PLAYER, show_timeline, take_edits
from pages.parts.viewer.viewed import Viewed

PLAYER_WIDTH = 480  # pixels, or the page's width where that is less
FILES = (
    ("CSV", "csv", "text/csv"),
    ("Parquet", "parquet", "application/vnd.apache.parquet"),
    ("ELAN", "eaf", "text/xml"),
    ("SRT", "srt", "application/x-subrip"),
    ("WebVTT", "vtt", "text/vtt"),
    ("Summary", "json", "application/json"),
)


def show_viewer(viewed: Viewed) -> None:
    """What is made here reads the edits of `viewed`, which outlast a visit to another page."""
    if viewed.film:
        # outside of the fragment: Streamlit reads the whole file whenever this runs
        with st.container(key=PLAYER):
            st.video(str(viewed.film), width=PLAYER_WIDTH)
    _timeline_and_files(viewed)


def offer_film(viewed: Viewed) -> None:
    """A button for the annotated copy that is played; no edit changes it."""
    if viewed.film:
        name = f"{Path(viewed.recording.film).stem}-annotated.mp4"
        icon = ":material/movie:"
        st.download_button("Annotated MP4", viewed.film.read_bytes, name, "video/mp4", icon=icon, on_click="ignore")


@st.fragment
def _timeline_and_files(viewed: Viewed) -> None:
    key = f"viewer-{viewed.id}"
    show_timeline(viewed, key)
    stem = Path(viewed.recording.film).stem

    def make(kind: str) -> bytes:
        take_edits(viewed, key)  # also those of this very moment
        return viewed.edited(kind)

    def edit_file() -> bytes:
        take_edits(viewed, key)
        return write_edits(viewed.edits, viewed.recording.film)

    with st.container(horizontal=True):
        for label, kind, mime in FILES:
            name = f"{stem}-emotions.{kind}"
            download_button(label, partial(make, kind), name, mime, key=f"{key}-{kind}", width="content")
        name = f"{stem}-edits.json"
        download_button("Save edits", edit_file, name, "application/json", key=f"{key}-save", width="content")
        _load_edits(viewed, key)
    for person, frames in overlaps(viewed.recording, viewed.edits).items():
        st.warning(
            f"{as_text(viewed.edits.name(person))} is in {frames:,} frames twice: are these two people? The files "
            "have one row of such a frame.",
            icon=":material/group:",
        )
    if viewed.problem:
        st.error(as_text(viewed.problem), icon=":material/error:")
    if viewed.note:
        st.info(as_text(viewed.note), icon=":material/info:")


def _load_edits(viewed: Viewed, key: str) -> None:
    widget = f"{key}-file-{viewed.serial}"  # made anew, and empty, once its edits are taken

    def load() -> None:
        file = st.session_state[widget]
        if file is not None:
            viewed.load(file.getvalue())

    with st.popover("Load edits", icon=":material/upload:"):
        limit = MAX_EDITS_BYTES // 2**20
        st.file_uploader(
            "Edits that were saved here (JSON)", type="json", key=widget, max_upload_size=limit, on_change=load
        )
