"""Probabilities and labels -> the numbers a card holds. NumPy only: the app computes them too."""

import io
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fer_core.emotions import EMOTIONS

if TYPE_CHECKING:
    from fer_core.model import EmotionModel
    from fer_core.splits import Faces

ECE_BINS: Final = 15
_Z95: Final = 1.959964  # 97.5 % quantile of the normal distribution


def metrics(probabilities: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> dict[str, Any]:
    """All metrics of one part, as fractions.

    probabilities: (N, 7), labels: (N,) in 0-6, N at least 1. Returns n, accuracy, accuracy_interval (95 %, Wilson),
    balanced_accuracy (mean recall of the classes present), macro_f1 (over the classes present), per_class
    (precision, recall, f1, support by emotion), confusion_matrix (rows: truth), ece and log_loss.
    """
    if not len(labels) or probabilities.shape != (len(labels), len(EMOTIONS)):
        raise ValueError(f"expected probabilities (N, 7) for N >= 1 labels, got {probabilities.shape}, {labels.shape}")
    matrix = confusion_matrix(labels, probabilities.argmax(axis=1))
    hits, support, predicted = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
    precision = hits / np.maximum(predicted, 1)
    recall = hits / np.maximum(support, 1)
    f1 = 2 * hits / np.maximum(support + predicted, 1)
    present = support > 0
    correct = int(hits.sum())
    return {
        "n": len(labels),
        "accuracy": correct / len(labels),
        "accuracy_interval": list(wilson_interval(correct, len(labels))),
        "balanced_accuracy": float(recall[present].mean()),
        "macro_f1": float(f1[present].mean()),
        "per_class": {
            emotion: {
                "precision": float(precision[i]),
                "recall": float(recall[i]),
                "f1": float(f1[i]),
                "support": int(support[i]),
            }
            for i, emotion in enumerate(EMOTIONS)
        },
        "confusion_matrix": matrix.tolist(),
        "ece": expected_calibration_error(probabilities, labels),
        "log_loss": log_loss(probabilities, labels),
    }


def evaluate_models(
    models: Iterable["EmotionModel"], parts: Mapping[str, "Faces"], ensemble: bool = False
) -> dict[str, dict[str, dict[str, Any]]]:
    """model name -> part -> metrics. ensemble: instead one row, the mean of the models' probabilities, "a + b"."""
    answers = {m.name: {name: m.predict_proba(part.faces) for name, part in parts.items()} for m in models}
    if ensemble:
        mean = {name: np.mean([by_part[name] for by_part in answers.values()], axis=0) for name in parts}
        answers = {" + ".join(answers): mean}
    return {
        model: {name: metrics(probabilities, parts[name].labels) for name, probabilities in by_part.items()}
        for model, by_part in answers.items()
    }


def confusion_matrix(labels: np.ndarray[Any, Any], predicted: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """(7, 7) counts: row = truth, column = prediction."""
    size = len(EMOTIONS)
    flat = labels.astype(np.int64) * size + predicted.astype(np.int64)
    return np.bincount(flat, minlength=size * size).reshape(size, size)


def wilson_interval(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927): honest for small n and near 0 or 1."""
    share, z2 = hits / n, _Z95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 / (1 + z2 / n) * float(np.sqrt(share * (1 - share) / n + z2 / (4 * n * n)))
    return max(0.0, centre - half), min(1.0, centre + half)


def expected_calibration_error(
    probabilities: np.ndarray[Any, Any], labels: np.ndarray[Any, Any], bins: int = ECE_BINS
) -> float:
    """Mean gap between confidence and accuracy over equal-width bins of confidence, by faces (Guo et al. 2017)."""
    confidence = probabilities.max(axis=1).astype(np.float64)
    correct = probabilities.argmax(axis=1) == labels
    which = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gaps = np.bincount(which, weights=correct - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


def log_loss(probabilities: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> float:
    """Mean negative log-likelihood, in nats; probabilities below 1e-7 count as 1e-7."""
    chosen = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.maximum(chosen, 1e-7)).mean())


def pack_predictions(
    predictions: dict[str, tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]], dataset_sha256: str
) -> bytes:
    """The bytes of predictions.npz: per part the labels (uint8) and probabilities (float16), and the dataset's hash.

    Parts share faces, so each row of probabilities is kept once: a part's `rows` say where its own are.
    """
    stacked = np.concatenate([probabilities for _, probabilities in predictions.values()]).astype(np.float16)
    first: dict[bytes, int] = {}
    rows = np.array([first.setdefault(row.tobytes(), len(first)) for row in stacked], np.uint32)
    kept = stacked[np.unique(rows, return_index=True)[1]]
    arrays: dict[str, Any] = {"dataset_sha256": np.array(dataset_sha256), "probabilities": kept}
    start = 0
    for part, (labels, _) in predictions.items():
        arrays[f"{part}.labels"] = labels.astype(np.uint8)
        arrays[f"{part}.rows"] = rows[start : start + len(labels)]
        start += len(labels)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def unpack_predictions(content: bytes) -> dict[str, tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    """The inverse of `pack_predictions`: part -> labels (N,) uint8, probabilities (N, 7) float32."""
    with np.load(io.BytesIO(content), allow_pickle=False) as saved:
        parts = [key.removesuffix(".labels") for key in saved.files if key.endswith(".labels")]
        if "probabilities" not in saved.files:  # as written before 22 November 2026: each part with its own
            return {p: (saved[f"{p}.labels"], saved[f"{p}.probabilities"].astype(np.float32)) for p in parts}
        kept = saved["probabilities"].astype(np.float32)
        return {p: (saved[f"{p}.labels"], kept[saved[f"{p}.rows"]]) for p in parts}
