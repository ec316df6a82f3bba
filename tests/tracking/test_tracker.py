"""Faces across frames: scenes are made of the sample, the network is a stand-in that looks at brightness."""

import functools
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fer_core.benchmark.frames import crowd_frame, moving, portrait_frame, still
from fer_core.detection.alignment import crop_face
from fer_core.detection.boxes import Box, iou
from fer_core.detection.haar import find_faces
from fer_core.image import decode_image, sample_image
from fer_core.tracking.faces import TrackedFace
from fer_core.tracking.filters import SmoothedPrediction
from fer_core.tracking.tracker import FaceTracker
from tests.support.stub_models import BRIGHT, DARK, BrightnessModel

STEP = 1 / 30
BLACK = np.zeros((480, 640, 3), np.uint8)
Frame = NDArray[np.uint8]
NewTracker = Callable[..., FaceTracker]


@pytest.fixture(scope="module")
def portrait() -> Frame:
    return portrait_frame()


@pytest.fixture(params=["auto", "haar"])
def new_tracker(request: pytest.FixtureRequest) -> NewTracker:
    """FaceTracker with each detector."""
    return functools.partial(FaceTracker, detector=request.param)


def empty_room(frame: Frame) -> Frame:
    """The frame's ground without a face, not blank."""
    return np.ascontiguousarray(np.tile(frame[300:480, :640], (3, 1, 1))[:480])


def run(tracker: FaceTracker, frames: list[Frame], start: float = 0.0) -> list[list[TrackedFace]]:
    return [tracker.update(frame, start + i * STEP) for i, frame in enumerate(frames)]


def head(mirrored: bool = False, dark: bool = False) -> Frame:
    picture = decode_image(sample_image())[20:250, 115:330]
    picture = picture[:, ::-1] if mirrored else picture
    return np.asarray(picture * (0.45 if dark else 1.0), np.uint8)


def placed(*heads: tuple[Frame, int], ground: int = 90) -> Frame:
    """Heads on grey, each at its left edge; later ones stand in front. What leaves the frame is cut off."""
    frame = np.full((480, 640, 3), ground, np.uint8)
    frame[::16] += 20  # a structure, so that a frame without heads is not blank
    for picture, left in heads:
        first, last = max(0, left), min(640, left + picture.shape[1])
        if last > first:
            frame[100 : 100 + picture.shape[0], first:last] = picture[:, first - left : last - left]
    return frame


def test_first_frame_shows_the_face_with_its_fields(portrait: Frame, new_tracker: NewTracker) -> None:
    model = BrightnessModel()
    (face,) = new_tracker([model]).update(portrait, 0.0)
    assert face.id == face.number == 1
    assert iou(face.box, find_faces(portrait)[0]) > 0.7
    assert face.crop.shape == (48, 48)
    assert face.raw["stub"].shape == (7,)
    np.testing.assert_allclose(face.predictions["stub"].probabilities, face.raw["stub"])
    assert face.predictions["stub"].label == BRIGHT and not face.predictions["stub"].is_uncertain


def test_several_models_answer_in_one_batch_each(portrait: Frame, new_tracker: NewTracker) -> None:
    models = [BrightnessModel("a"), BrightnessModel("b", middle=255)]
    faces = new_tracker(models).update(crowd_frame(), 0.0)
    assert [face.id for face in faces] == [1, 2, 3]
    assert {(face.predictions["a"].label, face.predictions["b"].label) for face in faces} == {(BRIGHT, DARK)}
    assert [model.seen for model in models] == [[3], [3]]


def test_same_frames_same_faces(new_tracker: NewTracker) -> None:
    def boxes() -> list[list[tuple[int, Box]]]:
        tracker = new_tracker([BrightnessModel()])
        return [[(face.id, face.box) for face in tracker.update(frame, t)] for t, frame, _ in moving(0.6)]

    assert boxes() == boxes()


def test_still_face_holds_still(new_tracker: NewTracker) -> None:
    tracker = new_tracker([BrightnessModel()])
    seen = [tracker.update(frame, time) for time, frame in still(3)]
    assert [[face.id for face in faces] for faces in seen] == [[1]] * len(seen)
    settled = [faces[0].box for faces in seen[30:]]
    assert max(box.x for box in settled) - min(box.x for box in settled) <= 4
    assert max(box.width for box in settled) - min(box.width for box in settled) <= 6


