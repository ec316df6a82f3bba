"""Faces that come back get their number again, by how they look: for cuts, and for people who leave for a while.

What tells faces apart is a histogram of oriented gradients (Dalal & Triggs 2005) of the levelled 48x48 crop, less the
one of the average face. It lives as long as the tracker and is written nowhere. `docs/video.md` says how well it does.
"""

from collections import deque
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.image import FACE_SIZE
from fer_core.utils.files import DATA

SAME_FACE: Final = 0.3
"""Cosine from which on two views may be of one face. 400 people, a view of each made twice by turning, shifting,
bending, lighting and blurring it: 0.80 of the pairs reach it, and 0.02 of the pairs of different people."""
OTHER_FACE: Final = 0.1
"""Cosine under which a face that stands where another was is not that one: 0.04 of the pairs of one person are."""

_HOG: Final = ((FACE_SIZE, FACE_SIZE), (16, 16), (8, 8), (8, 8), 9)  # window, block, step, cell in pixels; directions
_VIEWS: Final = 12  # of a face, the latest that differ
_ALIKE: Final = 0.8  # cosine from which on a view says nothing new
_MOST_FACES: Final = 200  # 4 MB; who was seen longest ago is forgotten first
_CUT_SIZE: Final = (32, 24)
_CUT: Final = 0.6  # correlation of two frames, reduced to that size, under which they are taken for two shots


def gradients(crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(900,) square roots of the gradient histograms of a (48, 48) uint8 grey face, whatever its light."""
    even = cv2.GaussianBlur(cv2.equalizeHist(crop), (0, 0), 0.8)
    return np.sqrt(np.asarray(cv2.HOGDescriptor(*_HOG).compute(even), np.float32).ravel())


def describe(crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(900,) float32 of length 1: how a (48, 48) uint8 grey face differs from the average one."""
    own = gradients(crop) - _average()
    return np.asarray(own / max(1e-6, float(np.linalg.norm(own))), np.float32)


@lru_cache(maxsize=1)
def _average() -> NDArray[np.float32]:
    """Mean of `gradients` over 2,513 frontal faces of 785 people of Labeled Faces in the Wild (Huang et al. 2007)."""
    return np.asarray(np.load(DATA / "mean_face_gradients.npy"), np.float32)


class Gallery:
    """The faces of one stream by how they looked: number -> views."""

    def __init__(self) -> None:
        self._views: dict[int, deque[NDArray[np.float16]]] = {}

    @property
    def is_empty(self) -> bool:
        """Whether it has seen nobody yet."""
        return not self._views

    def see(self, number: int, view: NDArray[np.float32]) -> None:
        """Keep a view of a face whose number is known."""
        views = self._views.pop(number, None) or deque(maxlen=_VIEWS)
        self._views[number] = views  # the last to be forgotten
        if not views or self._cosine(views, view) < _ALIKE:
            views.append(view.astype(np.float16))
        while len(self._views) > _MOST_FACES:
            del self._views[next(iter(self._views))]

    def similarity(self, number: int, view: NDArray[np.float32]) -> float | None:
        """Cosine of the most similar view of a face with this one; None for a face that it does not know."""
        views = self._views.get(number)
        return self._cosine(views, view) if views else None

    def recognise(self, views: Sequence[NDArray[np.float32]], taken: Collection[int]) -> list[int | None]:
        """The number of each face, or None where it is a new one; the most similar first, no number twice.

        taken: numbers of faces that are in view.
        """
        found: list[int | None] = [None] * len(views)
        known = [number for number in self._views if number not in taken]
        pairs = [(self._cosine(self._views[n], view), i, n) for i, view in enumerate(views) for n in known]
        used: set[int] = set()
        for cosine, i, number in sorted(pairs, reverse=True):
            if cosine >= SAME_FACE and found[i] is None and number not in used:
                found[i] = number
                used.add(number)
        return found

    @staticmethod
    def _cosine(views: Collection[NDArray[np.float16]], view: NDArray[np.float32]) -> float:
        return float((np.array(views, np.float32) @ view).max())


class Cuts:
    """Tells where one shot of a film ends and the next begins."""

    def __init__(self) -> None:
        self._before: NDArray[np.float32] | None = None

    def is_cut(self, grey: NDArray[np.uint8]) -> bool:
        """Whether a (height, width) uint8 frame has little in common with the one before."""
        small = np.asarray(cv2.resize(grey, _CUT_SIZE, interpolation=cv2.INTER_AREA), np.float32)
        small = small - small.mean()
        small /= max(1e-3, float(np.linalg.norm(small)))
        before, self._before = self._before, small
        return before is not None and float((before * small).sum()) < _CUT
