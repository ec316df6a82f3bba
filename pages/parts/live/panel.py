"""What stands beside and under the live picture: the faces in view, the downloads, a snapshot instead of video."""

from collections.abc import Mapping
from html import escape

import streamlit as st

from fer_core import EmotionModel, Face, ImageError, analyze
from fer_core.image import MAX_IMAGE_BYTES
from fer_core.live import LiveSession
from pages.parts.live.bars import show_bars
from pages.parts.shared.download_button import download_button
from pages.parts.shared.faces import face_heading, show_picture
from pages.parts.shared.notices import as_text

FACES_SHOWN = 3
SILENCE_SECONDS = 4


def show_faces(session: LiveSession, titles: Mapping[str, str]) -> None:
    """The smoothed predictions for the faces in view, models side by side; or what to do where there is none."""
    view = session.view()
    if view.problem:
        st.error("A frame could not be read. The stream goes on.", icon=":material/error:")  # why: in the log
    elif not view.frames or view.age > SILENCE_SECONDS:
        st.info("Waiting for pictures from the camera …", icon=":material/hourglass_empty:")
    elif view.is_dark:
        st.info(
            "The picture is black: is the lens covered, or the camera switched off?", icon=":material/videocam_off:"
        )
    elif not view.faces:
        st.info("No face in view. Face the camera, with light from the front.", icon=":material/search_off:")
    for face in view.faces[:FACES_SHOWN]:
        _show_face(face, titles)
    if len(view.faces) > FACES_SHOWN:
        st.caption(f"{len(view.faces) - FACES_SHOWN} more in the picture and in the CSV.")


def _show_face(face: Face, titles: Mapping[str, str]) -> None:
    with st.container(border=True):
        st.markdown(face_heading(face))
        headings = {}
        for name, prediction in face.predictions.items():
            own = f"<br><strong>{prediction.label}</strong>" if len(face.predictions) > 1 else ""
            headings[name] = f"{escape(titles.get(name, name))}{own}"
        show_bars({name: prediction.probabilities.tolist() for name, prediction in face.predictions.items()}, headings)


@st.fragment
def show_downloads(session: LiveSession, disabled: bool) -> None:
    """The newest frame and the session's log."""
    frame, log = st.columns(2)
    with frame:
        download_button(
            "Save this frame", session.picture, "frame.png", "image/png", key="download-frame", disabled=disabled
        )
    with log:
        download_button(
            "Save session as CSV", session.csv, "session.csv", "text/csv", key="download-csv", disabled=disabled
        )


def show_snapshot(models: list[EmotionModel], titles: Mapping[str, str], detector: str) -> None:
    """A single picture from the camera, without WebRTC."""
    taken = st.camera_input("Take a snapshot instead: it needs no video connection", key="live-snapshot")
    if taken:
        _show_single(taken.getvalue(), "snapshot.jpg", models, titles, detector)


def show_upload(models: list[EmotionModel], titles: Mapping[str, str], detector: str) -> None:
    """A picture from a file, where there is no camera that the page may use."""
    given = st.file_uploader(
        "Use a picture instead: it needs no camera", max_upload_size=MAX_IMAGE_BYTES // 2**20, key="live-upload"
    )
    if given:
        _show_single(given.getvalue(), given.name, models, titles, detector)


def _show_single(
    content: bytes, name: str, models: list[EmotionModel], titles: Mapping[str, str], detector: str
) -> None:
    if models:
        try:
            show_picture(analyze(content, models, name=name, detector=detector), titles, 0)
        except ImageError as error:
            st.error(as_text(str(error)))
