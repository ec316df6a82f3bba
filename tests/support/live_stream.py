"""Frames of a stream that is none, and a clock that goes when it is told."""

from fractions import Fraction
from typing import Any

import av
import numpy as np

from fer_core.benchmark.frames import portrait_frame
from fer_core.live.session import LiveSession


class Clock:
    """Seconds that only pass when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def frame(image: np.ndarray[Any, Any], pts: int) -> Any:
    made: Any = av.VideoFrame.from_ndarray(image, format="rgb24")
    made.pts, made.time_base = pts, Fraction(1, 30)
    return made


def streamed(session: LiveSession, clock: Clock, frames: int = 12, step: int = 1) -> Any:
    shown = None
    for index in range(frames):
        clock.now += step / 30
        shown = session.receive(frame(portrait_frame(), index * step))
    return shown
