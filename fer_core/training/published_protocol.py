"""What a published system reaches when split or chosen as its authors did: one figure, never a bundle.

A network that has seen faces of PrivateTest, or was chosen by them, must not ship. What it reached goes into the card
of the bundle that was trained and chosen on the official parts, as `reported["own_protocol"]`: from a second training
where the split differs, else from the epoch that its authors would have kept of the same training.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from fer_core.bundle import ModelCard, change_card, part_in_role, read_card, softmax
from fer_core.datasets import Faces, FaceTable, Split, split_dataset
from fer_core.errors import DatasetError, ModelError
from fer_core.evaluation import wilson_interval
from fer_core.reporting import README_NAME, readme_text
from fer_core.utils.processes import hardware


@dataclass(frozen=True)
class Protocol:
    """How a system's authors split and chose. text: for people. split: shares of everything pooled; None: the official
    parts, but the epoch was chosen on the part that is reported.
    """

    text: str
    split: str | None = None


class TestAccuracy(keras.callbacks.Callback):  # type: ignore[misc]
    """Notes after every epoch what the network reaches on the test part of `split`, as `test_accuracy`.

    Nothing is chosen or stopped by it: it only tells what choosing by it would have given. Place it before the
    checkpoint. Raises DatasetError where the split has no such part.
    """

    __test__ = False  # no test of pytest's, whatever its name

    def __init__(self, split: Split) -> None:
        super().__init__()
        _, self._faces = _test_part(split)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if logs is not None:
            found = _probabilities(self.model, self._faces).argmax(axis=1) == self._faces.labels
            logs["test_accuracy"] = float(found.mean())


def published_split(table: FaceTable, protocol: Protocol, seed: int = 0, limit: int | None = None) -> Split:
    """The split of `protocol`; its only reported part is the test part."""
    split = split_dataset(table, protocol.split, seed=seed, limit=limit)
    part, faces = _test_part(split)
    return replace(split, parts={part: faces}, description=protocol.text)


def official_bundle(folder: Path, architecture: str, dataset_sha256: str) -> ModelCard:
    """The card of the bundle that gets the figure. Raises ModelError unless it is of the same network and dataset."""
    try:
        card = read_card(folder)
    except ModelError as error:
        raise ModelError(
            f"--published-protocol adds to a bundle's card: train {folder.name} without it first. {error}"
        ) from None
    if card.architecture != architecture or not card.reported:
        found = f"Expected a bundle of {architecture} as published. Received: {folder.name} of {card.architecture}"
        raise ModelError(f"--published-protocol adds to a bundle's card: {found}. Give its --name.")
    if card.training.get("dataset_sha256") != dataset_sha256:
        raise ModelError(f"--published-protocol adds to a bundle's card: {folder.name} was trained on another dataset.")
    return card


def measure(
    network: keras.Model, split: Split, history: list[dict[str, Any]], settings: dict[str, Any], command: str
) -> dict[str, Any]:
    """What `network`, at its best epoch, reaches on the split's only part: the record for the card.

    accuracy, accuracy_interval (95 %, Wilson) and n are of the test part; training_accuracy (augmented) and
    validation_accuracy of the epoch that was kept.
    """
    part, test = _test_part(split)
    correct = int((_probabilities(network, test).argmax(axis=1) == test.labels).sum())
    best = max(history, key=lambda record: float(record["val_accuracy"]))
    return _record(part, correct, len(test), best) | {
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


def chosen_on_test(split: Split, history: list[dict[str, Any]], protocol: Protocol) -> dict[str, Any]:
    """What choosing the epoch on the test part would have given, from what `TestAccuracy` noted: the card's record.

    epoch: the one so chosen. Everything else of the training is as the card says of its own.
    """
    part, test = _test_part(split)
    best = max(history, key=lambda record: float(record.get("test_accuracy", 0)))  # older epochs have none
    correct = round(best["test_accuracy"] * len(test))
    return _record(part, correct, len(test), best) | {"epoch": best["epoch"], "protocol": protocol.text}


def store_record(folder: Path, record: dict[str, Any]) -> None:
    """Put `record` into the card of the bundle at `folder`, in one step, and into its page; all else of it stays."""
    change_card(folder, lambda content: content | {"reported": content["reported"] | {"own_protocol": record}})
    (folder / README_NAME).write_text(readme_text(read_card(folder)), encoding="utf-8")


def keep_record(reported: dict[str, Any] | None, folder: Path, architecture: str) -> dict[str, Any] | None:
    """`reported`; if it lacks one, with the own protocol's record of the bundle that is replaced at `folder`.

    The record is of another training and carries its own settings, so training the bundle anew does not undo it.
    """
    try:
        old = read_card(folder)
    except ModelError:
        return reported
    record = (old.reported or {}).get("own_protocol")
    if reported is None or record is None or old.architecture != architecture or "own_protocol" in reported:
        return reported
    return reported | {"own_protocol": record}


def _test_part(split: Split) -> tuple[str, Faces]:
    """Name and faces of the part that is reported. Raises DatasetError where there is none."""
    part = part_in_role(split.parts, "test")
    if part is None:
        raise DatasetError("a system's own protocol needs a test part; this dataset has none.")
    return part, split.parts[part]


def _record(part: str, correct: int, n: int, epoch: dict[str, Any]) -> dict[str, Any]:
    return {
        "accuracy": correct / n,
        "accuracy_interval": list(wilson_interval(correct, n)),
        "n": n,
        "part": part,
        "training_accuracy": epoch["accuracy"],
    }


def _probabilities(network: keras.Model, part: Faces) -> NDArray[np.float32]:
    """(N, 7), uncalibrated: the network's own labels, which the part it was chosen on has no say in."""
    logits = np.asarray(network.predict(part.faces[..., None].astype(np.float32), batch_size=256, verbose=0))
    if not np.isfinite(logits).all():
        raise ModelError("Expected finite logits from the network. Received: NaN or infinity.")
    return softmax(logits)
