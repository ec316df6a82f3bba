"""predictions.npz: read back as it was packed, and every damage a ModelError."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer_core.bundle.card import PREDICTIONS_NAME, file_entry, read_card
from fer_core.bundle.predictions import pack_predictions, read_predictions, unpack_predictions
from fer_core.bundle.registry import read_bundles
from fer_core.errors import ModelError
from tests.support.synthetic_bundles import change_card, make_bundle


def test_parts_are_read_back_and_a_face_is_kept_once() -> None:
    rng = np.random.default_rng(0)
    labels, probabilities = rng.integers(0, 7, 400).astype(np.uint8), rng.dirichlet(np.ones(7), 400)
    given = {"public_test": (labels[:50], rng.dirichlet(np.ones(7), 50)), "private_test": (labels, probabilities)}
    given["ferplus_test"] = (labels[::-2], probabilities[::-2])  # some of the same faces
    content = pack_predictions(given, "ab" * 32)
    found = unpack_predictions(content)
    assert list(found) == list(given)
    for part, (expected_labels, expected) in given.items():
        assert found[part][0].dtype == np.uint8 and np.array_equal(found[part][0], expected_labels)
        assert found[part][1].dtype == np.float32 and np.abs(found[part][1] - expected).max() < 5e-4
    with np.load(io.BytesIO(content), allow_pickle=False) as saved:
        assert str(saved["dataset_sha256"]) == "ab" * 32
        assert saved["probabilities"].dtype == np.float16
        assert len(saved["probabilities"]) == len(np.unique(saved["probabilities"], axis=0)) == 450


def test_predictions_never_run_what_a_file_says() -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **{"test.labels": np.array([print], object), "probabilities": np.zeros((1, 7))})
    with pytest.raises(ValueError, match="allow_pickle"):
        unpack_predictions(buffer.getvalue())


@pytest.mark.parametrize(
    "damage",
    [lambda file: file.unlink(), lambda file: file.write_bytes(b""), lambda file: file.write_bytes(b"PK\x03\x04 no")],
    ids=["missing", "empty", "other bytes"],
)
def test_damaged_predictions_are_a_model_error(tmp_path: Path, damage: Any) -> None:
    folder = make_bundle(tmp_path, "a")
    (bundle,), _ = read_bundles(tmp_path)
    assert read_predictions(bundle)["private_test"][1].shape == (300, 7)
    damage(folder / PREDICTIONS_NAME)
    with pytest.raises(ModelError, match=r"a: predictions\.npz"):
        read_predictions(bundle)


def test_answers_that_are_not_there_are_a_model_error(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path, "a")
    buffer = io.BytesIO()
    rows = np.array([0, 1], np.uint32)
    np.savez(buffer, **{"test.labels": np.zeros(2), "test.rows": rows, "probabilities": np.full((1, 7), 1 / 7)})
    (folder / PREDICTIONS_NAME).write_bytes(buffer.getvalue())
    files = read_card(folder).files
    change_card(folder, files=files | {PREDICTIONS_NAME: file_entry(buffer.getvalue())})
    (bundle,), _ = read_bundles(tmp_path)
    with pytest.raises(ModelError, match="cannot be read"):
        read_predictions(bundle)
