"""The live path against its goals: time a frame, steadiness, quickness, following, memory. Frames from the sample.

`python -m fer_core benchmark --live` prints it. Scenes are made frame by frame, so nothing is held in memory.
"""

import itertools
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np

from fer_core.analysis import annotate
from fer_core.benchmark.frames import FRAME_RATE, crowd, first_crop, moving, still, two_expressions
from fer_core.bundle import EmotionModel, list_models, load_model
from fer_core.detection import DEFAULT_DETECTOR, iou
from fer_core.emotions import EMOTIONS
from fer_core.errors import ModelError
from fer_core.tracking import FaceTracker, TrackedFace
from fer_core.video import Video

_WARM_UP: Final = 10  # frames that load the cascade and let the network allocate


def run_live(
    models_dir: Path, video: str | Path | None = None, minutes: float = 10.0, detector: str = DEFAULT_DETECTOR
) -> list[dict[str, Any]]:
    """Measure the tracker with the first model of `models_dir`: rows with what, goal, median, p95, reached.

    median and p95 are milliseconds, or the one figure that `what` names, with p95 None; reached is None where there is
    no goal. video: a file to time as well. minutes: of frames in the memory test. detector: one of DETECTORS. Raises
    ModelError and ImageError.
    """
    names = list_models(models_dir)
    if not names:
        raise ModelError(f"There are no models under {models_dir}.")
    model = load_model(names[0], models_dir)
    if video:
        with Video(video):  # an error after minutes would be late
            pass
    rows = [
        *_times(model, detector),
        *_steadiness(model, detector),
        *_following(model, detector),
        *_memory(model, detector, minutes),
    ]
    return rows + (_video_times(model, detector, video) if video else [])


def _times(model: EmotionModel, detector: str) -> list[dict[str, Any]]:
    rows = []
    for scene, goals, frames in (("one face", (6, 15), still(20)), ("three faces", (12, None), crowd(8))):
        spent, drawn = [], []
        tracker = FaceTracker([model], detector=detector)
        for index, (moment, frame) in enumerate(frames):
            before = time.perf_counter()
            faces = tracker.update(frame, moment)
            between = time.perf_counter()
            annotate(frame, faces)
            if index >= _WARM_UP:
                spent.append((between - before) * 1000)
                drawn.append((time.perf_counter() - between) * 1000)
        median, p95 = np.median(spent), np.percentile(spent, 95)
        reached = bool(median <= goals[0] and (goals[1] is None or p95 <= goals[1]))
        goal = f"median {goals[0]} ms" + (f", p95 {goals[1]} ms" if goals[1] else "")
        rows.append(_row(f"tracker, {model.name}, 640x480, {scene} (ms)", goal, median, p95, reached))
        rows.append(_row(f"drawing, {scene} (ms)", "", np.median(drawn), np.percentile(drawn, 95)))
    return rows


def _steadiness(model: EmotionModel, detector: str) -> list[dict[str, Any]]:
    tracker = FaceTracker([model], detector=detector)
    labels = [_label(tracker.update(frame, moment), model) for moment, frame in still(60)]
    changes = sum(a != b for a, b in itertools.pairwise(labels))
    rows = [_row("label changes of a still face in 60 s", "at most 1", changes, None, changes <= 1)]
    return [*rows, _following_expression(model, detector)]


def _following_expression(model: EmotionModel, detector: str) -> dict[str, Any]:
    """Seconds from a face's change of expression to its change of label."""
    first, second = two_expressions()
    before, after = (int(model.predict_proba(first_crop(frame))[0].argmax()) for frame in (first, second))
    what = "seconds to follow another expression"
    if before == after:
        return _row(f"{what} (the model reads both alike)", "at most 1", None, None)
    tracker = FaceTracker([model], detector=detector)
    for moment, frame in still(3, first):
        tracker.update(frame, moment)
    later = ((moment, tracker.update(frame, 3 + moment)) for moment, frame in still(3, second))
    seconds = next((moment for moment, faces in later if _label(faces, model) == EMOTIONS[after]), None)
    return _row(what, "at most 1", seconds, None, seconds is not None and seconds <= 1)


def _following(model: EmotionModel, detector: str) -> list[dict[str, Any]]:
    tracker = FaceTracker([model], detector=detector)
    overlaps = []
    for moment, frame, box in moving(20):
        faces = tracker.update(frame, moment)
        overlaps.append(max((iou(face.box, box) for face in faces), default=0.0))
    share = float(np.mean(np.array(overlaps) >= 0.7))
    what = "share of frames with IoU >= 0.7, face moving 20 % of the width a second"
    return [_row(what, "at least 0.95", share, None, share >= 0.95)]


def _memory(model: EmotionModel, detector: str, minutes: float) -> list[dict[str, Any]]:
    tracker = FaceTracker([model], detector=detector)
    frames = [frame for _, frame in still(16 / FRAME_RATE)]
    count = round(minutes * 60 * FRAME_RATE)
    first = None
    for index in range(count):
        tracker.update(frames[index % len(frames)], index / FRAME_RATE)
        if index == min(count // 10, 60 * FRAME_RATE):
            first = _resident_mb()
    grown = None if first is None else (_resident_mb() or 0.0) - first
    what = f"memory gained over {minutes:g} minutes of frames (MB)"
    return [_row(what, "at most 10", grown, None, None if grown is None else grown <= 10)]


def _video_times(model: EmotionModel, detector: str, path: str | Path) -> list[dict[str, Any]]:
    decoded, tracked = [], []
    tracker = FaceTracker([model], detector=detector)
    with Video(path) as video:
        before = time.perf_counter()
        for moment, frame in itertools.islice(video.frames(), 1800):
            between = time.perf_counter()
            tracker.update(frame, moment)
            after = time.perf_counter()
            decoded.append((between - before) * 1000)
            tracked.append((after - between) * 1000)
            before = time.perf_counter()
    size = f"{frame.shape[1]}x{frame.shape[0]}"
    return [
        _row(f"tracker, {Path(path).name}, {size} (ms)", "", np.median(tracked), np.percentile(tracked, 95)),
        _row(f"decoding, {Path(path).name} (ms)", "", np.median(decoded), np.percentile(decoded, 95)),
    ]


def _row(what: str, goal: str, median: Any, p95: Any, reached: bool | None = None) -> dict[str, Any]:
    figures = [None if value is None else round(float(value), 2) for value in (median, p95)]
    return {"what": what, "goal": goal, "median": figures[0], "p95": figures[1], "reached": reached}


def _label(faces: Iterable[TrackedFace], model: EmotionModel) -> str:
    return next((face.predictions[model.name].label for face in faces), "no face")


def _resident_mb() -> float | None:
    """Memory of this process, or None where the system does not tell (Linux does)."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))
