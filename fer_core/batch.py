"""Many pictures -> their analyses, in order; on several processes where asked, with flat memory."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from fer_core.analyze import Analysis, analyze
from fer_core.errors import ImageError
from fer_core.model import EmotionModel, load_model
from fer_core.workers import end_with_parent, spawning

_AHEAD: Final = 8  # pictures a worker may be ahead of the reader: bounds what waits in memory
_models: list[EmotionModel] = []  # of a worker process


def analyze_files(
    paths: Iterable[Path],
    models: Sequence[EmotionModel],
    folders: Sequence[Path],
    *,
    threshold: float,
    workers: int = 1,
) -> Iterator[tuple[Path, Analysis | ImageError]]:
    """Each path with its Analysis, or with the ImageError that says why not, in the order given.

    folders: the bundles of `models`, which every worker process loads for itself. With several workers the analyses
    come without pixels (image has the shape (height, width, 0)), since pictures would have to travel between processes.
    """
    if workers <= 1:
        for path in paths:
            yield path, _analyzed(path, models, threshold)
        return
    waiting: deque[tuple[Path, Future[Analysis | ImageError]]] = deque()
    rest = iter(paths)
    with ProcessPoolExecutor(workers, spawning(), initializer=_start, initargs=(tuple(folders),)) as pool:
        while True:
            for path in islice(rest, workers * _AHEAD - len(waiting)):
                waiting.append((path, pool.submit(_work, path, threshold)))
            if not waiting:
                return
            path, future = waiting.popleft()
            yield path, future.result()


def _start(folders: tuple[Path, ...]) -> None:
    import cv2

    end_with_parent()
    cv2.setNumThreads(1)  # the processes share the cores; threads of each would only get in each other's way
    _models.extend(load_model(folder, threads=1) for folder in folders)


def _work(path: Path, threshold: float) -> Analysis | ImageError:
    result = _analyzed(path, _models, threshold)
    if isinstance(result, ImageError):
        return result
    height, width = result.image.shape[:2]
    return replace(result, image=np.empty((height, width, 0), np.uint8))


def _analyzed(path: Path, models: Sequence[EmotionModel], threshold: float) -> Analysis | ImageError:
    try:
        return analyze(path, models, threshold=threshold, name=str(path))
    except ImageError as error:
        return error
