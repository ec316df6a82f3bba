"""All bundles side by side: one row a model, from the cards alone, for the page and for the README."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from fer_core.bundles import Bundle
from fer_core.card import MODEL_NAME
from fer_core.faces import FACE_SIZE
from fer_core.model import EmotionModel


@dataclass(frozen=True)
class Column:
    """A column of the table. kind: text, share (a fraction), number (decimals say how it is written)."""

    key: str
    title: str
    help: str
    kind: str = "share"
    decimals: int = 3


COLUMNS: Final = (
    Column("model", "Model", "The bundle's title; in brackets its folder under models/, where that has another name.",
           "text"),
    Column("accuracy", "PrivateTest", "Share of the official FER-2013 test faces that are named rightly. No model here "
           "was trained on them or chosen by them."),
    Column("interval", "95 % interval", "Where the accuracy would lie, 95 times in 100, on other faces of the same "
           "kind (Wilson). Models whose intervals overlap much may be equally good.", "text"),
    Column("clean", "Clean faces", "The same without the faces that are, pixel by pixel, also in the training part or "
           "PublicTest."),
    Column("milliseconds", "ms per face", "Milliseconds for one face, measured on this machine by the button below.",
           "number", 2),
    Column("balanced_accuracy", "Balanced", "Mean of the seven emotions' own accuracies: rare disgust counts as much "
           "as frequent happy."),
    Column("macro_f1", "Macro F1", "Mean F1 of the seven emotions, 0 to 1: high only where an emotion is both found "
           "and not claimed wrongly.", "number"),
    Column("ferplus", "FER+", "Accuracy on the same faces under the labels that ten people voted on later (FER+); "
           "faces without a clear vote for one of the seven are left out."),
    Column("own", "Own test", "Accuracy on the test part of another dataset than FER-2013 with its official split; "
           "such figures compare only within one dataset."),
    Column("ece", "Calibration error", "Mean gap between how sure the model says it is and how often it is right "
           "(ECE, 15 bins), as a share; 0 is perfect.", "number"),
    Column("parameters", "Parameters (M)", "Millions of numbers that were learned.", "number", 2),
    Column("megabytes", "File (MB)", "Size of the network's file, model.tflite.", "number", 2),
    Column("minutes", "Training (min)", "Minutes that the training took on the hardware named beside it.", "number", 0),
    Column("hardware", "Trained on", "The hardware that trained it.", "text"),
)  # fmt: skip


def score_row(bundle: Bundle, milliseconds: float | None = None) -> dict[str, Any]:
    """A row of the table: the keys of COLUMNS; None where the card does not say."""
    card = bundle.card
    private = card.evaluation.get("private_test", {})
    interval = private.get("accuracy_interval")
    seconds = card.training.get("seconds")
    entry = card.files.get(MODEL_NAME, {})
    other = card.evaluation.get("test") or card.evaluation.get("validation") or {}
    return {
        "model": card.title if card.title.lower() == bundle.name.lower() else f"{card.title} ({bundle.name})",
        "accuracy": private.get("accuracy"),
        "interval": f"{interval[0]:.1%} to {interval[1]:.1%}" if interval else None,
        "clean": card.evaluation.get("private_test_clean", {}).get("accuracy"),
        "milliseconds": milliseconds,
        "balanced_accuracy": private.get("balanced_accuracy"),
        "macro_f1": private.get("macro_f1"),
        "ferplus": card.evaluation.get("ferplus_test", {}).get("accuracy"),
        "own": None if private else other.get("accuracy"),
        "ece": private.get("ece"),
        "parameters": card.parameters / 1e6,
        "megabytes": entry["bytes"] / 1e6 if "bytes" in entry else None,
        "minutes": seconds / 60 if seconds is not None else None,
        "hardware": card.training.get("hardware"),
    }


def markdown_table(bundles: Sequence[Bundle]) -> str:
    """The README's results table, generated so that no number is typed."""
    shown = [c for c in COLUMNS if c.key not in ("own", "milliseconds", "hardware", "minutes")]
    lines = ["| " + " | ".join(c.title for c in shown) + " |", "|---" + "|---:" * (len(shown) - 1) + "|"]
    for bundle in bundles:
        row = score_row(bundle)
        lines.append("| " + " | ".join(_written(row[c.key], c) for c in shown) + " |")
    return "\n".join(lines)


def milliseconds_per_face(model: EmotionModel, repeats: int = 40) -> float:
    """Median time of one face, one at a time as a camera gives them, after a few calls that warm up."""
    face = np.arange(FACE_SIZE**2, dtype=np.uint16).astype(np.uint8).reshape(1, FACE_SIZE, FACE_SIZE)
    times = []
    for _ in range(repeats + 5):
        started = time.perf_counter()
        model.predict_proba(face)
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times[5:])


def _written(value: Any, column: Column) -> str:
    if value is None:
        return "-"
    if column.kind == "text":
        return str(value).replace("|", "/").replace("\n", " ")
    return f"{value:.1%}" if column.kind == "share" else f"{value:.{column.decimals}f}"
