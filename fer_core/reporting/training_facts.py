"""How a model was trained, in words, from its card: for its README and its page in the app."""

import re
from collections.abc import Mapping
from typing import Any, Final

from fer_core.bundle import OFFICIAL_TEST, ModelCard
from fer_core.utils.text import listed

_VERSION: Final = re.compile(r" \([^)]*\)")  # behind a teacher's name
_SECONDS_BELOW: Final = 120
"""A shorter time is told in seconds, a longer one in minutes."""


def training_facts(card: ModelCard) -> dict[str, str]:
    """Heading -> text, in the order of reading; what the card does not say is left out."""
    record = card.training
    counts = record.get("faces") or {}
    facts = {
        "Data": _data(record),
        "Labels": _labels(card),
        "Further pictures": ", ".join(
            f"{extra['dataset']} ({sum(extra['faces'].values()):,} faces)" for extra in record.get("extra_data", [])
        ),
        "Targets": _targets(main_settings(record)),
        "Split": _split(record),
        "Faces": f"{counts['training']:,} to train, {counts['validation']:,} to validate" if len(counts) == 2 else "",
        "Time": _time(card),
        "Weights": _kept_weights(card) if record else "",
        "Started from": _start(record),
        "Seed": record.get("seed"),
    }
    return {heading: str(text) for heading, text in facts.items() if text not in (None, "")}


def _kept_weights(card: ModelCard) -> str:
    """Which weights it has: the best epoch's, or a mean of epochs' or trainings'."""
    settings = card.training.get("settings") or {}
    if sources := settings.get("averaged"):
        return f"the mean of {listed(source['file'] for source in sources)}, whose commands are in card.json"
    of = main_settings(card.training)
    ran = sum(record.get("phase") != "head" for record in card.history)
    # a run that ended before its last epoch, out of time, has the mean of fewer or none
    averaged = of["average_epochs"] - (of["epochs"] - ran) if of.get("average_epochs") else 0
    if averaged > 0:
        return f"the mean of the last {averaged} epochs" if averaged > 1 else "those of the last epoch"
    return "those of the epoch with the highest validation accuracy"


def calibrated_on(card: ModelCard) -> str:
    """What the calibration was fitted on, as the end of a sentence."""
    balanced = (card.training.get("settings") or {}).get("balanced")
    if not balanced:
        return "the validation part"
    pictures, share = balanced["extra_data"]["dataset"], balanced["share"]
    weights = f"the validation part ({1 - share:.0%} of the weight) and the pictures of {pictures} ({share:.0%})"
    return f"{weights}, every emotion with the same weight within each"


def main_settings(training: Mapping[str, Any]) -> Mapping[str, Any]:
    """Those of the training, or of its fine-tuning where that is a phase of its own."""
    settings: Mapping[str, Any] = training.get("settings") or {}
    return settings.get("fine_tuning") or settings


def _data(record: Mapping[str, Any]) -> str:
    content = f", SHA-256 of its content {_short(record['dataset_sha256'])}" if record.get("dataset_sha256") else ""
    return f"{record['dataset']}{content}" if record.get("dataset") else ""


def _labels(card: ModelCard) -> str:
    labels = card.training.get("labels")
    if labels == "ferplus":
        return "FER+, the emotion that most of ten people chose"
    if labels == "fer2013":
        return "FER-2013's own" if OFFICIAL_TEST in card.evaluation else "the dataset's own"
    return str(labels or "")


def _targets(settings: Mapping[str, Any]) -> str:
    """What a prediction is compared with in training, where that is more than the label."""
    votes, taught = settings.get("vote_share") or 0.0, settings.get("teacher_share") or 0.0
    teachers = listed(_VERSION.sub("", settings.get("teachers") or "").split(" + "))
    taught = taught if teachers else 0.0
    shares = {
        "the label": (1 - taught) * (1 - votes),
        "the distribution of the FER+ votes": (1 - taught) * votes,
        f"the predictions of {teachers}": taught,
    }
    said = [f"{share:.0%} {what}" for what, share in shares.items() if share]
    return ", ".join(said) if len(said) > 1 or votes else ""


def _split(record: Mapping[str, Any]) -> str:
    fold = f", without fold {record['fold']} of the training part" if record.get("fold") else ""
    return f"{record['split']}{fold}" if record.get("split") else ""


def _time(card: ModelCard) -> str:
    seconds, on = card.training.get("seconds"), card.training.get("hardware")
    if seconds is None or not card.history:
        return ""
    spent = f"{seconds:.0f} seconds" if seconds < _SECONDS_BELOW else f"{seconds / 60:,.0f} minutes"
    epochs = f"{len(card.history)} epoch{'s' if len(card.history) > 1 else ''}"
    return f"{epochs}, {spent}" + (f", on {on}" if on else "")


def _start(record: Mapping[str, Any]) -> str:
    begun = (record.get("settings") or {}).get("start_from")
    return f"the weights of {begun['file']}, SHA-256 {_short(begun['sha256'])}" if begun else ""


def _short(digest: str) -> str:
    """As much of a hash as tells it from others; a line of 64 digits would not break on a page."""
    return f"{digest[:12]}\u2026"
