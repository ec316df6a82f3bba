"""A bundle's card as Markdown, models/<name>/README.md: `python -m fer_core models --cards` writes them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fer_core.bundle import PART_NAMES, Bundle, ModelCard, main_part, network_entry
from fer_core.emotions import EMOTIONS
from fer_core.reporting.markdown import decimal, markdown_table, percent, percent_interval
from fer_core.reporting.published import published_rows, why_they_differ
from fer_core.reporting.training_facts import calibrated_on, training_facts

README_NAME: Final = "README.md"
_MARK: Final = "<!-- Written from card.json by `python -m fer_core models --cards`: change nothing here by hand. -->"


def write_readmes(bundles: Iterable[Bundle]) -> list[Path]:
    """Write the README of each bundle into its folder; returns their paths."""
    written = []
    for bundle in bundles:
        written.append(bundle.folder / README_NAME)
        written[-1].write_text(readme_text(bundle.card), encoding="utf-8")
    return written


def readme_text(card: ModelCard) -> str:
    """Return a card as Markdown: intended use, accuracy, how it was trained, where it fails."""
    sections = [
        f"# {card.title}",
        _MARK,
        _summary(card),
        _section("Intended use", card.intended_use),
        _section("Limits", card.limits),
        _section("Evaluation", _results(card)),
        _section("Real faces", _real_faces(card)),
        _section("Published and measured", _published(card)),
        _section("By emotion", _by_emotion(card)),
        _section("Robustness", _robustness(card)),
        _section("Training", _adaptation(card) if card.base else _training(card)),
        _section("Input and output", _input_and_output(card)),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _section(title: str, content: str) -> str:
    return f"## {title}\n\n{content}" if content else ""


def _summary(card: ModelCard) -> str:
    size = network_entry(card).get("bytes", 0) / 1e6
    weights = card.quantization.get("chosen")
    text = f"`{card.architecture}`: {card.parameters / 1e6:.2f} million parameters, "
    text += f"{card.multiply_adds / 1e6:.0f} million multiply-adds per face, {size:.2f} MB"
    text += f" ({weights} weights)." if weights else "."
    return text + (f" After {card.reproduces}." if card.reproduces else "")


def _adaptation(card: ModelCard) -> str:
    """What a head on another model's features was fitted to, and what it was worth on faces that it had not seen."""
    faces, base = card.adaptation.get("faces", {}), (card.base or {}).get("name")
    text = f"A head on the features of `{base}`, fitted to {sum(faces.values())} faces"
    text += f" ({', '.join(f'{emotion} {count}' for emotion, count in faces.items())})" if faces else ""
    before, after = (card.adaptation.get(key, {}).get("accuracy") for key in ("before", "after"))
    known = before is not None and after is not None
    return text + (f": cross-validated accuracy {percent(before)} before, {percent(after)} after." if known else ".")


def _results(card: ModelCard) -> str:
    rows = []
    for part in (*PART_NAMES, *(name for name in card.evaluation if name not in PART_NAMES)):
        if (found := card.evaluation.get(part)) is None:
            continue
        interval = percent_interval(*found.get("accuracy_interval", (None, None)))
        rates = (percent(found["accuracy"]), interval, percent(found.get("balanced_accuracy")))
        scores = (decimal(found.get("macro_f1")), decimal(found.get("ece")))
        rows.append((PART_NAMES.get(part, part), str(found.get("n", "")), *rates, *scores))
    header = ("Part", "Faces", "Accuracy", "95 % interval", "Balanced", "Macro F1", "Calibration error")
    return markdown_table(header, rows) if rows else ""


def _real_faces(card: ModelCard) -> str:
    record = card.real_faces
    if not record:
        return ""
    source = f" ({record['source']})" if record.get("source") else ""
    text = (
        f"On {record['n']} labelled pictures, {record['data']}{source}, end to end: the detector "
        f"`{record['detector']}` finds a face in {percent(record['found'])}, and one that is not found counts as "
        "wrong. Accuracy "
        f"{percent(record['accuracy'])} ({percent_interval(*record['accuracy_interval'])}), balanced "
        f"{percent(record['balanced_accuracy'])}."
    )
    rows = [(name, percent(of["recall"]), str(of["support"])) for name, of in record["per_emotion"].items()]
    return f"{text}\n\n{markdown_table(('Emotion', 'Recall', 'Pictures'), rows)}"


