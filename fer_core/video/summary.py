"""What a video shows, summed up in bounded memory: each emotion's share of the time."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fer_core.emotions import EMOTIONS
from fer_core.video.analyze import VideoFrame

_LEAST_SHARE: Final = 0.005  # that is worth a word


@dataclass
class VideoSummary:
    """The frames of a video, summed up. seconds, frames: analysed so far, from the first frame; faces: identities.

    shares: model name -> (7,) seconds for which each emotion was shown, over all faces; a frame's labels hold until the
    next one, as in the segments of `SegmentLog`.
    """

    seconds: float = 0.0
    frames: int = 0
    faces: set[int] = field(default_factory=set)
    shares: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    _first: float | None = None
    _shown: list[tuple[str, int]] = field(default_factory=list)  # by the last frame: model, index of the emotion

    def add(self, frame: VideoFrame) -> None:
        """Add the next frame."""
        self._first = frame.time if self._first is None else self._first
        before, self.seconds, self.frames = self.seconds, frame.time - self._first, frame.index + 1
        for name, index in self._shown:
            self.shares[name][index] += max(0.0, self.seconds - before)
        self.faces |= {face.id for face in frame.faces}
        self._shown = [
            (name, EMOTIONS.index(prediction.label))
            for face in frame.faces
            for name, prediction in face.predictions.items()
        ]
        for name, _ in self._shown:
            self.shares.setdefault(name, np.zeros(len(EMOTIONS)))

    def lines(self) -> list[str]:
        """The summary as text: a line on the whole, then one per model."""
        lines = [f"{self.frames} frames, {self.seconds:.1f} seconds, faces: {len(self.faces) or 'none found'}"]
        for name, seconds in self.shares.items():
            shares = sorted(zip(seconds / max(seconds.sum(), 1e-9), EMOTIONS, strict=True), reverse=True)
            words = [f"{emotion} {share:.0%}" for share, emotion in shares if share >= _LEAST_SHARE]
            lines.append(f"{name:<16} " + "  ".join(words))
        return lines
