"""Pictures, timed whole: a common size, a crowd, a folder on one and two processes."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.analysis import analyze, analyze_files
from fer_core.benchmark.timing import ROOT, Row, missing, ratios, row, times
from fer_core.bundle import EmotionModel, bundle_folder, load_model
from fer_core.detection import load_detector
from fer_core.image import decode_image, sample_image

_HEAD: Final = (slice(20, 220), slice(124, 324))  # rows and columns of the sample's head
_PEER: Final = "times faster than the fer package's way, 1280x720"


def picture_rows(
    models_dir: Path, models: Sequence[EmotionModel], peer_network: str | None, pictures: int, detector: str
) -> list[Row]:
    """The rows. peer_network: a file, or None. pictures: how many the folder holds."""
    photograph, crowd = one_face(), crowd_of_fifty()
    (whole,) = times(lambda: analyze(photograph, models, detector=detector))
    everything, detection = times(
        lambda: analyze(crowd, models, detector=detector), lambda: load_detector(detector).detect(crowd), repeats=10
    )
    return [
        row("analyze of 1280x720, one face, both models, decoding too", "ms", whole, 40),
        _peer_row(models_dir, peer_network, detector),
        row("analyze of 50 faces over detection alone", "x", ratios(everything, detection), 2),
        *_folder_rows(models_dir, models, pictures, detector),
    ]


def one_face() -> bytes:
    """The sample as high as a 1280x720 JPEG, its edges repeated at the sides, with camera noise."""
    high = cv2.resize(decode_image(sample_image()), (720, 720), interpolation=cv2.INTER_CUBIC)
    wide = cv2.copyMakeBorder(high, 0, 0, 280, 280, cv2.BORDER_REPLICATE)
    noise = np.random.default_rng(0).normal(0, 4, wide.shape)
    pixels = np.asarray(np.clip(wide + noise, 0, 255), np.uint8)
    return cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1].tobytes()


def crowd_of_fifty() -> NDArray[np.uint8]:
    """The sample's head fifty times, (600, 1200, 3) RGB: faces of 67 pixels."""
    head = cv2.resize(decode_image(sample_image())[_HEAD], (120, 120), interpolation=cv2.INTER_AREA)
    return np.asarray(np.tile(head, (5, 10, 1)), np.uint8)


def _peer_row(models_dir: Path, network: str | None, detector: str) -> Row:
    if network is None:
        return missing(_PEER, "x", 3, "not measured: name the network with --peer-network", at_least=True)
    # in a process of its own: the peer's way needs TensorFlow, which nothing here may import
    paths = [str(Path(network).resolve()), str(models_dir.resolve())]
    command = [sys.executable, "-m", "fer_core.benchmark.peer", *paths, detector]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        return missing(_PEER, "x", 3, f"not measured: {(done.stderr.splitlines() or ['no reason'])[-1]}", at_least=True)
    return row(_PEER, "x", [float(word) for word in done.stdout.split()], 3, at_least=True)


def _folder_rows(models_dir: Path, models: Sequence[EmotionModel], pictures: int, detector: str) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.jpg" for number in range(pictures)]
        content = one_face()
        for path in paths:
            path.write_bytes(content)
        loaded = {bundle_folder(model.name, models_dir): model for model in models}

        def rate(models: Mapping[Path, EmotionModel], workers: int) -> float:
            moments = []
            for _ in analyze_files(paths, models, workers=workers, detector=detector):
                moments.append(time.perf_counter())
            # from a tenth on: processes take a second to start, which a long folder does not feel
            skipped = max(1, pictures // 10)
            return (pictures - skipped) / max(1e-9, moments[-1] - moments[skipped - 1])

        one, two, threads = rate(loaded, 1), rate(loaded, 2), cv2.getNumThreads()
        cv2.setNumThreads(1)
        try:
            single = rate({folder: load_model(folder, threads=1) for folder in loaded}, 1)
        finally:
            cv2.setNumThreads(threads)
    what = f"{pictures} pictures 1280x720"
    return [
        row(f"{what}, 1 worker", "ms each", [1000 / one]),
        # one worker has OpenCV search on all cores, so there is little left for a second
        row(f"{what}, 2 workers over 1", "x", [two / one], 1.7, at_least=True),
        row(f"{what}, 2 workers over 1 on a single thread", "x", [two / single]),
    ]
