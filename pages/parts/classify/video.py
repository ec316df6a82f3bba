"""A video on the Classify page: analysed frame by frame, then shown until the session ends or it is cleared."""

import time
from typing import Any

import streamlit as st

from fer_core import EmotionModel, ImageError
from pages.parts.classify.sources import clear_uploads
from pages.parts.classify.video_job import VideoJob
from pages.parts.shared.clock import clock
from pages.parts.shared.notices import as_text
from pages.parts.viewer.show import offer_film, show_viewer

JOBS_KEPT = 4  # of a session, the newest: each holds a folder with its annotated copy
_REFRESH_SECONDS = 0.3  # between two updates of the progress bar


def show_video(uploaded_file: Any, models: list[EmotionModel], detector: str) -> None:
    """Analyse and show an uploaded video (a Streamlit UploadedFile); for None, show the last one."""
    jobs: dict[Any, VideoJob] = st.session_state.setdefault("video-jobs", {})
    if uploaded_file is None and not jobs:
        return
    if uploaded_file is not None and not models:
        st.info("Pick at least one model.")
        return
    key = next(reversed(jobs)) if uploaded_file is None else _key(uploaded_file, models, detector)
    try:
        if key not in jobs:
            for old in list(jobs)[: max(0, len(jobs) + 1 - JOBS_KEPT)]:
                jobs.pop(old).discard()
            jobs[key] = VideoJob(uploaded_file, uploaded_file.name, models, detector)
        job = jobs[key] = jobs.pop(key)  # the newest is what the page comes back to
        slot = f"video-{key[0]}"
        st.header(as_text(job.name), divider="gray", anchor=False)
        if not job.is_done:
            _work(job, slot)
    except ImageError as error:
        jobs.pop(key, None)
        st.error(as_text(str(error)), icon=":material/movie_off:")
        return
    for note in job.notes:
        st.warning(as_text(note), icon=":material/warning:")
    if job.cancelled:
        st.info(f"Cancelled after {clock(job.summary.seconds)}; what was done until then is below.")
    st.caption(
        f"{job.summary.frames} frames, {clock(job.summary.seconds)}, faces: {len(job.summary.faces) or 'none found'}"
    )
    if job.summary.frames:
        show_viewer(job.viewed)
    with st.container(horizontal=True):
        if job.summary.frames:
            offer_film(job.viewed)
        clear = st.button("Clear results", icon=":material/delete:", key="video-clear")
    if clear:
        while jobs:
            jobs.popitem()[1].discard()
        clear_uploads()
        st.rerun()


def _key(uploaded_file: Any, models: list[EmotionModel], detector: str) -> tuple[Any, ...]:
    return uploaded_file.file_id, detector, tuple((model.name, model.version) for model in models)


def _work(job: VideoJob, slot: str) -> None:
    """Go on until the video is done; what the visitor does meanwhile ends this run at an update of the bar."""
    place = st.empty()
    with place.container():
        bar = st.progress(job.progress, "Reading the video …")
        st.button("Cancel", icon=":material/stop_circle:", key=f"{slot}-cancel", on_click=job.cancel)
    shown = time.monotonic()
    while job.step():
        if time.monotonic() - shown >= _REFRESH_SECONDS:
            shown = time.monotonic()
            whole = f" of {clock(job.duration)}" if job.duration else ""
            bar.progress(job.progress, f"{clock(job.summary.seconds)}{whole}, {job.summary.frames} frames")
    place.empty()
