"""A new head: the minimum that it should be, checked with another optimizer; and what holds it where it was."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from fer_core.adaptation.adapt import calibrated_head
from fer_core.adaptation.cross_validation import STRENGTHS, _folds, compare_heads
from fer_core.adaptation.fit import fit_heads
from fer_core.bundle import Head, calibrated, softmax
from fer_core.evaluation import log_loss

NOTHING = Head(np.zeros((7, 5), np.float32), np.zeros(7, np.float32))


def made(count: int = 140, noise: float = 1.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features (N, 5) of which the labels (N,) can be told, the better the less noise."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 7
    centres = np.random.default_rng(9).normal(size=(7, 5)) * 2
    return (centres[labels] + noise * random.normal(size=(count, 5))).astype(np.float32), labels.astype(np.uint8)


def test_from_nothing_it_is_scikit_learns_logistic_regression() -> None:
    features, labels = made()
    scale = np.sqrt(np.mean(features.astype(np.float64) ** 2) * 5)
    x = np.column_stack([features / scale, np.ones(len(labels))])  # the bias is held as the weights are
    strength = 0.003
    oracle = LogisticRegression(C=1 / (2 * strength * len(labels)), fit_intercept=False, tol=1e-8, max_iter=5000)
    expected = oracle.fit(x, labels).predict_proba(x)
    (head,) = fit_heads(features, labels, NOTHING, [strength])
    assert np.abs(softmax(head.logits(features)) - expected).max() < 2e-3


def test_the_stronger_it_is_held_the_less_it_moves() -> None:
    features, labels = made()
    start = Head(np.random.default_rng(1).normal(size=(7, 5)).astype(np.float32), np.ones(7, np.float32))
    moved = [np.abs(head.weights - start.weights).max() for head in fit_heads(features, labels, start, [1e6, 1, 0.01])]
    assert moved[0] < 1e-4 < moved[1] < moved[2]


def test_a_strength_means_the_same_for_features_of_any_size() -> None:
    features, labels = made()
    (first,), (second,) = (fit_heads(k * features, labels, NOTHING, [0.01]) for k in (1, 100))
    assert np.allclose(softmax(first.logits(features)), softmax(second.logits(100 * features)), atol=1e-3)


@pytest.mark.parametrize(
    "calibration",
    [
        {"temperature": 1.7},
        {"temperature": 0.8, "scale": [0.5, 1, 2, 1, 1, 1.5, 0.9], "bias": [0.1, 0, -1, 0, 2, 0, 0]},
        {"temperature": 1.2, "prior": {"power": 0.75, "shares": [0.1, 0.02, 0.14, 0.3, 0.16, 0.12, 0.16]}},
    ],
    ids=["temperature", "vector", "prior"],
)
def test_a_calibrated_head_says_what_the_calibration_makes_of_the_logits(calibration: dict[str, object]) -> None:
    random = np.random.default_rng(2)
    head = Head(random.normal(size=(7, 5)).astype(np.float32), random.normal(size=7).astype(np.float32))
    features = random.normal(size=(30, 5)).astype(np.float32)
    plain = calibrated(head.logits(features), calibration)
    assert np.allclose(softmax(calibrated_head(head, calibration).logits(features)), plain, atol=1e-6)


def test_folds_hold_out_each_face_once_and_spread_each_emotion() -> None:
    labels = np.repeat(np.arange(7), [20, 1, 0, 10, 5, 3, 11]).astype(np.uint8)
    folds = list(_folds(labels, 5, 0))
    assert sorted(np.concatenate([held for _, held in folds]).tolist()) == list(range(len(labels)))
    assert all(not set(fitted) & set(held) for fitted, held in folds)
    per_fold = np.array([np.bincount(labels[held], minlength=7) for _, held in folds])
    assert (np.ptp(per_fold, axis=0) <= 1).all()


def test_what_can_be_learned_is_better_and_what_cannot_is_not() -> None:
    features, labels = made()
    learned = compare_heads(features, labels, NOTHING)
    assert learned.is_better and learned.strength == STRENGTHS[-1]
    before, after = learned.results()
    assert after["accuracy"] > 0.6 > before["accuracy"] and after["accuracy_interval"][0] < after["accuracy"]
    shuffled = np.random.default_rng(4).permutation(labels)
    nothing = compare_heads(features, shuffled, NOTHING)
    assert nothing.results()[1]["accuracy"] < 0.3
    assert abs(log_loss(nothing.after, shuffled) - np.log(7)) < 0.15, "held at the present head"


def test_a_head_that_is_right_already_is_not_replaced() -> None:
    features, labels = made(noise=0.5)
    (good,) = fit_heads(*made(noise=0.5, count=1400, seed=5), NOTHING, [1e-6])
    assert not compare_heads(features, labels, good).is_better
