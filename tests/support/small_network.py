"""A network that trains in no time, in the place of the real ones, and the parts of a finished run's folder."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import pytest

from fer_core.training.recipes import RECIPES

ARTEFACTS: Final = frozenset(
    "card.json model.tflite predictions.npz model.keras accuracy.png loss.png confusion_matrix.png README.md".split()
)
"""The files of a bundle that a script has just written."""


def small(dropout: float = 0.25) -> Any:
    """A network with all that has a state (averages, a seed) that trains in no time."""
    layers = keras.layers
    inputs = keras.Input((48, 48, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(6, 8, strides=8, use_bias=False)(x)))
    x = layers.Flatten()(layers.Dropout(dropout)(x))
    return keras.Model(inputs, layers.Dense(7, dtype="float32", name="logits")(x), name="small")


def put_small_networks(patch: pytest.MonkeyPatch) -> None:
    """Both kinds of recipes, the published one and the flagship's, on the small network."""
    for name in ("compact", "seresnet-small"):
        put_network(patch, name, small)
    flagship = RECIPES["seresnet-small"]
    patch.setitem(RECIPES, "seresnet-small", replace(flagship, settings=replace(flagship.settings, ema=0.8)))


def put_network(patch: pytest.MonkeyPatch, arch: str, build: Callable[..., Any]) -> None:
    """`--arch` builds another network by the same recipe."""
    patch.setitem(RECIPES, arch, replace(RECIPES[arch], build=build))


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def without_seconds(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in record.items() if k != "seconds"} for record in history]


def saved_checkpoint(root: Path, name: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    with np.load(root / "runs" / name / "training.npz") as saved:
        header = json.loads(bytes(saved["header"]).decode())
        header["history"] = without_seconds(header["history"])
        return header, {key: saved[key] for key in saved.files if key != "header"}
