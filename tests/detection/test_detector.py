"""Detectors by name: the one photograph, small, turned, mirrored, at edges; what serves without the file."""

import itertools
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_core.detection import DEFAULT_DETECTOR, DETECTORS, Box, Detection, blazeface, crop_face, load_detector
from fer_core.detection.search import _tiles
from fer_core.image import decode_image, sample_image

ASTRONAUT = decode_image(sample_image())
HEAD = ASTRONAUT[0:300, 80:380]
"""300 pixels wide; the face's middle at (142, 118), about 105 wide."""
BY_BLAZEFACE = [name for name in DETECTORS if name != "haar"]


def on_ground(image: np.ndarray, width: int, height: int, x: int, y: int) -> np.ndarray:
    ground = np.full((height, width, 3), 110, np.uint8)
    ground[y : y + image.shape[0], x : x + image.shape[1]] = image
    return ground


def turned(image: np.ndarray, degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """An image turned about its middle, and the 2x3 matrix that moves its points."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
    return cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), matrix


def middle(box: Box) -> np.ndarray:
    return np.array((box.x + box.width / 2, box.y + box.height / 2))


def one(found: list[Detection]) -> Detection:
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize("sensitivity", ["low", "normal", "high"])
def test_every_detector_finds_the_astronaut(name: str, sensitivity: str) -> None:
    detector = load_detector(name)
    found = one(detector.detect(ASTRONAUT, sensitivity))
    assert detector.name == name
    assert np.abs(middle(found.box) - (222, 118)).max() < 20 and 80 < found.box.width < 140
    assert (found.eyes is None) == (name == "haar")


@pytest.mark.parametrize("name", DETECTORS)
def test_an_unknown_sensitivity_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=r"Expected a sensitivity of low, normal, high. Received: 'huge'"):
        load_detector(name).detect(ASTRONAUT, "huge")


def test_an_unknown_detector_is_named() -> None:
    with pytest.raises(ValueError, match=r"Expected a detector of auto, blazeface, haar. Received: 'mtcnn'"):
        load_detector("mtcnn")


@pytest.mark.parametrize("name", BY_BLAZEFACE)
def test_grey_is_as_good_as_colour(name: str) -> None:
    grey = cv2.cvtColor(HEAD, cv2.COLOR_RGB2GRAY)
    colour, plain = (one(load_detector(name).detect(image)) for image in (HEAD, grey))
    assert np.abs(middle(colour.box) - middle(plain.box)).max() < 6


@pytest.mark.parametrize("degrees", [-40, -25, -10, 10, 25, 40])
def test_turning_an_image_turns_boxes_and_eyes(degrees: float) -> None:
    detector = load_detector()
    upright = one(detector.detect(HEAD))
    image, matrix = turned(HEAD, degrees)
    found = one(detector.detect(image))
    assert np.abs(matrix @ (*middle(upright.box), 1) - middle(found.box)).max() < 15
    for before, after in zip(upright.eyes, found.eyes, strict=True):
        assert np.abs(matrix @ (*before, 1) - after).max() < 10


def test_mirroring_an_image_mirrors_boxes_and_eyes() -> None:
    detector = load_detector()
    plain, mirrored = one(detector.detect(HEAD)), one(detector.detect(np.ascontiguousarray(HEAD[:, ::-1])))
    width = HEAD.shape[1]
    assert np.abs(middle(plain.box) - (width, 0) - middle(mirrored.box) * (-1, 1)).max() < 10
    for before, after in zip(plain.eyes, reversed(mirrored.eyes), strict=True):
        assert abs(width - 1 - before[0] - after[0]) < 8 and abs(before[1] - after[1]) < 8
    assert mirrored.eyes[0][0] < mirrored.eyes[1][0]  # left to right in the picture


@pytest.mark.parametrize("degrees", [-30, -15, 15, 30])
def test_the_crop_of_a_turned_face_is_that_of_the_upright_one(degrees: float) -> None:
    detector = load_detector()

    def crop(image: np.ndarray) -> np.ndarray:
        found = one(detector.detect(image))
        return crop_face(image, found.box, eyes=found.eyes)

    upright, again = crop(HEAD), crop(turned(HEAD, degrees)[0])
    assert upright.shape == again.shape == (48, 48)
    assert np.corrcoef(upright.ravel(), again.ravel())[0, 1] > 0.9


@pytest.mark.parametrize("size", [24, 32, 40, 64, 120])
def test_small_faces_are_found_by_auto(size: int) -> None:
    side = round(HEAD.shape[0] * size / 105)
    small = cv2.resize(HEAD, (side, side), interpolation=cv2.INTER_AREA)
    found = one(load_detector("auto").detect(on_ground(small, 1280, 720, 900, 200)))
    assert np.abs(middle(found.box) - (900 + 142 * side / 300, 200 + 118 * side / 300)).max() < size / 3


def test_the_costly_searches_can_be_left_out() -> None:
    small = cv2.resize(HEAD, (92, 92), interpolation=cv2.INTER_AREA)  # a face of 32 pixels
    image = on_ground(small, 1280, 720, 300, 300)
    assert load_detector("auto").detect(image)
    assert not load_detector("auto").detect(image, thorough=False)
    assert not load_detector("blazeface").detect(image)


@pytest.mark.parametrize("name", BY_BLAZEFACE)
def test_a_face_that_fills_the_image_or_leaves_it(name: str) -> None:
    detector = load_detector(name)
    tight = HEAD[60:180, 85:200]
    for image in (tight, HEAD[:, 110:], HEAD[90:]):
        found = one(detector.detect(image))
        height, width = image.shape[:2]
        assert found.box.x >= 0 and found.box.y >= 0
        assert found.box.x + found.box.width <= width and found.box.y + found.box.height <= height


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize(
    "image",
    [
        pytest.param(np.zeros((480, 640, 3), np.uint8), id="black"),
        pytest.param(np.full((480, 640, 3), 255, np.uint8), id="white"),
        pytest.param(np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8), id="noise"),
        pytest.param(np.zeros((1, 1, 3), np.uint8), id="one pixel"),
        pytest.param(np.zeros((1, 10_000, 3), np.uint8), id="one row"),
        pytest.param(np.zeros((3000, 40, 3), np.uint8), id="a strip"),
    ],
)
def test_finds_none(name: str, image: np.ndarray) -> None:
    assert load_detector(name).detect(image) == []


@pytest.mark.parametrize("name", DETECTORS)
def test_looks_near_a_known_face(name: str) -> None:
    detector = load_detector(name)
    image = on_ground(HEAD, 640, 480, 170, 60)
    known = one(detector.detect(image)).box
    moved = Box(known.x + 12, known.y - 8, known.width, known.height)
    found = max(detector.detect_near(image, moved, 1.6), key=lambda face: face.score)
    assert np.abs(middle(found.box) - middle(known)).max() < 12
    assert detector.detect_near(image, Box(560, 400, 60, 60), 1.6) == []


@pytest.mark.parametrize(
    ("length", "starts", "tile"),
    [
        pytest.param(500.0, [0], 512, id="one is enough"),
        pytest.param(640.0, [0], 640, id="just"),
        pytest.param(1184.0, [0, 544], 640, id="two"),
        pytest.param(666.0, [0, 282], 384, id="two small ones"),
        pytest.param(1217.0, [0, 368.5, 737], 480, id="three"),
    ],
)
def test_tiles_cover_and_overlap(length: float, starts: list[float], tile: int) -> None:
    found, side = _tiles(length)
    assert (found, side) == (pytest.approx(starts), tile)
    assert found[-1] + side >= length
    for first, second in itertools.pairwise(found):
        assert first + side - second >= 64


def test_threads_agree() -> None:
    images = [HEAD, np.ascontiguousarray(HEAD[:, ::-1]), ASTRONAUT] * 4
    expected = [load_detector().detect(image) for image in images]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(load_detector().detect, images)) == expected


def test_haar_serves_where_the_file_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(blazeface, "FILE", tmp_path / "blazeface_short_range.tflite")
    load_detector.cache_clear()
    try:
        with caplog.at_level(logging.WARNING):
            assert load_detector().name == load_detector().name == "haar"
        assert [record.message for record in caplog.records] == [
            "blazeface_short_range.tflite cannot be read: No such file or directory. "
            "Haar cascades find the faces instead."
        ]
        assert load_detector().detect(ASTRONAUT)
    finally:
        load_detector.cache_clear()


def test_the_default_is_one_of_them() -> None:
    assert DEFAULT_DETECTOR == "auto" and set(DETECTORS) == {"auto", "blazeface", "haar"}
