"""Where a face is: boxes in whole pixels, and which of them are the same face."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

_SAME_FACE: Final = 0.5


@dataclass(frozen=True)
class Box:
    """A face in a picture: left, top, width and height in whole pixels, inside the picture."""

    x: int
    y: int
    width: int
    height: int

    def to_dict(self) -> dict[str, int]:
        """The four numbers by name, ready for JSON."""
        return asdict(self)


def distinct(boxes: Sequence[Box]) -> list[Box]:
    """Without boxes that share half of the smaller one's area with a box before them."""
    kept: list[Box] = []
    for box in boxes:
        if not any(overlap(box, other) > _SAME_FACE for other in kept):
            kept.append(box)
    return kept


def intersection(a: Box, b: Box) -> int:
    """Area that two boxes share, in pixels; 0 where they do not touch."""
    across = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    down = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    return max(0, across) * max(0, down)


def overlap(a: Box, b: Box) -> float:
    """Share of the smaller box that lies in the other, 0 to 1; 0 for an empty box."""
    return intersection(a, b) / max(1, min(a.width * a.height, b.width * b.height))


def iou(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0 to 1; 0 for empty boxes."""
    shared = intersection(a, b)
    return shared / (a.width * a.height + b.width * b.height - shared) if shared else 0.0
