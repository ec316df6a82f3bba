"""One face from frame to frame: search near it, recognise it by its looks, bridge what the cascade misses."""

import math
from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.faces import Box, find_faces
from fer_core.smoothing import SmoothBox, SteadyPrediction

_REDUCED: Final = {"low": (320, 320), "normal": (320, 640), "high": (640, 640)}  # longer side, taken in turns
# Pixels of a face in the local search. The cascade's sizes go in steps of 1.2 from 20 pixels; between two a box
# flips. Width of a still face of 100 pixels, measured: +-1.1 pixels at 43 (1.2 ms), +-5.9 at 36 (0.8 ms).
_LOCAL_FACE: Final = 43
_LOCAL_REACH: Final = 1.5  # side of the searched square, in sides of a box at rest
_LONGEST_REACH: Final = 2.5
_LOOK: Final = 24  # side of the small picture by which a face is recognised
_LOOKS_ALIKE: Final = 0.6  # normalised correlation
_BRIDGED_FOR: Final = 1.5  # s for which looks may stand in for the cascade (a turned head, a hand)
_FARTHEST: Final = 0.6  # box sides between where a face should be and where it is; its looks vouch for more:
_FARTHEST_ALIKE: Final = 2.5
_FARTHER: Final = 3.0  # box sides a second
_ALONE: Final = 1.5  # box sides to the next face, from where on none hides the other
_SIZES_APART: Final = math.log(1.8)
_CONFIRMED_AFTER: Final = 3  # sightings; a false box rarely comes back, so a new face gets no second chance
_BLANK: Final = 3.0  # standard deviation of grey levels; a camera that is switched off sends black


class Track:
    """What is known of one face. missing: seconds since it was last seen; steady and raw: by model name."""

    def __init__(self, number: int, box: Box, grey: NDArray[np.uint8]) -> None:
        self.id = number
        self.box = SmoothBox(box)
        self.missing = 0.0
        self.sightings = 1
        self.steady: dict[str, SteadyPrediction] = {}
        self.raw: dict[str, np.ndarray[Any, Any]] = {}
        self._bridged = 0.0
        self._look = _small(grey, box)

    def look(self, grey: NDArray[np.uint8], elapsed: float) -> list[Box]:
        """Boxes that the cascade finds near the place where this face should be; a second look is wider."""
        box = self.box.expected(elapsed)
        reach = min(_LONGEST_REACH, _LOCAL_REACH + elapsed * self.box.speed() + 2 * self.missing)
        return _near(grey, box, reach, _LOCAL_FACE) or _near(grey, box, reach + 0.2, round(_LOCAL_FACE * 1.2))

    def seen(self, grey: NDArray[np.uint8], box: Box, elapsed: float) -> None:
        """The cascade found this face at `box`."""
        self.box.follow(box, elapsed + self.missing)
        self.missing = self._bridged = 0.0
        self.sightings += 1
        self._look = _small(grey, box)

    def unseen(self, grey: NDArray[np.uint8], taken: Sequence[Box], elapsed: float) -> None:
        """The cascade did not: bridge by looks for a while, or coast, as where another face may be in front of it."""
        self._bridged += elapsed
        may_bridge = self.is_confirmed and self.missing == 0 and self._bridged <= _BRIDGED_FOR
        found = self._by_looks(grey, elapsed) if may_bridge else None
        if found and not any(_apart(found, other) < _ALONE for other in taken):
            self.box.follow(found, elapsed)
        else:
            self.box.coast(elapsed)
            self.missing += elapsed

    @property
    def is_confirmed(self) -> bool:
        return self.sightings >= _CONFIRMED_AFTER

    def likeness(self, grey: NDArray[np.uint8], box: Box) -> float:
        """Normalised correlation, -1 to 1, of this face's last look and what is in `box`."""
        return float(cv2.matchTemplate(_small(grey, box), self._look, cv2.TM_CCOEFF_NORMED)[0, 0])

    def resize(self, across: float, down: float) -> None:
        self.box.scale(across, down)

    def _by_looks(self, grey: NDArray[np.uint8], elapsed: float) -> Box | None:
        box = self.box.expected(elapsed)
        side = max(box.width, box.height)
        x, y, reach = _square(box, 1.6)
        window = _cut(grey, x, y, reach, round(_LOOK * reach / max(1, side)))
        scores = cv2.matchTemplate(window, self._look, cv2.TM_CCOEFF_NORMED)
        _, best, _, (column, row) = cv2.minMaxLoc(np.nan_to_num(scores, posinf=0, neginf=0))
        if best < _LOOKS_ALIKE:
            return None
        scale = reach / window.shape[0]
        return Box(round(x + column * scale), round(y + row * scale), box.width, box.height)