def _published(card: ModelCard) -> str:
    if not card.reported:
        return ""
    found = published_rows(card)
    shown = {"published": "Published", "own": "On its own protocol, here", "measured": "Measured"}
    shown = {key: title for key, title in shown.items() if any(row[key] is not None for row in found)}
    decimals = {"published": 2}  # as authors give them
    rows = [
        (row["figure"], *(percent(row[key], decimals.get(key, 1)) for key in shown), row["measured_on"])
        for row in found
    ]
    table = markdown_table(("Figure", *shown.values(), "Measured on"), rows)
    return "\n".join([table, "", *(f"- {reason}" for reason in why_they_differ(card))])


def _by_emotion(card: ModelCard) -> str:
    part = main_part(card.evaluation)
    found = card.evaluation[part] if part else {}
    classes, matrix = found.get("per_class", {}), np.array(found.get("confusion_matrix", []))
    rows = []
    for index, emotion in enumerate(EMOTIONS):
        if emotion in classes:
            of = classes[emotion]
            known = of.get("support") != 0  # without faces, zeros would look like failures
            figures = (decimal(of.get(name) if known else None) for name in ("precision", "recall", "f1"))
            rows.append((emotion, *figures, str(of.get("support", "")), _most_confused_with(matrix, index)))
    if not rows:
        return ""
    header = ("Emotion", "Precision", "Recall", "F1", "Faces", "Most often taken for")
    return f"On {PART_NAMES.get(part or '', part)}.\n\n{markdown_table(header, rows)}"


def _most_confused_with(matrix: NDArray[np.integer], index: int) -> str:
    """The most frequent wrong prediction for the emotion at `index`, with its share of the row."""
    if matrix.shape != (len(EMOTIONS), len(EMOTIONS)) or not matrix[index].sum():
        return ""
    wrong = matrix[index].copy()
    wrong[index] = 0
    worst = int(wrong.argmax())
    return f"{EMOTIONS[worst]} ({percent(wrong[worst] / matrix[index].sum())})" if wrong[worst] else "none"


def _robustness(card: ModelCard) -> str:
    record = card.robustness
    if not record.get("curves"):
        return ""
    rows = []
    for name, curve in record["curves"].items():
        accuracy, severity = min(zip(curve["accuracy"], curve["levels"], strict=True))
        rows.append((name.replace("_", " "), f"{severity:g} {curve['unit']}", percent(accuracy)))
    clean = f"Accuracy on {record['n']} faces as they are: {percent(record['accuracy'])}."
    table = markdown_table(("Corruption", "Severity", "Accuracy"), rows)
    return f"{clean} At the worst severity of each corruption:\n\n{table}"


def _training(card: ModelCard) -> str:
    text = "\n".join(f"- {heading}: {said}" for heading, said in training_facts(card).items())
    command = card.training.get("command")
    return text + (f"\n\nAll settings are in `card.json`.\n\n```sh\n{command}\n```" if command else "")


def _input_and_output(card: ModelCard) -> str:
    return (
        "A face of 48x48 grey pixels, 0 to 255, goes in; everything else is inside the network. Seven probabilities "
        f"come out, in this order: {', '.join(card.emotions)}. {_calibration(card)}. On the faces of that "
        "fit, a confidence of 70 % means about 70 correct predictions in 100. The calibration errors above say how far "
        "that holds elsewhere."
    )


def _calibration(card: ModelCard) -> str:
    divided = f"The logits are divided by {card.calibration['temperature']:g} first"
    text = f"{divided}, then scaled and shifted by emotion" if "scale" in card.calibration else divided
    text += f", fitted on {calibrated_on(card)}"
    prior = card.calibration.get("prior")
    if prior is None:
        return text
    return f"{text}; at last probabilities are divided by shares of the training to the power of {prior['power']:g}"
