"""Faces of any size by BlazeFace: the whole image, finer, with a margin where nothing is found; doubtful ones closer.

    whole, 128 px -> none, or only small faces? at 320 px -> none? whole with a margin -> the same at 640, 1184 px
    doubtful at any level? looked at twice more, enlarged

A closer look costs 1.1 ms on a core with AVX2. Of 9,567 places without a face that the network gave a score of 0.15
or more (195 synthetic scenes, 30 of them without any face), 10 are left where the mean log-odds of the first and two
closer looks must be those of 0.64; by the first score alone, at as few, 12 % fewer faces would be found. Places with a
first score under 0.5 add nothing to that; five and a half per scene have more, and only they are looked at again.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fer_core.detection.blazeface import NONE, SIDE, BlazeFace, Candidates, averaged, joined
from fer_core.detection.boxes import Box
from fer_core.detection.haar import SENSITIVITIES
from fer_core.detection.pyramid import Pyramid, Region, letterboxed
from fer_core.detection.result import Detection

SCORES: Final = {"low": 0.76, "normal": 0.66, "high": 0.58}
"""Sensitivity -> the score that a face must reach over all looks at it."""

_LEAST: Final = 0.5  # of a first look
_LAST_RESORT: Final = 0.45  # of a large face, where nothing else is found
_CERTAIN: Final = 0.8  # of a first look: no closer one is needed; 3 of the 9,567 places have more than 0.78
_LARGE: Final = 0.25  # of the image's shorter side: what a large face is
_MARGIN: Final = 0.3  # of each side, for faces that fill the image
_LEVELS: Final = ((320, 0.19), (640, 0.1), (1184, 0.05))
"""Pixels of the image's longer side, and the share of it from which on the level before finds every face."""
_TILE: Final = 640  # pixels of a canvas at most: bounds the memory
_OVERLAP: Final = 64  # at least: a face that two tiles cut is larger than those that a level is for
_STEP: Final = 32  # sides of canvases are multiples, so that few shapes occur
_CLOSER: Final = 96  # pixels of the canvas of a closer look,
_SHARES: Final = (0.5, 0.65)  # ... and the face's share of it
_BATCH: Final = 8
_MOST: Final = 64  # candidates looked at per level
_SMALLEST: Final = 20  # pixels of an image's side


