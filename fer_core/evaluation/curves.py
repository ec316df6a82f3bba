"""ROC and precision-recall curves of one emotion against the others."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Curve:
    """A curve in the unit square. x, y: (K,) in 0-1; area: under the curve, 0-1."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    area: float

    def thinned(self, points: int = 150) -> "Curve":
        """Return at most `points` of its points, the ends among them, for a chart; `area` stays that of the whole."""
        keep = np.unique(np.linspace(0, len(self.x) - 1, points).round().astype(int))
        return Curve(self.x[keep], self.y[keep], self.area)


def roc_curve(scores: NDArray[np.floating], positive: NDArray[np.bool_]) -> Curve | None:
    """Return the true positive rate (y) over the false positive rate (x), from (0, 0) to (1, 1); area by trapezoids.

    scores: (N,) probabilities of the emotion; positive: (N,), whether it is the label. None where all or no labels are
    positive.
    """
    true, false = _positives(scores, positive)
    if not true[-1] or not false[-1]:
        return None
    x, y = np.append(0, false / false[-1]), np.append(0, true / true[-1])
    return Curve(x, y, float(np.trapezoid(y, x)))


def precision_recall_curve(scores: NDArray[np.floating], positive: NDArray[np.bool_]) -> Curve | None:
    """Return the precision (y) over the recall (x); area: average precision, a sum of steps (interpolation flatters).

    Arguments and None as in `roc_curve`.
    """
    true, false = _positives(scores, positive)
    if not true[-1] or not false[-1]:
        return None
    recall, precision = true / true[-1], true / (true + false)
    area = float((np.diff(recall, prepend=0) * precision).sum())
    return Curve(np.append(0, recall), np.append(1, precision), area)


def _positives(scores: NDArray[np.floating], positive: NDArray[np.bool_]) -> tuple[NDArray[Any], NDArray[Any]]:
    """True and false positives at each distinct score as the threshold, highest first."""
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    true = np.cumsum(positive[order])[last]
    return true, last + 1 - true
