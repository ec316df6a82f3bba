"""The presets of train_cnn.py: every network has its size, trains by its own settings, and says so in its card."""

import inspect
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tiny

from fer_core import load_model, read_card
from fer_core.card import MODEL_NAME
from fer_core.splits import Faces
from fer_core.training import fit
from fer_core.training.architectures import CNNS
from fer_core.training.augment import NO_AUGMENTATION, FaceBatches
from fer_core.training.presets import PRESETS, PROTOCOLS, REPORTED, changed
from fer_core.training.published_architectures import resnet, vgg

# --- sizes, counted apart from keras


def conv(before: int, after: int, kernel: int = 3) -> int:
    """A convolution without bias and its batch normalisation: scale, offset, mean, variance."""
    return kernel * kernel * before * after + 4 * after


def chain(*widths: int) -> int:
    return sum(conv(before, after) for before, after in zip((1, *widths), widths, strict=False))


def dense(before: int, after: int) -> int:
    return before * after + after


def residual(before: int, after: int) -> int:
    shortcut = conv(before, after, kernel=1) if before != after else 0
    return conv(before, after) + conv(after, after) + shortcut


SIZES = {
    # four poolings leave 3x3 of 48x48
    "deepfer": conv(1, 64, 5) + conv(64, 128) + conv(128, 512) + conv(512, 512)
    + (9 * 512 * 256 + 4 * 256) + (256 * 512 + 4 * 512) + dense(512, 7),
    # unpadded: 48 -> 46, 23 -> 21, 10 -> 8, 4 -> 2, 1; biases, no normalisation
    "deep4": dense(9, 128) + dense(9 * 128, 256) + dense(9 * 256, 512) + dense(9 * 512, 512)
    + dense(512, 512) + dense(512, 256) + dense(256, 7),
    "classic": chain(48, 96, 96, 192, 192, 256) + dense(256, 128) + dense(128, 7),
    "vgg": chain(32, 32, 64, 64, 128, 128, 192, 192) + dense(9 * 192, 128) + dense(128, 7),
    "resnet": conv(1, 32) + residual(32, 32) + residual(32, 32) + residual(32, 64) + residual(64, 64)
    + residual(64, 128) + residual(128, 128) + dense(128, 7),
}  # fmt: skip


@pytest.mark.parametrize("name", SIZES)
def test_networks_have_their_size(name: str) -> None:
    network = CNNS[name]()
    assert (network.input_shape, network.output_shape) == ((None, 48, 48, 1), (None, 7))
    assert network.count_params() == SIZES[name]


@pytest.mark.parametrize("name", CNNS)
def test_dropout_reaches_every_network(name: str) -> None:
    def rates(**options: float) -> list[float]:
        return [layer.rate for layer in CNNS[name](**options).layers if isinstance(layer, keras.layers.Dropout)]

    usual, halved = rates(), rates(dropout=0.5 * inspect.signature(CNNS[name]).parameters["dropout"].default)
    assert usual and halved == pytest.approx([rate / 2 for rate in usual]) and min(usual) > 0


@pytest.mark.parametrize("build", [vgg, resnet])
def test_the_small_ones_ignore_light_and_contrast(build: Callable[[], Any]) -> None:
    faces = tiny.faces(1)[0][..., None].astype(np.float32)
    network = build()
    expected = network.predict(faces, verbose=0)
    # an untrained network tells faces apart only faintly: measured against that
    difference = np.abs(network.predict(faces * 0.5 + 40, verbose=0) - expected).max()
    assert difference < 0.05 * np.ptp(expected, axis=0).max()


# --- what each is trained by, and what its system published


