"""A video's results as files and in a few lines: what the command line and the page both need."""

import contextlib
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from fer_core.emotions import EMOTIONS
from fer_core.errors import ImageError
from fer_core.model import EmotionModel
from fer_core.reports import csv_lines
from fer_core.video import VIDEO_FIELDS, Video, VideoFrame

TIMELINE_POINTS: Final = 600
"""Points in time that a timeline has at most: more than a screen shows."""
_FIRST_STEP: Final = 0.1


@dataclass
class VideoSummary:
    """What a video held, in bounded memory. seconds, frames: looked at so far; faces: identities.

    shares: model -> (7,) seconds for which each emotion was shown.
    """

    seconds: float = 0.0
    frames: int = 0
    faces: set[int] = field(default_factory=set)
    shares: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict)
    step: float = _FIRST_STEP
    _points: dict[tuple[str, int, int], list[Any]] = field(default_factory=dict)

    def add(self, frame: VideoFrame) -> None:
        """Take the next frame."""
        elapsed, self.seconds, self.frames = max(0.0, frame.time - self.seconds), frame.time, frame.index + 1
        while self.seconds / self.step > TIMELINE_POINTS:
            self._coarsen()
        for face in frame.faces:
            self.faces.add(face.id)
            for name, prediction in face.predictions.items():
                shares = self.shares.setdefault(name, np.zeros(len(EMOTIONS)))
                shares[EMOTIONS.index(prediction.label)] += elapsed
                point = self._points.setdefault((name, face.id, int(frame.time / self.step)), [np.zeros(7), 0])
                point[0] = point[0] + prediction.probabilities
                point[1] += 1

    def main_faces(self, count: int) -> list[int]:
        """The faces that are in view longest, longest first."""
        seen: dict[int, int] = {}
        for _, face, _ in self._points:
            seen[face] = seen.get(face, 0) + 1
        return sorted(seen, key=lambda face: (-seen[face], face))[:count]

    def timeline(self, model: str, face: int) -> list[dict[str, Any]]:
        """Rows (face, time, emotion, probability) of one face: means over each step."""
        return [
            {"face": face, "time": round((slot + 0.5) * self.step, 2), "emotion": e, "probability": round(float(p), 3)}
            for (name, number, slot), (total, count) in sorted(self._points.items())
            if (name, number) == (model, face)
            for e, p in zip(EMOTIONS, total / count, strict=True)
        ]

    def _coarsen(self) -> None:
        self.step *= 2
        merged: dict[tuple[str, int, int], list[Any]] = {}
        for (name, face, slot), (total, count) in self._points.items():
            point = merged.setdefault((name, face, slot // 2), [np.zeros(7), 0])
            point[0] = point[0] + total
            point[1] += count
        self._points = merged


def report(
    video: Video,
    models: Iterable[str | EmotionModel],
    summary: VideoSummary,
    *,
    csv: str | Path | None = None,
    annotated: str | Path | None = None,
    sensitivity: str = "normal",
    cancelled: Callable[[], bool] = lambda: False,
) -> Generator[float, None, None]:
    """Analyse a video, add every frame to `summary`, its CSV and its annotated copy, and yield the progress, 0 to 1.

    Closing the iterator ends the work and completes both files. Raises ImageError as Video does, and where a file
    cannot be written.
    """
    with contextlib.ExitStack() as stack:
        frames = video.analyze(models, annotated=annotated, sensitivity=sensitivity, cancelled=cancelled)
        stack.callback(frames.close)
        table = stack.enter_context(_opened(csv)) if csv else None
        if table:
            table.write(next(csv_lines([], VIDEO_FIELDS)) + "\n")
        for frame in frames:
            summary.add(frame)
            if table:
                lines = csv_lines(frame.to_rows(), VIDEO_FIELDS)
                next(lines)  # its header
                table.writelines(f"{line}\n" for line in lines)
            yield frame.progress


def _opened(path: str | Path) -> Any:
    try:
        return open(path, "w", encoding="utf-8", newline="")
    except OSError as error:
        raise ImageError(f"{Path(path).name} cannot be written: {error.strerror}.") from None


def summary_lines(summary: VideoSummary) -> list[str]:
    """A video's summary as text, a line for each model."""
    lines = [f"{summary.frames} frames, {summary.seconds:.1f} seconds, faces: {len(summary.faces) or 'none found'}"]
    for name, seconds in summary.shares.items():
        shares = sorted(zip(seconds / max(seconds.sum(), 1e-9), EMOTIONS, strict=True), reverse=True)
        lines.append(
            f"{name:<16} " + "  ".join(f"{emotion} {share:.0%}" for share, emotion in shares if share >= 0.005)
        )
    return lines
