"""The prior of a bundle: chosen on pictures, put into its card, measured anew."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from fer_core import load_model, read_card
from fer_core.bundle.calibration import calibrated, softmax
from fer_core.bundle.card import PREDICTIONS_NAME, read_file
from fer_core.bundle.predictions import unpack_predictions
from fer_core.datasets.readers import read_dataset
from fer_core.datasets.splits import split_dataset
from fer_core.evaluation.metrics import metrics
from fer_core.reporting.real_faces import RealFaces
from fer_core.training.export.prior import choose_power, set_prior, training_shares, with_power
from tests.bundle.test_calibration import PRIOR, VECTOR
from tests.conftest import Run


def test_another_prior_is_as_if_calibrated_with_it() -> None:
    logits = np.random.default_rng(0).normal(0, 2, (300, 7)).astype(np.float32)
    changed = with_power(calibrated(logits, VECTOR), VECTOR, PRIOR)
    assert changed == pytest.approx(calibrated(logits, VECTOR | {"prior": PRIOR}), abs=1e-4)
    assert not with_power(np.zeros((2, 7), np.float32), VECTOR, PRIOR).any(), "no face, no probabilities"


@pytest.mark.parametrize(("leaning", "expected"), [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)])
def test_the_power_that_undoes_the_leaning_is_chosen(leaning: float, expected: float) -> None:
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 7, 6000).astype(np.uint8)
    fair = np.eye(7)[labels] * 1.5 + rng.normal(0, 1, (6000, 7))
    shares = PRIOR["shares"]
    leaned = softmax(fair + leaning * np.log(shares))
    measured = RealFaces(labels, np.ones(6000, bool), {"a": leaned}, "auto")
    assert choose_power(measured, {"temperature": 1.0}, shares) == expected


def test_shares_are_those_of_the_training_part(trained: Run) -> None:
    split = split_dataset(read_dataset(trained.data))
    counts = np.bincount(split.training.labels, minlength=7)
    assert training_shares(split) == pytest.approx(counts / counts.sum(), abs=1e-4)


def test_a_bundle_is_measured_anew(trained: Run, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(trained.bundle, tmp_path / "tiny"))
    split = split_dataset(read_dataset(trained.data))
    found = set_prior(folder, PRIOR, split)
    card, model = read_card(folder), load_model(folder)
    assert card.calibration["prior"] == PRIOR
    assert card.evaluation.keys() == split.parts.keys() == found.evaluation.keys()
    for name, part in split.parts.items():
        expected = metrics(model.predict_proba(part.faces), part.labels)
        assert card.evaluation[name]["log_loss"] == pytest.approx(expected["log_loss"])
    before = load_model(trained.bundle).predict_proba(split.validation.faces)
    assert not np.allclose(before, model.predict_proba(split.validation.faces), atol=1e-3)
    stored = unpack_predictions(read_file(card, folder, PREDICTIONS_NAME))
    assert stored.keys() == split.parts.keys()
