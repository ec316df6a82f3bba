"""What the authors of a reproduced system published, beside what was measured here on the official parts."""

from typing import Any, Final

from fer_core.bundles import PART_NAMES
from fer_core.card import ModelCard

_CHOOSING: Final = ("public_test", "validation")
_TESTING: Final = ("private_test", "test")
_SUFFIX: Final = "accuracy"


def published_rows(card: ModelCard) -> list[dict[str, Any]]:
    """One row a figure: figure, published, published_on, measured, measured_on, low, high. Fractions, None: not known.

    Every key of `card.reported` that ends in "accuracy" is a published figure; beside it stands ours on the part of the
    same role. The last row is the official test part, whether it was published or not.
    """
    reported = card.reported or {}
    figures = {
        key: value
        for key, value in reported.items()
        if key.endswith(_SUFFIX) and isinstance(value, int | float) and not isinstance(value, bool)
    }
    rows = []
    for key, value in figures.items():
        role = key.removesuffix(_SUFFIX).strip("_") or "test"
        if role != "test":
            rows.append(_row(role, float(value), reported.get("data"), *_measured(card, role)))
    test = figures.get("test_accuracy", figures.get("accuracy"))
    on = reported.get("data") if test is not None else "not published"
    return [*rows, _row("test", None if test is None else float(test), on, *_measured(card, "test"))]


def why_they_differ(card: ModelCard) -> list[str]:
    """Sentences on why published and measured figures need not agree: the card's own `why` first."""
    reported = card.reported or {}
    reasons = [str(reported["why"])] if reported.get("why") else []
    if "training_accuracy" in reported:
        reasons.append("A training figure tells how well faces were learned that the network has seen, not new ones.")
    if "validation_accuracy" in reported:
        reasons.append(
            "A validation part helps to choose the epoch, so its figure flatters; the test figure here is of faces "
            "that neither trained nor chose."
        )
    if card.history:
        faces = card.training.get("faces", {}).get("training")
        seen = f" on {faces:,} faces" if isinstance(faces, int) else ""
        reasons.append(
            f"Trained here: {len(card.history)} epochs{seen}, split: {card.training.get('split', 'unknown')}."
        )
    return reasons


def _measured(card: ModelCard, role: str) -> tuple[float | None, str, list[float] | None]:
    """Accuracy, where, and its interval."""
    if role == "training":
        best = max(card.history, key=lambda record: record.get("val_accuracy") or 0, default=None)
        found = best.get("accuracy") if best else None
        return found, "training part, augmented, at the epoch that was kept" if best else "not recorded", None
    parts = {"validation": _CHOOSING, "test": _TESTING}.get(role, (role,))
    for part in parts:
        if part in card.evaluation:
            entry = card.evaluation[part]
            return (
                entry.get("accuracy"),
                f"{PART_NAMES.get(part, part)}, {entry.get('n', 0):,} faces",
                entry.get("accuracy_interval"),
            )
    return None, "not recorded", None


def _row(
    figure: str,
    published: float | None,
    on: Any,
    measured: float | None,
    measured_on: str,
    interval: list[float] | None,
) -> dict[str, Any]:
    low, high = interval or (None, None)
    return {
        "figure": figure,
        "published": published,
        "published_on": on or "not said",
        "measured": measured,
        "measured_on": measured_on,
        "low": low,
        "high": high,
    }
