"""The work on one uploaded video: it outlives the page's runs, and dies with the session."""

import tempfile
import threading
from array import array
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import BinaryIO

from fer_core import EmotionModel
from fer_core.image import shown_name
from fer_core.video import Video, VideoFrame, VideoSummary, analyze_video
from fer_core.video.edited import read_recording
from pages.parts.viewer.viewed import Viewed


class VideoJob:
    """One upload's work, frame by frame. It pauses when the page runs again, and goes on where it was.

    titles: model name -> title. progress: 0 to 1. notes: remarks on the video, known at the end.

    NOTE: a run of the page begins, callbacks first, while the one before may still be inside a frame on its own thread.
    So `cancel` only raises a flag, and whoever steps waits for the lock.
    """

    def __init__(self, file: BinaryIO, name: str, models: Sequence[EmotionModel], detector: str) -> None:
        """Open the video; nothing is analysed yet. Raises ImageError."""
        file.seek(0)
        self.name = shown_name(name)
        video = Video(file, self.name)
        self.titles = {model.name: model.card.title for model in models}
        self.duration = video.info.duration
        self.summary = VideoSummary()
        self.progress = 0.0
        self.cancelled = False
        self.notes: tuple[str, ...] = ()
        self._folder = tempfile.TemporaryDirectory(prefix="fer-video-")  # removed with this object
        self.annotated = Path(self._folder.name) / "annotated.mp4"
        self.csv = Path(self._folder.name) / "emotions.csv"
        self._frames: Generator[VideoFrame, None, None] | None = analyze_video(
            video, models, detector=detector, csv=self.csv, annotated=self.annotated
        )
        self._video: Video | None = video
        self._times = array("d")  # of the frames, also of those without a face, in seconds
        self._viewed: Viewed | None = None
        self._lock = threading.Lock()

    def step(self) -> bool:
        """Analyse the next frame; False where there was none, or the work was cancelled. Raises ImageError."""
        with self._lock:
            if self._frames is None:
                return False
            frame = None if self.cancelled else next(self._frames, None)
            if frame is None:
                self._end()
                return False
            self.summary.add(frame)
            self._times.append(frame.time)
            self.progress = frame.progress
            return True

    @property
    def viewed(self) -> Viewed:
        """What was done, to be looked at and edited; only once `is_done`. Raises ImageError."""
        if self._viewed is None:
            recording = read_recording(self.csv, self.name, times=self._times)
            self._viewed = Viewed(recording, self.titles, self.annotated)
        return self._viewed

    def cancel(self) -> None:
        """Stop after the frame that is being analysed; what has been done stays."""
        self.cancelled = self._frames is not None

    def discard(self) -> None:
        """Stop, and remove what was made."""
        self.cancel()
        with self._lock:
            self._end()
        self._folder.cleanup()

    @property
    def is_done(self) -> bool:
        """Whether no frame is left to analyse: both files are complete, and the upload is let go of."""
        return self._frames is None

    def _end(self) -> None:
        if self._frames is not None and self._video is not None:
            self._frames.close()
            self.notes = self._video.notes
            self._video.close()
            self._frames = self._video = None
