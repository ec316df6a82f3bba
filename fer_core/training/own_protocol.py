"""A published system trained once more in its own way of splitting and choosing: one figure, never a bundle.

Such a network has seen faces of PrivateTest, or was chosen by them, so it must not ship. What it reached goes into the
card of the bundle that was trained on the official parts, as `reported["own_protocol"]`.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np

from fer_core.calibration import softmax
from fer_core.card import ModelCard, change_card, hardware, read_card
from fer_core.datasets import FaceTable
from fer_core.errors import DatasetError, ModelError
from fer_core.evaluation import metrics
from fer_core.splits import Faces, Split, split_dataset

TEST_PARTS: Final = ("private_test", "test")
"""The part that is reported: the first that exists."""


@dataclass(frozen=True)
class Protocol:
    """How a system's authors split and chose. text: for people. split: shares of everything pooled; None: the official
    parts. chosen_on_test: the epoch is chosen on the part that is reported.
    """

    text: str
    split: str | None = None
    chosen_on_test: bool = False


def own_split(table: FaceTable, protocol: Protocol, seed: int = 0, limit: int | None = None) -> Split:
    """The split of `protocol`; its only reported part is the test part. Raises DatasetError where there is none."""
    split = split_dataset(table, protocol.split, seed=seed, limit=limit)
    part = next((name for name in TEST_PARTS if name in split.parts), None)
    if part is None:
        raise DatasetError("--own-protocol needs a test part; this dataset has none.")
    validation = split.parts[part] if protocol.chosen_on_test else split.validation
    return replace(split, validation=validation, parts={part: split.parts[part]}, description=protocol.text)


def official_bundle(folder: Path, architecture: str) -> ModelCard:
    """The card of the bundle that gets the figure. Raises ModelError unless it is one of the same network."""
    try:
        card = read_card(folder)
    except ModelError as error:
        raise ModelError(
            f"--own-protocol adds to a bundle's card: train {folder.name} without it first. {error}"
        ) from None
    if card.architecture != architecture or not card.reported:
        found = f"expected a bundle of {architecture} as published, got {folder.name}: {card.architecture}"
        raise ModelError(f"--own-protocol adds to a bundle's card: {found}. Give its --name.")
    return card


def measure(
    network: keras.Model, split: Split, history: list[dict[str, Any]], settings: dict[str, Any], command: str
) -> dict[str, Any]:
    """What `network`, at its best epoch, reaches on the split's only part: the record for the card.

    accuracy, accuracy_interval (95 %, Wilson) and n are of the test part; training_accuracy (augmented) and
    validation_accuracy of the epoch that was kept.
    """
    ((part, test),) = split.parts.items()
    found = metrics(_probabilities(network, test), test.labels)
    best = max(history, key=lambda record: float(record["val_accuracy"]))
    record = {
        "accuracy": found["accuracy"],
        "accuracy_interval": found["accuracy_interval"],
        "n": found["n"],
        "part": part,
        "training_accuracy": best["accuracy"],
        "validation_accuracy": best["val_accuracy"],
        "protocol": split.description,
        "faces": {"training": len(split.training), "validation": len(split.validation)},
        "dataset_sha256": split.dataset_sha256,
        "settings": settings,
        "epochs": len(history),
        "seconds": round(sum(record["seconds"] for record in history), 1),
        "hardware": hardware(),
        "command": command,
    }
    if split.validation is test:  # then they are the same figure
        del record["validation_accuracy"]
    return record


def store(folder: Path, record: dict[str, Any]) -> None:
    """Put `record` into the card of the bundle at `folder`, in one step; everything else of the bundle stays."""
    change_card(folder, lambda content: content | {"reported": content["reported"] | {"own_protocol": record}})


def kept(reported: dict[str, Any] | None, folder: Path, architecture: str) -> dict[str, Any] | None:
    """`reported`, with the own protocol's record of the bundle that is about to be replaced at `folder`, if it has one.

    The record is of another training and carries its own settings, so training the bundle anew does not undo it.
    """
    try:
        old = read_card(folder)
    except ModelError:
        return reported
    record = (old.reported or {}).get("own_protocol")
    if reported is None or record is None or old.architecture != architecture:
        return reported
    return reported | {"own_protocol": record}


def _probabilities(network: keras.Model, part: Faces) -> np.ndarray[Any, Any]:
    """(N, 7), uncalibrated: the network's own labels, which the part it was chosen on has no say in."""
    logits = np.asarray(network.predict(part.faces[..., None].astype(np.float32), batch_size=256, verbose=0))
    if not np.isfinite(logits).all():
        raise ModelError("the network answers with values that are not numbers.")
    return softmax(logits)
