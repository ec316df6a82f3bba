"""What a detector gives."""

from dataclasses import dataclass

from fer_core.detection.boxes import Box

Point = tuple[float, float]
Eyes = tuple[Point, Point]
"""(x, y) of two eyes in pixels, left to right in the picture."""


@dataclass(frozen=True)
class Detection:
    """A face that was found. score: 0-1, for ordering; 1 where the detector gives none. eyes: None where unknown."""

    box: Box
    score: float = 1.0
    eyes: Eyes | None = None
