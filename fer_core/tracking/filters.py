"""Filters that keep boxes, eyes and labels steady from frame to frame; time constants are in seconds, not in frames."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fer_core.analysis import Prediction
from fer_core.detection import Box, Eyes
from fer_core.emotions import EMOTIONS

SMOOTHING_SECONDS: Final = 0.3
"""Time constant of the probabilities. A changed expression takes the lead after 0.2 s, and the label follows
HYSTERESIS_SECONDS later."""
HYSTERESIS_SECONDS: Final = 0.3
"""Seconds for which another label, or another 'unsure', must lead before it is shown."""
HYSTERESIS_MARGIN: Final = 0.05
"""Probability by which another label must lead, so that two emotions that are level do not alternate."""

_BOX_SECONDS: Final = 0.25  # time constant of a box at rest
_BOX_SPEED_GAIN: Final = 6.0  # ... divided by 1 + this x speed in box widths per second (1 euro filter, Casiez 2012)
_EYES_SECONDS: Final = 0.15  # time constant of the eyes' place in the box
_COAST_SECONDS: Final = 1.0  # time constant with which an unseen face is assumed to come to rest
_SPEED_SECONDS: Final = 0.15  # time constant of the speed: the detector's jitter has no direction and averages out


def weight(elapsed: float, time_constant: float) -> float:
    """Weight of the new value in a low-pass filter, 0 to 1, after `elapsed` seconds; 1 for a time constant of 0."""
    return 1.0 if time_constant <= 0 else -math.expm1(-elapsed / time_constant)


class BoxSmoother:
    """A box that follows detected boxes: steady while the face is still, quick while it moves."""

    def __init__(self, box: Box) -> None:
        self._shape = _centred(box)  # centre x, centre y, width, height in pixels
        self._velocity = np.zeros(2)  # pixels per second
        self._measured = self._shape[:2].copy()
        self._coasted = np.zeros(2)

    def update(self, box: Box, elapsed: float) -> None:
        """Move towards a detected box, `elapsed` seconds after the last detection."""
        target = _centred(box)
        velocity = (target[:2] - self._measured + self._coasted) / max(elapsed, 1e-3)
        self._velocity += weight(elapsed, _SPEED_SECONDS) * (velocity - self._velocity)
        self._measured, self._coasted = target[:2].copy(), np.zeros(2)
        speed = float(np.hypot(*self._velocity)) / max(1.0, self._shape[2])
        self._shape += weight(elapsed, _BOX_SECONDS / (1 + _BOX_SPEED_GAIN * speed)) * (target - self._shape)

    def coast(self, elapsed: float) -> None:
        """Move on at the last velocity, slowing down: the face was not seen for `elapsed` seconds."""
        for position in (self._shape[:2], self._measured, self._coasted):
            position += self._velocity * elapsed
        self._velocity *= math.exp(-elapsed / _COAST_SECONDS)

    def scale(self, across: float, down: float) -> None:
        """Multiply x and width by `across`, y and height by `down`: the frame's resolution has changed."""
        self._shape *= (across, down, across, down)
        self._velocity *= (across, down)
        self._measured *= (across, down)
        self._coasted *= (across, down)

    def predict(self, elapsed: float) -> Box:
        """The box expected in `elapsed` seconds from now; may leave the frame."""
        x, y = self._measured + self._velocity * elapsed
        return Box(
            round(x - self._shape[2] / 2), round(y - self._shape[3] / 2), round(self._shape[2]), round(self._shape[3])
        )

    def speed(self) -> float:
        """Speed in box widths per second."""
        return float(np.hypot(*self._velocity)) / max(1.0, float(self._shape[2]))

    def scaled(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, 2) points in pixels, given in box sizes from the box's upper left corner."""
        return np.asarray(self._shape[:2] + (points - 0.5) * self._shape[2:])

    def clipped(self, width: int, height: int) -> Box | None:
        """The smoothed box in whole pixels, clipped to a frame of this size; None where it lies outside."""
        x, y, w, h = self._shape
        left, top = max(0, round(x - w / 2)), max(0, round(y - h / 2))
        right, bottom = min(width, round(x + w / 2)), min(height, round(y + h / 2))
        return Box(left, top, right - left, bottom - top) if right > left and bottom > top else None


