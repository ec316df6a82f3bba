"""The way of the `fer` package, to compare with: its cascade with its settings, its crops, and its network.

`python -m fer_core.benchmark.peer NETWORK MODELS_DIR DETECTOR` prints how many times faster `analyze` with the
first two models is, turn by turn. A process of its own, for it needs TensorFlow.
"""

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.analysis import analyze
from fer_core.benchmark.images import one_face
from fer_core.benchmark.timing import ratios, times
from fer_core.bundle import list_models, load_model
from fer_core.detection import Box

REPEATS: Final = 15
_SIDE: Final = 64  # of the peer's crops

Predict = Callable[[NDArray[np.float32]], Any]
"""From (N, 64, 64, 1) in [-1, 1] to probabilities."""


def peer(data: bytes, predict: Predict) -> int:
    """The package's way from an image file's bytes to probabilities; returns how many faces it found."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return peer_pixels(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8), predict)


def peer_pixels(image: NDArray[np.uint8], predict: Predict) -> int:
    """`peer` from RGB (height, width, 3) uint8 on."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    cuts = [grey[box.y : box.y + box.height, box.x : box.x + box.width] for box in peer_find(image)]
    crops = [cv2.resize(cut, (_SIDE, _SIDE)) for cut in cuts]
    if crops:
        predict(np.asarray((np.stack(crops)[..., None] / 255 - 0.5) * 2, np.float32))
    return len(crops)


def peer_find(image: NDArray[np.uint8]) -> list[Box]:
    """Boxes with the settings of the `fer` package (its defaults), its cascade loaded once. image: RGB."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    found = _cascade().detectMultiScale(grey, scaleFactor=1.1, minNeighbors=5, minSize=(50, 50))
    return [Box(*(int(v) for v in box)) for box in found]


@cache
def _cascade() -> cv2.CascadeClassifier:
    return cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml"))


def main(network: str, models_dir: str, detector: str) -> None:
    """Print the ratios for the 1280x720 image with one face."""
    from fer_core.training.saved import load_predictor  # brings keras

    predict, data = load_predictor(network), one_face()
    models = [load_model(name, Path(models_dir)) for name in list_models(Path(models_dir))[:2]]
    slow, fast = times(lambda: peer(data, predict), lambda: analyze(data, models, detector=detector), repeats=REPEATS)
    print(*(f"{ratio:.3f}" for ratio in ratios(slow, fast)))


if __name__ == "__main__":
    main(*sys.argv[1:])
