"""Frames of a video with faces that hold given labels, without any picture."""

from collections.abc import Mapping

import numpy as np

from fer_core.detection import Box
from fer_core.emotions import EMOTIONS
from fer_core.tracking import TrackedFace
from fer_core.tracking.filters import SmoothedPrediction
from fer_core.video.analyze import VideoFrame

LABELS = {label[0]: label for label in EMOTIONS if label != "surprise"} | {"u": "surprise"}
"""A letter for each label: a, d, f, h, s, n, and u for surprise."""
BOX = Box(10, 20, 48, 48)


def tracked(face: int, labels: Mapping[str, str], confidence: float = 0.8) -> TrackedFace:
    """A face that holds these labels, model -> label, each with this confidence."""
    predictions = {}
    for model, label in labels.items():
        probabilities = np.full(len(EMOTIONS), (1 - confidence) / (len(EMOTIONS) - 1), np.float32)
        probabilities[EMOTIONS.index(label)] = confidence
        predictions[model] = SmoothedPrediction(probabilities, held_label=label)
    crop = np.tile(np.arange(48, dtype=np.uint8) * 5, (48, 1))
    raw = {name: prediction.probabilities for name, prediction in predictions.items()}
    return TrackedFace(face, BOX, crop, predictions, eyes=((20.0, 35.0), (48.0, 35.5)), raw=raw)


def frames(*tracks: str, step: float = 0.5, start: float = 0.0, model: str = "cnn") -> list[VideoFrame]:
    """A track per face, a letter of LABELS per frame, or a space where the face is not there."""
    return [
        VideoFrame(
            index,
            start + index * step,
            0.0,
            tuple(tracked(n, {model: LABELS[c]}) for n, c in enumerate(column, start=1) if c != " "),
        )
        for index, column in enumerate(zip(*tracks, strict=True))
    ]