def test_box_follows_a_moving_face(new_tracker: NewTracker) -> None:
    tracker, first, near = new_tracker([BrightnessModel()]), None, []
    for time, frame, box in moving(3):
        (face,) = tracker.update(frame, time)
        assert face.id == 1
        first = first or (face.box, box)  # detectors differ in what they frame: how it moves is what counts
        own, start = first
        near.append(iou(face.box, Box(own.x + box.x - start.x, own.y + box.y - start.y, own.width, own.height)) >= 0.7)
    assert np.mean(near) >= 0.95


def test_the_default_detectors_box_lies_where_the_face_moves() -> None:
    tracker = FaceTracker([BrightnessModel()])  # the scene's own boxes are of the same detector
    near = [iou(tracker.update(frame, time)[0].box, box) >= 0.7 for time, frame, box in moving(3)]
    assert np.mean(near) >= 0.95


@pytest.mark.parametrize("rate", [30.0, 4.0, 1.5])
def test_a_slow_machine_keeps_the_identity_of_a_moving_face(
    portrait: Frame, rate: float, new_tracker: NewTracker
) -> None:
    tracker = new_tracker([])
    seen = set()
    for turn in np.arange(0, 4 * np.pi, 2 * np.pi / (3 * rate)):  # once to and fro in 3 s, nearer and farther
        zoom = 1.05 + 0.1 * np.sin(turn)
        view = np.array([[zoom, 0, 320 - 223 * zoom + 40 * np.cos(turn)], [0, zoom, 230 - 115 * zoom]])
        frame = cv2.warpAffine(portrait, view, (640, 480), borderMode=cv2.BORDER_REPLICATE)
        seen |= {face.id for face in tracker.update(np.asarray(frame, np.uint8), 3 * turn / (2 * np.pi))}
    assert seen == {1}


def test_label_follows_another_face_but_not_at_once(portrait: Frame, new_tracker: NewTracker) -> None:
    dark = np.asarray(portrait * 0.4, np.uint8)
    tracker = new_tracker([BrightnessModel()])
    run(tracker, [portrait] * 15)
    after = run(tracker, [dark] * 30, start=0.5)
    labels = [faces[0].predictions["stub"].label for faces in after]
    assert [faces[0].id for faces in after] == [1] * 30
    assert labels[0] == labels[4] == BRIGHT
    assert labels[29] == DARK
    assert after[0][0].raw["stub"].argmax() != after[0][0].predictions["stub"].probabilities.argmax()


@pytest.mark.parametrize("frames", [1, 4, 8])
def test_a_flash_changes_no_label(portrait: Frame, frames: int, new_tracker: NewTracker) -> None:
    dark = np.asarray(portrait * 0.4, np.uint8)
    scene = [portrait] * 12 + [dark] * frames + [portrait] * 12
    seen = run(new_tracker([BrightnessModel()]), scene)
    assert {faces[0].predictions["stub"].label for faces in seen} == {BRIGHT}


def test_without_smoothing_the_probabilities_are_the_frames_own(portrait: Frame, new_tracker: NewTracker) -> None:
    dark = np.asarray(portrait * 0.4, np.uint8)
    for faces in run(new_tracker([BrightnessModel()], smoothing=0), [portrait, dark, portrait]):
        np.testing.assert_allclose(faces[0].predictions["stub"].probabilities, faces[0].raw["stub"])


def test_lost_and_found_again_is_the_same_face(portrait: Frame, new_tracker: NewTracker) -> None:
    away = empty_room(portrait)
    tracker = new_tracker([BrightnessModel()])
    run(tracker, [portrait] * 10)
    gone = run(tracker, [away] * 30, start=10 * STEP)
    assert gone[-1] == []
    back = run(tracker, [portrait] * 12, start=40 * STEP)
    assert [face.id for face in back[-1]] == [1]


def test_a_face_that_comes_after_long_is_a_new_one(portrait: Frame, new_tracker: NewTracker) -> None:
    away = empty_room(portrait)
    tracker = new_tracker([BrightnessModel()])
    run(tracker, [portrait] * 10)
    run(tracker, [away] * 100, start=10 * STEP)
    assert [face.id for face in run(tracker, [portrait] * 12, start=110 * STEP)[-1]] == [2]


def test_a_face_enters_and_leaves_while_another_stays(new_tracker: NewTracker) -> None:
    stays, comes = head(), head(mirrored=True)
    tracker = new_tracker([BrightnessModel()])
    run(tracker, [placed((stays, 20))] * 10)
    path = [*range(640, 380, -10), *([380] * 30), *range(380, 660, 10)]
    seen = run(tracker, [placed((stays, 20), (comes, left)) for left in path], start=10 * STEP)
    assert all(faces[0].id == 1 for faces in seen)
    assert {face.id for faces in seen for face in faces} == {1, 2}
    assert [face.id for face in seen[50]] == [1, 2]
    after = run(tracker, [placed((stays, 20))] * 30, start=2 + len(path) * STEP)
    assert [face.id for face in after[-1]] == [1]


