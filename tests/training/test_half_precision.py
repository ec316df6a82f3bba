"""A bundle's weights in half precision: half the bytes, nearly the same network, listed in the card."""

import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

from fer_core import ModelError, read_card
from fer_core.bundle.card import read_file
from fer_core.training.export.half_precision import in_half_precision, ship_weights
from tests.conftest import Run
from tests.support import tiny
from tests.support.patterns import keras_predictions


def test_weights_ship_in_half_the_space(trained: Run, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(trained.bundle, tmp_path / "tiny"))
    before = keras.saving.load_model(folder / "model.keras")
    size = (folder / "model.keras").stat().st_size
    assert ship_weights(folder) == (folder / "model.keras").stat().st_size < 0.6 * size
    after = keras.saving.load_model(folder / "model.keras")
    assert all(weight.dtype == "float32" for weight in after.weights)
    for old, new in zip(before.get_weights(), after.get_weights(), strict=True):
        assert np.array_equal(np.float32(np.float16(old)) if old.ndim > 1 else old, new)
    faces, _ = tiny.faces(4)
    assert np.abs(keras_predictions(before, faces) - keras_predictions(after, faces)).max() < 5e-3
    assert read_file(read_card(folder), folder, "model.keras") == (folder / "model.keras").read_bytes()


def test_a_weight_beyond_float16_stays(tmp_path: Path) -> None:
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    network.set_weights([np.array([[1e6], [0.1]], np.float32), np.zeros(1, np.float32)])
    network.save(tmp_path / "model.keras")
    (tmp_path / "model.keras").write_bytes(in_half_precision((tmp_path / "model.keras").read_bytes()))
    kernel, _ = keras.saving.load_model(tmp_path / "model.keras").get_weights()
    assert kernel.ravel().tolist() == [1e6, np.float32(np.float16(0.1))]


def test_a_damaged_file_is_refused() -> None:
    with pytest.raises(ModelError, match=r"model\.keras cannot be loaded"):
        in_half_precision(b"no network")