def test_every_network_has_a_preset_and_every_protocol_a_system() -> None:
    assert PRESETS.keys() == CNNS.keys()
    assert REPORTED.keys() == {*SIZES, "compact"} and PROTOCOLS.keys() <= REPORTED.keys()


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("compact", {"training_accuracy": 0.4225, "validation_accuracy": 0.5035}),
        ("deepfer", {"training_accuracy": 0.7040, "validation_accuracy": 0.6375, "test_accuracy": 0.6292}),
        ("deep4", {"test_accuracy": 0.756}),
        ("classic", {"training_accuracy": 0.7236, "validation_accuracy": 0.6633}),
        ("vgg", {}),
        ("resnet", {}),
    ],
)
def test_published_figures(name: str, published: dict[str, float]) -> None:
    reported = REPORTED[name]
    assert {key: value for key, value in reported.items() if key.endswith("accuracy")} == published
    assert reported["system"] and reported["data"]


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("compact", {"epochs": 22, "batch_size": 32, "learning_rate": 1e-3, "optimizer": "adam", "patience": 5}),
        (
            "deepfer",
            {"epochs": 50, "batch_size": 64, "learning_rate": 1e-3, "optimizer": "adam", "schedule": "plateau"},
        ),
        (
            "deep4",
            {"epochs": 100, "batch_size": 128, "learning_rate": 1e-3, "optimizer": "adam", "schedule": "constant"},
        ),
        ("classic", {"learning_rate": 1.5e-4, "lowest_rate": 1.5e-4 / 4, "schedule": "plateau"}),
    ],
)
def test_published_settings(name: str, settings: dict[str, Any]) -> None:
    assert {key: asdict(PRESETS[name])[key] for key in settings} == pytest.approx(settings)


def test_published_augmentation() -> None:
    augmentation = PRESETS["deepfer"].augmentation
    assert (augmentation.rotation, augmentation.shear) == (10, 0.1) and augmentation.shift and augmentation.zoom
    assert PRESETS["deep4"].augmentation == NO_AUGMENTATION and PRESETS["deep4"].patience == 0


def test_what_differs_from_a_preset_is_named() -> None:
    preset = PRESETS["deep4"]
    assert changed(preset, preset, dropout=(0.4, 0.4)) == changed(preset, replace(preset, seed=3)) == {}
    other = replace(preset, batch_size=64, class_weights=True, augmentation=replace(preset.augmentation, mixup=0.2))
    assert changed(preset, other, dropout=(0.4, 0.1)) == {
        "changed": "batch size 64 instead of 128, class weights True instead of False, mixup 0.2 instead of 0.0, "
        "dropout 0.1 instead of 0.4"
    }


# --- trained


@pytest.mark.parametrize("name", CNNS)
def test_a_step_by_its_settings_reaches_every_weight(name: str) -> None:
    """The network, the optimizer and the batches of the preset fit together, and gradients reach every layer."""
    preset = replace(PRESETS[name], batch_size=16, schedule="constant")
    network, batches = CNNS[name](), FaceBatches(Faces(*tiny.faces(2)), 14, preset.augmentation)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=preset.label_smoothing)
    network.compile(optimizer=fit.optimizer(preset, 1), loss=loss, run_eagerly=True)
    before = [weights.copy() for weights in network.get_weights()]
    assert np.isfinite(network.train_on_batch(*batches[0]))
    pairs = zip(network.weights, before, network.get_weights(), strict=True)
    still = [variable.path for variable, old, new in pairs if variable.trainable and np.array_equal(old, new)]
    assert not still, "untouched by the step"


def test_one_epoch_gives_a_bundle_that_says_how(tmp_path: Path, train: Callable[..., int]) -> None:
    """Of the published ones the quickest; `compact` is trained in conftest."""
    name = "classic"
    data, models = tiny.fer_csv(tmp_path), tmp_path / "models"
    options = ("--arch", name, "--name", name, "--models-dir", models, "--epochs", 1, "--precision", "int8")
    assert train("train_cnn", "--data", data, *options) == 0
    card = read_card(models / name)
    network = CNNS[name]()
    assert card.parameters == network.count_params() and card.architecture == network.name
    assert len(card.history) == 1 and np.isfinite(card.history[0]["loss"])
    settings = asdict(replace(PRESETS[name], epochs=1))
    dropout = next(layer.rate for layer in network.layers if isinstance(layer, keras.layers.Dropout))
    assert card.training["settings"] == settings | {"dropout": dropout, "mixed_precision": False}
    assert (
        card.reported == REPORTED[name] | {"changed": "epochs 1 instead of 60"}
        and card.reproduces == REPORTED[name]["system"]
    )
    # a quantised file: about a byte a parameter, and 200 kB of predictions
    assert card.quantisation["chosen"] == "int8" and card.files[MODEL_NAME]["bytes"] < 1.1 * card.parameters
    faces = tiny.faces(30, seed=5)[0]
    assert load_model(models / name).predict_proba(faces).sum(axis=1) == pytest.approx(np.ones(len(faces)), abs=1e-5)
