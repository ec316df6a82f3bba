"""A webcam session: what its video thread and its page share, behind one lock. No frame is kept but the newest.

video thread: receive(frame) -> mirrored, tracked, drawn -> back to the browser
page: configure(...) -> view(), timeline(), shares(), csv(), picture()
"""

import io
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from fer_core.analyze import UNSURE_BELOW
from fer_core.drawing import annotate
from fer_core.following import is_blank
from fer_core.model import EmotionModel
from fer_core.session_log import SessionLog
from fer_core.smoothing import SMOOTHING_SECONDS
from fer_core.tracking import FaceTracker, TrackedFace

_PACE_FRAMES: Final = 300  # frames over which times are summed up: ten seconds
_PACE_SECONDS: Final = 3.0  # over which frames a second are counted
_LONGEST_PAUSE: Final = 2.0  # s between two frames; a longer gap is a stop, and no frames were dropped in it
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LiveView:
    """How the session stands. median_ms, p95_ms: processing time of a frame, without decoding and drawing.

    dropped: camera frames that were not looked at, because newer ones had come. age: seconds since the newest frame,
    infinite before the first. is_dark: that frame shows nothing. problem: what the last frame failed with, or "".
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


class LiveSession:
    """One visitor's webcam session, over as many starts and stops as they like. Any thread may call any method."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._models: list[EmotionModel] = []
        self._settings: dict[str, Any] = {}
        self._mirror, self._changed = True, False
        self._tracker: FaceTracker | None = None
        self.clear()

    def clear(self) -> None:
        """Forget everything that was seen."""
        with self._lock:
            self._view, self._log = LiveView(), SessionLog()
            self._picture: NDArray[np.uint8] | None = None
            self._pace, self._arrivals = deque[float](maxlen=_PACE_FRAMES), deque[float](maxlen=_PACE_FRAMES)
            self._began: float | None = None
            self._seen: float | None = None
            self._camera_time: float | None = None
            self._camera_began = 0.0
            self._period, self._dropped = float("inf"), 0

    def configure(
        self,
        models: Sequence[EmotionModel],
        *,
        sensitivity: str = "normal",
        smoothing: float = SMOOTHING_SECONDS,
        threshold: float = UNSURE_BELOW,
        mirror: bool = True,
    ) -> None:
        """Settings from the next frame on: loaded models, those of FaceTracker, whether the picture is mirrored."""
        settings = {"sensitivity": sensitivity, "smoothing": smoothing, "threshold": threshold}
        with self._lock:
            self._mirror = mirror
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
            models, settings, mirror = self._models, self._settings, self._mirror
            changed, self._changed = self._changed, False
        if self._tracker is None:
            self._tracker = FaceTracker(models, **settings)
        elif changed:
            self._tracker.configure(models, **settings)
        image = np.ascontiguousarray(frame_rgb[:, ::-1]) if mirror else frame_rgb
        before = time.perf_counter()
        faces = self._tracker.update(image, self._time(now, timestamp))
        spent = (time.perf_counter() - before) * 1000
        shown = annotate(image, faces)
        with self._lock:
            self._began = now if self._began is None else self._began
            step = 0.0 if self._seen is None else min(now - self._seen, _LONGEST_PAUSE)
            self._seen = now
            self._log.add(now - self._began, step, faces)
            self._count_dropped(timestamp)
            self._arrivals.append(now)
            self._pace.append(spent)
            self._picture = shown
            self._view = LiveView(tuple(faces), self._view.frames + 1, is_dark=is_blank(image[..., 1]))
        return shown

    def view(self) -> LiveView:
        """How the session stands now."""
        now = self._clock()
        with self._lock:
            recent = [moment for moment in self._arrivals if now - moment <= _PACE_SECONDS]
            pace = np.array(self._pace) if self._pace else np.zeros(1)
            return replace(
                self._view,
                fps=(len(recent) - 1) / max(recent[-1] - recent[0], 1e-3) if len(recent) > 1 else 0.0,
                median_ms=float(np.median(pace)),
                p95_ms=float(np.percentile(pace, 95)),
                dropped=self._dropped,
                age=float("inf") if self._seen is None else now - self._seen,
            )

    def picture(self) -> bytes:
        """The newest annotated frame as PNG; empty before the first."""
        from PIL import Image

        with self._lock:
            picture = self._picture
        if picture is None:
            return b""
        out = io.BytesIO()
        Image.fromarray(picture).save(out, "PNG", compress_level=3)
        return out.getvalue()

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
            return self._log.csv()

    def _time(self, now: float, timestamp: float | None) -> float:
        """The camera's time on our clock. Every stream counts from 0: the pause between two of them counts too."""
        if timestamp is None:
            return now
        if self._camera_time is None or timestamp < self._camera_time:
            self._camera_began = now - timestamp
        return self._camera_began + timestamp

    def _count_dropped(self, timestamp: float | None) -> None:
        """Gaps in the camera's own clock are frames that newer ones have replaced, or that were lost on the way."""
        if timestamp is None:
            return
        gap = timestamp - (timestamp if self._camera_time is None else self._camera_time)
        self._camera_time = timestamp
        if 0 < gap < _LONGEST_PAUSE:
            self._period = max(1 / 60, min(gap, self._period))
            self._dropped += max(0, round(gap / self._period) - 1)