class EyeSmoother:
    """The eyes of a face, smoothed relative to its box, so that they move with it; nothing where they are unknown."""

    def __init__(self) -> None:
        self._places: NDArray[np.float64] | None = None  # (2, 2), in box sizes from the box's upper left corner

    def update(self, eyes: Eyes | None, box: Box, elapsed: float) -> None:
        """Take the detected eyes, in pixels, and the box that was detected with them."""
        if eyes is None:
            self._places = None
            return
        places = (np.array(eyes, np.float64) - (box.x, box.y)) / (max(1, box.width), max(1, box.height))
        if self._places is None:
            self._places = places
        self._places += weight(elapsed, _EYES_SECONDS) * (places - self._places)

    def eyes(self, box: BoxSmoother) -> Eyes | None:
        """The eyes in a smoothed box, in pixels, left to right."""
        if self._places is None:
            return None
        first, second = sorted((float(x), float(y)) for x, y in box.scaled(self._places))
        return first, second


@dataclass(frozen=True)
class SmoothedPrediction(Prediction):
    """A Prediction with smoothed probabilities, whose label and `is_uncertain` change with hysteresis.

    `label` may differ from the most probable emotion for some tenths of a second; `confidence` is that of the label.
    """

    held_label: str = EMOTIONS[-1]
    held_uncertain: bool = False

    @property
    def label(self) -> str:
        return self.held_label

    @property
    def confidence(self) -> float:
        return float(self.probabilities[EMOTIONS.index(self.held_label)])

    @property
    def is_uncertain(self) -> bool:
        return self.held_uncertain


class PredictionSmoother:
    """Low-pass filter of one model's probabilities for one face, with hysteresis of the label.

    threshold: confidence below which the prediction is uncertain.
    """

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._mean: NDArray[np.float64] | None = None
        self._label, self._uncertain = 0, False
        self._rival, self._rival_seconds = 0, 0.0  # the label that leads, and for how long
        self._uncertain_seconds = 0.0  # ... for which another `is_uncertain` has held

    def update(self, probabilities: NDArray[np.float32], elapsed: float, time_constant: float) -> SmoothedPrediction:
        """Take one frame's (7,) probabilities, `elapsed` seconds after the previous ones."""
        if self._mean is None:
            self._mean = probabilities.astype(np.float64)
            self._label = int(self._mean.argmax())
            self._uncertain = float(self._mean.max()) < self._threshold
        else:
            self._mean += weight(elapsed, time_constant) * (probabilities - self._mean)
            self._update_label(self._mean, elapsed)
        return self.prediction()

    def prediction(self) -> SmoothedPrediction:
        """The current prediction. Raises ValueError before the first update."""
        if self._mean is None:
            raise ValueError("Expected an update before the first prediction. Received: none.")
        return SmoothedPrediction(
            self._mean.astype(np.float32),
            self._threshold,
            held_label=EMOTIONS[self._label],
            held_uncertain=self._uncertain,
        )

    def _update_label(self, mean: NDArray[np.float64], elapsed: float) -> None:
        """Hysteresis: a change is shown once it has led by the margin for HYSTERESIS_SECONDS."""
        leader = int(mean.argmax())
        leads = leader != self._label and mean[leader] > mean[self._label] + HYSTERESIS_MARGIN
        self._rival_seconds = self._rival_seconds + elapsed if leads and leader == self._rival else 0.0
        self._rival = leader
        if leads and self._rival_seconds >= HYSTERESIS_SECONDS:
            self._label, self._rival_seconds = leader, 0.0
        uncertain = bool(mean[self._label] < self._threshold)
        self._uncertain_seconds = self._uncertain_seconds + elapsed if uncertain != self._uncertain else 0.0
        if self._uncertain_seconds >= HYSTERESIS_SECONDS:
            self._uncertain, self._uncertain_seconds = uncertain, 0.0


def _centred(box: Box) -> NDArray[np.float64]:
    return np.array([box.x + box.width / 2, box.y + box.height / 2, box.width, box.height], np.float64)
