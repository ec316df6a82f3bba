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
            f"that neither trained nor chose{_copies(card)}."
        )
    if own := reported.get("own_protocol"):
        reasons.append(_on_own_protocol(card, own))
    if reported.get("changed"):
        reasons.append(f"Other settings than the preset's: {reported['changed']}.")
    if card.history:
        faces = card.training.get("faces", {}).get("training")
        seen = f" on {faces:,} faces" if isinstance(faces, int) else ""
        epochs = _epochs(len(card.history), card.training.get("settings", {}))
        begun = "start_from" in card.training.get("settings", {}) or "--start-from" in str(card.training.get("command"))
        more = ", from the weights of an earlier run" if begun else ""
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


def _on_own_protocol(card: ModelCard, own: dict[str, Any]) -> str:
    how, tested = own.get("protocol", "unknown"), f"tested on {own.get('n', 0):,} faces"
    if "epoch" not in own:
        different = f", other settings than the preset's: {own['changed']}" if own.get("changed") else ""
        epochs = _epochs(own.get("epochs", 0), own.get("settings", {}))
        return f"On its own protocol: a second training ({how}; {epochs}{different}), {tested}. It does not ship."
    kept = max(card.history, key=lambda record: record.get("val_accuracy") or 0, default={}).get("epoch")
    ships = "the very epoch that ships" if own["epoch"] == kept else f"epoch {kept} ships"
    return f"On its own protocol: epoch {own['epoch']} of the same training ({how}), {tested}; {ships}."


def _epochs(count: int, settings: dict[str, Any]) -> str:
    most = settings.get("epochs")
    of = f" of at most {most}" if isinstance(most, int) and most > count else ""
    return f"{count}{of} epoch{'' if count == 1 and not of else 's'}"


def _copies(card: ModelCard) -> str:
    """What is to be said of test faces that are exact copies of faces in another part."""
    test, clean = (card.evaluation.get(part, {}) for part in ("private_test", "private_test_clean"))
    if "n" not in test or not {"n", "accuracy"} <= clean.keys() or test["n"] == clean["n"]:
        return ""
    return f", but for {test['n'] - clean['n']} exact copies of such (without them {clean['accuracy']:.1%})"


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
