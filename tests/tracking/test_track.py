"""One track: what it does with a detection, without one, and with predictions; and which detection it gets."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fer_core.benchmark.frames import portrait_frame
from fer_core.detection.boxes import Box, iou
from fer_core.detection.detector import load_detector
from fer_core.detection.result import Detection
from fer_core.tracking.track import Track, associate

STEP = 1 / 30
FIRST, SECOND = np.eye(7, dtype=np.float32)[:2]


@pytest.fixture(scope="module")
def grey() -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(portrait_frame(), cv2.COLOR_RGB2GRAY), np.uint8)


@pytest.fixture(scope="module")
def face() -> Detection:
    return load_detector("blazeface").detect(portrait_frame())[0]


def shifted(face: Detection, across: int, down: int = 0, scale: float = 1.0) -> Detection:
    """The detection elsewhere, scaled about its upper left corner; without eyes."""
    box = face.box
    return Detection(Box(box.x + across, box.y + down, round(box.width * scale), round(box.height * scale)))


def confirmed(grey: NDArray[np.uint8], face: Detection, number: int = 1) -> Track:
    track = Track(number, grey, face)
    for _ in range(2):
        track.update(grey, face, [], STEP)
    return track


def hidden(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(np.random.default_rng(0).integers(0, 255, grey.shape), np.uint8)


def test_three_hits_confirm_a_track(grey: NDArray[np.uint8], face: Detection) -> None:
    track = Track(1, grey, face)
    assert track.hits == 1 and not track.is_confirmed and not track.is_expired
    track.update(grey, face, [], STEP)
    track.update(grey, face, [], STEP)
    assert track.hits == 3 and track.is_confirmed


def test_an_unconfirmed_track_expires_with_its_first_miss(grey: NDArray[np.uint8], face: Detection) -> None:
    track = Track(1, grey, face)
    track.mark_missed(grey, [], STEP)
    assert track.is_expired


def test_appearance_bridges_what_the_detector_misses(grey: NDArray[np.uint8], face: Detection) -> None:
    track = confirmed(grey, face)
    track.mark_missed(grey, [], STEP)
    assert track.time_since_update == 0 and track.is_visible
    box = track.shown_box(640, 480)
    assert box is not None and iou(box, face.box) > 0.9


def test_appearance_does_not_count_beside_another_face(grey: NDArray[np.uint8], face: Detection) -> None:
    track = confirmed(grey, face)
    track.mark_missed(grey, [face.box], STEP)
    assert track.time_since_update == pytest.approx(STEP)


def test_a_face_that_is_gone_is_hidden_and_then_expires(grey: NDArray[np.uint8], face: Detection) -> None:
    track, nothing = confirmed(grey, face), hidden(grey)
    shown, expired = [], []
    for _ in range(70):
        track.mark_missed(nothing, [], STEP)
        shown.append(track.shown_box(640, 480) is not None)
        expired.append(track.is_expired)
    assert sum(shown) * STEP == pytest.approx(0.3, abs=STEP)
    assert expired.index(True) * STEP == pytest.approx(2, abs=2 * STEP)
    track.update(grey, face, [], STEP)
    assert track.time_since_update == 0 and track.is_visible and not track.is_expired


def test_a_frame_that_shows_nothing_moves_nothing(grey: NDArray[np.uint8], face: Detection) -> None:
    track = confirmed(grey, face)
    before = track.predict(0.0)
    track.pause(0.2)
    assert track.predict(0.0) == before and track.time_since_update == pytest.approx(0.2)


@pytest.mark.parametrize("detector", ["blazeface", "haar"])
def test_search_finds_the_face_near_its_place_and_nowhere_else(detector: str, face: Detection) -> None:
    frame, grey = portrait_frame(), portrait_frame()[..., 1]
    (found,) = Track(1, grey, face).search(load_detector(detector), frame, STEP)
    assert iou(found.box, face.box) > 0.7
    elsewhere = Detection(Box(10, 340, 100, 100))
    assert Track(2, grey, elsewhere).search(load_detector(detector), frame, STEP) == []


def test_eyes_move_with_the_box_and_stay_while_the_face_is_bridged(grey: NDArray[np.uint8], face: Detection) -> None:
    track = confirmed(grey, face)
    assert face.eyes is not None
    np.testing.assert_allclose(np.array(track.eyes()), face.eyes, atol=0.5)
    track.mark_missed(grey, [], STEP)
    np.testing.assert_allclose(np.array(track.eyes()), face.eyes, atol=3)
    track.update(grey, shifted(face, 0), [], STEP)
    assert track.eyes() is None  # a detector that tells none has taken over


def test_part_of_a_face_that_goes_behind_another_counts_for_nothing(grey: NDArray[np.uint8], face: Detection) -> None:
    track, front = confirmed(grey, face), shifted(face, -90).box
    for step in range(1, 9):
        track.update(grey, shifted(face, -6 * step), [], STEP)
    left = track.predict(0.0).x
    part = shifted(face, -20, 0, 0.8)
    track.update(grey, part, [front], STEP)
    assert track.time_since_update == pytest.approx(STEP) and track.is_visible
    assert track.predict(0.0).x < left - 2 and track.predict(0.0).width > 0.95 * face.box.width
    for _ in range(10):  # but not for longer than a face may stay unseen
        track.update(grey, part, [front], STEP)
    assert track.is_visible and abs(track.predict(0.0).x - part.box.x) < 40


def test_a_hidden_face_keeps_the_predictions_of_its_last_sight(grey: NDArray[np.uint8], face: Detection) -> None:
    track = confirmed(grey, face)
    seen, raw = track.smooth({"a": FIRST}, STEP, 0.3, 0.5, in_view=True)
    assert seen["a"].label == "angry" and np.array_equal(raw["a"], FIRST)
    unseen, raw = track.smooth({"a": SECOND}, STEP, 0.3, 0.5, in_view=False)
    np.testing.assert_array_equal(unseen["a"].probabilities, seen["a"].probabilities)
    np.testing.assert_array_equal(raw["a"], FIRST)
    track.reset_smoothing()
    anew, _ = track.smooth({"a": SECOND, "b": SECOND}, STEP, 0.3, 0.5, in_view=False)
    assert {name: prediction.label for name, prediction in anew.items()} == {"a": "angry", "b": "disgust"}


def test_smooth_keeps_no_view_of_the_batch(grey: NDArray[np.uint8], face: Detection) -> None:
    rows = np.eye(7, dtype=np.float32)
    _, raw = Track(1, grey, face).smooth({"a": rows[0]}, STEP, 0.3, 0.5, in_view=True)
    rows[:] = 0
    assert raw["a"][0] == 1


def test_rescale_follows_the_resolution(grey: NDArray[np.uint8], face: Detection) -> None:
    track = confirmed(grey, face)
    track.rescale(0.5, 0.5)
    box = track.shown_box(320, 240)
    assert box is not None
    own = face.box
    assert iou(box, Box(own.x // 2, own.y // 2, own.width // 2, own.height // 2)) > 0.9
    assert face.eyes is not None
    np.testing.assert_allclose(np.array(track.eyes()), np.array(face.eyes) / 2, atol=0.5)


def test_associate_gives_each_detection_to_the_nearest_track_once(grey: NDArray[np.uint8], face: Detection) -> None:
    other = shifted(face, -250, 200)
    near = [shifted(other, 5), shifted(face, 5)]
    tracks = [confirmed(grey, face, 1), confirmed(grey, other, 2)]
    pairs = {track.id: found for track, found in associate(tracks, near, grey, STEP)}
    assert pairs == {1: near[1], 2: near[0]}
    assert len(associate(tracks[:1], [face, near[1]], grey, STEP)) == 1


@pytest.mark.parametrize(
    "change",
    [
        pytest.param((400, 0, 1.0), id="too far"),
        pytest.param((0, 0, 1.6), id="too large for one frame"),
        pytest.param((0, 0, 2.5), id="too large"),
    ],
)
def test_associate_refuses(change: tuple[int, int, float], grey: NDArray[np.uint8], face: Detection) -> None:
    assert associate([confirmed(grey, face)], [shifted(face, *change)], grey, STEP) == []
