"""A model's card as a page for people, models/<name>/README.md: `python -m fer_core models --cards` writes them."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from fer_core.bundles import PART_NAMES, Bundle
from fer_core.card import MODEL_NAME, ModelCard
from fer_core.emotions import EMOTIONS
from fer_core.published import published_rows, why_they_differ

PAGE_NAME: Final = "README.md"
_MARK: Final = "<!-- Written from card.json by `python -m fer_core models --cards`: change nothing here by hand. -->"


def write_pages(bundles: Iterable[Bundle]) -> list[Path]:
    """Write the page of each bundle into its folder -> the files."""
    written = []
    for bundle in bundles:
        written.append(bundle.folder / PAGE_NAME)
        written[-1].write_text(model_page(bundle.card), encoding="utf-8")
    return written


def model_page(card: ModelCard) -> str:
    """The Markdown of a card: what it is for, how good it is, on what it was trained, where it fails."""
    sections = [
        f"# {card.title}",
        _MARK,
        _summary(card),
        _section("Intended use", card.intended_use),
        _section("Limits", card.limits),
        _section("How good it is", _results(card)),
        _section("Published and measured", _published(card)),
        _section("By emotion", _by_emotion(card)),
        _section("Disturbed faces", _disturbed(card)),
        _section("Training", _training(card)),
        _section("In and out", _contract(card)),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def main_part(card: ModelCard) -> str | None:
    """The part of the evaluation that counts most, of those the card has."""
    return next((part for part in (*PART_NAMES, *card.evaluation) if part in card.evaluation), None)


def _section(title: str, content: str) -> str:
    return f"## {title}\n\n{content}" if content else ""


def _summary(card: ModelCard) -> str:
    size = card.files.get(MODEL_NAME, {}).get("bytes", 0) / 1e6
    weights = card.quantisation.get("chosen")
    text = f"`{card.architecture}`: {card.parameters / 1e6:.2f} million parameters, "
    text += f"{card.multiply_adds / 1e6:.0f} million multiply-adds a face, {size:.2f} MB"
    text += f" ({weights} weights)." if weights else "."
    return text + (f" After {card.reproduces}." if card.reproduces else "")


def _results(card: ModelCard) -> str:
    rows = []
    for part in (*PART_NAMES, *(name for name in card.evaluation if name not in PART_NAMES)):
        if (found := card.evaluation.get(part)) is None:
            continue
        low, high = found.get("accuracy_interval", (None, None))
        cells = (_share(found["accuracy"]), f"{_share(low)} to {_share(high)}", _share(found.get("balanced_accuracy")))
        rest = (_number(found.get("macro_f1")), _number(found.get("ece")))
        rows.append((PART_NAMES.get(part, part), str(found.get("n", "")), *cells, *rest))
    head = ("Part", "Faces", "Accuracy", "95 % interval", "Balanced", "Macro F1", "Calibration error")
    return _table(head, rows) if rows else ""


def _by_emotion(card: ModelCard) -> str:
    part = main_part(card)
    found = card.evaluation[part] if part else {}
    classes, matrix = found.get("per_class", {}), np.array(found.get("confusion_matrix", []))
    rows = []
    for index, emotion in enumerate(EMOTIONS):
        if emotion not in classes:
            continue
        of = classes[emotion]
        figures = (_number(of.get("precision")), _number(of.get("recall")), _number(of.get("f1")))
        rows.append((emotion, *figures, str(of.get("support", "")), _mistaken(matrix, index)))
    if not rows:
        return ""
    head = ("Emotion", "Precision", "Recall", "F1", "Faces", "Most often taken for")
    return f"On {PART_NAMES.get(part or '', part)}.\n\n{_table(head, rows)}"


def _published(card: ModelCard) -> str:
    if not card.reported:
        return ""
    found = published_rows(card)
    shown = {"published": "Published", "own": "On its own protocol, here", "measured": "Measured"}
    shown = {key: title for key, title in shown.items() if any(row[key] is not None for row in found)}
    # authors give two decimals
    decimals = {"published": 2}
    rows = [
        (row["figure"], *(_share(row[key], decimals.get(key, 1)) or "-" for key in shown), str(row["measured_on"]))
        for row in found
    ]
    table = _table(("Figure", *shown.values(), "Measured on"), rows)
    return "\n".join([table, "", *(f"- {reason}" for reason in why_they_differ(card))])


def _mistaken(matrix: np.ndarray[Any, Any], index: int) -> str:
    if matrix.shape != (len(EMOTIONS), len(EMOTIONS)) or not matrix[index].sum():
        return ""
    wrong = matrix[index].copy()
    wrong[index] = 0
    worst = int(wrong.argmax())
    return f"{EMOTIONS[worst]} ({_share(wrong[worst] / matrix[index].sum())})" if wrong[worst] else "none"


def _disturbed(card: ModelCard) -> str:
    record = card.robustness
    if not record.get("curves"):
        return ""
    rows = []
    for kind, curve in record["curves"].items():
        points = sorted(zip(curve["accuracy"], curve["levels"], strict=True))
        rows.append((kind.replace("_", " "), f"{points[0][1]:g} {curve['unit']}", _share(points[0][0])))
    text = f"{_share(record['accuracy'])} of {record['n']} faces are named rightly; disturbed as much as was tried:"
    return f"{text}\n\n{_table(('Disturbance', 'Level', 'Accuracy'), rows)}"


def _training(card: ModelCard) -> str:
    record = card.training

    def said(key: str) -> Any:
        return record.get(key, "unknown")

    faces = record.get("faces", {})
    counts = f" ({faces['training']} faces, {faces['validation']} to validate)" if len(faces) == 2 else ""
    lines = [
        f"- Data: {said('dataset')}, SHA-256 of its content `{said('dataset_sha256')}`",
        f"- Labels: {said('labels')}{_votes(record)}; split: {said('split')}{counts}",
        f"- {len(card.history)} epochs, {record.get('seconds', 0) / 60:.0f} minutes on {said('hardware')}",
        f"- Seed: {said('seed')}; the settings are in `card.json`",
    ]
    if begun := record.get("settings", {}).get("start_from"):
        lines.append(f"- Begun with the weights of {begun['file']}, SHA-256 `{begun['sha256']}`")
    return "\n".join(lines) + (f"\n\n```sh\n{record['command']}\n```" if record.get("command") else "")


def _votes(record: dict[str, Any]) -> str:
    settings = record.get("settings", {})
    share = settings.get("fine_tuning", settings).get("vote_share", 0)
    return f", of which {share:.0%} how the FER+ votes are spread" if share else ""


def _contract(card: ModelCard) -> str:
    return (
        "A face of 48x48 grey pixels, 0 to 255, goes in; everything else is inside the network. Seven probabilities "
        f"come out, in this order: {', '.join(card.emotions)}. {_calibration(card)}, so that a "
        "confidence is about the share of such answers that are right."
    )


def _calibration(card: ModelCard) -> str:
    divided = f"The logits are divided by {card.calibration['temperature']:g} first"
    return f"{divided}, then scaled and shifted by emotion" if "scale" in card.calibration else divided


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    rule = "|".join(["---", *["---:"] * (len(head) - 1)])
    return "\n".join([f"| {' | '.join(head)} |", f"|{rule}|", *(f"| {' | '.join(row)} |" for row in rows)])


def _share(value: Any, decimals: int = 1) -> str:
    return "" if value is None else f"{value:.{decimals}%}"


def _number(value: Any) -> str:
    return "" if value is None else f"{value:.3f}"
