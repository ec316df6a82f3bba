"""The backbones of keras.applications: built, scaled as keras documents, frozen, refused."""

import importlib
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import pytest

import train_mobilenet
from fer_core import list_models
from fer_core.training.architectures.transfer import BACKBONES, freeze, transfer_network
from tests.support import tiny
from tests.support.patterns import RANDOM

PREPROCESSING = {
    "mobilenet": "mobilenet",
    "mobilenetv2": "mobilenet_v2",
    "mobilenetv3small": "mobilenet_v3",
    "efficientnetv2b0": "efficientnet_v2",
    "vgg16": "vgg16",
    "resnet50": "resnet",
}


@pytest.mark.parametrize("name", BACKBONES)
def test_backbones_build_and_scale_as_keras_documents(name: str) -> None:
    network = transfer_network(name, alpha=0.35 if "v2" in name and "mobile" in name else 1.0, image_size=32)
    faces = RANDOM[:2, ..., None].astype(np.float32)
    logits = network.predict(faces, verbose=0)
    assert logits.shape == (2, 7) and np.isfinite(logits).all()
    inside = next(layer for layer in network.layers if isinstance(layer, keras.layers.Rescaling))
    given = keras.Model(network.input, inside.output).predict(faces, verbose=0)
    colour = np.stack([cv2.resize(f[..., 0], (32, 32), interpolation=cv2.INTER_LINEAR) for f in faces])
    colour = np.repeat(colour[..., None], 3, axis=3)
    module = importlib.import_module(f"keras.applications.{PREPROCESSING[name]}")
    assert given == pytest.approx(module.preprocess_input(colour.copy()), abs=1e-2)
    freeze(network, True)
    assert [v.path.split("/")[0] for v in network.trainable_variables] == ["logits", "logits"]
    freeze(network, False)
    assert len(network.trainable_variables) > 4
    assert "alpha" in inspect.signature(BACKBONES[name].constructor).parameters or name not in PREPROCESSING.keys() - {
        "efficientnetv2b0", "vgg16", "resnet50"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--backbone-weights", "nowhere.h5"), "there is no such file"),
        (("--backbone-weights", "none", "--image-size", 16), "16 pixels"),
        (("--backbone-weights", "none", "--alpha", 0), "alpha 0.0"),
    ],
    ids=["weights that are not there", "too small a picture", "no width"],
)
def test_bad_backbones_are_refused(
    options: tuple[Any, ...], said: str, tmp_path: Path, train: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    data = tiny.fer_csv(tmp_path)
    assert train("train_mobilenet", "--data", data, "--models-dir", tmp_path / "models", *options) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and said in error, error
    assert not list_models(tmp_path / "models")


@pytest.mark.parametrize(
    ("options", "weights"),
    [
        ((), "imagenet"),
        (("--start-from", "models/mobilenet"), "none"),
        (("--start-from", "models/mobilenet", "--backbone-weights", "a.h5"), "a.h5"),
    ],
    ids=" ".join,
)
def test_weights_that_would_be_replaced_are_not_fetched(
    options: tuple[str, ...], weights: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["train_mobilenet.py", "--data", "faces", *options])
    assert train_mobilenet.options().backbone_weights == weights
