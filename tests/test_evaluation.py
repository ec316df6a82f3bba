"""Metrics against scikit-learn, or against the textbook's formula written out in plain loops."""

import io
import math
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as oracle

from fer_core import EMOTIONS
from fer_core.calibration import softmax
from fer_core.evaluation import (
    ECE_BINS,
    confusion_matrix,
    evaluate_models,
    expected_calibration_error,
    log_loss,
    metrics,
    pack_predictions,
    unpack_predictions,
    wilson_interval,
)
from fer_core.splits import Faces


def case(n: int, seed: int, classes: tuple[int, ...] = tuple(range(7)), sharp: float = 2.0) -> Any:
    """Probabilities (n, 7) that often, but not always, put the truth first; labels of `classes` only."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(classes, n).astype(np.uint8)
    logits = rng.normal(0, 1, (n, 7)) + sharp * np.eye(7)[labels]
    return softmax(logits), labels


CASES = {
    "many faces": case(2000, 0),
    "chance": case(500, 1, sharp=0),
    "nearly perfect": case(300, 2, sharp=9),
    "always wrong": case(100, 3, sharp=-50),
    "two classes absent": case(400, 4, classes=(0, 2, 3, 5, 6)),
    "one class": case(50, 5, classes=(3,)),
    "one face": case(1, 6),
    "a class never predicted": (np.eye(7, dtype=np.float32)[[0, 0, 2, 3, 3, 6, 0]], np.arange(7).astype(np.uint8)),
}


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
    with pytest.raises(ValueError, match="expected probabilities"):
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


def plain_ece(probabilities: np.ndarray, labels: np.ndarray, bins: int) -> float:
    """Guo et al. 2017, equation 3, bin by bin."""
    total = 0.0
    for number in range(bins):
        inside = []
        for row, label in zip(probabilities.tolist(), labels.tolist(), strict=True):
            confidence = max(row)
            if number / bins < confidence <= (number + 1) / bins:
                inside.append((confidence, row.index(confidence) == label))
        if inside:
            accuracy = sum(hit for _, hit in inside) / len(inside)
            confidence = sum(c for c, _ in inside) / len(inside)
            total += len(inside) / len(labels) * abs(accuracy - confidence)
    return total


@pytest.mark.parametrize("bins", [1, 10, ECE_BINS])
@pytest.mark.parametrize(("probabilities", "labels"), CASES.values(), ids=CASES.keys())
def test_ece_agrees_with_plain_loops(probabilities: np.ndarray, labels: np.ndarray, bins: int) -> None:
    assert expected_calibration_error(probabilities, labels, bins) == pytest.approx(
        plain_ece(probabilities, labels, bins), abs=1e-9
    )


@pytest.mark.parametrize(
    ("confidence", "right", "ece"),
    [(1.0, 1.0, 0.0), (1.0, 0.0, 1.0), (0.8, 0.8, 0.0), (0.9, 0.6, 0.3)],
    ids=["sure and right", "sure and wrong", "calibrated", "too sure"],
)
def test_ece_of_known_cases(confidence: float, right: float, ece: float) -> None:
    probabilities = np.full((100, 7), (1 - confidence) / 6)
    probabilities[:, 3] = confidence
    labels = np.where(np.arange(100) < 100 * right, 3, 0)
    assert expected_calibration_error(probabilities, labels) == pytest.approx(ece, abs=1e-9)


def test_log_loss_of_an_impossible_answer_is_finite() -> None:
    probabilities = np.eye(7)[[0, 1]]
    assert log_loss(probabilities, np.array([0, 2])) == pytest.approx(-math.log(1e-7) / 2)


def test_predictions_round_trip() -> None:
    given = {"public_test": CASES["many faces"], "private_test": CASES["chance"]}
    given["ferplus_test"] = tuple(of[::-2] for of in given["private_test"])  # some of the same faces
    content = pack_predictions({p: (labels, probabilities) for p, (probabilities, labels) in given.items()}, "ab" * 32)
    found = unpack_predictions(content)
    assert list(found) == list(given)
    for part, (probabilities, labels) in given.items():
        assert found[part][0].dtype == np.uint8 and np.array_equal(found[part][0], labels)
        assert found[part][1].dtype == np.float32 and np.abs(found[part][1] - probabilities).max() < 5e-4
    with np.load(io.BytesIO(content), allow_pickle=False) as saved:
        assert str(saved["dataset_sha256"]) == "ab" * 32
        assert saved["probabilities"].dtype == np.float16
        assert len(saved["probabilities"]) == len(np.unique(saved["probabilities"], axis=0)), "a face is kept once"


def test_predictions_of_an_older_bundle_are_read() -> None:
    probabilities, labels = CASES["many faces"]
    buffer = io.BytesIO()
    np.savez(buffer, **{"test.labels": labels.astype(np.uint8), "test.probabilities": probabilities.astype(np.float16)})
    found = unpack_predictions(buffer.getvalue())["test"]
    assert np.array_equal(found[0], labels) and found[1] == pytest.approx(probabilities, abs=5e-4)


def test_predictions_never_run_what_a_file_says() -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **{"test.labels": np.array([print], object), "test.probabilities": np.zeros((1, 7))})
    with pytest.raises(ValueError, match="allow_pickle"):
        unpack_predictions(buffer.getvalue())


class Oracle:
    """A model that answers with what it was given."""

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
