"""Several bundles as one model: the mean of their stored predictions, measured like those of a single model."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer_core.bundle import OFFICIAL_TEST, REAL_FACES, Bundle
from fer_core.emotions import EMOTIONS
from fer_core.errors import ModelError
from fer_core.evaluation import metrics
from fer_core.reporting.leaderboard import score_row
from fer_core.reporting.markdown import percent_interval

Predictions = Mapping[str, tuple[NDArray[np.uint8], NDArray[np.float32]]]
"""Part -> labels (N,) and calibrated probabilities (N, 7), as `read_predictions` returns them."""

Mean = tuple[NDArray[np.float32], NDArray[np.uint8]]
"""Mean probabilities (N, 7) and labels (N,)."""


def ensemble_row(
    bundles: Sequence[Bundle], predictions: Sequence[Predictions], milliseconds: Sequence[float | None] = ()
) -> dict[str, Any]:
    """Return the leaderboard's row, with the keys of `score_row`, of what the bundles reach together.

    predictions: those of each bundle; milliseconds: time per face of each, where it was measured. Sizes and times are
    sums. Raises ModelError where the bundles do
    not share the faces of PrivateTest.
    """
    means = {part: mean_predictions(predictions, part) for part in predictions[0]}
    measured = {part: metrics(*mean) for part, mean in means.items() if mean is not None}
    if OFFICIAL_TEST not in measured:
        raise ModelError("these models were not evaluated on the same faces.")
    private, rows = measured[OFFICIAL_TEST], [score_row(bundle) for bundle in bundles]
    return {
        "model": f"Mean of {', '.join(bundle.card.title for bundle in bundles)}",
        **_on_real_faces(bundles, means.get(REAL_FACES)),
        "accuracy": private["accuracy"],
        "interval": percent_interval(*private["accuracy_interval"]),
        "clean": measured.get("private_test_clean", {}).get("accuracy"),
        "milliseconds": _sum(milliseconds),
        "milliseconds_span": None,
        "balanced_accuracy": private["balanced_accuracy"],
        "macro_f1": private["macro_f1"],
        "ferplus": measured.get("ferplus_test", {}).get("accuracy"),
        "own": None,
        "ece": private["ece"],
        **{key: _sum([row[key] for row in rows]) for key in ("parameters", "megabytes", "minutes")},
        "hardware": None,
    }


def _on_real_faces(bundles: Sequence[Bundle], mean: Mean | None) -> dict[str, float | None]:
    """Of all pictures, those without a found face counted as wrong, as the cards have it."""
    records = [bundle.card.real_faces for bundle in bundles]
    if mean is None or len({(record.get("sha256"), record.get("detector")) for record in records}) > 1:
        return {"real_faces": None, "real_balanced": None}
    probabilities, labels = mean
    correct = probabilities.argmax(axis=1) == labels
    recalls = [
        correct[labels == EMOTIONS.index(emotion)].sum() / of["support"]
        for emotion, of in records[0]["per_emotion"].items()
    ]
    return {"real_faces": float(correct.sum() / records[0]["n"]), "real_balanced": float(np.mean(recalls))}


def mean_predictions(predictions: Sequence[Predictions], part: str) -> Mean | None:
    """Mean probabilities (N, 7) and labels (N,) of a part; None where some lack it or were made on other faces."""
    held = [own[part] for own in predictions if part in own]
    if len(held) < len(predictions) or any(not np.array_equal(held[0][0], labels) for labels, _ in held):
        return None
    return np.asarray(np.mean([probabilities for _, probabilities in held], axis=0)), held[0][0]


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None
