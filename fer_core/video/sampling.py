"""Which of a film's frames are looked at: a part of it, every N-th, or so many a second."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Sampling:
    """Frames from `start` to `end` seconds (None: the film's end), of these every `every`-th, or `fps` a second.

    fps goes by the frames' own times: of each 1/fps seconds the first frame is taken, so that it also holds where the
    frame rate varies; a rate above the film's takes every frame. Raises ValueError for values that make no sense.
    """

    every: int = 1
    fps: float | None = None
    start: float = 0.0
    end: float | None = None

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError(f"Expected every frame or every N-th, N at least 1. Received: {self.every}.")
        if self.fps is not None and not 0 < self.fps < 1e4:
            raise ValueError(f"Expected frames a second above 0. Received: {self.fps}.")
        if self.fps is not None and self.every > 1:
            raise ValueError("Expected every N-th frame or frames a second, not both.")
        if self.start < 0 or (self.end is not None and self.end <= self.start):
            raise ValueError(
                f"Expected a start of 0 or more and an end after it. Received: {self.start} to {self.end}."
            )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    def chooser(self) -> "FrameChooser":
        """A fresh decision for the frames of one film."""
        return FrameChooser(self)


class FrameChooser:
    """Decides frame by frame, in their order, of those inside the part that is asked for."""

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._seen = -1
        self._due = float("-inf")

    def takes(self, time: float) -> bool:
        """Whether the frame at `time` seconds is one to look at."""
        self._seen += 1
        rate = self._sampling.fps
        if rate is None:
            return self._seen % self._sampling.every == 0
        if time < self._due:
            return False
        # the next point of the grid after this frame; a hundredth of a step, as times are rounded to ticks
        steps = int((time - self._sampling.start) * rate + 0.01) + 1
        self._due = self._sampling.start + (steps - 0.01) / rate
        return True
