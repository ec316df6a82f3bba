"""McNemar's test against SciPy, and its verdict in words."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from fer_core.evaluation.comparison import (
    EXACT_BELOW,
    confident_mistakes,
    mcnemar,
    verdict,
)


def hits(both: int, only_first: int, only_second: int, neither: int) -> tuple[Any, Any]:
    first = [True] * both + [True] * only_first + [False] * only_second + [False] * neither
    second = [True] * both + [False] * only_first + [True] * only_second + [False] * neither
    return np.array(first), np.array(second)


@pytest.mark.parametrize(
    ("both", "only_first", "only_second", "neither"),
    [(50, 3, 9, 8), (50, 0, 1, 0), (10, 20, 20, 5), (0, 0, 7, 0), (900, 60, 39, 100), (5, EXACT_BELOW - 1, 0, 0)],
)
def test_few_disagreements_are_tested_exactly(both: int, only_first: int, only_second: int, neither: int) -> None:
    test = mcnemar(*hits(both, only_first, only_second, neither))
    oracle = stats.binomtest(only_first, only_first + only_second, 0.5).pvalue
    assert (test.method, test.p_value) == ("exact", pytest.approx(oracle, rel=1e-9))
    assert (test.both, test.only_first, test.only_second, test.neither) == (both, only_first, only_second, neither)


@pytest.mark.parametrize(("only_first", "only_second"), [(50, 50), (51, 50), (400, 350), (200, 320), (1500, 900)])
def test_many_disagreements_by_chi_square(only_first: int, only_second: int) -> None:
    test = mcnemar(*hits(2000, only_first, only_second, 700))
    statistic = max(0, abs(only_first - only_second) - 1) ** 2 / (only_first + only_second)
    assert (test.method, test.p_value) == ("chi-square", pytest.approx(stats.chi2.sf(statistic, 1), rel=1e-9))
    exact = stats.binomtest(only_first, only_first + only_second, 0.5).pvalue
    assert test.p_value == pytest.approx(exact, rel=0.1, abs=1e-6)  # the approximation may be used here


def test_the_interval_of_the_difference_holds_the_truth() -> None:
    """Of 400 draws from two models that differ by 5 points, about 95 in 100 intervals hold the 5 points."""
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        which = rng.choice(4, 1000, p=[0.5, 0.15, 0.10, 0.25])
        test = mcnemar(np.isin(which, (0, 1)), np.isin(which, (0, 2)))
        held += test.interval[0] <= 0.05 <= test.interval[1]
    assert 365 <= held <= 393


@pytest.mark.parametrize(
    ("first", "second"),
    [((3,), (4,)), ((0,), (0,)), ((2, 2), (2, 2))],
    ids=["lengths differ", "empty", "two-dimensional"],
)
def test_hits_that_cannot_be_compared(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="hits on the same faces"):
        mcnemar(np.zeros(first, bool), np.zeros(second, bool))


@pytest.mark.parametrize(
    ("counts", "wanted", "unwanted"),
    [
        (
            (2000, 400, 200, 700),
            ["CNN is very probably better than Net", "less than once in", "6.1 percentage"],
            ["well be"],
        ),
        (
            (2000, 200, 400, 700),
            ["Net is very probably better than CNN", "6.1 percentage points (95 % interval 4.6 to 7.5)"],
            [],
        ),
        (
            (50, 6, 4, 10),
            ["CNN is correct on more faces", "could well be chance", "about 75 times in 100"],
            ["very probably"],
        ),
        ((50, 5, 5, 10), ["equally many faces", "practically always"], ["very probably", "well be chance"]),
        ((50, 0, 0, 10), ["exactly the same", "no difference"], ["chance"]),
        ((2000, 229, 178, 700), ["about once in 100 times"], ["1 times"]),
    ],
    ids=["first better", "second better", "may be chance", "even", "no disagreement", "one in a hundred"],
)
def test_the_verdict_in_words(counts: tuple[int, ...], wanted: list[str], unwanted: list[str]) -> None:
    said = verdict(mcnemar(*hits(*counts)), "CNN", "Net")
    assert [text for text in wanted if text not in said] == []
    assert [text for text in unwanted if text in said] == []


def test_the_surest_mistakes_come_first() -> None:
    probabilities = np.full((4, 7), 0.02)
    probabilities[[0, 1, 2, 3], [0, 1, 2, 3]] = [0.5, 0.9, 0.7, 0.8]
    assert confident_mistakes(probabilities, np.array([0, 6, 6, 6])).tolist() == [1, 3, 2]
    assert confident_mistakes(probabilities, np.array([0, 6, 6, 6]), most=1).tolist() == [1]
    assert confident_mistakes(probabilities, np.arange(4)).tolist() == []
