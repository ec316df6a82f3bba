"""Bundles made on the spot for tests of Compare: simulated answers, a card that agrees with them, any network file."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from fer_core.bundle.card import CARD_NAME, MODEL_NAME, PREDICTIONS_NAME, ModelCard, file_entry, write_card
from fer_core.bundle.predictions import pack_predictions
from fer_core.evaluation.corruptions import CORRUPTIONS
from fer_core.evaluation.metrics import metrics

HASH = "ab" * 32
REAL_FACES_RECORD: dict[str, Any] = {
    "data": "a set", "sha256": "0" * 64, "detector": "auto", "n": 20, "found": 1.0, "accuracy": 0.6,
    "accuracy_interval": [0.4, 0.8], "balanced_accuracy": 0.5, "per_emotion": {},
}  # fmt: skip
"""What a card keeps of real faces."""


def answers(n: int = 300, skill: float = 1.5, seed: int = 0, labels_seed: int = 7) -> tuple[Any, Any]:
    """labels (N,) uint8 and probabilities (N, 7) float32, better the larger `skill`."""
    labels = np.random.default_rng(labels_seed).integers(0, 7, n).astype(np.uint8)
    scores = np.random.default_rng(seed).normal(0, 1, (n, 7))
    scores[np.arange(n), labels] += skill
    raised = np.exp(1.5 * scores)
    return labels, (raised / raised.sum(axis=1, keepdims=True)).astype(np.float16).astype(np.float32)


def make_bundle(
    models_dir: Path, name: str, skill: float = 1.5, seed: int = 0, network: bytes = b"not a network", **changes: Any
) -> Path:
    """Write models_dir/<name>/ and return it. `changes` replace fields of the card; labels_seed: other faces."""
    labels_seed = changes.pop("labels_seed", 7)
    dataset = changes.pop("dataset_sha256", HASH)
    parts = {
        part: answers(n, skill, seed, labels_seed)
        for part, n in (("public_test", 290), ("private_test", 300), ("private_test_clean", 280), ("ferplus_test", 250))
    }
    packed = pack_predictions(parts, dataset)
    fields: dict[str, Any] = {
        "name": name,
        "title": name.upper(),
        "architecture": "made",
        "parameters": 1_469_479 + 1000 * seed,
        "multiply_adds": 86_000_000 + 9_000_000 * seed,
        "files": {MODEL_NAME: file_entry(network), PREDICTIONS_NAME: file_entry(packed)},
        "training": {"dataset_sha256": dataset, "seconds": 600.0 + seed, "hardware": "a test", "split": "official"},
        "evaluation": {part: metrics(probabilities, labels) for part, (labels, probabilities) in parts.items()},
        "calibration": {"temperature": 1.4},
        "history": [
            {"epoch": i, "loss": 2 / i, "accuracy": 0.3 + i / 20, "val_loss": 2.1 / i, "val_accuracy": 0.28 + i / 25,
             "learning_rate": 0.001 / i}
            for i in range(1, 6)
        ],
    }  # fmt: skip
    folder = models_dir / name
    folder.mkdir(parents=True)
    (folder / MODEL_NAME).write_bytes(network)
    (folder / PREDICTIONS_NAME).write_bytes(packed)
    write_card(ModelCard(**(fields | changes)), folder)
    return folder


def change_card(folder: Path, **changes: Any) -> None:
    """Overwrite fields of a card as they stand in the file, unchecked."""
    path = folder / CARD_NAME
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


def synthetic_robustness(top: float = 0.7) -> dict[str, Any]:
    """A record of the form that `store_robustness` stores."""
    curves = {}
    for name, corruption in CORRUPTIONS.items():
        levels = sorted({corruption.identity, *corruption.severities})
        falls = [top / (1 + abs(i - levels.index(corruption.identity))) for i in range(len(levels))]
        curves[name] = {"unit": corruption.unit, "levels": levels, "accuracy": falls}
    return {"part": "private_test", "dataset_sha256": HASH, "n": 200, "of": 300, "seed": 0, "accuracy": top} | {
        "curves": curves
    }