@pytest.mark.parametrize("speed", [4, 6, 20])
@pytest.mark.parametrize("dark_in_front", [False, True])
def test_two_faces_cross_and_keep_their_identities(speed: int, dark_in_front: bool, new_tracker: NewTracker) -> None:
    front, behind = head(), head(mirrored=True, dark=True)
    if dark_in_front:
        front, behind = behind, front
    path = list(range(0, 421, speed))
    scene = [placed((front, 10), (behind, 425))] * 12
    scene += [placed((behind, 425 - shift), (front, 10 + shift)) for shift in path]
    scene += [scene[-1]] * 20
    seen = run(new_tracker([BrightnessModel(middle=70)]), scene)
    first = {face.id: face.predictions["stub"].label for face in seen[10]}
    last = {face.id: (face.predictions["stub"].label, face.box.x) for face in seen[-1]}
    assert sorted(first) == [1, 2] and set(first.values()) == {BRIGHT, DARK}
    assert {number: label for number, (label, _) in last.items()} == first
    leader = next(number for number, label in first.items() if label == (DARK if dark_in_front else BRIGHT))
    assert last[leader][1] > 320 > last[3 - leader][1]


def test_a_head_that_tilts_stays_the_same_face_in_every_frame(portrait: Frame) -> None:
    tracker = FaceTracker([])
    angles = 40 * np.sin(np.linspace(0, 2 * np.pi, 90))  # to one shoulder and to the other in 3 s
    tilts = []
    for index, angle in enumerate(angles):
        turn = cv2.getRotationMatrix2D((290.0, 120.0), float(angle), 1.0)
        frame = np.asarray(cv2.warpAffine(portrait, turn, (640, 480), borderMode=cv2.BORDER_REPLICATE), np.uint8)
        (face,) = tracker.update(frame, index * STEP)
        assert face.id == 1 and face.eyes is not None
        (x0, y0), (x1, y1) = face.eyes
        tilts.append(-np.degrees(np.arctan2(y1 - y0, x1 - x0)))
    assert np.corrcoef(tilts[4:], angles[:-4])[0, 1] > 0.98  # smoothed, so a little late


def test_eyes_level_the_crop(portrait: Frame) -> None:
    turn = cv2.getRotationMatrix2D((290.0, 120.0), 25.0, 1.0)
    tilted = np.asarray(cv2.warpAffine(portrait, turn, (640, 480), borderMode=cv2.BORDER_REPLICATE), np.uint8)
    upright, levelled = (FaceTracker([]).update(frame, 0.0)[0] for frame in (portrait, tilted))
    plain = crop_face(tilted, levelled.box)
    alike = [np.corrcoef(upright.crop.ravel(), crop.ravel())[0, 1] for crop in (levelled.crop, plain)]
    assert alike[0] > 0.85 > 0.5 > alike[1]


def test_haar_tells_no_eyes(portrait: Frame) -> None:
    assert FaceTracker([], detector="haar").update(portrait, 0.0)[0].eyes is None


def test_the_detector_changes_between_frames(portrait: Frame) -> None:
    tracker = FaceTracker([], detector="haar")
    seen = []
    for index, detector in enumerate(["haar"] * 4 + ["auto"] * 4 + ["haar"] * 4):
        tracker.configure([], detector=detector)
        seen += [(face.id, face.eyes is not None) for face in tracker.update(portrait, index * STEP)]
    assert seen == [(1, False)] * 4 + [(1, True)] * 4 + [(1, False)] * 4


def test_black_frames_show_nothing_and_end_nothing(portrait: Frame, new_tracker: NewTracker) -> None:
    tracker = new_tracker([BrightnessModel()])
    run(tracker, [portrait] * 8)
    assert run(tracker, [BLACK] * 20, start=8 * STEP) == [[]] * 20
    assert [face.id for face in tracker.update(portrait, 28 * STEP)] == [1]


@pytest.mark.parametrize(
    "size",
    [
        pytest.param((320, 240), id="halved"),
        pytest.param((960, 720), id="enlarged"),
        pytest.param((640, 360), id="cut"),
    ],
)
def test_resolution_changes_in_the_stream(portrait: Frame, size: tuple[int, int], new_tracker: NewTracker) -> None:
    tracker = new_tracker([BrightnessModel()])
    run(tracker, [portrait] * 8)
    if size == (640, 360):
        other = np.ascontiguousarray(portrait[:360])
    else:
        other = np.asarray(cv2.resize(portrait, size, interpolation=cv2.INTER_AREA), np.uint8)
    for faces in run(tracker, [other] * 6, start=8 * STEP):
        (face,) = faces
        assert face.id == 1
        assert face.box.x + face.box.width <= size[0] and face.box.y + face.box.height <= size[1]
    assert iou(face.box, find_faces(other)[0]) > 0.6