class BlazeFaceDetector:
    """See `fer_core.detection.detector.Detector`. small_faces: whether to search below a fifth of the image's side."""

    def __init__(self, name: str, network: BlazeFace, *, small_faces: bool) -> None:
        self.name = name
        self._network = network
        self._small_faces = small_faces

    def detect(
        self, image: NDArray[np.uint8], sensitivity: str = "normal", *, thorough: bool = True
    ) -> list[Detection]:
        levels = (_LEVELS if thorough else _LEVELS[:1]) if self._small_faces else ()
        return self._search(image, sensitivity, levels, last_resort=thorough)

    def detect_quick(self, image: NDArray[np.uint8], sensitivity: str = "normal") -> list[Detection]:
        return self._search(image, sensitivity, (), last_resort=False)

    def _search(
        self, image: NDArray[np.uint8], sensitivity: str, levels: Sequence[tuple[int, float]], *, last_resort: bool
    ) -> list[Detection]:
        if sensitivity not in SENSITIVITIES:
            raise ValueError(f"Expected a sensitivity of {', '.join(SENSITIVITIES)}. Received: {sensitivity!r}.")
        height, width = image.shape[:2]
        if min(height, width) < _SMALLEST:
            return []
        pyramid, least = Pyramid(image), SCORES[sensitivity]
        first = self._around(pyramid, 0.0)
        found = self._confirmed(pyramid, first[first.scores >= _LEAST], least)
        found = self._finer(pyramid, found, levels[:1], least)
        if not len(found):
            padded = self._around(pyramid, _MARGIN)
            found = self._confirmed(pyramid, padded[padded.scores >= _LEAST], least)
            first = averaged(joined([first, padded]))
        found = self._finer(pyramid, found, levels[1:], least)
        if last_resort and not len(found):
            found = first[first.boxes[:, 2] >= _LARGE * min(height, width)][:1]
        return _detections(found, width, height)

    def detect_near(self, image: NDArray[np.uint8], box: Box, reach: float) -> list[Detection]:
        side = max(box.width, box.height) * max(2.0, reach)
        region = (box.x + (box.width - side) / 2, box.y + (box.height - side) / 2, side, side)
        canvas, *placed = letterboxed(image, region, (_CLOSER, _CLOSER))
        found = self._network.detect(canvas[np.newaxis], _LEAST)[0].moved(*placed)
        return _detections(found, image.shape[1], image.shape[0])

    def _look(self, pyramid: Pyramid, region: Region, shape: tuple[int, int], least: float = _LEAST) -> Candidates:
        canvas, *placed = pyramid.letterboxed(region, shape)
        return self._network.detect(canvas[np.newaxis], least)[0].moved(*placed)

    def _around(self, pyramid: Pyramid, margin: float) -> Candidates:
        """One look at the whole image, with a margin of that share on every side."""
        height, width = pyramid.size
        region = (-margin * width, -margin * height, width * (1 + 2 * margin), height * (1 + 2 * margin))
        return self._look(pyramid, region, (SIDE, SIDE), _LAST_RESORT)

    def _finer(
        self, pyramid: Pyramid, found: Candidates, levels: Sequence[tuple[int, float]], least: float
    ) -> Candidates:
        """`found` and what finer levels add, as long as no face is found or a small one."""
        longer = max(pyramid.size)
        for side, seen_from in levels:
            smallest = found.boxes[:, 2].min() if len(found) else 0
            if smallest > seen_from * longer or longer < 0.8 * side:
                break
            finer = self._confirmed(pyramid, self._tiled(pyramid, side), least)
            found = averaged(joined([found, finer]))
        return found

    def _tiled(self, pyramid: Pyramid, side: int) -> Candidates:
        """Everything found with the image's longer side at `side` pixels, on canvases of at most _TILE.

        Smooth ones are left out where a canvas costs more than to tell that it is smooth.
        """
        height, width = pyramid.size
        scale = side / max(height, width)
        (xs, across), (ys, down) = (_tiles(length * scale) for length in (width, height))
        regions = [(x / scale, y / scale, across / scale, down / scale) for x in xs for y in ys]
        cheap = side <= _LEVELS[0][0]
        found = [
            self._look(pyramid, region, (down, across)) for region in regions if cheap or pyramid.is_textured(region)
        ]
        return averaged(joined(found))

    def _confirmed(self, pyramid: Pyramid, candidates: Candidates, least: float) -> Candidates:
        """Those that are certain, or that closer looks confirm."""
        certain = candidates.scores >= max(_CERTAIN, least)
        return joined([candidates[certain], self._looked_at(pyramid, candidates[~certain][:_MOST], least)])

    def _looked_at(self, pyramid: Pyramid, doubtful: Candidates, least: float) -> Candidates:
        if not len(doubtful):
            return NONE
        log_odds = _log_odds(doubtful.scores)
        boxes, eyes = doubtful.boxes.copy(), doubtful.eyes.copy()
        for share in _SHARES:
            for index, best in enumerate(self._closer(pyramid, doubtful, share)):
                log_odds[index] += _log_odds(best.scores[0]) if len(best) else _log_odds(np.float32(0))
                if len(best):
                    boxes[index], eyes[index] = best.boxes[0], best.eyes[0]
        scores = 1 / (1 + np.exp(-log_odds / (1 + len(_SHARES))))
        return Candidates(boxes, eyes, scores.astype(np.float32))[scores >= least]

    def _closer(self, pyramid: Pyramid, doubtful: Candidates, share: float) -> list[Candidates]:
        """For each candidate what is found in its place, alone in a canvas of which it fills `share`."""
        canvases, placed = [], []
        for x, y, width, height in doubtful.boxes.tolist():
            side = max(width, height) / share
            region = (x + (width - side) / 2, y + (height - side) / 2, side, side)
            canvas, *place = pyramid.letterboxed(region, (_CLOSER, _CLOSER))
            canvases.append(canvas)
            placed.append(place)
        found = []
        for start in range(0, len(canvases), _BATCH):
            batch = np.stack(canvases[start : start + _BATCH])
            if len(canvases) > _BATCH:  # always as many, or the memory would be laid out anew
                batch = np.concatenate([batch, np.zeros((_BATCH - len(batch), *batch.shape[1:]), np.uint8)])
                looks = self._network.detect(batch, 0.05)
            else:
                looks = [self._network.detect(canvas[np.newaxis], 0.05)[0] for canvas in batch]
            found += looks
        return [
            _same_place(look.moved(*place), box)
            for look, place, box in zip(found, placed, doubtful.boxes, strict=False)
        ]


def _same_place(found: Candidates, box: NDArray[np.float32]) -> Candidates:
    """Those about as large as `box` whose middle lies near its middle."""
    away = np.abs(found.boxes[:, :2] + found.boxes[:, 2:] / 2 - box[:2] - box[2:] / 2).max(axis=1, initial=0)
    larger = found.boxes[:, 2] / box[2]
    return found[(away < 0.35 * box[2]) & (larger > 0.5) & (larger < 1.8)]


def _log_odds(scores: NDArray[np.float32] | np.float32) -> NDArray[np.float64]:
    clipped = np.clip(np.asarray(scores, np.float64), 0.01, 0.99)
    return np.asarray(np.log(clipped / (1 - clipped)))


def _tiles(length: float) -> tuple[list[float], int]:
    """Where tiles begin that cover `length` pixels and overlap, and how long each is."""
    count = max(1, math.ceil((length - _OVERLAP) / (_TILE - _OVERLAP)))
    tile = math.ceil((length + (count - 1) * _OVERLAP) / count / _STEP) * _STEP
    return [float(start) for start in np.linspace(0, max(0.0, length - tile), count)], tile


def _detections(found: Candidates, width: int, height: int) -> list[Detection]:
    """In whole pixels, clipped to the image, left to right; a face whose middle lies outside is none of it."""
    detections = []
    for (x, y, w, h), eyes, score in zip(found.boxes.tolist(), found.eyes.tolist(), found.scores.tolist(), strict=True):
        left, top = max(0, round(x)), max(0, round(y))
        right, bottom = min(width, round(x + w)), min(height, round(y + h))
        if 0 <= x + w / 2 < width and 0 <= y + h / 2 < height and right > left and bottom > top:
            first, second = sorted((float(a), float(b)) for a, b in eyes)
            detections.append(Detection(Box(left, top, right - left, bottom - top), score, (first, second)))
    return sorted(detections, key=lambda found: (found.box.x, found.box.y))
