"""The bundles of a folder, known by their cards alone; which of their parts compare, and their stored predictions."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from fer_core.card import MODEL_NAME, PREDICTIONS_NAME, ModelCard, read_card, read_file
from fer_core.emotions import EMOTIONS
from fer_core.errors import ModelError
from fer_core.evaluation import unpack_predictions
from fer_core.model import bundle_folder, list_models

PART_NAMES: Final = {
    "private_test": "PrivateTest",
    "private_test_clean": "PrivateTest, clean faces",
    "ferplus_test": "PrivateTest under FER+ labels",
    "test": "Test",
    "public_test": "PublicTest (used for choosing)",
    "validation": "Validation (used for choosing)",
}
"""The parts of a card, the one that counts most first, each with the name that people read."""


@dataclass(frozen=True)
class Bundle:
    """A model that is known by its card; its network is not loaded."""

    name: str
    folder: Path
    card: ModelCard

    @property
    def version(self) -> str:
        """What tells one state of the network from the next."""
        return f"{self.name}:{self.card.files.get(MODEL_NAME, {}).get('sha256')}"


def read_bundles(models_dir: Path | None = None) -> tuple[list[Bundle], dict[str, str]]:
    """The bundles under `models_dir` whose cards are whole, in their order, and name -> reason for all others."""
    bundles: list[Bundle] = []
    broken: dict[str, str] = {}
    for name in list_models(models_dir):
        try:
            folder = bundle_folder(name, models_dir)
            bundle = Bundle(name, folder, read_card(folder))
            _check_network(bundle)
            _check_optional(bundle)
            bundles.append(bundle)
        except ModelError as error:
            broken[name] = str(error).removeprefix(f"{name}: ")
    return bundles, broken


def dataset_hash(card: ModelCard) -> str | None:
    """The SHA-256 of the dataset that the card's evaluation is of, or None where it does not say."""
    found = card.training.get("dataset_sha256")
    return found if isinstance(found, str) and found else None


def shared_parts(first: ModelCard, second: ModelCard) -> list[str]:
    """The parts that both were evaluated on, of the same dataset and with as many faces; those of PART_NAMES first."""
    if dataset_hash(first) is None or dataset_hash(first) != dataset_hash(second):
        return []
    both = [
        part
        for part in first.evaluation
        if part in second.evaluation and first.evaluation[part].get("n") == second.evaluation[part].get("n")
    ]
    order = list(PART_NAMES)
    return sorted(both, key=lambda part: (order.index(part) if part in order else len(order), part))


def read_predictions(bundle: Bundle) -> dict[str, tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    """Part -> labels (N,) uint8 and calibrated probabilities (N, 7) float32 of predictions.npz. Raises ModelError."""
    content = read_file(bundle.card, bundle.folder, PREDICTIONS_NAME)
    try:
        return unpack_predictions(content)
    except (ValueError, KeyError, IndexError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(f"{bundle.name}: {PREDICTIONS_NAME} cannot be read ({error}).") from error


def _check_network(bundle: Bundle) -> None:
    """The file is there in its size: a look that costs nothing; its hash is checked when it is loaded."""
    network = bundle.folder / MODEL_NAME
    if not network.is_file():
        raise ModelError(f"{MODEL_NAME} is missing.")
    expected, found = bundle.card.files.get(MODEL_NAME, {}).get("bytes"), network.stat().st_size
    if expected is not None and found != expected:
        raise ModelError(f"{MODEL_NAME} is damaged: it has {found} bytes, its card says {expected}.")


def _check_optional(bundle: Bundle) -> None:
    """What a card may leave out has its form where it is there: a page draws it without looking twice."""
    card, size = bundle.card, len(EMOTIONS)

    def numbers(record: Any, *keys: str) -> bool:
        return isinstance(record, dict) and all(isinstance(record.get(key, 0), int | float) for key in keys)

    def expect(good: bool, what: str) -> None:
        if not good:
            raise ModelError(f"its card's {what} is damaged.")

    for part, entry in card.evaluation.items():
        expect(numbers(entry, "n", "accuracy", "balanced_accuracy", "macro_f1", "ece"), f"evaluation of {part}")
        interval, matrix = entry.get("accuracy_interval", [0, 1]), entry.get("confusion_matrix", [[0] * size] * size)
        expect(isinstance(interval, list | tuple) and len(interval) == 2, f"interval of {part}")
        square = isinstance(matrix, list) and [len(r) if isinstance(r, list) else 0 for r in matrix] == [size] * size
        expect(square, f"confusion matrix of {part}")
        by_class = entry.get("per_class", {})
        good = isinstance(by_class, dict) and all(e in EMOTIONS and numbers(by_class[e], "f1") for e in by_class)
        expect(good, f"evaluation of {part} by emotion")
    expect(all(numbers(record, "learning_rate") for record in card.history), "history")
    expect(card.reported is None or isinstance(card.reported, dict), "record of what was reported")
    own = (card.reported or {}).get("own_protocol", {"accuracy": 0, "n": 0})
    expect(numbers(own, "accuracy", "n") and {"accuracy", "n"} <= set(own), "record of its system's own protocol")
    expect(numbers(card.training, "seconds"), "record of the training")
    settings = (card.training.get("settings", {}), own.get("settings", {}))
    expect(all(isinstance(record, dict) for record in settings), "record of the training's settings")
    expect(isinstance(card.multiply_adds, int | float), "multiply_adds")
    if card.robustness:
        curves = card.robustness.get("curves")
        good = numbers(card.robustness, "n", "of", "accuracy") and {"n", "of", "accuracy"} <= set(card.robustness)
        good = good and isinstance(curves, dict) and all(_is_curve(curve) for curve in curves.values())
        expect(good, "robustness")


def _is_curve(curve: Any) -> bool:
    if not isinstance(curve, dict) or not isinstance(curve.get("unit"), str):
        return False
    levels, accuracy = curve.get("levels"), curve.get("accuracy")
    return isinstance(levels, list) and isinstance(accuracy, list) and len(levels) == len(accuracy)
