"""The viewer of an analysed film: the player, under it the timeline, and the files, which follow the edits."""

from functools import partial
from pathlib import Path

import streamlit as st

from fer_core.video.edited import MAX_EDITS_BYTES, overlaps, write_edits
from pages.parts.shared.notices import as_text
from pages.parts.viewer.timeline import PLAYER, show_timeline
from pages.parts.viewer.viewed import Viewed

PLAYER_WIDTH = 480  # pixels, or the page's width where that is less
FILES = (
    ("CSV", ":material/table:", "csv", "text/csv"),
    ("Parquet", ":material/table:", "parquet", "application/vnd.apache.parquet"),
    ("ELAN", ":material/subtitles:", "eaf", "text/xml"),
    ("SRT", ":material/closed_caption:", "srt", "application/x-subrip"),
    ("WebVTT", ":material/closed_caption:", "vtt", "text/vtt"),
    ("Summary", ":material/data_object:", "json", "application/json"),
)


def show_viewer(viewed: Viewed, annotated: Path | None) -> None:
    """annotated: the annotated copy, to download, which no edit changes."""
    if viewed.film:
        # outside of the fragment: Streamlit reads the whole file whenever this runs
        with st.container(key=PLAYER):
            st.video(str(viewed.film), width=PLAYER_WIDTH)
    _timeline_and_files(viewed, annotated)


@st.fragment
def _timeline_and_files(viewed: Viewed, annotated: Path | None) -> None:
    key = f"viewer-{viewed.id}"
    show_timeline(viewed, key)
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
    stem = Path(viewed.recording.film).stem
    with st.container(horizontal=True):
        for label, icon, kind, mime in FILES:
            name = f"{stem}-emotions.{kind}"
            st.download_button(label, partial(viewed.edited, kind), name, mime, icon=icon, on_click="ignore")
        if annotated:
            name = f"{stem}-annotated.mp4"
            icon = ":material/movie:"
            st.download_button("Annotated MP4", annotated.read_bytes, name, "video/mp4", icon=icon, on_click="ignore")
        _edit_file(viewed, stem, key)


def _edit_file(viewed: Viewed, stem: str, key: str) -> None:
    def content() -> bytes:
        return write_edits(viewed.edits, viewed.recording.film)

    widget = f"{key}-file-{viewed.serial}"  # made anew, and empty, once its edits are taken

    def load() -> None:
        file = st.session_state[widget]
        if file is not None:
            viewed.load(file.getvalue())

    st.download_button(
        "Save edits", content, f"{stem}-edits.json", "application/json", icon=":material/save:", on_click="ignore"
    )
    with st.popover("Load edits", icon=":material/upload:"):
        limit = MAX_EDITS_BYTES // 2**20
        st.file_uploader(
            "Edits that were saved here (JSON)", type="json", key=widget, max_upload_size=limit, on_change=load
        )
