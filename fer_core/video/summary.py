"""What a video shows, summed up in bounded memory: a timeline per face, and each emotion's share of the time."""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fer_core.emotions import EMOTIONS
from fer_core.video.analyze import VideoFrame

TIMELINE_POINTS: Final = 600
"""Points in time of a timeline, at most: more than a screen shows."""
_FIRST_STEP: Final = 0.1  # seconds
_LEAST_SHARE: Final = 0.005  # that is worth a word


@dataclass
class _Mean:
    """A running mean of (7,) probabilities."""

    total: NDArray[np.float64] = field(default_factory=lambda: np.zeros(len(EMOTIONS)))
    count: int = 0

    def add(self, total: NDArray[Any], count: int = 1) -> None:
        self.total = self.total + total
        self.count += count


@dataclass
class VideoSummary:
    """The frames of a video, summed up. seconds, frames: analysed so far; faces: identities.

    shares: model name -> (7,) seconds for which each emotion was shown, over all faces. step: seconds between the
    points of a timeline; it doubles as the video goes on.
    """

    seconds: float = 0.0
    frames: int = 0
    faces: set[int] = field(default_factory=set)
    shares: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    step: float = _FIRST_STEP
    _points: dict[tuple[str, int, int], _Mean] = field(default_factory=dict)

    def add(self, frame: VideoFrame) -> None:
        """Add the next frame."""
        elapsed, self.seconds, self.frames = max(0.0, frame.time - self.seconds), frame.time, frame.index + 1
        while self.seconds / self.step > TIMELINE_POINTS:
            self._coarsen()
        for face in frame.faces:
            self.faces.add(face.id)
            for name, prediction in face.predictions.items():
                shares = self.shares.setdefault(name, np.zeros(len(EMOTIONS)))
                shares[EMOTIONS.index(prediction.label)] += elapsed
                point = self._points.setdefault((name, face.id, int(frame.time / self.step)), _Mean())
                point.add(prediction.probabilities)

    def main_faces(self, count: int) -> list[int]:
        """Identities of the `count` faces that are in view longest, longest first."""
        seen: dict[int, int] = {}
        for _, face, _ in self._points:
            seen[face] = seen.get(face, 0) + 1
        return sorted(seen, key=lambda face: (-seen[face], face))[:count]

    def timeline(self, model: str, face: int) -> list[dict[str, Any]]:
        """Rows (face, time, emotion, probability) of one face: the mean of each step, time in seconds at its middle."""
        return [
            {"face": face, "time": round((slot + 0.5) * self.step, 2), "emotion": e, "probability": round(float(p), 3)}
            for (name, number, slot), point in sorted(self._points.items(), key=lambda item: item[0])
            if (name, number) == (model, face)
            for e, p in zip(EMOTIONS, point.total / point.count, strict=True)
        ]

    def lines(self) -> list[str]:
        """The summary as text: a line on the whole, then one per model."""
        lines = [f"{self.frames} frames, {self.seconds:.1f} seconds, faces: {len(self.faces) or 'none found'}"]
        for name, seconds in self.shares.items():
            shares = sorted(zip(seconds / max(seconds.sum(), 1e-9), EMOTIONS, strict=True), reverse=True)
            words = [f"{emotion} {share:.0%}" for share, emotion in shares if share >= _LEAST_SHARE]
            lines.append(f"{name:<16} " + "  ".join(words))
        return lines

    def _coarsen(self) -> None:
        """Merge the points two by two."""
        self.step *= 2
        merged: dict[tuple[str, int, int], _Mean] = {}
        for (name, face, slot), point in self._points.items():
            merged.setdefault((name, face, slot // 2), _Mean()).add(point.total, point.count)
        self._points = merged
