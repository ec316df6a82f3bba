"""The live path against its goals: time a frame, steadiness, quickness, following, memory. Frames from the sample.

`python -m fer_core benchmark --live` prints it. Scenes are made frame by frame, so nothing is held in memory.
"""

import itertools
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.drawing import annotate
from fer_core.errors import ModelError
from fer_core.faces import Box, crop_face, find_faces
from fer_core.images import decode_image, sample_image
from fer_core.model import EmotionModel, list_models, load_model
from fer_core.tracking import FaceTracker, TrackedFace, iou
from fer_core.video import Video

FRAME_RATE: Final = 30
SIZE: Final = (640, 480)
"""Width and height of the frames."""
NOISE: Final = 4.0
"""Standard deviation of the camera noise, in grey levels: what a laptop's camera shows indoors."""

Frame = NDArray[np.uint8]
_WARM_UP: Final = 10  # frames that load the cascade and let the network allocate


def run_live(models_dir: Path, video: str | Path | None = None, minutes: float = 10.0) -> list[dict[str, Any]]:
    """Measure the tracker with the first model of `models_dir`: rows with what, goal, median, p95, reached.

    median and p95 are milliseconds, or the one figure that `what` names, with p95 None; reached is None where there is
    no goal. video: a file to time as well. minutes: of frames in the memory test. Raises ModelError and ImageError.
    """
    names = list_models(models_dir)
    if not names:
        raise ModelError(f"There are no models under {models_dir}.")
    model = load_model(names[0], models_dir)
    rows = [
        *_times(model),
        *_steadiness(model),
        *_following(model),
        *_memory(model, minutes),
    ]
    return rows + (_video_times(model, video) if video else [])


def _times(model: EmotionModel) -> list[dict[str, Any]]:
    rows = []
    for scene, goals, frames in (("one face", (6, 15), still(20)), ("three faces", (12, None), crowd(8))):
        spent, drawn = [], []
        tracker = FaceTracker([model])
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


def _steadiness(model: EmotionModel) -> list[dict[str, Any]]:
    tracker = FaceTracker([model])
    labels = [_label(tracker.update(frame, moment), model) for moment, frame in still(60)]
    changes = sum(a != b for a, b in itertools.pairwise(labels))
    rows = [_row("label changes of a still face in 60 s", "at most 1", changes, None, changes <= 1)]
    swapped = other_expression(model)
    new = model.predict_proba(crop_face(swapped, find_faces(swapped)[0])[np.newaxis])[0]
    if int(new.argmax()) == int(model.predict_proba(_own_crop())[0].argmax()):
        return [*rows, _row("seconds to follow another expression (none could be made)", "at most 1", None, None)]
    seconds = None
    for moment, frame in still(3, swapped):
        label = _label(tracker.update(frame, 60 + moment), model)
        if seconds is None and label != labels[-1]:
            seconds = moment
    reached = seconds is not None and seconds <= 1
    return [*rows, _row("seconds to follow another expression", "at most 1", seconds, None, reached)]


def _following(model: EmotionModel) -> list[dict[str, Any]]:
    tracker = FaceTracker([model])
    overlaps = []
    for moment, frame, box in moving(20):
        faces = tracker.update(frame, moment)
        overlaps.append(max((iou(face.box, box) for face in faces), default=0.0))
    share = float(np.mean(np.array(overlaps) >= 0.7))
    what = "share of frames with IoU >= 0.7, face moving 20 % of the width a second"
    return [_row(what, "at least 0.95", share, None, share >= 0.95)]


def _memory(model: EmotionModel, minutes: float) -> list[dict[str, Any]]:
    tracker = FaceTracker([model])
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


def _video_times(model: EmotionModel, path: str | Path) -> list[dict[str, Any]]:
    decoded, tracked = [], []
    tracker = FaceTracker([model])
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


def _own_crop() -> Frame:
    frame = portrait_frame()
    return crop_face(frame, find_faces(frame)[0])[np.newaxis]


