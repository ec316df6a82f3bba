"""What the authors of a reproduced system published, beside what was measured here on the official parts."""

from collections.abc import Sequence
from typing import Any, Final

from fer_core.bundles import PART_NAMES, Bundle
from fer_core.card import ModelCard

_CHOOSING: Final = ("public_test", "validation")
_TESTING: Final = ("private_test", "test")
_SUFFIX: Final = "accuracy"


def published_rows(card: ModelCard) -> list[dict[str, Any]]:
    """One row a figure: figure, published, published_on, own, measured, measured_on, low, high.

    Shares are fractions, None: not known. Every key of `card.reported` that ends in "accuracy" is a published figure;
    beside it stands ours on the part of the same role and, as `own`, what the network reached on the system's
    own protocol. The last row is the official test part, whether it was published or not.
    """
    reported = card.reported or {}
    own = reported.get("own_protocol") or {}
    figures = {
        key: value
        for key, value in reported.items()
        if key.endswith(_SUFFIX) and isinstance(value, int | float) and not isinstance(value, bool)
    }
    rows = []
    for key, value in figures.items():
        role = key.removesuffix(_SUFFIX).strip("_") or "test"
        if role != "test":
            row = _row(role, float(value), reported.get("data"), *_measured(card, role))
            rows.append(row | {"own": own.get(f"{role}_accuracy")})
    test = figures.get("test_accuracy", figures.get("accuracy"))
    on = reported.get("data") if test is not None else "not published"
    row = _row("test", None if test is None else float(test), on, *_measured(card, "test"))
    return [*rows, row | {"own": own.get("accuracy")}]


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
    if own := reported.get("own_protocol"):
        how, faces = own.get("protocol", "unknown"), own.get("n", 0)
        training = (
            f"epoch {own['epoch']} of the same training"
            if "epoch" in own
            else f"a second training of {own.get('epochs', 'some')} epochs"
        )
        reasons.append(
            f"On its own protocol: {training}, split and chosen as its authors did ({how}), tested on {faces:,} faces. "
            "That network does not ship."
        )
    if card.history:
        faces = card.training.get("faces", {}).get("training")
        seen = f" on {faces:,} faces" if isinstance(faces, int) else ""
        epochs = "1 epoch" if len(card.history) == 1 else f"{len(card.history)} epochs"
        more = ", from the weights of an earlier run" if "--start-from" in str(card.training.get("command")) else ""
        reasons.append(f"Trained here: {epochs}{seen}, split: {card.training.get('split', 'unknown')}{more}.")
    return reasons


def published_table(bundles: Sequence[Bundle]) -> str:
    """The README's table of published systems, as Markdown, generated so that no number is typed; "" without any."""
    titles = ("System", "Model", "Published", "On its own protocol, here", "PublicTest", "PrivateTest", "95 % interval")
    lines = ["| " + " | ".join(titles) + " |", "|---|---" + "|---:" * (len(titles) - 2) + "|"]
    for bundle in bundles:
        card = bundle.card
        if not card.reported:
            continue
        rows = published_rows(card)
        system = str(card.reproduces or card.reported.get("system", "not named")).replace("|", "/")
        validation, _, _ = _measured(card, "validation")
        test = rows[-1]
        interval = "-" if test["low"] is None else f"{test['low']:.1%} to {test['high']:.1%}"
        cells = [system, f"`{bundle.name}`", _figures(rows, "published", 2), _figures(rows, "own")]
        lines.append("| " + " | ".join([*cells, _share(validation), _share(test["measured"]), interval]) + " |")
    return "\n".join(lines) if len(lines) > 2 else ""


def _figures(rows: list[dict[str, Any]], kind: str, decimals: int = 1) -> str:
    """The known figures of a column, each with what it is of; authors give two decimals."""
    return ", ".join(f"{row['figure']} {_share(row[kind], decimals)}" for row in rows if row[kind] is not None) or "-"


def _share(value: float | None, decimals: int = 1) -> str:
    return "-" if value is None else f"{value:.{decimals}%}"


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
