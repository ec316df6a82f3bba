"""A face of a frame: where it is, before a model has read it, and with its predictions."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fer_core.analysis import Face, Prediction
from fer_core.detection import Box, Eyes
from fer_core.emotions import EMOTIONS
from fer_core.tracking.filters import SmoothedPrediction
from fer_core.tracking.track import Track


@dataclass(frozen=True)
class TrackedFace(Face):
    """A face of a frame. predictions: smoothed, labels with hysteresis. crop: (48, 48) uint8 grey, at the smoothed box.

    raw: model name -> (7,) float32, this frame's own probabilities; the last ones while the face is hidden, which it is
    shown for 0.3 s at most.
    """

    raw: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """Identity, from 1 in the order of appearance; a face keeps it while it stays in view."""
        return self.number

    @property
    def verdict(self) -> Prediction | None:
        """As of any face; where all models hold one label it is that one, so that it changes as calmly as theirs."""
        mean, labels = super().verdict, {prediction.label for prediction in self.predictions.values()}
        if mean is None or len(self.predictions) < 2 or len(labels) > 1:
            return mean
        (label,) = labels
        unsure = bool(mean.probabilities[EMOTIONS.index(label)] < mean.threshold)
        return SmoothedPrediction(mean.probabilities, mean.threshold, held_label=label, held_uncertain=unsure)


@dataclass(frozen=True)
class Sight:
    """A face in one frame, whatever becomes of its track after it. in_view: found in this frame, not carried on."""

    track: Track
    box: Box
    eyes: Eyes | None
    in_view: bool


@dataclass(frozen=True)
class Located:
    """The faces of a frame that no model has read yet. crops: (N, 48, 48) uint8. elapsed: seconds since the last."""

    sights: tuple[Sight, ...]
    crops: NDArray[np.uint8]
    elapsed: float
