"""The recipes of train_cnn.py: every network trains by its own settings, and says so in its card."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from fer_core import load_model, read_card
from fer_core.bundle.card import MODEL_NAME
from fer_core.datasets.splits import Faces
from fer_core.training import fit
from fer_core.training.augment import NO_AUGMENTATION, FaceBatches
from fer_core.training.recipes import RECIPES
from tests.support import tiny


@pytest.mark.parametrize("name", RECIPES)
def test_dropout_reaches_every_network(name: str) -> None:
    def rates(**options: float) -> list[float]:
        return [
            layer.rate for layer in RECIPES[name].build(**options).layers if isinstance(layer, keras.layers.Dropout)
        ]

    usual, halved = rates(), rates(dropout=0.5 * RECIPES[name].dropout)
    assert usual and halved == pytest.approx([rate / 2 for rate in usual]) and min(usual) > 0


def test_every_protocol_belongs_to_a_published_system() -> None:
    published = {name for name, recipe in RECIPES.items() if recipe.reported}
    assert published == {"compact", "deepfer", "deep4", "classic", "vgg", "resnet"}
    assert published < RECIPES.keys() and all(recipe.reported for recipe in RECIPES.values() if recipe.protocol)


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
    reported = RECIPES[name].reported or {}
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
    assert {key: asdict(RECIPES[name].settings)[key] for key in settings} == pytest.approx(settings)


def test_published_augmentation() -> None:
    augmentation = RECIPES["deepfer"].settings.augmentation
    assert (augmentation.rotation, augmentation.shear) == (10, 0.1) and augmentation.shift and augmentation.zoom
    assert RECIPES["deep4"].settings.augmentation == NO_AUGMENTATION and RECIPES["deep4"].settings.patience == 0


@pytest.mark.parametrize("name", RECIPES)
def test_a_step_by_its_settings_reaches_every_weight(name: str) -> None:
    """The network, the optimizer and the batches of the recipe fit together, and gradients reach every layer."""
    settings = replace(RECIPES[name].settings, batch_size=16, schedule="constant")
    network, batches = RECIPES[name].build(), FaceBatches(Faces(*tiny.faces(2)), 14, settings.augmentation)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=settings.label_smoothing)
    network.compile(optimizer=fit.optimizer(settings, 1), loss=loss, run_eagerly=True)
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
    network = RECIPES[name].build()
    assert card.parameters == network.count_params() and card.architecture == network.name
    assert len(card.history) == 1 and np.isfinite(card.history[0]["loss"])
    settings = asdict(replace(RECIPES[name].settings, epochs=1))
    dropout = next(layer.rate for layer in network.layers if isinstance(layer, keras.layers.Dropout))
    assert card.training["settings"] == settings | {"dropout": dropout, "mixed_precision": False}
    reported = RECIPES[name].reported
    assert reported and card.reported == reported | {"changed": "epochs 1 instead of 60"}
    assert card.reproduces == reported["system"]
    # a quantised file: about a byte a parameter, and 200 kB of predictions
    assert card.quantization["chosen"] == "int8" and card.files[MODEL_NAME]["bytes"] < 1.1 * card.parameters
    faces = tiny.faces(30, seed=5)[0]
    assert load_model(models / name).predict_proba(faces).sum(axis=1) == pytest.approx(np.ones(len(faces)), abs=1e-5)
