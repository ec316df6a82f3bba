"""Metrics against scikit-learn, or against the textbook's formula written out in plain loops."""

import math
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as oracle

from fer_core import EMOTIONS
from fer_core.datasets.splits import Faces
from fer_core.evaluation.metrics import (
    confusion_matrix,
    evaluate_models,
    log_loss,
    metrics,
    wilson_interval,
)
from tests.evaluation.cases import CASES, case


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
@pytest.mark.parametrize(("probabilities", "labels"), CASES.values(), ids=CASES.keys())
def test_metrics_agree_with_scikit_learn(probabilities: np.ndarray, labels: np.ndarray) -> None:
    found, predicted = metrics(probabilities, labels), probabilities.argmax(axis=1)
    present, every = np.unique(labels), list(range(7))
    assert found["n"] == len(labels)
    assert found["accuracy"] == pytest.approx(oracle.accuracy_score(labels, predicted))
    # scikit-learn's balanced accuracy warns of, and drops, classes that are only predicted
    assert found["balanced_accuracy"] == pytest.approx(oracle.balanced_accuracy_score(labels, predicted))
    macro = oracle.f1_score(labels, predicted, labels=present, average="macro", zero_division=0)
    assert found["macro_f1"] == pytest.approx(macro)
    scores = oracle.precision_recall_fscore_support(labels, predicted, labels=every, zero_division=0)
    for name, values in zip(("precision", "recall", "f1", "support"), scores, strict=True):
        assert [found["per_class"][e][name] for e in EMOTIONS] == pytest.approx(values.tolist()), name
    assert found["confusion_matrix"] == oracle.confusion_matrix(labels, predicted, labels=every).tolist()
    clipped = np.maximum(probabilities.astype(float), 1e-7)
    assert found["log_loss"] == pytest.approx(
        oracle.log_loss(labels, clipped / clipped.sum(1, keepdims=True), labels=every), rel=1e-5
    )
    assert list(found["per_class"]) == list(EMOTIONS)


def test_metrics_can_be_written_as_json() -> None:
    import json

    found = metrics(*CASES["two classes absent"])
    assert json.loads(json.dumps(found, allow_nan=False)) == found


@pytest.mark.parametrize(
    ("probabilities", "labels"),
    [(np.zeros((0, 7)), np.zeros(0, int)), (np.zeros((3, 6)), np.zeros(3, int)), (np.zeros((3, 7)), np.zeros(2, int))],
    ids=["no faces", "six columns", "other lengths"],
)
def test_metrics_refuse(probabilities: np.ndarray, labels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="Expected probabilities"):
        metrics(probabilities, labels)


def test_confusion_matrix_has_the_truth_in_rows() -> None:
    matrix = confusion_matrix(np.array([2, 2, 5], np.uint8), np.array([3, 3, 0], np.uint8))
    assert matrix[2, 3] == 2 and matrix[5, 0] == 1 and matrix.sum() == 3


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        # by symmetry
        (182, 263, 0.6338, 0.7447),
        (20, 20, 0.8389, 1.0),
    ],
)
def test_wilson_interval_as_published(hits: int, n: int, low: float, high: float) -> None:
    assert wilson_interval(hits, n) == pytest.approx((low, high), abs=6e-5)


@pytest.mark.parametrize(("hits", "n"), [(0, 1), (1, 1), (1, 2), (50, 100), (2345, 3589), (3589, 3589)])
def test_wilson_interval_holds_the_shares_that_a_test_keeps(hits: int, n: int) -> None:
    # the interval's ends are the shares p at which |hits/n - p| is 1.96 standard errors of p (Wilson 1927)
    low, high = wilson_interval(hits, n)
    assert 0 <= low <= hits / n <= high <= 1
    for end in (low, high):
        if 0 < end < 1:
            assert abs(hits / n - end) == pytest.approx(1.959964 * math.sqrt(end * (1 - end) / n), rel=1e-6)


def test_log_loss_of_a_label_of_probability_zero_is_finite() -> None:
    probabilities = np.eye(7)[[0, 1]]
    assert log_loss(probabilities, np.array([0, 2])) == pytest.approx(-math.log(1e-7) / 2)


class Oracle:
    """A model that predicts what it was given."""

    def __init__(self, name: str, answers: np.ndarray) -> None:
        self.name, self.answers = name, answers

    def predict_proba(self, faces: np.ndarray) -> np.ndarray:
        return self.answers[faces[:, 0, 0]]


def test_models_and_ensemble_are_measured_on_every_part() -> None:
    answers, labels = case(40, 7)
    others = case(40, 8)[0]
    faces = np.broadcast_to(np.arange(40, dtype=np.uint8)[:, None, None], (40, 48, 48))
    parts = {"a": Faces(faces[:30], labels[:30]), "b": Faces(faces[30:], labels[30:])}
    models: Any = [Oracle("one", answers), Oracle("two", others)]
    found = evaluate_models(models, parts)
    assert found == {
        "one": {"a": metrics(answers[:30], labels[:30]), "b": metrics(answers[30:], labels[30:])},
        "two": {"a": metrics(others[:30], labels[:30]), "b": metrics(others[30:], labels[30:])},
    }
    mean = (answers + others) / 2
    together = evaluate_models(models, parts, ensemble=True)
    assert together == {"one + two": {"a": metrics(mean[:30], labels[:30]), "b": metrics(mean[30:], labels[30:])}}
