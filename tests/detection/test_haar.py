"""Finding faces, cropping them, and telling a bare face crop from noise."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from fer_core.detection import haar as faces
from fer_core.detection.alignment import CROP_MARGIN, crop_face, crop_faces, is_face_crop
from fer_core.detection.boxes import Box
from fer_core.detection.haar import SENSITIVITIES, find_faces
from fer_core.image import decode_image, sample_image
from fer_core.image.face import FACE_SIZE, whole_face

ASTRONAUT = decode_image(sample_image())
FACE = Box(168, 62, 112, 112)
"""Where the astronaut's face is, judged by eye; boxes below are held to it within a quarter of its side."""
RANDOM = np.random.default_rng(0)


def noise(height: int, width: int) -> np.ndarray:
    return RANDOM.integers(0, 256, (height, width, 3), dtype=np.uint8)


def resized(image: np.ndarray, width: int, height: int) -> np.ndarray:
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))


def on_grey(image: np.ndarray, width: int, height: int, x: int, y: int) -> np.ndarray:
    canvas = np.full((height, width, 3), 128, np.uint8)
    canvas[y : y + image.shape[0], x : x + image.shape[1]] = image
    return canvas


def near(box: Box, scale: float = 1.0, x: int = 0, y: int = 0, expected: Box = FACE) -> bool:
    side = expected.width * scale
    middle = (x + (expected.x + expected.width / 2) * scale, y + (expected.y + expected.height / 2) * scale)
    off = (box.x + box.width / 2 - middle[0], box.y + box.height / 2 - middle[1])
    return max(map(abs, off)) < side / 4 and 0.7 * side < box.width < 1.4 * side


SMALL = resized(ASTRONAUT, 205, 205)


@pytest.mark.parametrize(
    ("image", "scale", "x", "y"),
    [
        pytest.param(ASTRONAUT, 1, 0, 0, id="as it is"),
        pytest.param(cv2.cvtColor(ASTRONAUT, cv2.COLOR_RGB2GRAY), 1, 0, 0, id="grey"),
        pytest.param(on_grey(ASTRONAUT, 1280, 720, 700, 150), 1, 700, 150, id="in 1280 x 720"),
        pytest.param(on_grey(SMALL, 1280, 720, 30, 500), 0.4, 30, 500, id="45 pixels in 1280 x 720"),
        pytest.param(cv2.resize(ASTRONAUT, (4096, 4096)), 8, 0, 0, id="16 megapixels"),
        pytest.param(ASTRONAUT[45:190, 150:295], 1, -150, -45, id="tight portrait"),
        pytest.param(ASTRONAUT[:, 130:320], 1, -130, 0, id="tall strip"),
    ],
)
def test_finds_the_one_face(image: np.ndarray, scale: float, x: int, y: int) -> None:
    (box,) = find_faces(image)
    assert near(box, scale, x, y), box


@pytest.mark.parametrize("sensitivity", SENSITIVITIES)
def test_every_sensitivity_finds_the_astronaut(sensitivity: str) -> None:
    assert any(near(box) for box in find_faces(ASTRONAUT, sensitivity))


@pytest.mark.parametrize(("thorough", "searches"), [(False, 1), (True, 6)])
def test_thorough_is_more_than_one_search(thorough: bool, searches: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, search = [], faces._search
    monkeypatch.setattr(faces, "_search", lambda *args: seen.append(args[1]) or search(*args))
    assert find_faces(np.zeros((720, 1280, 3), np.uint8), thorough=thorough) == []
    assert len(seen) == len(set(seen)) == searches
    assert [near(box) for box in find_faces(ASTRONAUT, thorough=thorough)] == [True]


def test_unknown_sensitivity_is_named() -> None:
    with pytest.raises(ValueError, match=r"low, normal, high.*'extreme'"):
        find_faces(ASTRONAUT, "extreme")


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(np.zeros((1, 1, 3), np.uint8), id="45 1 x 1"),
        pytest.param(noise(1, 10_000), id="46 10,000 x 1"),
        pytest.param(noise(10_000, 1), id="1 x 10,000"),
        pytest.param(noise(30, 3000), id="3,000 x 30"),
        pytest.param(np.zeros((480, 640, 3), np.uint8), id="47 black"),
        pytest.param(np.full((480, 640, 3), 255, np.uint8), id="48 white"),
        pytest.param(noise(48, 48), id="49 small noise"),
        pytest.param(noise(480, 640), id="49 noise"),
        pytest.param(noise(720, 1280), id="49 large noise"),
        pytest.param(np.ascontiguousarray(ASTRONAUT[::-1]), id="50 upside down"),
    ],
)
def test_finds_none(image: np.ndarray) -> None:
    assert find_faces(image) == []