@pytest.mark.parametrize(
    "times",
    [
        pytest.param([0, 0.03, 60.0, 60.03, 60.07], id="jumps ahead"),
        pytest.param([100, 100.03, 5.0, 5.03, 5.07], id="goes back"),
        pytest.param([7.0] * 5, id="stands"),
        pytest.param([0.0, float("nan"), 0.03, float("inf"), 0.07], id="is no number"),
        pytest.param([1.7e9, 1.7e9 + 0.03, 1.7e9 + 0.07, 1.7e9 + 0.1, 1.7e9 + 0.13], id="clock time"),
    ],
)
def test_timestamps(portrait: Frame, times: list[float], new_tracker: NewTracker) -> None:
    tracker = new_tracker([BrightnessModel()])
    for time in times:
        (face,) = tracker.update(portrait, time)
        assert face.id == 1
        assert np.isfinite(face.predictions["stub"].probabilities).all()


def test_standing_timestamps_still_let_the_label_change(portrait: Frame, new_tracker: NewTracker) -> None:
    tracker = new_tracker([BrightnessModel()])
    dark = np.asarray(portrait * 0.4, np.uint8)
    seen = [tracker.update(frame, 0.0) for frame in [portrait] * 5 + [dark] * 40]
    assert seen[-1][0].predictions["stub"].label == DARK


def test_settings_change_between_frames(portrait: Frame, new_tracker: NewTracker) -> None:
    tracker = new_tracker([BrightnessModel("a")])
    tracker.update(portrait, 0.0)
    tracker.configure([BrightnessModel("b")], sensitivity="high", smoothing=1.0, threshold=0.95)
    (face,) = tracker.update(portrait, STEP)
    assert face.id == 1 and list(face.predictions) == list(face.raw) == ["b"]
    assert face.predictions["b"].is_uncertain


def test_the_verdict_holds_the_label_on_which_the_models_agree() -> None:
    leading = np.array([0.1, 0, 0, 0.44, 0.46, 0, 0], np.float32)  # sad, but not for long enough yet
    held = SmoothedPrediction(leading, 0.5, held_label="happy", held_uncertain=True)
    face = TrackedFace(1, Box(0, 0, 9, 9), np.zeros((48, 48), np.uint8), {"a": held, "b": held})
    assert face.verdict is not None and face.caption == "1 happy 44%?"
    other = replace(held, held_label="sad")
    assert replace(face, predictions={"a": held, "b": other}).caption == "1 sad 46%?"


@pytest.mark.parametrize(
    ("frame", "settings", "message"),
    [
        pytest.param(np.zeros((48, 48, 4), np.uint8), {}, "RGB", id="four channels"),
        pytest.param(np.zeros((48, 48, 3), np.float32), {}, "uint8", id="floats"),
        pytest.param(np.zeros((0, 48, 3), np.uint8), {}, "not empty", id="empty"),
        pytest.param(BLACK, {"sensitivity": "extreme"}, "low, normal, high", id="sensitivity"),
        pytest.param(BLACK, {"detector": "magic"}, "auto, blazeface, haar", id="detector"),
        pytest.param(BLACK, {"smoothing": -1.0}, "smoothing", id="smoothing"),
        pytest.param(BLACK, {"smoothing": float("nan")}, "smoothing", id="no number"),
    ],
)
def test_refuses(frame: Frame, settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FaceTracker([BrightnessModel()], **settings).update(frame, 0.0)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(1, 1), (8, 600), (19, 19), (25, 25)])
def test_tiny_frames_have_no_faces(size: tuple[int, int], new_tracker: NewTracker) -> None:
    frame = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    assert run(new_tracker([BrightnessModel()]), [frame] * 3) == [[]] * 3


def test_memory_of_faces_is_bounded(portrait: Frame, new_tracker: NewTracker) -> None:
    """Faces that come and go for long leave nothing behind but the last few."""
    tracker = new_tracker([BrightnessModel()])
    away = empty_room(portrait)
    for round_ in range(4):
        start = round_ * 10.0
        run(tracker, [portrait] * 4, start=start)
        run(tracker, [away] * 3, start=start + 1)
        for second in range(4):
            tracker.update(away, start + 4 + second)
    assert len(tracker._tracks) == 0
    assert tracker._last is not None
