"""Probabilities and labels -> the figures of a card. NumPy only: the app computes them too."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from fer_core.emotions import EMOTIONS
from fer_core.evaluation.reliability import expected_calibration_error

if TYPE_CHECKING:
    from fer_core.bundle import EmotionModel
    from fer_core.datasets import Faces

Z95: Final = 1.959964
"""97.5 % quantile of the normal distribution: half the width of a 95 % interval, in standard errors."""


def metrics(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> dict[str, Any]:
    """Return all metrics of one part, rates as fractions.

    probabilities: (N, 7); labels: (N,) in 0-6; N at least 1. The metrics are n, accuracy, accuracy_interval (95 %,
    Wilson), balanced_accuracy (mean recall of the classes present), macro_f1 (over the classes present), per_class
    (precision, recall, f1, support by emotion), confusion_matrix (rows: truth), ece and log_loss. Raises ValueError for
    other shapes.
    """
    if not len(labels) or probabilities.shape != (len(labels), len(EMOTIONS)):
        shapes = f"{probabilities.shape} and {labels.shape}"
        raise ValueError(f"Expected probabilities (N, 7) and labels (N,), N at least 1. Received: {shapes}.")
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
    """Return model name -> part -> metrics. ensemble: of the mean of the models' probabilities instead, as "a + b"."""
    predictions = {m.name: {name: m.predict_proba(part.faces) for name, part in parts.items()} for m in models}
    if ensemble:
        mean = {name: np.mean([by_part[name] for by_part in predictions.values()], axis=0) for name in parts}
        predictions = {" + ".join(predictions): mean}
    return {
        model: {name: metrics(probabilities, parts[name].labels) for name, probabilities in by_part.items()}
        for model, by_part in predictions.items()
    }


def confusion_matrix(labels: NDArray[np.integer], predicted: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return (7, 7) counts: rows are labels, columns predictions. labels, predicted: (N,) in 0-6."""
    size = len(EMOTIONS)
    flat = labels.astype(np.int64) * size + predicted.astype(np.int64)
    return np.bincount(flat, minlength=size * size).reshape(size, size)


def wilson_interval(hits: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of hits / n (Wilson 1927), which holds for small n and near 0 or 1 too."""
    share, z2 = hits / n, Z95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * float(np.sqrt(share * (1 - share) / n + z2 / (4 * n * n)))
    return max(0.0, centre - half), min(1.0, centre + half)


def log_loss(
    probabilities: NDArray[np.floating], labels: NDArray[np.integer], weights: NDArray[np.floating] | None = None
) -> float:
    """Return the mean negative log-likelihood, in nats; probabilities below 1e-7 count as 1e-7.

    probabilities: (N, 7); labels: (N,); weights: (N,), how much each face counts; None: all the same.
    """
    chosen = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(np.average(-np.log(np.maximum(chosen, 1e-7)), weights=weights))
