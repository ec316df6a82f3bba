"""What the authors of a reproduced system published, beside what was measured here."""

from collections.abc import Sequence
from typing import Any, Final

from fer_core.bundle import OFFICIAL_TEST, PART_NAMES, Bundle, ModelCard, part_in_role
from fer_core.reporting.markdown import MISSING, markdown_table, percent, percent_interval

_SUFFIX: Final = "accuracy"


def published_rows(card: ModelCard) -> list[dict[str, Any]]:
    """Return one row per figure: figure, published, published_on, own, measured, measured_on, low, high.

    Accuracies are fractions; None: not known. Every key of `card.reported` that ends in "accuracy" is a published
    figure; `measured` is ours on the part of the same role, and `own` ours on the system's own protocol. The last row
    is the official test part, whether it was published or not.
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
    """Return sentences on why published and measured figures need not agree, the card's own `why` first."""
    reported = card.reported or {}
    reasons = [str(reported["why"])] if reported.get("why") else []
    if "training_accuracy" in reported:
        reasons.append("A training accuracy is of faces that the network was trained on, not of new ones.")
    if "validation_accuracy" in reported:
        reasons.append(
            "A validation part helps to choose the epoch, so its figure flatters; the test figure here is of faces "
            f"that were used neither for training nor for choosing{_copies(card)}."
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
    """Return the table of published systems in docs/models.md, as Markdown; "" where no bundle reproduces one."""
    header = ("System", "Model", "Published", "On its own protocol, here", "PublicTest", "PrivateTest", "95 % interval")
    rows = [_published_cells(bundle) for bundle in bundles if bundle.card.reported]
    return markdown_table(header, rows, text_columns=2) if rows else ""


def _published_cells(bundle: Bundle) -> list[str]:
    card = bundle.card
    rows = published_rows(card)
    test, (validation, _, _) = rows[-1], _measured(card, "validation")
    return [
        str(card.reproduces or (card.reported or {}).get("system", "not named")),
        f"`{bundle.name}`",
        _figures(rows, "published", 2),
        _figures(rows, "own"),
        percent(validation),
        percent(test["measured"]),
        percent_interval(test["low"], test["high"]),
    ]


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
    """A remark on test faces that are exact copies of faces in another part."""
    test, clean = (card.evaluation.get(part, {}) for part in (OFFICIAL_TEST, "private_test_clean"))
    if "n" not in test or not {"n", "accuracy"} <= clean.keys() or test["n"] == clean["n"]:
        return ""
    return f", but for {test['n'] - clean['n']} exact copies of such (without them {clean['accuracy']:.1%})"


def _figures(rows: list[dict[str, Any]], kind: str, decimals: int = 1) -> str:
    """The known figures of a column, each with its part; authors give two decimals."""
    known = [f"{row['figure']} {percent(row[kind], decimals)}" for row in rows if row[kind] is not None]
    return ", ".join(known) or MISSING


def _measured(card: ModelCard, role: str) -> tuple[float | None, str, list[float] | None]:
    """Accuracy, where, and its interval."""
    if role == "training":
        best = max(card.history, key=lambda record: record.get("val_accuracy") or 0, default=None)
        found = best.get("accuracy") if best else None
        return found, "training part, augmented, at the epoch that was kept" if best else "not recorded", None
    part = part_in_role(card.evaluation, role)
    if part is None:
        return None, "not recorded", None
    entry = card.evaluation[part]
    measured_on = f"{PART_NAMES.get(part, part)}, {entry.get('n', 0):,} faces"
    return entry.get("accuracy"), measured_on, entry.get("accuracy_interval")


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
