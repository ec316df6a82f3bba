"""Faces that come back: by their looks, over cuts and a minute's absence."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fer_core.benchmark.frames import portrait_frame
from fer_core.detection import crop_faces, load_detector
from fer_core.tracking.recognition import SAME_FACE, Cuts, Gallery, describe
from fer_core.tracking.tracker import FaceTracker
from tests.support.stub_models import BrightnessModel

Frame = NDArray[np.uint8]


def somebody_else(frame: Frame) -> Frame:
    """The sample's face mirrored, with its mouth turned over: to a histogram of gradients, another face."""
    other = np.ascontiguousarray(frame[:, ::-1])
    face = load_detector().detect(other, thorough=False)[0].box
    rows = slice(face.y + face.height * 6 // 10, face.y + face.height * 95 // 100)
    other[rows, face.x : face.x + face.width] = other[rows, face.x : face.x + face.width][::-1].copy()
    return other


def elsewhere(frame: Frame, scale: float, left: int, ground: int) -> Frame:
    """The head of a frame in another shot: of another size, at another place, before another ground."""
    head = cv2.resize(frame[20:250, 180:400], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    shot = np.full((480, 640, 3), ground, np.uint8)
    shot[:: 30 + ground // 10] = 255 - ground
    shot[60 : 60 + head.shape[0], left : left + head.shape[1]] = head
    return shot


def view(frame: Frame) -> NDArray[np.float32]:
    face = load_detector().detect(frame, thorough=False)[0]
    return describe(crop_faces(frame, [face.box], [face.eyes])[0])


def run(tracker: FaceTracker, frame: Frame, start: float, frames: int = 8) -> set[int]:
    """The numbers that a shot of the same frame ends with."""
    for index in range(frames):
        faces = tracker.update(frame, start + index / 10)
    return {face.id for face in faces}


SHOTS = {
    "smaller": lambda frame: elsewhere(frame, 0.8, 400, 40),
    "larger and darker": lambda frame: (elsewhere(frame, 1.4, 20, 160) * 0.6).astype(np.uint8),
    "the same place": lambda frame: elsewhere(frame, 1.0, 180, 100),
}


@pytest.mark.parametrize("shot", SHOTS)
@pytest.mark.parametrize("absence", [0.1, 60.0])
def test_a_face_keeps_its_number_over_a_cut(shot: str, absence: float) -> None:
    tracker, empty = FaceTracker([BrightnessModel()], recognise=True), elsewhere(portrait_frame(), 0.1, 5, 200)
    assert run(tracker, portrait_frame(), 0.0) == {1}
    if absence > 1:
        assert run(tracker, empty, 1.0, 30) == set()
    assert run(tracker, SHOTS[shot](portrait_frame()), 1.0 + absence) == {1}
    assert run(tracker, portrait_frame(), 3.0 + absence) == {1}


def test_one_frame_a_second_each_of_another_shot() -> None:
    tracker = FaceTracker([BrightnessModel()], recognise=True)
    shots = [portrait_frame(), *(shot(portrait_frame()) for shot in SHOTS.values())] * 2
    assert [run(tracker, shot, float(second), 1) for second, shot in enumerate(shots)] == [{1}] * 8


def test_without_it_the_number_is_a_new_one() -> None:
    tracker = FaceTracker([BrightnessModel()])
    assert run(tracker, portrait_frame(), 0.0) == {1}
    assert run(tracker, elsewhere(portrait_frame(), 0.1, 5, 200), 1.0, 30) == set()
    assert run(tracker, SHOTS["smaller"](portrait_frame()), 60.0) == {2}


def test_somebody_else_in_the_next_shot_is_new_and_both_are_known_then() -> None:
    one, other = portrait_frame(), somebody_else(portrait_frame())
    tracker = FaceTracker([BrightnessModel()], recognise=True)
    numbers = [run(tracker, shot, 2.0 * index) for index, shot in enumerate((one, other, one, other))]
    assert numbers == [{1}, {2}, {1}, {2}]


def test_descriptions_are_of_length_one_and_tell_faces_apart() -> None:
    frame = portrait_frame()
    own = view(frame)
    assert own.shape == (900,) and own.dtype == np.float32 and np.linalg.norm(own) == pytest.approx(1, abs=1e-5)
    assert own @ view((frame * 0.5).astype(np.uint8)) > 0.8, "in half the light"
    assert own @ view(somebody_else(frame)) < SAME_FACE
    assert np.isfinite(describe(np.zeros((48, 48), np.uint8))).all()


def test_the_gallery_gives_no_number_twice_and_forgets() -> None:
    chance = np.random.default_rng(0)
    views = [v / np.linalg.norm(v) for v in chance.normal(size=(300, 900)).astype(np.float32)]
    gallery = Gallery()
    assert gallery.recognise(views[:1], ()) == [None] and gallery.similarity(1, views[0]) is None
    for number, own in enumerate(views, start=1):
        gallery.see(number, own)
    near = [(v + 0.02 * w) / np.linalg.norm(v + 0.02 * w) for v, w in zip(views, views[::-1], strict=True)]
    assert gallery.recognise([near[299], views[299], near[250]], ()) == [None, 300, 251], "the most similar first"
    assert gallery.recognise([views[299]], (300,)) == [None], "in view already"
    assert gallery.recognise([views[0]], ()) == [None] and gallery.similarity(1, views[0]) is None, "forgotten"


def test_cuts() -> None:
    frame, cuts = portrait_frame(), Cuts()
    grey = [np.asarray(cv2.cvtColor(f, cv2.COLOR_RGB2GRAY), np.uint8) for f in (frame, SHOTS["smaller"](frame))]
    shifted = np.roll(grey[0], 12, axis=1)
    found = [cuts.is_cut(image) for image in (grey[0], grey[0], shifted, grey[0] // 2, grey[1], grey[1])]
    assert found == [False, False, False, False, True, False]
