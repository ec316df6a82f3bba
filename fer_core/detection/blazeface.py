"""BlazeFace short-range (Bazarevsky et al. 2019) on LiteRT: pixels -> scored boxes with eyes.

The network is fully convolutional, so besides its own 128x128 pixels it takes canvases of any multiple of 16. It finds
faces of about 20 to 128 pixels of the canvas. Measured on 120 faces of 224 px pictures, shrunk and pasted on synthetic
grounds of 640x384 pixels: found with a score of 0.7 or more 0.52 of 24 pixels, 0.88 of 32, 0.98 of 40; with 0.1 or more
0.69 of 16 pixels, 0.91 of 20, 0.98 of 24, but then nearly every ground has a false box too.
"""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fer_core.errors import ModelError
from fer_core.utils.files import DATA
from fer_core.utils.quiet import quiet_start

FILE: Final = DATA / "blazeface_short_range.tflite"
SHA256: Final = "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633"
SIDE: Final = 128
"""Pixels of the side of the canvas that the network was trained on."""

_ANCHORS: Final = ((8, 2), (16, 6))  # stride in pixels, and anchors per place
_SAME_FACE: Final = 0.3  # intersection over union from which on detections are averaged, as MediaPipe does
_KEPT_SHAPES: Final = 6
"""Canvases whose memory stays allocated, as many as a thorough search takes; a new one costs as much time as a run."""
_KEPT_PIXELS: Final = 800_000  # ... of all of them, at about 190 bytes each

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Candidates:
    """N detections, the best first. boxes: (N, 4) x, y, width, height. eyes: (N, 2, 2) the person's right eye, then
    the left one, x and y. scores: (N,) in 0-1. All float32, in pixels of whatever they were found in."""

    boxes: Floats
    eyes: Floats
    scores: Floats

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, which: Any) -> "Candidates":
        return Candidates(self.boxes[which], self.eyes[which], self.scores[which])

    def moved(self, scale: float, x: float, y: float) -> "Candidates":
        """In pixels of another picture: scaled, then shifted."""
        shift = np.array((x, y), np.float32)
        boxes = self.boxes * np.float32(scale)
        boxes[:, :2] += shift
        return Candidates(boxes, self.eyes * np.float32(scale) + shift, self.scores)


NONE: Final = Candidates(np.zeros((0, 4), np.float32), np.zeros((0, 2, 2), np.float32), np.zeros(0, np.float32))


def joined(parts: list[Candidates]) -> Candidates:
    """All of several, the best first."""
    if not parts:
        return NONE
    whole = Candidates(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("boxes", "eyes", "scores")))
    return whole[np.argsort(-whole.scores, kind="stable")]


