"""The mean of networks' weights: what is averaged, what is estimated anew, what is refused; the bundle of it."""

import hashlib
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

from fer_core import ModelError, read_card
from fer_core.datasets import Faces, Split, read_dataset, split_dataset
from fer_core.image import sample_image
from fer_core.training.architectures.cnns import seresnet
from fer_core.training.export.average import average, average_bundles
from fer_core.training.export.balance import balance
from fer_core.training.extra_data import ExtraData
from fer_core.training.normalisation import estimate_statistics
from tests.conftest import Run
from tests.support import tiny


def test_weights_are_averaged_and_statistics_estimated() -> None:
    first, second = seresnet(8), seresnet(8)
    expected = [
        (np.asarray(a) + np.asarray(b)) / 2
        for a, b in zip(first.trainable_weights, second.trainable_weights, strict=True)
    ]
    faces, labels = tiny.faces(64)
    mean = average([first, second], Faces(faces, labels))
    for weight, value in zip(mean.trainable_weights, expected, strict=True):
        np.testing.assert_allclose(np.asarray(weight), value, atol=1e-6)
    batch = faces[..., np.newaxis].astype(np.float32)
    rates = [layer.rate for layer in mean._flatten_layers() if isinstance(layer, keras.layers.Dropout)]
    assert all(rates), "as before"
    for layer in mean._flatten_layers():
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    seen, kept = np.asarray(mean(batch, training=True)), np.asarray(mean(batch, training=False))
    assert np.abs(seen - kept).max() < 0.05 * seen.std(), "what it keeps is what these faces are like"


def test_statistics_are_of_faces_as_often_as_they_are_drawn() -> None:
    faces, labels = (values[:2] for values in tiny.faces(1))
    both = Faces(np.repeat(faces, 4, axis=0), np.repeat(labels, 4), weights=np.repeat(np.float32([2, 0]), 4))
    network, kept = seresnet(8), []
    first, second = (Faces(np.repeat(faces[i : i + 1], 768, axis=0), np.repeat(labels[i], 768)) for i in range(2))
    for part in (both, first, second):
        estimate_statistics(network, part)
        kept.append(np.concatenate([np.ravel(weight) for weight in network.non_trainable_weights]))
    np.testing.assert_allclose(kept[0], kept[1], atol=1e-4)
    assert np.abs(kept[0] - kept[2]).max() > 0.01


def test_other_architectures_are_refused() -> None:
    with pytest.raises(ModelError, match="differ in their layers"):
        average([seresnet(8), seresnet(16)], Faces(*tiny.faces(2)))


def test_a_bundle_averaged_with_itself_is_itself(trained: Run, tmp_path: Path) -> None:
    twin = Path(shutil.copytree(trained.bundle, tmp_path / "twin"))
    split = split_dataset(read_dataset(trained.data))
    card = average_bundles([trained.bundle, twin], split, "both", tmp_path, "float32")
    before, digest = read_card(trained.bundle), hashlib.sha256((twin / "model.keras").read_bytes()).hexdigest()
    assert [source["sha256"] for source in card.training["settings"]["averaged"]] == [digest, digest]
    assert card.evaluation.keys() == before.evaluation.keys()
    again = average_bundles([_calibrated_anew(twin, split)], split, "again", tmp_path, "float32")
    assert "balanced" not in again.training["settings"], "the mean's calibration is another"
    with pytest.raises(ModelError, match=r"model\.keras cannot be loaded"):
        (twin / "model.keras").unlink()
        average_bundles([twin], split, "one", tmp_path, "float32")


def _calibrated_anew(folder: Path, split: Split) -> Path:
    (folder / "more" / "happy").mkdir(parents=True)
    (folder / "more" / "happy" / "one.png").write_bytes(sample_image())
    card = balance(folder, split, ExtraData(folder / "more"))
    assert "balanced" in card.training["settings"]
    return folder
