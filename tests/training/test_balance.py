"""A calibration in which every emotion counts the same: its weights, its fit, and the bundle that it is put into."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from fer_core import load_model, read_card
from fer_core.bundle.calibration import softmax
from fer_core.datasets import read_dataset, split_dataset
from fer_core.emotions import EMOTIONS
from fer_core.evaluation import metrics
from fer_core.image import sample_image
from fer_core.training.calibration import fit_calibration
from fer_core.training.export.balance import balance, face_weights
from fer_core.training.extra_data import ExtraData
from tests.conftest import Run


def test_emotions_that_there_are_weigh_the_same() -> None:
    weights = face_weights(np.array([3, 3, 3, 0, 5, 5]))
    assert weights == pytest.approx([1 / 9, 1 / 9, 1 / 9, 1 / 3, 1 / 6, 1 / 6])


def test_a_face_of_weight_two_counts_as_two() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 7, 1400)
    # so much too high for one emotion that a bias of its own helps in any folds
    logits = rng.normal(0, 2, (1400, 7)) + 2 * np.eye(7)[labels] + 3 * np.eye(7)[2]
    weights = rng.integers(1, 3, 1400)
    weighted = fit_calibration(logits, labels, weights)
    repeated = fit_calibration(np.repeat(logits, weights, axis=0), np.repeat(labels, weights))
    assert weighted["temperature"] == pytest.approx(repeated["temperature"], abs=1e-3)
    assert weighted["scale"] == pytest.approx(repeated["scale"], abs=1e-3)
    assert weighted["bias"] == pytest.approx(repeated["bias"], abs=1e-3)


def test_a_rare_emotion_is_named_as_often_as_a_common_one() -> None:
    rng = np.random.default_rng(1)
    labels = rng.choice(7, 9000, p=[0.03, 0.4, 0.1, 0.1, 0.1, 0.1, 0.17])
    # a network that has learned how frequent they are
    logits = rng.normal(0, 1, (9000, 7)) + np.eye(7)[labels] * 1.5 + np.log(np.bincount(labels) / 9000)
    before = metrics(softmax(logits), labels)
    found = fit_calibration(logits, labels, face_weights(labels))
    scores = (logits - logits.mean(axis=1, keepdims=True)) / found["temperature"]
    after = metrics(softmax(scores * found["scale"] + found["bias"]), labels)
    assert before["per_class"][EMOTIONS[0]]["recall"] < 0.3 < 0.5 < after["per_class"][EMOTIONS[0]]["recall"]
    assert after["balanced_accuracy"] > before["balanced_accuracy"] + 0.05


def test_a_bundle_is_measured_anew_and_says_with_what(trained: Run, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(trained.bundle, tmp_path / "tiny"))
    (tmp_path / "more" / "happy").mkdir(parents=True)
    (tmp_path / "more" / "happy" / "one.png").write_bytes(sample_image())
    split = split_dataset(read_dataset(trained.data))
    found = balance(folder, split, ExtraData(tmp_path / "more"), 0.5)
    card, model = read_card(folder), load_model(folder)
    assert card.calibration != read_card(trained.bundle).calibration
    assert card.training["settings"]["balanced"]["share"] == 0.5
    assert card.training["settings"]["balanced"]["extra_data"]["dataset"] == "more"
    assert found.evaluation == card.evaluation and card.evaluation.keys() == split.parts.keys()
    for name, part in split.parts.items():
        expected = metrics(model.predict_proba(part.faces), part.labels)
        assert card.evaluation[name]["log_loss"] == pytest.approx(expected["log_loss"])