def _resident_mb() -> float | None:
    """Memory of this process, or None where the system does not tell (Linux does)."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def still(seconds: float, image: Frame | None = None, seed: int = 0) -> Iterator[tuple[float, Frame]]:
    """(timestamp, frame) of a face that does not move, with camera noise."""
    picture = portrait_frame() if image is None else image
    noise = _noise(seed)
    for i in range(round(seconds * FRAME_RATE)):
        yield i / FRAME_RATE, _noisy(picture, noise, i)


def moving(seconds: float, seed: int = 0) -> Iterator[tuple[float, Frame, Box]]:
    """(timestamp, frame, true box) of a face that goes to and fro at a fifth of the frame's width a second."""
    width, height = SIZE
    canvas = cv2.resize(decode_image(sample_image()), (460, 460), interpolation=cv2.INTER_AREA)
    face = find_faces(np.asarray(canvas, np.uint8))[0]
    noise = _noise(seed)
    span = width - canvas.shape[1]
    for i in range(round(seconds * FRAME_RATE)):
        place = (0.2 * width * i / FRAME_RATE) % (2 * span)
        x = place if place <= span else 2 * span - place
        whole, part = int(x), x - int(x)
        shift = np.array([[1, 0, whole + part], [0, 1, 10.0]])
        frame = cv2.warpAffine(canvas, shift, (width, height), borderMode=cv2.BORDER_REFLECT)
        yield (
            i / FRAME_RATE,
            _noisy(np.asarray(frame, np.uint8), noise, i),
            Box(round(face.x + x), face.y + 10, face.width, face.height),
        )


def crowd(seconds: float, seed: int = 0) -> Iterator[tuple[float, Frame]]:
    """(timestamp, frame) of three faces that do not move, with camera noise."""
    return still(seconds, crowd_frame(), seed)


def portrait_frame() -> Frame:
    """The sample in the middle of a 640x480 frame: a face of 100 pixels."""
    image = decode_image(sample_image())
    width, height = SIZE
    left = (width - image.shape[1]) // 2
    sides = (left, width - image.shape[1] - left)
    return np.asarray(cv2.copyMakeBorder(image[:height], 0, 0, *sides, cv2.BORDER_REPLICATE), np.uint8)


def crowd_frame() -> Frame:
    """The sample's face three times in a 640x480 frame, one of them mirrored."""
    head = decode_image(sample_image())[:300, 90:310]
    width, height = SIZE
    frame = np.full((height, width, 3), 90, np.uint8)
    for place, picture in enumerate((head, head[:, ::-1], head)):
        left = (0, 210, 420)[place]
        frame[90 : 90 + picture.shape[0], left : left + picture.shape[1]] = picture
    return frame


def other_expression(model: EmotionModel) -> Frame:
    """`portrait_frame` with the part of the face changed that makes `model` say another emotion, as surely as it can.

    There is only one photograph to be had, so its mouth is turned over, stretched, opened or covered.
    """
    frame = portrait_frame()
    face = find_faces(frame)[0]
    own = int(model.predict_proba(crop_face(frame, face)[np.newaxis])[0].argmax())
    best, most = frame, -1.0
    for changed in _changed_faces(frame, face):
        answer = model.predict_proba(crop_face(changed, face)[np.newaxis])[0]
        surplus = float(np.delete(answer, own).max() - answer[own])
        if surplus > most and find_faces(changed, thorough=False):
            best, most = changed, surplus
    return best


def _changed_faces(frame: Frame, face: Box) -> Iterator[Frame]:
    top, bottom = face.y + round(face.height * 0.62), face.y + round(face.height * 0.95)
    left, right = face.x + round(face.width * 0.25), face.x + round(face.width * 0.75)
    mouth = frame[top:bottom, left:right]
    variants = [mouth[::-1], cv2.GaussianBlur(mouth, (0, 0), 6), np.full_like(mouth, mouth.mean(axis=(0, 1)))]
    for gap in (8, 16):
        opened = mouth.copy()
        cv2.ellipse(opened, (mouth.shape[1] // 2, mouth.shape[0] // 2), (gap, gap), 0, 0, 360, (20, 5, 5), cv2.FILLED)
        variants.append(opened)
    for variant in variants:
        for contrast in (1.0, 0.6):
            changed = frame.copy()
            changed[top:bottom, left:right] = variant
            yield np.asarray(np.clip(changed * contrast, 0, 255), np.uint8)


def _noise(seed: int) -> list[NDArray[np.int16]]:
    generator = np.random.default_rng(seed)
    shape = (SIZE[1], SIZE[0], 3)
    return [np.asarray(np.round(generator.normal(0, NOISE, shape)), np.int16) for _ in range(8)]


def _noisy(picture: Frame, noise: list[NDArray[np.int16]], index: int) -> Frame:
    # eight fields of noise, turned and shifted: new noise for every frame would cost more than the tracker
    field = np.roll(noise[index % len(noise)], (index * 37) % SIZE[0], axis=1)
    return np.asarray(np.clip(picture + field, 0, 255), np.uint8)
