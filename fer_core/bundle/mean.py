"""Several models as one: the mean of their probabilities."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fer_core.bundle.card import ModelCard
from fer_core.bundle.ending import Ending
from fer_core.bundle.model import EmotionModel
from fer_core.errors import ModelError
from fer_core.utils.text import listed

MEAN_SIGN: Final = "+"
"""Joins the names of the members: "cnn+mobilenet" is the mean of cnn and mobilenet."""


def member_names(name: str) -> list[str]:
    """The members of a mean by its name, each once; [name] for a single model."""
    return list(dict.fromkeys(part for part in name.split(MEAN_SIGN) if part))


def mean_card(cards: Sequence[ModelCard]) -> ModelCard:
    """What can be said of the mean from its members' cards: sizes are sums, and nothing was evaluated."""
    return ModelCard(
        name=MEAN_SIGN.join(card.name for card in cards),
        title=f"Mean of {listed(card.title for card in cards)}",
        architecture="mean of probabilities",
        parameters=sum(card.parameters for card in cards),
        multiply_adds=sum(card.multiply_adds for card in cards),
        files={},
        training={},
        evaluation={},
        calibration={"temperature": 1.0},
        purpose="predictions that are steadier than each of them gives alone, and take the time of all of them",
    )


class MeanModel(EmotionModel):
    """Loaded models that answer as one, by the mean of their calibrated probabilities. Any thread may call it.

    Raises ModelError for fewer than two.
    """

    def __init__(self, members: Sequence[EmotionModel]) -> None:
        if len(members) < 2:
            raise ModelError(f"Expected two or more models for a mean. Received: {len(members)}.")
        self.card = mean_card([member.card for member in members])
        self.members = tuple(members)

    @property
    def version(self) -> str:
        """Changes when the network or the calibration of a member does."""
        return MEAN_SIGN.join(member.version for member in self.members)

    def predict_proba(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The mean of the members' probabilities; takes and returns what `EmotionModel.predict_proba` does."""
        answers = [member.predict_proba(faces) for member in self.members]
        return np.asarray(np.mean(answers, axis=0, dtype=np.float64), np.float32)

    def logits(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The logarithm of the mean probabilities: a mean of models has no logits of its own."""
        return np.log(np.maximum(self.predict_proba(faces), np.finfo(np.float32).tiny))

    @property
    def _ending(self) -> Ending:  # type: ignore[override]  # what asks for it gets this error
        raise ModelError(f"Expected a single model. Received: {self.name}, a mean of {len(self.members)}.")
