"""Two models on the same faces: curves, calibration, and whether a difference is real. NumPy only.

Everything here takes what `predictions.npz` holds: labels (N,) in 0-6 and calibrated probabilities (N, 7), rows summing
to 1, in the order of EMOTIONS.
"""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from fer_core.evaluation import ECE_BINS

EXACT_BELOW: Final = 100
"""Disagreements below which McNemar's test is computed exactly; from there on the normal approximation is as good."""
_Z95: Final = 1.959964  # 97.5 % quantile of the normal distribution


@dataclass(frozen=True)
class McNemar:
    """McNemar's test of two models on the same n faces (McNemar 1947).

    only_first, only_second: faces that one of them names rightly and the other wrongly. p_value: how often so uneven a
    split would come by chance if both were equally good. method: "exact" or "chi-square". difference: accuracy of the
    first less that of the second, a fraction; interval: its 95 % interval (Wald, for pairs).
    """

    n: int
    both: int
    neither: int
    only_first: int
    only_second: int
    p_value: float
    method: str
    difference: float
    interval: tuple[float, float]


def mcnemar(first: np.ndarray[Any, Any], second: np.ndarray[Any, Any]) -> McNemar:
    """Test two models from their hits. first, second: (N,) bool, N at least 1: right or wrong, face by face.

    Under EXACT_BELOW disagreements the two-sided binomial test, else chi-square with continuity correction (Edwards
    1948). Raises ValueError for shapes that differ or hold nothing.
    """
    if first.shape != second.shape or first.ndim != 1 or not len(first):
        raise ValueError(f"expected two (N,) arrays of hits on the same faces, got {first.shape} and {second.shape}")
    n, b, c = len(first), int((first & ~second).sum()), int((~first & second).sum())
    if b + c < EXACT_BELOW:
        tail = sum(math.comb(b + c, i) for i in range(min(b, c) + 1)) / 2 ** (b + c)
        p_value, method = min(1.0, 2 * tail), "exact"
    else:
        statistic = max(0, abs(b - c) - 1) ** 2 / (b + c)
        p_value, method = math.erfc(math.sqrt(statistic / 2)), "chi-square"  # survival of chi-square, one degree
    difference = (b - c) / n
    half = _Z95 * math.sqrt(max(0.0, b + c - (b - c) ** 2 / n)) / n
    both, neither = int((first & second).sum()), int((~first & ~second).sum())
    return McNemar(n, both, neither, b, c, p_value, method, difference, (difference - half, difference + half))


def verdict(test: McNemar, first: str, second: str) -> str:
    """The test in words that need no statistics; `first` and `second` are the models' titles."""
    if not test.only_first + test.only_second:
        return (
            f"{first} and {second} are right on exactly the same of the {test.n:,} faces: there is no difference here."
        )
    better, worse = (first, second) if test.difference >= 0 else (second, first)
    more, fewer = max(test.only_first, test.only_second), min(test.only_first, test.only_second)
    sign = 1 if test.difference >= 0 else -1
    low, high = sorted(100 * sign * x for x in test.interval)
    if more == fewer:
        lead = f"{first} and {second} get equally many faces right."
    elif test.p_value < 0.05:
        lead = f"{better} is very probably better than {worse} on faces like these."
    else:
        lead = f"{better} gets more faces right than {worse} here, but that could well be chance."
    return (
        f"{lead} Of the same {test.n:,} faces, {better} alone is right on {more:,} and {worse} alone on {fewer:,}: "
        f"a difference of {abs(100 * test.difference):.1f} percentage points (95 % interval {low:.1f} to {high:.1f}). "
        f"If both were equally good, chance alone would make a gap at least this large {_chance(test.p_value)}."
    )


def _chance(p_value: float) -> str:
    if p_value >= 0.995:
        return "practically always"
    if p_value >= 0.005:
        times = round(100 * p_value)
        return f"about {times} times in 100" if times > 1 else "about once in 100 times"
    return f"less than once in {10 ** math.floor(-math.log10(max(p_value, 1e-9))):,} times"


@dataclass(frozen=True)
class Curve:
    """A curve of one emotion against the others. x, y: (K,) in 0-1; area: under it, 0-1."""

    x: np.ndarray[Any, Any]
    y: np.ndarray[Any, Any]
    area: float

    def thinned(self, points: int = 150) -> "Curve":
        """The same with at most `points` points, ends kept: what a chart needs; the area stays that of the whole."""
        keep = np.unique(np.linspace(0, len(self.x) - 1, points).round().astype(int))
        return Curve(self.x[keep], self.y[keep], self.area)


def roc_curve(scores: np.ndarray[Any, Any], positive: np.ndarray[Any, Any]) -> Curve | None:
    """x: false positive rate, y: true positive rate, from (0, 0) to (1, 1); area by trapezoids.

    scores: (N,) probability of the emotion; positive: (N,) bool, whether it is the truth. None if either side is empty.
    """
    hits, false = _cumulated(scores, positive)
    if not hits[-1] or not false[-1]:
        return None
    x, y = np.append(0, false / false[-1]), np.append(0, hits / hits[-1])
    return Curve(x, y, float(np.trapezoid(y, x)))


def precision_recall_curve(scores: np.ndarray[Any, Any], positive: np.ndarray[Any, Any]) -> Curve | None:
    """x: recall, y: precision; area: average precision, a sum of steps (interpolating flatters). Else as roc_curve."""
    hits, false = _cumulated(scores, positive)
    if not hits[-1] or not false[-1]:
        return None
    recall, precision = hits / hits[-1], hits / (hits + false)
    area = float((np.diff(recall, prepend=0) * precision).sum())
    return Curve(np.append(0, recall), np.append(1, precision), area)


def _cumulated(scores: np.ndarray[Any, Any], positive: np.ndarray[Any, Any]) -> tuple[Any, Any]:
    """True and false positives at every distinct score, highest first: equal scores fall on one side together."""
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    hits = np.cumsum(positive[order])[last]
    return hits, last + 1 - hits


def reliability(
    probabilities: np.ndarray[Any, Any], labels: np.ndarray[Any, Any], bins: int = ECE_BINS
) -> list[dict[str, float]]:
    """Confidence against accuracy, over the equal-width bins of the calibration error; empty bins are left out.

    One record a bin: low, high, confidence (mean), accuracy (share right), faces.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    correct = probabilities.argmax(axis=1) == labels
    which = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    return [
        {
            "low": i / bins,
            "high": (i + 1) / bins,
            "confidence": float(confidence[which == i].mean()),
            "accuracy": float(correct[which == i].mean()),
            "faces": int((which == i).sum()),
        }
        for i in np.unique(which).tolist()
    ]


def confident_mistakes(
    probabilities: np.ndarray[Any, Any], labels: np.ndarray[Any, Any], most: int = 24
) -> np.ndarray[Any, Any]:
    """Positions of the wrong answers, most confident first, at most `most`."""
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    return wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")][:most]
