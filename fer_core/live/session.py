"""A webcam session: what its video thread and its page share, behind one lock. Only the newest frame is kept.

video thread: receive(frame) -> mirrored, tracked, drawn -> back to the browser
page: configure(...) -> view(), timeline(), shares(), csv(), picture()
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from fer_core.analysis import Face, annotate
from fer_core.bundle import EmotionModel
from fer_core.detection import DEFAULT_DETECTOR, crop_frame
from fer_core.emotions import EMOTIONS
from fer_core.explanation import evidence, overlay_on
from fer_core.image import encode_png
from fer_core.live.log import SessionLog, log_csv
from fer_core.live.statistics import LONGEST_GAP, StreamStatistics
from fer_core.tracking import SMOOTHING_SECONDS, FaceTracker, TrackedFace, is_blank

MOST_EXPLAINED: Final = 3
"""Faces of a frame that show why: a network without maps of its own is asked some 50 times for each."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LiveView:
    """The state of a session. fps: frames per second; median_ms, p95_ms: processing time per frame, without decoding
    and drawing.

    dropped: camera frames that were skipped because newer ones had come. age: seconds since the newest frame, infinite
    before the first. is_dark: that frame shows nothing. problem: what the last frame failed with, or "".
    """

    faces: tuple[TrackedFace, ...] = ()
    frames: int = 0
    fps: float = 0.0
    median_ms: float = 0.0
    p95_ms: float = 0.0
    dropped: int = 0
    age: float = float("inf")
    is_dark: bool = False
    problem: str = ""


def explained(
    image: NDArray[np.uint8], faces: Sequence[Face], models: Sequence[EmotionModel], most: int = MOST_EXPLAINED
) -> NDArray[np.uint8]:
    """A (height, width, 3) RGB uint8 image, a copy where it has faces, with what decided laid over the largest ones.

    Of several models the mean of their maps of what the verdict names.
    """
    largest = sorted(faces, key=lambda face: face.box.width * face.box.height)[-most:]
    crops = np.array([face.crop for face in largest], np.uint8)
    maps = np.mean([evidence(model, crops) for model in models], axis=0) if largest and models else []
    for face, of_face in zip(largest, maps, strict=False):
        if face.verdict is not None:
            one = of_face[EMOTIONS.index(face.verdict.label)]
            image = overlay_on(image, one, crop_frame(face.box, face.eyes))
    return image


class LiveSession:
    """One visitor's webcam session, over as many starts and stops as they like. Any thread may call any method."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._models: list[EmotionModel] = []
        self._settings: dict[str, Any] = {}
        self._mirror, self._show_why, self._changed = True, False, False
        self.clear()

    def clear(self) -> None:
        """Forget everything that was seen; the settings stay."""
        with self._lock:
            self._view, self._log = LiveView(), SessionLog()
            self._tracker: FaceTracker | None = None
            self._statistics = StreamStatistics()
            self._picture: NDArray[np.uint8] | None = None
            self._began: float | None = None

    def configure(
        self,
        models: Sequence[EmotionModel],
        *,
        detector: str = DEFAULT_DETECTOR,
        sensitivity: str = "normal",
        smoothing: float = SMOOTHING_SECONDS,
        mirror: bool = True,
        show_why: bool = False,
    ) -> None:
        """Change the settings from the next frame on: models and settings as for FaceTracker, and how it is shown.

        show_why: whether what decided is laid over the faces, the largest MOST_EXPLAINED of them.
        """
        settings = {"detector": detector, "sensitivity": sensitivity, "smoothing": smoothing}
        with self._lock:
            self._mirror, self._show_why = mirror, show_why
            if self._settings != settings or [*map(id, self._models)] != [*map(id, models)]:
                self._settings, self._models, self._changed = settings, list(models), True

    def receive(self, frame: Any) -> Any:
        """The callback of the video thread: an av.VideoFrame in, an annotated one out. Never raises."""
        try:
            shown = self.process(frame.to_ndarray(format="rgb24"), frame.time)
            return av.VideoFrame.from_ndarray(shown, format="rgb24")
        except Exception as error:  # an exception here would end the stream: the page says it instead
            _log.exception("a frame failed")
            with self._lock:
                self._view = replace(self._view, faces=(), problem=f"{type(error).__name__}: {error}")
            return frame

    def process(self, frame_rgb: NDArray[np.uint8], timestamp: float | None) -> NDArray[np.uint8]:
        """Track and draw the faces of a (height, width, 3) RGB frame, on a copy. timestamp: the camera's, seconds."""
        now = self._clock()
        with self._lock:
            models, settings, mirror, show_why = self._models, self._settings, self._mirror, self._show_why
            moment = self._statistics.camera_time(now, timestamp)
            changed, self._changed = self._changed, False
            tracker = self._tracker
        if tracker is None:
            tracker = FaceTracker(models, **settings)  # it may load a detector: not under the lock
            with self._lock:
                self._tracker = tracker
        elif changed:
            tracker.configure(models, **settings)
        image = np.ascontiguousarray(frame_rgb[:, ::-1]) if mirror else frame_rgb
        before = time.perf_counter()
        faces = tracker.update(image, moment)
        spent = (time.perf_counter() - before) * 1000
        shown = annotate(explained(image, faces, models) if show_why else image, faces)
        with self._lock:
            self._began = now if self._began is None else self._began
            step = self._statistics.seconds_since_last(now)
            self._log.add(now - self._began, 0.0 if math.isinf(step) else min(step, LONGEST_GAP), faces)
            self._statistics.add(now, timestamp, spent)
            self._picture = shown
            self._view = LiveView(tuple(faces), self._view.frames + 1, is_dark=is_blank(image[..., 1]))
        return shown

    def view(self) -> LiveView:
        """The state of the session now."""
        now = self._clock()
        with self._lock:
            median, p95 = self._statistics.processing_ms()
            return replace(
                self._view,
                fps=self._statistics.frames_per_second(now),
                median_ms=median,
                p95_ms=p95,
                dropped=self._statistics.dropped,
                age=self._statistics.seconds_since_last(now),
            )

    def picture(self) -> bytes:
        """The newest annotated frame as PNG; empty before the first."""
        with self._lock:
            picture = self._picture
        return b"" if picture is None else encode_png(picture)

    def timeline(self, model: str, seconds: float = 60.0, step: float = 0.5) -> list[dict[str, Any]]:
        """Rows (face, time, emotion, probability), every `step` of the last `seconds`; time from -seconds to 0."""
        with self._lock:
            now = self._clock() - (self._began or 0.0)
            return self._log.timeline(model, now, seconds, step)

    def shares(self) -> dict[str, list[float]]:
        """Model -> share of the faces' time for each emotion (7,), by the labels that were shown."""
        with self._lock:
            return self._log.shares()

    def csv(self) -> str:
        """The session's log as CSV, with the columns LOG_FIELDS."""
        with self._lock:
            entries, models = self._log.entries()
        return log_csv(entries, models)  # not under the lock, for which the video thread would wait
