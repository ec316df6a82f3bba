"""A video on the Classify page: worked through frame by frame, shown as a timeline, saved as MP4 and CSV."""

import tempfile
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from fer_core import EmotionModel, ImageError
from fer_core.images import shown_name
from fer_core.timelines import timeline_frame, timeline_spec
from fer_core.video import Video
from fer_core.video_report import VideoSummary, report
from pages.parts.shared import as_text

FACES_SHOWN = 3
JOBS_KEPT = 4  # of a session, the newest: each holds a folder with its annotated copy
_REFRESH = 0.3  # s between two looks of the progress bar


@dataclass
class Job:
    """One upload's work. It pauses when the page runs again, goes on where it was, and dies with the session."""

    video: Video
    folder: tempfile.TemporaryDirectory[str]  # removed with this object
    summary: VideoSummary = field(default_factory=VideoSummary)
    steps: Generator[float, None, None] | None = None
    progress: float = 0.0
    cancelled: bool = False

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
        self.steps, self.cancelled = None, True


def video_section(uploaded_file: Any, models: list[EmotionModel]) -> None:
    """The whole section for one uploaded MP4, WebM, MOV or AVI (a Streamlit UploadedFile) and the loaded models."""
    name = shown_name(uploaded_file.name)
    st.subheader(as_text(name), divider="gray", anchor=False)
    if not models:
        st.info("Pick at least one model.")
        return
    key = (uploaded_file.file_id, tuple((model.name, model.card.files["model.tflite"]["sha256"]) for model in models))
    slot = f"video-{uploaded_file.file_id}"
    jobs: dict[Any, Job] = st.session_state.setdefault("video-jobs", {})
    try:
        if key not in jobs:
            for old in list(jobs)[: max(0, len(jobs) + 1 - JOBS_KEPT)]:
                jobs.pop(old).cancel()
            jobs[key] = _new_job(uploaded_file, name, models)
        job = jobs[key]
        if job.steps is not None:
            _work(job, slot)
    except ImageError as error:
        jobs.pop(key, None)
        st.error(as_text(str(error)), icon=":material/movie_off:")
        return
    for note in job.video.notes:
        st.warning(as_text(note), icon=":material/warning:")
    if job.cancelled:
        st.info(f"Cancelled after {_clock(job.summary.seconds)}; what was done until then is below.")
    _results(job, models, slot, Path(name).stem)


def _new_job(uploaded_file: Any, name: str, models: list[EmotionModel]) -> Job:
    uploaded_file.seek(0)
    job = Job(Video(uploaded_file, name), tempfile.TemporaryDirectory(prefix="fer-video-"))
    job.steps = report(job.video, models, job.summary, csv=job.csv, annotated=job.annotated)
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
            whole = f" of {_clock(job.video.info.duration)}" if job.video.info.duration else ""
            bar.progress(job.progress, f"{_clock(job.summary.seconds)}{whole}, {job.summary.frames} frames")
    job.steps = None
    place.empty()


def _results(job: Job, models: list[EmotionModel], slot: str, stem: str) -> None:
    summary = job.summary
    st.caption(f"{summary.frames} frames, {_clock(summary.seconds)}, faces: {len(summary.faces) or 'none found'}")
    if not summary.frames:
        return
    clicked = None
    for number in summary.main_faces(FACES_SHOWN):
        for column, model in zip(st.columns(len(models)), models, strict=True):
            column.markdown(f"**Face {number}** · {model.card.title}")
            event = column.vega_lite_chart(
                timeline_frame(summary.timeline(model.name, number)),
                timeline_spec(0, max(round(summary.seconds, 2), 0.1), pick="moment"),
                width="stretch",
                key=f"{slot}-chart-{number}-{model.name}",
                on_select="rerun",
                selection_mode="moment",
            )
            picked = [point["time"] for point in event.selection.get("moment", []) if "time" in point]
            clicked = picked[0] if picked else clicked
    if len(summary.faces) > FACES_SHOWN:
        st.caption(f"The {FACES_SHOWN} faces seen longest are shown; all are in the CSV.")
    if summary.faces:
        st.caption("Click into a timeline to see its frame.")
    _frame(job, slot, clicked)
    table, copy = st.columns(2)
    table.download_button(
        "CSV",
        job.csv.read_bytes(),
        f"{stem}-emotions.csv",
        "text/csv",
        icon=":material/table:",
        on_click="ignore",
        width="stretch",
    )
    copy.download_button(
        "Annotated MP4",
        job.annotated.read_bytes(),
        f"{stem}-annotated.mp4",
        "video/mp4",
        icon=":material/movie:",
        on_click="ignore",
        width="stretch",
    )


def _frame(job: Job, slot: str, clicked: float | None) -> None:
    """The frame that was clicked at, or the first; always from the annotated copy."""
    if clicked is not None:
        st.session_state[f"{slot}-moment"] = min(float(clicked), job.summary.seconds)
    moment = st.session_state.get(f"{slot}-moment", 0.0)
    with Video(job.annotated) as annotated:
        st.image(annotated.frame_at(moment), caption=f"{_clock(moment)} (frame from the annotated copy)")


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{seconds % 60:04.1f}"
