"""How a stream performs: frame rate, processing time and dropped frames, over the last seconds."""

from collections import deque
from typing import Final

import numpy as np

LONGEST_GAP: Final = 2.0
"""Seconds between two frames at most; a longer gap is a stop, in which no frames were dropped."""

_FRAMES: Final = 300  # over which processing times are summed up: ten seconds
_RATE_SECONDS: Final = 3.0  # over which the frame rate is measured
_GAPS: Final = 90  # between camera frames, whose median is taken for the camera's period
_ENOUGH_GAPS: Final = 15


class StreamStatistics:
    """Counts the frames of one session's streams. Not thread-safe: LiveSession holds its lock.

    dropped: camera frames that never came: newer ones have replaced them, or they were lost on the way. They are
    counted by the median time between two that came, from the 16th on; where most are dropped, it counts too few.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._arrivals = deque[float](maxlen=_FRAMES)
        self._processing_ms = deque[float](maxlen=_FRAMES)
        self._camera_time: float | None = None
        self._camera_began = 0.0
        self._gaps = deque[float](maxlen=_GAPS)

    def camera_time(self, now: float, timestamp: float | None) -> float:
        """When a frame was taken, on the session's clock. now: its arrival; timestamp: of the camera, seconds, or None.

        Every stream counts from 0, so the pause between two streams counts too.
        """
        if timestamp is None:
            return now
        if self._camera_time is None or timestamp < self._camera_time:
            self._camera_began = now - timestamp
        return self._camera_began + timestamp

    def add(self, now: float, timestamp: float | None, processing_ms: float) -> None:
        """Count a frame that has been processed."""
        self._arrivals.append(now)
        self._processing_ms.append(processing_ms)
        if timestamp is None:
            return
        gap = timestamp - (timestamp if self._camera_time is None else self._camera_time)
        self._camera_time = timestamp
        if 0 < gap < LONGEST_GAP:
            self._gaps.append(gap)
            if len(self._gaps) >= _ENOUGH_GAPS:
                self.dropped += max(0, round(gap / float(np.median(self._gaps))) - 1)

    def seconds_since_last(self, now: float) -> float:
        """Seconds since the last frame, infinite before the first."""
        return now - self._arrivals[-1] if self._arrivals else float("inf")

    def frames_per_second(self, now: float) -> float:
        """Frames per second of late; 0 where there are fewer than two."""
        recent = [moment for moment in self._arrivals if now - moment <= _RATE_SECONDS]
        return (len(recent) - 1) / max(recent[-1] - recent[0], 1e-3) if len(recent) > 1 else 0.0

    def processing_ms(self) -> tuple[float, float]:
        """Median and 95th percentile of the processing time in milliseconds; 0 before the first frame."""
        times = np.array(self._processing_ms) if self._processing_ms else np.zeros(1)
        return float(np.median(times)), float(np.percentile(times, 95))
