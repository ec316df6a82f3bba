"""A video on the Classify page: worked through frame by frame, then shown until the session ends or it is cleared."""

import tempfile
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from fer_core import EmotionModel, ImageError
from fer_core.images import shown_name
from fer_core.video import Video
from fer_core.video_report import VideoSummary, report
from pages.parts.shared import as_text
from pages.parts.video_results import clock, show_results

JOBS_KEPT = 4  # of a session, the newest: each holds a folder with its annotated copy
_REFRESH = 0.3  # s between two looks of the progress bar


@dataclass
class Job:
    """One upload's work. It pauses when the page runs again, goes on where it was, and dies with the session.

    titles: the models, name -> what people read. video: None once it has been worked through.
    """

    name: str
    titles: dict[str, str]
    video: Video | None
    folder: tempfile.TemporaryDirectory[str]  # removed with this object
    duration: float = 0.0
    summary: VideoSummary = field(default_factory=VideoSummary)
    steps: Generator[float, None, None] | None = None
    progress: float = 0.0
    cancelled: bool = False
    notes: tuple[str, ...] = ()

    @property
    def annotated(self) -> Path:
        return Path(self.folder.name) / "annotated.mp4"

    @property
    def csv(self) -> Path:
        return Path(self.folder.name) / "emotions.csv"

    def cancel(self) -> None:
        """Stop here; what has been done stays."""
        if self.steps is not None:
            self.steps.close()
            self.cancelled = True
            self.end()

    def discard(self) -> None:
        """Stop, and remove what was made."""
        self.cancel()
        self.folder.cleanup()

    def end(self) -> None:
        """Let go of the upload: only what was found of it is kept."""
        if self.video is not None:
            self.notes = self.video.notes
            self.video.close()
        self.steps = self.video = None


def video_section(uploaded_file: Any, models: list[EmotionModel]) -> None:
    """The whole section: an uploaded MP4, WebM, MOV or AVI (a Streamlit UploadedFile) or, for None, the last one."""
    jobs: dict[Any, Job] = st.session_state.setdefault("video-jobs", {})
    if uploaded_file is None and not jobs:
        return
    if uploaded_file is not None and not models:
        st.info("Pick at least one model.")
        return
    key = next(reversed(jobs)) if uploaded_file is None else _key(uploaded_file, models)
    try:
        if key not in jobs:
            for old in list(jobs)[: max(0, len(jobs) + 1 - JOBS_KEPT)]:
                jobs.pop(old).discard()
            jobs[key] = _new_job(uploaded_file, models)
        job = jobs[key] = jobs.pop(key)  # the newest is what the page comes back to
        slot = f"video-{key[0]}"
        st.subheader(as_text(job.name), divider="gray", anchor=False)
        if job.steps is not None:
            _work(job, slot)
    except ImageError as error:
        jobs.pop(key, None)
        st.error(as_text(str(error)), icon=":material/movie_off:")
        return
    for note in job.notes:
        st.warning(as_text(note), icon=":material/warning:")
    if job.cancelled:
        st.info(f"Cancelled after {clock(job.summary.seconds)}; what was done until then is below.")
    show_results(job.summary, job.titles, job.csv, job.annotated, slot, Path(job.name).stem)
    if st.button("Clear results", icon=":material/delete:", key="video-clear"):
        while jobs:
            jobs.popitem()[1].discard()
        st.session_state.generation += 1
        st.rerun()


def _key(uploaded_file: Any, models: list[EmotionModel]) -> tuple[Any, ...]:
    return uploaded_file.file_id, tuple((model.name, model.card.files["model.tflite"]["sha256"]) for model in models)


def _new_job(uploaded_file: Any, models: list[EmotionModel]) -> Job:
    uploaded_file.seek(0)
    name = shown_name(uploaded_file.name)
    video = Video(uploaded_file, name)
    titles = {model.name: model.card.title for model in models}
    job = Job(name, titles, video, tempfile.TemporaryDirectory(prefix="fer-video-"), video.info.duration)
    job.steps = report(video, models, job.summary, csv=job.csv, annotated=job.annotated)
    return job


def _work(job: Job, slot: str) -> None:
    """Go on until the video is done; a touch of the page interrupts that at a report of progress, and comes back."""
    place = st.empty()
    with place.container():
        bar = st.progress(job.progress, "Reading the video …")
        st.button("Cancel", icon=":material/stop_circle:", key=f"{slot}-cancel", on_click=job.cancel)
    shown = time.monotonic()
    for progress in job.steps or ():
        job.progress = progress
        if time.monotonic() - shown >= _REFRESH:
            shown = time.monotonic()
            whole = f" of {clock(job.duration)}" if job.duration else ""
            bar.progress(job.progress, f"{clock(job.summary.seconds)}{whole}, {job.summary.frames} frames")
    job.end()
    place.empty()