def test_fifty_faces_from_left_to_right() -> None:  # 51
    tile = resized(ASTRONAUT[20:220, 124:324], 120, 120)
    boxes = find_faces(np.tile(tile, (5, 10, 1)))
    expected = Box((FACE.x - 124) * 120 // 200, (FACE.y - 20) * 120 // 200, 67, 67)
    cells = {(box.x // 120, box.y // 120) for box in boxes}
    assert len(boxes) == len(cells) == 50
    assert all(near(box, 1, 120 * (box.x // 120), 120 * (box.y // 120), expected) for box in boxes)
    assert [box.x for box in boxes] == sorted(box.x for box in boxes)


@pytest.mark.parametrize("left", range(120, 260, 20))
def test_boxes_stay_inside_a_cut_picture(left: int) -> None:
    image = np.ascontiguousarray(ASTRONAUT[62:200, left : left + 140])
    for box in find_faces(image, "high"):
        assert box.x >= 0 and box.y >= 0 and box.width > 0 and box.height > 0
        assert box.x + box.width <= image.shape[1] and box.y + box.height <= image.shape[0]


@pytest.mark.parametrize(
    ("boxes", "kept"),
    [
        ([], []),
        ([Box(0, 0, 10, 10), Box(20, 0, 10, 10)], [0, 1]),
        ([Box(0, 0, 10, 10), Box(0, 0, 10, 10)], [0]),
        ([Box(0, 0, 40, 40), Box(10, 10, 10, 10)], [0]),
        ([Box(10, 10, 10, 10), Box(0, 0, 40, 40)], [0]),
        ([Box(0, 0, 10, 10), Box(4, 0, 10, 10)], [0]),
        ([Box(0, 0, 10, 10), Box(6, 0, 10, 10)], [0, 1]),
    ],
    ids=["none", "apart", "twice", "nested", "nested, small first", "60 % shared", "40 % shared"],
)
def test_one_box_a_face(boxes: list[Box], kept: list[int]) -> None:
    assert faces.distinct(boxes) == [boxes[i] for i in kept]


def test_threads_agree_and_share_no_cascade() -> None:
    alone = find_faces(ASTRONAUT)
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(find_faces, [ASTRONAUT] * 6)) == [alone] * 6
        other = pool.submit(faces._cascade, "frontalface_alt2").result()
    assert other is not faces._cascade("frontalface_alt2")
    assert faces._cascade("frontalface_alt2") is faces._cascade("frontalface_alt2")


SQUARE = ASTRONAUT[50:194, 152:296]
"""The face framed about as FER-2013 frames it."""


@pytest.mark.parametrize(
    ("image", "counts"),
    [
        pytest.param(whole_face(SQUARE), True, id="52 48 x 48 grey"),
        pytest.param(resized(SQUARE, 48, 48), True, id="48 x 48 RGB"),
        pytest.param(resized(SQUARE, 32, 32), True, id="32 x 32"),
        pytest.param(resized(SQUARE, 96, 96), True, id="96 x 96"),
        pytest.param(resized(SQUARE, 48, 52), True, id="8 % off square"),
        pytest.param(resized(SQUARE, 48, 54), False, id="12 % off square"),
        pytest.param(resized(SQUARE, 31, 31), False, id="31 x 31"),
        pytest.param(resized(SQUARE, 97, 97), False, id="97 x 97"),
        pytest.param((resized(SQUARE, 48, 48) // 16 + 100).astype(np.uint8), False, id="hardly any contrast"),
        pytest.param(np.zeros((48, 48), np.uint8), False, id="black"),
        pytest.param(np.full((48, 48, 3), 255, np.uint8), False, id="white"),
        pytest.param(noise(48, 48), False, id="colour noise"),
        pytest.param(noise(48, 48)[..., 0], False, id="grey noise"),
        pytest.param(noise(96, 96), False, id="noise, 96 x 96"),
        pytest.param(noise(32, 32), False, id="noise, 32 x 32"),
        pytest.param(noise(48, 48) // 128 * 255, False, id="salt and pepper"),
        pytest.param(np.tile(np.arange(0, 240, 5, dtype=np.uint8), (48, 1)), False, id="gradient"),
    ],
)
def test_what_counts_as_a_face_by_itself(image: np.ndarray, counts: bool) -> None:
    assert is_face_crop(image) is counts


def test_a_face_of_its_own_size_is_untouched() -> None:
    grey = RANDOM.integers(0, 256, (FACE_SIZE, FACE_SIZE), dtype=np.uint8)
    grey.ravel()[:256] = np.arange(256)
    assert np.array_equal(whole_face(grey), grey)
    assert np.array_equal(whole_face(np.dstack([grey] * 3)), grey)
    assert not np.shares_memory(whole_face(grey), grey)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (20, 20, 3), (47, 49), (48, 96, 3), (500, 300, 3)])
def test_whole_face_of_any_size(shape: tuple[int, ...]) -> None:
    face = whole_face(np.full(shape, 77, np.uint8))
    assert face.shape == (48, 48) and face.dtype == np.uint8 and set(face.ravel()) == {77}


def test_shrinking_averages() -> None:
    checks = np.kron(np.indices((48, 48)).sum(axis=0) % 2, np.array([[0, 100], [100, 200]])).astype(np.uint8)
    expected = checks.reshape(48, 2, 48, 2).mean(axis=(1, 3))
    assert np.abs(whole_face(checks) - expected).max() <= 0.5


RAMP = np.tile(np.arange(200, dtype=np.uint8), (120, 1))
"""Grey level = column, so a crop tells where it was taken."""


@pytest.mark.parametrize(
    ("box", "margin", "first", "last"),
    [
        (Box(60, 30, 48, 48), 1.0, 60, 107),
        (Box(60, 30, 24, 24), 2.0, 48, 95),
        (Box(60, 30, 48, 24), 1.0, 60, 107),
        (Box(70, 30, 24, 48), 1.0, 58, 105),
        (Box(0, 0, 48, 48), 2.0, 0, 71),
        (Box(152, 72, 48, 48), 2.0, 128, 199),
    ],
    ids=["exact", "margin", "wide box", "tall box", "over the left edge", "over the right edge"],
)
def test_crop_frames_the_middle_of_the_box(box: Box, margin: float, first: int, last: int) -> None:
    crop = crop_face(RAMP, box, margin)
    assert crop.shape == (48, 48) and crop.dtype == np.uint8
    assert np.array_equal(crop, np.tile(crop[0], (48, 1)))
    assert abs(int(crop[0, 0]) - first) <= 1 and abs(int(crop[0, -1]) - last) <= 1


def test_crop_leaves_the_picture_by_repeating_its_edge() -> None:
    crop = crop_face(RAMP, Box(0, 40, 40, 40), 1.2)  # 48 wide, from column -4
    assert crop[0].tolist() == [0, 0, 0, 0, *range(44)]


@pytest.mark.parametrize("box", [Box(500, 0, 20, 20), Box(0, 900, 20, 20), Box(-90, 0, 20, 20)])
def test_crop_refuses_a_box_outside(box: Box) -> None:
    with pytest.raises(ValueError, match="inside the picture of 200 x 120"):
        crop_face(RAMP, box)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_crops_of_many_boxes(count: int) -> None:
    boxes = [Box(10 * i, 5 * i, 50, 50) for i in range(count)]
    crops = crop_faces(ASTRONAUT, boxes)
    assert crops.shape == (count, 48, 48) and crops.dtype == np.uint8
    for crop, box in zip(crops, boxes, strict=True):
        assert np.array_equal(crop, crop_face(ASTRONAUT, box, CROP_MARGIN))


def test_box_is_ready_for_json() -> None:
    assert Box(1, 2, 3, 4).to_dict() == {"x": 1, "y": 2, "width": 3, "height": 4}
    assert all(type(value) is int for value in find_faces(ASTRONAUT)[0].to_dict().values())
