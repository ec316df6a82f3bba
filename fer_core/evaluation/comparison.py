"""Two models on the same faces: whether their difference is real, and in which faces a model errs most confidently."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fer_core.evaluation.metrics import Z95

EXACT_BELOW: Final = 100
"""Disagreements below which McNemar's test is computed exactly; from there on the normal approximation is as good."""


@dataclass(frozen=True)
class McNemar:
    """McNemar's test of two models on the same n faces (McNemar 1947).

    both, neither: faces that both, or neither, classify correctly; only_first, only_second: that one alone does.
    p_value: probability of so uneven a split if both models were equally good. method: "exact" or "chi-square".
    difference: accuracy of the first less that of the second, a fraction; interval: its 95 % interval (Wald, paired).
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


def mcnemar(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> McNemar:
    """Test whether two models differ. first, second: (N,), N at least 1: whether each classifies face i correctly.

    Under EXACT_BELOW disagreements the two-sided binomial test, else chi-square with continuity correction (Edwards
    1948). Raises ValueError for empty arrays and for shapes that differ.
    """
    if first.shape != second.shape or first.ndim != 1 or not len(first):
        shapes = f"{first.shape} and {second.shape}"
        raise ValueError(f"Expected two (N,) arrays of hits on the same faces. Received: {shapes}.")
    n, b, c = len(first), int((first & ~second).sum()), int((~first & second).sum())
    if b + c < EXACT_BELOW:
        tail = sum(math.comb(b + c, i) for i in range(min(b, c) + 1)) / 2 ** (b + c)
        p_value, method = min(1.0, 2 * tail), "exact"
    else:
        statistic = max(0, abs(b - c) - 1) ** 2 / (b + c)
        p_value, method = math.erfc(math.sqrt(statistic / 2)), "chi-square"  # survival of chi-square, one degree
    difference = (b - c) / n
    half = Z95 * math.sqrt(max(0.0, b + c - (b - c) ** 2 / n)) / n
    both, neither = int((first & second).sum()), int((~first & ~second).sum())
    return McNemar(n, both, neither, b, c, p_value, method, difference, (difference - half, difference + half))


def verdict(test: McNemar, first: str, second: str) -> str:
    """Return the result in words that need no statistics. first, second: the models' titles."""
    if not test.only_first + test.only_second:
        return f"{first} and {second} are correct on exactly the same of the {test.n:,} faces: no difference here."
    better, worse = (first, second) if test.difference >= 0 else (second, first)
    more, fewer = max(test.only_first, test.only_second), min(test.only_first, test.only_second)
    sign = 1 if test.difference >= 0 else -1
    low, high = sorted(100 * sign * x for x in test.interval)
    if more == fewer:
        lead = f"{first} and {second} are correct on equally many faces."
    elif test.p_value < 0.05:
        lead = f"{better} is very probably better than {worse} on faces like these."
    else:
        lead = f"{better} is correct on more faces than {worse} here, but that could well be chance."
    return (
        f"{lead} Of the same {test.n:,} faces, {better} alone is correct on {more:,} and {worse} alone on {fewer:,}: "
        f"a difference of {abs(100 * test.difference):.1f} percentage points (95 % interval {low:.1f} to {high:.1f}). "
        f"If both were equally good, chance alone would make a gap at least this large {_chance(test.p_value)}."
    )


def _chance(p_value: float) -> str:
    if p_value >= 0.995:
        return "practically always"
    if p_value >= 0.005:
        times = round(100 * p_value)
        return f"about {times} times in 100" if times > 1 else "about once in 100 times"
    return f"less than once in {10 ** math.floor(-math.log10(max(p_value, 1e-6))):,} times"


def confident_mistakes(
    probabilities: NDArray[np.floating], labels: NDArray[np.integer], most: int = 24
) -> NDArray[np.intp]:
    """Return the indices of at most `most` wrong predictions, the most confident first.

    probabilities: (N, 7); labels: (N,) in 0-6.
    """
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    return wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")][:most]
