"""Several bundles as one model: the mean of their stored answers, measured as a single model's are."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fer_core.bundles import Bundle
from fer_core.errors import ModelError
from fer_core.evaluation import metrics
from fer_core.scoreboard import score_row

Answers = Mapping[str, tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]
"""Part -> labels (N,) and calibrated probabilities (N, 7): what `read_predictions` gives."""


def ensemble_row(
    bundles: Sequence[Bundle], answers: Sequence[Answers], milliseconds: Sequence[float | None] = ()
) -> dict[str, Any]:
    """A row for the table of all models, with the keys of `score_row`: what the bundles reach together.

    Sizes and times are sums. milliseconds: of each, where they were measured. Raises ModelError where the bundles do
    not share the faces of PrivateTest.
    """
    measured = {part: metrics(*mean) for part in answers[0] if (mean := mean_answers(answers, part)) is not None}
    if "private_test" not in measured:
        raise ModelError("these models were not evaluated on the same faces.")
    private, rows = measured["private_test"], [score_row(bundle) for bundle in bundles]
    low, high = private["accuracy_interval"]
    return {
        "model": f"Mean of {', '.join(bundle.card.title for bundle in bundles)}",
        "accuracy": private["accuracy"],
        "interval": f"{low:.1%} to {high:.1%}",
        "clean": measured.get("private_test_clean", {}).get("accuracy"),
        "milliseconds": _sum(milliseconds),
        "balanced_accuracy": private["balanced_accuracy"],
        "macro_f1": private["macro_f1"],
        "ferplus": measured.get("ferplus_test", {}).get("accuracy"),
        "own": None,
        "ece": private["ece"],
        **{key: _sum([row[key] for row in rows]) for key in ("parameters", "megabytes", "minutes")},
        "hardware": None,
    }


def mean_answers(answers: Sequence[Answers], part: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]] | None:
    """Mean probabilities (N, 7) and the labels (N,) of a part; None where not all hold it, or hold other faces."""
    held = [own[part] for own in answers if part in own]
    if len(held) < len(answers) or any(not np.array_equal(held[0][0], labels) for labels, _ in held):
        return None
    return np.mean([probabilities for _, probabilities in held], axis=0), held[0][0]


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None
