"""Boxes, probabilities and labels that move calmly: low-pass filters in seconds, not in frames."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from fer_core.analyze import Prediction
from fer_core.emotions import EMOTIONS
from fer_core.faces import Box

SMOOTHING_SECONDS: Final = 0.3
"""Time constant of probabilities. A swapped face then takes 0.2 s to change places, and LABEL_HOLD more to be named."""
LABEL_HOLD: Final = 0.3
"""Seconds for which another label (or another 'unsure') must lead before it is shown."""
LABEL_MARGIN: Final = 0.05
"""Probability by which it must lead: two emotions that are level do not take turns."""

_BOX_SECONDS: Final = 0.25  # time constant of a box at rest
_BOX_HASTE: Final = 6.0  # ... divided by 1 + this x speed in box widths a second (after the 1 euro filter, Casiez 2012)
_COAST_SECONDS: Final = 1.0  # time constant in which an unseen face is taken to come to rest
_SPEED_SECONDS: Final = 0.15  # time constant of the speed: the cascade's jitter has no direction, and averages out


def weight(elapsed: float, time_constant: float) -> float:
    """Share of the new value in a low-pass filter after `elapsed` seconds: 0 to 1; 1 where nothing is smoothed."""
    return 1.0 if time_constant <= 0 else -math.expm1(-elapsed / time_constant)


class SmoothBox:
    """A box that follows measured boxes: still while the face is, quick while it moves."""

    def __init__(self, box: Box) -> None:
        self._shape = _centred(box)  # centre x, centre y, width, height in pixels
        self._velocity = np.zeros(2)  # pixels a second
        self._measured = self._shape[:2].copy()
        self._coasted = np.zeros(2)

    def follow(self, box: Box, elapsed: float) -> None:
        """Move towards a measured box, `elapsed` seconds after the last one that was measured."""
        target = _centred(box)
        velocity = (target[:2] - self._measured + self._coasted) / max(elapsed, 1e-3)
        self._velocity += weight(elapsed, _SPEED_SECONDS) * (velocity - self._velocity)
        self._measured, self._coasted = target[:2].copy(), np.zeros(2)
        speed = float(np.hypot(*self._velocity)) / max(1.0, self._shape[2])
        self._shape += weight(elapsed, _BOX_SECONDS / (1 + _BOX_HASTE * speed)) * (target - self._shape)

    def coast(self, elapsed: float) -> None:
        """Go on as before, slowing down: the face was not seen for `elapsed` seconds."""
        for position in (self._shape[:2], self._measured, self._coasted):
            position += self._velocity * elapsed
        self._velocity *= math.exp(-elapsed / _COAST_SECONDS)

    def scale(self, across: float, down: float) -> None:
        """The frame's resolution has changed by these factors."""
        self._shape *= (across, down, across, down)
        self._velocity *= (across, down)
        self._measured *= (across, down)
        self._coasted *= (across, down)

    def expected(self, elapsed: float) -> Box:
        """Where the face should be `elapsed` seconds from now; may leave the frame."""
        x, y = self._measured + self._velocity * elapsed
        return Box(
            round(x - self._shape[2] / 2), round(y - self._shape[3] / 2), round(self._shape[2]), round(self._shape[3])
        )

    def speed(self) -> float:
        """Box widths a second."""
        return float(np.hypot(*self._velocity)) / max(1.0, float(self._shape[2]))

    def inside(self, width: int, height: int) -> Box | None:
        """The smoothed box in whole pixels, clipped to a frame of this size; None where nothing of it is left."""
        x, y, w, h = self._shape
        left, top = max(0, round(x - w / 2)), max(0, round(y - h / 2))
        right, bottom = min(width, round(x + w / 2)), min(height, round(y + h / 2))
        return Box(left, top, right - left, bottom - top) if right > left and bottom > top else None


@dataclass(frozen=True)
class HeldPrediction(Prediction):
    """A smoothed Prediction whose label and 'unsure' change only when the change has lasted.

    So for some tenths of a second `label` may not be the likeliest; `confidence` is always the label's own.
    """

    held: str = EMOTIONS[-1]
    unsure: bool = False

    @property
    def label(self) -> str:
        return self.held

    @property
    def confidence(self) -> float:
        return float(self.probabilities[EMOTIONS.index(self.held)])

    @property
    def is_uncertain(self) -> bool:
        return self.unsure


class SteadyPrediction:
    """Smooths the probabilities of one face and one model, and holds its label."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._mean: np.ndarray[Any, Any] | None = None
        self._label, self._unsure = 0, False
        self._label_waits = self._unsure_waits = 0.0  # seconds for which another one has led
        self._rival = 0

    def update(self, probabilities: np.ndarray[Any, Any], elapsed: float, time_constant: float) -> HeldPrediction:
        """Take one frame's (7,) probabilities, `elapsed` seconds after the last ones."""
        if self._mean is None:
            self._mean = probabilities.astype(np.float64)
            self._label = int(self._mean.argmax())
            self._unsure = float(self._mean.max()) < self._threshold
        else:
            self._mean += weight(elapsed, time_constant) * (probabilities - self._mean)
            self._hold(elapsed)
        return self.prediction()

    @property
    def started(self) -> bool:
        """Whether there was an update."""
        return self._mean is not None

    def prediction(self) -> HeldPrediction:
        """As it stands. Needs one update before."""
        assert self._mean is not None
        return HeldPrediction(
            self._mean.astype(np.float32), self._threshold, held=EMOTIONS[self._label], unsure=self._unsure
        )

    def _hold(self, elapsed: float) -> None:
        assert self._mean is not None
        leader = int(self._mean.argmax())
        leads = leader != self._label and self._mean[leader] > self._mean[self._label] + LABEL_MARGIN
        self._label_waits = self._label_waits + elapsed if leads and leader == self._rival else 0.0
        self._rival = leader
        if leads and self._label_waits >= LABEL_HOLD:
            self._label, self._label_waits = leader, 0.0
        unsure = bool(self._mean[self._label] < self._threshold)
        self._unsure_waits = self._unsure_waits + elapsed if unsure != self._unsure else 0.0
        if self._unsure_waits >= LABEL_HOLD:
            self._unsure, self._unsure_waits = unsure, 0.0


def _centred(box: Box) -> np.ndarray[Any, Any]:
    return np.array([box.x + box.width / 2, box.y + box.height / 2, box.width, box.height], np.float64)
