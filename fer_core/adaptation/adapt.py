"""A model and people's own labelled faces -> a bundle with another head, and whether it is worth keeping."""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fer_core.adaptation.cross_validation import FOLDS, Comparison, compare_heads
from fer_core.adaptation.fit import fit_heads
from fer_core.bundle import (
    HEAD_NAME,
    MODEL_NAME,
    AdaptedModel,
    EmotionModel,
    Head,
    ModelCard,
    check_name,
    file_entry,
    log_prior,
    pack_head,
)
from fer_core.emotions import EMOTIONS
from fer_core.errors import DatasetError

FEWEST: Final = 10
"""Faces below which nothing can be said of a new head."""
_KEYS: Final = ("accuracy", "accuracy_interval", "balanced_accuracy", "log_loss")


@dataclass(frozen=True)
class Adaptation:
    """A model with a new head, in memory. comparison: with the present head, cross-validated."""

    model: AdaptedModel
    comparison: Comparison

    @property
    def files(self) -> dict[str, bytes]:
        """The files of its bundle: a folder of these, named as the model is, is all that `models/` needs."""
        return {"card.json": self.model.card.to_json().encode(), HEAD_NAME: pack_head(self.model.head)}


def adapt(
    model: EmotionModel,
    faces: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    name: str,
    source: str = "",
) -> Adaptation:
    """Fit a new head for `model` to labelled faces, and compare it with the present one.

    faces: (N, 48, 48) uint8 grey. labels: (N,) uint8, indices into EMOTIONS. name: of the new model. source: where the
    faces come from, for its card. Raises DatasetError for too few faces or a single emotion, ModelError for a model
    whose head cannot be replaced or a name that cannot be a folder's.
    """
    check_name(name)
    _check(labels)
    start = calibrated_head(model.head, model.card.calibration)
    features = model.features(faces)
    comparison = compare_heads(features, labels, start)
    (head,) = fit_heads(features, labels, start, [comparison.strength])
    card = _card(model, head, comparison, name, source)
    return Adaptation(AdaptedModel(card, model.content, head), comparison)


def calibrated_head(head: Head, calibration: dict[str, Any]) -> Head:
    """A head whose softmax is what `calibrated` makes of the logits of `head`: both are linear."""
    weights, bias = (part.astype(np.float64) / calibration["temperature"] for part in (head.weights, head.bias))
    if "scale" in calibration:
        scale = np.asarray(calibration["scale"])
        weights = (weights - weights.mean(axis=0)) * scale[:, np.newaxis]
        bias = (bias - bias.mean()) * scale + np.asarray(calibration["bias"])
    return Head(np.asarray(weights, np.float32), np.asarray(bias - log_prior(calibration), np.float32))


def _check(labels: NDArray[np.uint8]) -> None:
    if len(labels) < FEWEST:
        raise DatasetError(f"Expected {FEWEST} faces or more to learn from. Received: {len(labels)}.")
    present = np.unique(labels)
    if len(present) < 2:
        raise DatasetError(f"Expected faces of two emotions or more. Received: only {EMOTIONS[present[0]]}.")


def _card(model: EmotionModel, head: Head, comparison: Comparison, name: str, source: str) -> ModelCard:
    """The base's card with another name and head, without what was measured with the old one."""
    base = model.card.base or {"name": model.name, "sha256": model.card.files[MODEL_NAME]["sha256"]}
    before, after = ({key: found[key] for key in _KEYS} for found in comparison.results())
    counts = np.bincount(comparison.labels, minlength=len(EMOTIONS))
    record = {
        "source": source,
        "faces": {emotion: int(count) for emotion, count in zip(EMOTIONS, counts, strict=True) if count},
        "folds": FOLDS,
        "strength": comparison.strength,
        "before": before,
        "after": after,
    }
    return replace(
        model.card,
        name=name,
        title=name,
        base=base,
        adaptation=record,
        files={HEAD_NAME: file_entry(pack_head(head))},
        calibration={"temperature": 1.0},
        recommended=False,
        flagship=False,
        purpose=f"faces like the {len(comparison.labels)} that {model.card.title} was adapted to",
        reproduces=None,
        reported=None,
        training={},
        history=[],
        quantization={},
        evaluation={},
        robustness={},
        real_faces={},
    )
