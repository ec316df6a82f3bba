"""Works on the jobs, one at a time: a thread per process of the service, and a process per video.

A process of its own, for what a damaged video may do to its decoder then harms that job alone; and at a lower priority,
for pictures are waited for.
"""

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from fer_core.bundle import load_model
from fer_core.emotions import EMOTIONS
from fer_core.errors import FerError
from fer_core.serve.jobs import CANCELLED, DONE, FAILED, QUEUED, RUNNING, Job, Jobs
from fer_core.serve.problems import Problem
from fer_core.utils.processes import end_with_parent, spawning

_LOOK_EVERY: Final = 0.3  # seconds between looks for work, and for the wish to stop it
_TELL_EVERY: Final = 0.5  # seconds between reports of progress
_ATTEMPTS: Final = 2  # a video whose process is killed twice is not tried again
_NICE: Final = 10
_LOST: Final = "The process that read the video ended before it was done."


class VideoWorker:
    """The thread. folders: name -> folder of each model that is served."""

    def __init__(self, jobs: Jobs, folders: dict[str, Path]) -> None:
        self._jobs, self._folders = jobs, folders
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="videos", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread; the video under way is left to whoever finds it."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_LOOK_EVERY):
            with contextlib.suppress(Problem, OSError):  # a job that went while it was looked at
                self._jobs.tidy()
                for job in self._jobs.all():
                    if job.status()["state"] in (QUEUED, RUNNING):
                        self._try(job)

    def _try(self, job: Job) -> None:
        """Work on a job unless another process does."""
        try:
            with FileLock(job.lock, timeout=0):
                status = job.status()
                if status["state"] not in (QUEUED, RUNNING):  # the other one has just ended it
                    return
                if job.is_cancelled:
                    job.change(state=CANCELLED)
                elif status["attempts"] >= _ATTEMPTS:
                    job.change(state=FAILED, detail=_LOST)
                else:
                    job.change(state=RUNNING, attempts=status["attempts"] + 1)
                    self._work(job, [self._folders[name] for name in status["models"]], status["detector"])
        except Timeout:
            return

    def _work(self, job: Job, folders: list[Path], detector: str) -> None:
        process = spawning().Process(target=read_video, args=(job.folder, folders, detector), daemon=True)
        process.start()
        while process.is_alive() and not self._stop.is_set() and not job.is_cancelled:
            process.join(_LOOK_EVERY)
        if process.is_alive():
            process.kill()
        process.join()
        if job.is_cancelled and job.status()["state"] == RUNNING:
            job.change(state=CANCELLED)


def read_video(folder: Path, models: list[Path], detector: str) -> None:
    """Read a job's video from beginning to end, in a process of its own."""
    import cv2

    from fer_core.video import Video, VideoSummary, analyze_video  # brings the video codecs

    end_with_parent()
    if hasattr(os, "nice"):
        os.nice(_NICE)
    cv2.setNumThreads(1)
    job, summary = Job(folder), VideoSummary()
    try:
        loaded = [load_model(path, threads=1) for path in models]
        with Video(job.video) as video:
            for due in _every(_TELL_EVERY, analyze_video(video, loaded, detector=detector, csv=job.frames)):
                summary.add(due[0])
                if due[1]:
                    job.change(state=RUNNING, progress=round(due[0].progress, 3))
            notes = list(video.notes)
        job.change(state=DONE, progress=1.0, notes=notes, summary=_summed_up(summary))
    except FerError as error:
        job.change(state=FAILED, detail=str(error))


def _every(seconds: float, frames: Any) -> Iterator[tuple[Any, bool]]:
    """Each frame, and whether it is time to tell."""
    told = time.monotonic()
    for frame in frames:
        due = time.monotonic() - told > seconds
        told = time.monotonic() if due else told
        yield frame, due


def _summed_up(summary: Any) -> dict[str, Any]:
    """seconds, frames, number of faces; model -> emotion -> seconds for which it was shown, over all faces."""
    return {
        "seconds": round(summary.seconds, 3),
        "frames": summary.frames,
        "faces": len(summary.faces),
        "shares": {
            model: {emotion: round(float(value), 3) for emotion, value in zip(EMOTIONS, seconds, strict=True)}
            for model, seconds in summary.shares.items()
        },
    }
