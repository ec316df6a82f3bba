"""This project and the way of the `fer` package on the same pictures, in turns, in one process.

    python -m benchmarks.against_peer --peer-network FILE [--pictures FOLDER] [--json FILE]

The package's way: JPEG -> OpenCV -> haarcascade_frontalface_default (steps of 1.1, 5 neighbours, faces from 50 pixels
on) -> crops of 64x64 grey in [-1, 1] -> its network (mini-XCEPTION, 58 k parameters, `--peer-network`, an HDF5 file)
by Keras' `predict`. So that nobody can say it was Keras alone, the same is also timed with the network called as a
compiled TensorFlow function. This project's way: `analyze`, with one model and with both. Decoding is in all of them.
Then frames of a webcam, 640x480, one face: the package's way on each frame, and `FaceTracker`; no decoding there.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fer_core.analysis import analyze
from fer_core.benchmark.frames import FRAME_RATE, still
from fer_core.benchmark.images import one_face
from fer_core.benchmark.peer import REPEATS, peer, peer_pixels
from fer_core.benchmark.timing import machine
from fer_core.bundle import EmotionModel, list_models, load_model, model_folders
from fer_core.detection import DEFAULT_DETECTOR, DETECTORS
from fer_core.image import IMAGE_SUFFIXES, sample_image
from fer_core.tracking import FaceTracker

FRAMES: Final = 120
_WARM_UP: Final = 10


def main() -> None:
    """Time all ways in turns on every picture, and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-network", required=True, metavar="FILE", help="the package's emotion model, HDF5")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="your own (default: two made from the sample)")
    parser.add_argument(
        "--models-dir", type=Path, default=model_folders()[-1], metavar="DIR", help="default: %(default)s"
    )
    parser.add_argument("--detector", choices=tuple(DETECTORS), default=DEFAULT_DETECTOR, help="default: %(default)s")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")
    args = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import tensorflow as tf

    network = keras.models.load_model(args.peer_network, compile=False)
    compiled = tf.function(lambda faces: network(faces, training=False), reduce_retracing=True)
    names = list_models(args.models_dir)[:2]
    models = [load_model(name, args.models_dir) for name in names]
    ways: dict[str, Callable[[bytes], Any]] = {
        "the fer package's way, predict": lambda data: peer(data, lambda faces: network.predict(faces, verbose=0)),
        "the fer package's way, compiled": lambda data: peer(data, compiled),
        f"analyze, {names[0]}": lambda data: analyze(data, models[:1], detector=args.detector),
        f"analyze, {' and '.join(names)}": lambda data: analyze(data, models, detector=args.detector),
    }
    pictures = {"1280x720, one face": one_face()}
    if args.pictures:
        files = sorted(path for path in args.pictures.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
        pictures = {path.name: path.read_bytes() for path in files}
    else:
        pictures["the sample, 512x512 PNG"] = sample_image()
    spent: dict[str, dict[str, list[float]]] = {name: {} for name in pictures}
    for name, data in pictures.items():
        for way in ways.values():
            way(data)
        for _ in range(REPEATS):
            for title, way in ways.items():
                started = time.perf_counter()
                way(data)
                spent[name].setdefault(title, []).append((time.perf_counter() - started) * 1000)
    if not args.pictures:
        spent["webcam frames 640x480, one face"] = frames(network, compiled, models[0])
    show(spent)
    if args.json:
        args.json.write_text(json.dumps({"machine": machine(), "ms": spent}, indent=1) + "\n", encoding="utf-8")


def frames(network: Any, compiled: Any, model: EmotionModel) -> dict[str, list[float]]:
    """Milliseconds a frame of each way, on the same frames in turns; the first ten load what has to be loaded."""
    tracker = FaceTracker([model])
    ways: dict[str, Callable[[float, NDArray[np.uint8]], Any]] = {
        "the fer package's way, predict": lambda _, frame: peer_pixels(frame, lambda f: network.predict(f, verbose=0)),
        "the fer package's way, compiled": lambda _, frame: peer_pixels(frame, compiled),
        f"FaceTracker, {model.name}": lambda moment, frame: tracker.update(frame, moment),
    }
    spent: dict[str, list[float]] = {title: [] for title in ways}
    for index, (moment, frame) in enumerate(still(FRAMES / FRAME_RATE)):
        for title, way in ways.items():
            started = time.perf_counter()
            way(moment, frame)
            if index >= _WARM_UP:
                spent[title].append((time.perf_counter() - started) * 1000)
    return spent


def show(spent: dict[str, dict[str, list[float]]]) -> None:
    """A table: median and 95th percentile of each way, and how many times faster it is than the first."""
    print(machine())
    for name, ways in spent.items():
        print(f"\n{name:<44}{'median ms':>11}{'p95 ms':>9}{'times faster':>14}")
        reference = np.array(next(iter(ways.values())))
        for title, values in ways.items():
            ratio = float(np.median(reference / np.array(values)))
            print(f"{title:<44}{np.median(values):>11.1f}{np.percentile(values, 95):>9.1f}{ratio:>14.2f}")


if __name__ == "__main__":
    main()