class BlazeFace:
    """The network. Any thread may call it; calls take turns. Raises ModelError where its file is missing or damaged."""

    def __init__(self, threads: int = 1) -> None:
        try:
            self._content = FILE.read_bytes()
        except OSError as error:
            raise ModelError(f"{FILE.name} cannot be read: {error.strerror}.") from error
        if hashlib.sha256(self._content).hexdigest() != SHA256:
            raise ModelError(f"{FILE.name} is damaged: its SHA-256 is not the expected one.")
        self._threads = threads
        self._lock = threading.Lock()
        self._interpreters: OrderedDict[tuple[int, ...], Any] = OrderedDict()

    def detect(self, canvases: NDArray[np.uint8], least: float) -> list[Candidates]:
        """Detections with a score of at least `least`, of each of (N, height, width, 3) RGB uint8 canvases.

        height and width are multiples of 16. Detections of one face are averaged by their scores.
        """
        regressors, logits = self._run(canvases)
        anchors = _anchors(canvases.shape[1], canvases.shape[2])
        limit = np.log(least / (1 - least))
        found = []
        for number in range(len(canvases)):
            chosen = np.flatnonzero(logits[number] > limit)
            values, at = regressors[number][chosen], anchors[chosen]
            sizes = values[:, 2:4]
            boxes = np.concatenate([values[:, :2] + at - sizes / 2, sizes], axis=1)
            eyes = values[:, 4:8].reshape(-1, 2, 2) + at[:, np.newaxis]
            found.append(averaged(Candidates(boxes, eyes, 1 / (1 + np.exp(-logits[number][chosen])))))
        return found

    def _run(self, canvases: NDArray[np.uint8]) -> tuple[Floats, Floats]:
        """(N, anchors, 16) regressors and (N, anchors) logits."""
        pixels = canvases.astype(np.float32)
        pixels *= 1 / 127.5
        pixels -= 1
        with self._lock:
            interpreter, first, boxes, scores = self._interpreter(canvases.shape)
            interpreter.set_tensor(first, pixels)
            interpreter.invoke()
            # NOTE: the anchors of a batch come stride by stride: all canvases' of one stride, then all of the next
            return (
                _by_canvas(interpreter.get_tensor(boxes)[0], canvases.shape),
                _by_canvas(interpreter.get_tensor(scores)[0], canvases.shape)[..., 0],
            )

    def _interpreter(self, shape: tuple[int, ...]) -> Any:
        if shape in self._interpreters:
            self._interpreters.move_to_end(shape)
            return self._interpreters[shape]
        from ai_edge_litert.interpreter import Interpreter

        while len(self._interpreters) >= _KEPT_SHAPES or (
            self._interpreters and sum(map(_pixels, (*self._interpreters, shape))) > _KEPT_PIXELS
        ):
            self._interpreters.popitem(last=False)
        with quiet_start():
            interpreter = Interpreter(model_content=self._content, num_threads=self._threads)
            first = interpreter.get_input_details()[0]["index"]
            interpreter.resize_tensor_input(first, shape)
            interpreter.allocate_tensors()
        by_width = {int(details["shape"][-1]): details["index"] for details in interpreter.get_output_details()}
        self._interpreters[shape] = interpreter, first, by_width[16], by_width[1]
        return self._interpreters[shape]


def averaged(candidates: Candidates) -> Candidates:
    """Non-maximum suppression as BlazeFace's authors do it: detections of one face become their mean, by score."""
    rest = candidates[np.argsort(-candidates.scores, kind="stable")]
    found = []
    while len(rest):
        same = _overlap(rest.boxes[0], rest.boxes) > _SAME_FACE
        same[0] = True
        share = rest.scores[same] / rest.scores[same].sum()
        found.append(
            Candidates(
                np.tensordot(share, rest.boxes[same], 1)[np.newaxis],
                np.tensordot(share, rest.eyes[same], 1)[np.newaxis],
                rest.scores[:1],
            )
        )
        rest = rest[~same]
    return joined(found)


def _overlap(box: Floats, boxes: Floats) -> Floats:
    """Intersection over union of one box with each of (N, 4)."""
    ends, all_ends = box[:2] + box[2:], boxes[:, :2] + boxes[:, 2:]
    sides = np.clip(np.minimum(ends, all_ends) - np.maximum(box[:2], boxes[:, :2]), 0, None)
    shared = sides[:, 0] * sides[:, 1]
    union = box[2] * box[3] + boxes[:, 2] * boxes[:, 3] - shared
    return np.asarray(shared / np.maximum(union, 1e-6), np.float32)


@lru_cache(maxsize=32)
def _anchors(height: int, width: int) -> Floats:
    """(anchors, 2) x and y of their centres, in pixels of the canvas."""
    parts = []
    for stride, per_place in _ANCHORS:
        rows, columns = np.mgrid[0 : height // stride, 0 : width // stride]
        centres = (np.stack([columns, rows], axis=-1).reshape(-1, 2) + 0.5) * stride
        parts.append(np.repeat(centres, per_place, axis=0))
    return np.concatenate(parts).astype(np.float32)


def _by_canvas(values: Floats, shape: tuple[int, ...]) -> Floats:
    """(N x anchors, k) as the network gives them -> (N, anchors, k)."""
    count, height, width = shape[:3]
    first = count * (height // _ANCHORS[0][0]) * (width // _ANCHORS[0][0]) * _ANCHORS[0][1]
    parts = (values[:first], values[first:])
    return np.concatenate([part.reshape(count, -1, values.shape[-1]) for part in parts], axis=1)


def _pixels(shape: tuple[int, ...]) -> int:
    return shape[0] * shape[1] * shape[2]