def _near(grey: NDArray[np.uint8], box: Box, reach: float, pixels: int) -> list[Box]:
    """Boxes found in a square around `box`, reduced or enlarged so that the box has a side of `pixels`."""
    x, y, side = _square(box, reach)
    left, top = max(0, x), max(0, y)
    region = grey[top : max(0, y + side), left : max(0, x + side)]
    scale = pixels / max(1, box.width)
    size = (round(region.shape[1] * scale), round(region.shape[0] * scale))
    if min(*region.shape, *size) < 1:
        return []
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = np.asarray(cv2.resize(region, size, interpolation=how), np.uint8)
    across, down = region.shape[1] / size[0], region.shape[0] / size[1]
    return [
        Box(left + round(f.x * across), top + round(f.y * down), round(f.width * across), round(f.height * down))
        for f in find_faces(small, "high", thorough=False)
    ]


def full_search(grey: NDArray[np.uint8], sensitivity: str, turn: int) -> list[Box]:
    """All faces of the frame at reduced size: quickly in even turns, finer in odd ones, both where the first has none.

    Measured at 640x480: 9 to 15 ms at 320 pixels, 25 to 44 ms at 640.
    """
    sides = _REDUCED[sensitivity]
    for side in (sides[turn % 2], *(sides[1:] if turn == 0 else ())):
        scale = min(1.0, side / max(grey.shape))
        size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
        small = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8) if scale < 1 else grey
        across, down = grey.shape[1] / small.shape[1], grey.shape[0] / small.shape[0]
        found = [
            Box(round(f.x * across), round(f.y * down), round(f.width * across), round(f.height * down))
            for f in find_faces(small, sensitivity, thorough=False)
        ]
        if found:
            return found
    return []


def pair(
    tracks: Sequence[Track], boxes: Sequence[Box], grey: NDArray[np.uint8], elapsed: float
) -> list[tuple[Track, Box]]:
    """Which box is which face: nearest in place, size and looks first; each at most once."""
    costs = []
    for t, track in enumerate(tracks):
        expected = track.box.expected(elapsed)
        for b, box in enumerate(boxes):
            apart = _apart(expected, box)
            grown = abs(math.log(max(1, box.width) / max(1, expected.width)))
            if apart > min(_FARTHEST_ALIKE, _FARTHEST + _FARTHER * (elapsed + track.missing)) or grown > _SIZES_APART:
                continue
            alike = track.likeness(grey, box)
            if apart <= _FARTHEST + min(_FARTHEST, elapsed + track.missing) or alike >= _LOOKS_ALIKE:
                costs.append((apart + grown / 2 + (1 - alike) / 2, t, b))
    found, used_tracks, used_boxes = [], set(), set()
    for _, t, b in sorted(costs):
        if t not in used_tracks and b not in used_boxes:
            used_tracks.add(t)
            used_boxes.add(b)
            found.append((tracks[t], boxes[b]))
    return found


def is_blank(grey: NDArray[np.uint8]) -> bool:
    """Whether a frame shows nothing: black, or all of one grey."""
    return float(grey[::8, ::8].std()) < _BLANK


def _apart(a: Box, b: Box) -> float:
    """Distance of the middles, in mean widths."""
    (ax, ay), (bx, by) = _middle(a), _middle(b)
    return math.hypot(ax - bx, ay - by) * 2 / max(1, a.width + b.width)


def _middle(box: Box) -> tuple[float, float]:
    return box.x + box.width / 2, box.y + box.height / 2


def _square(box: Box, reach: float) -> tuple[int, int, int]:
    side = max(8, round(max(box.width, box.height) * reach))
    x, y = _middle(box)
    return round(x - side / 2), round(y - side / 2), side


def _small(grey: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    return _cut(grey, *_square(box, 1.0), _LOOK)


def _cut(grey: NDArray[np.uint8], x: int, y: int, side: int, out: int) -> NDArray[np.uint8]:
    """A square of the frame at `out` pixels; the frame's edge is repeated where it leaves it."""
    scale = side / max(_LOOK, out)
    placed = np.array([[scale, 0, x + scale / 2 - 0.5], [0, scale, y + scale / 2 - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (max(_LOOK, out),) * 2
    return np.asarray(cv2.warpAffine(grey, placed, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8)
