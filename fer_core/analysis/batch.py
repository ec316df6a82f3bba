"""Many image files -> their analyses, in order; on several processes where asked, with flat memory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from fer_core.analysis.analyze import analyze
from fer_core.analysis.blurring import Blur
from fer_core.analysis.results import UNSURE_BELOW, Analysis
from fer_core.bundle import EmotionModel, load_model
from fer_core.detection import DEFAULT_DETECTOR, Detector, load_detector
from fer_core.errors import DatasetError, ImageError
from fer_core.image import encode_png
from fer_core.utils.processes import WorkerPool, bounded_map, end_with_parent, spawning

_AHEAD: Final = 8  # files a worker may be ahead of the reader: bounds what waits in memory
_models: list[EmotionModel] = []  # of a worker process, as is the next
_detectors: list[Detector] = []


def analyze_files(
    paths: Iterable[Path],
    models: Mapping[Path, EmotionModel],
    *,
    threshold: float = UNSURE_BELOW,
    workers: int = 1,
    detector: str = DEFAULT_DETECTOR,
    copies: Mapping[Path, Path] | None = None,
    blur: Blur | None = None,
) -> Iterator[tuple[Path, Analysis | ImageError]]:
    """Each path with its Analysis, or with the ImageError that says why not, in the order given.

    models: folder of a bundle -> its loaded model; every worker process loads the folders, and the detector of that
    name, for itself. With several workers the analyses come without pixels (image has the shape (height, width, 0)),
    since images would have to travel between processes. copies: path -> the PNG file with boxes and labels that is
    written for it, its folder too; one that cannot be written is an ImageError. blur: whose faces the copies hide.
    Raises DatasetError where a worker process dies.
    """
    copies = copies or {}
    if workers <= 1:
        for path in paths:
            yield (
                path,
                _analyzed(path, list(models.values()), load_detector(detector), threshold, copies.get(path), blur),
            )
        return
    tasks = ((path, copies.get(path)) for path in paths)
    work = partial(_work, threshold=threshold, blur=blur)
    try:
        with WorkerPool(workers, spawning(), initializer=_start, initargs=(tuple(models), detector)) as pool:
            for (path, _), result in bounded_map(pool, work, tasks, workers * _AHEAD):
                yield path, result
    except BrokenProcessPool:
        raise DatasetError(
            f"One of {workers} worker processes died, most often for want of memory. Use fewer with --workers."
        ) from None


def _start(folders: tuple[Path, ...], detector: str) -> None:
    import cv2

    end_with_parent()
    cv2.setNumThreads(1)  # the processes share the cores; threads of each would only get in each other's way
    _models.extend(load_model(folder, threads=1) for folder in folders)
    _detectors.append(load_detector(detector, threads=1))


def _work(task: tuple[Path, Path | None], threshold: float, blur: Blur | None) -> Analysis | ImageError:
    result = _analyzed(task[0], _models, _detectors[0], threshold, task[1], blur)
    if isinstance(result, ImageError):
        return result
    height, width = result.image.shape[:2]
    return replace(result, image=np.empty((height, width, 0), np.uint8))


def _analyzed(
    path: Path,
    models: Sequence[EmotionModel],
    detector: Detector,
    threshold: float,
    copy: Path | None,
    blur: Blur | None,
) -> Analysis | ImageError:
    try:
        analysis = analyze(path, models, threshold=threshold, name=str(path), detector=detector)
    except ImageError as error:
        return error
    if copy is not None:
        try:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(encode_png(analysis.blurred(blur) if blur else analysis.annotated()))
        except OSError as error:
            return ImageError(f"The annotated copy {copy} cannot be written: {error.strerror}.")
    return analysis
