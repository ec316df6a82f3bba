"""Which of a training's weights a bundle has."""

from collections.abc import Mapping
from typing import Any


def kept_weights(training: Mapping[str, Any]) -> str:
    """The end of a sentence about a card's `training`: the best epoch's weights, or a mean of epochs' or trainings'."""
    settings = training.get("settings") or {}
    if sources := settings.get("averaged"):
        return f"the mean of {' and '.join(source['file'] for source in sources)}, whose commands are in card.json"
    if epochs := settings.get("fine_tuning", settings).get("average_epochs"):
        return f"the mean of the last {epochs} epochs"
    return "those of the epoch with the highest validation accuracy"
