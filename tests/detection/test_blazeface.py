"""BlazeFace's network: anchors and decoding against cases worked by hand, averaging, kept canvases, a damaged file."""

from pathlib import Path

import numpy as np
import pytest

from fer_core.detection import blazeface
from fer_core.detection.blazeface import NONE, BlazeFace, Candidates, averaged, joined
from fer_core.detection.pyramid import letterboxed
from fer_core.errors import ModelError
from fer_core.image import decode_image, sample_image


def candidates(*rows: tuple[float, float, float, float, float]) -> Candidates:
    """From (x, y, width, height, score); the eyes at the box's corners."""
    values = np.array(rows, np.float32).reshape(-1, 5)
    eyes = np.stack([values[:, :2], values[:, :2] + values[:, 2:4]], axis=1)
    return Candidates(values[:, :4], eyes, values[:, 4])


@pytest.mark.parametrize(
    ("index", "centre"),
    [
        pytest.param(0, (4, 4), id="first of stride 8"),
        pytest.param(1, (4, 4), id="two a place"),
        pytest.param(2, (12, 4), id="then to the right"),
        pytest.param(32, (4, 12), id="second row"),
        pytest.param(512, (8, 8), id="first of stride 16"),
        pytest.param(517, (8, 8), id="six a place"),
        pytest.param(518, (24, 8), id="next place"),
        pytest.param(895, (120, 120), id="last"),
    ],
)
def test_anchors_of_the_networks_own_canvas(index: int, centre: tuple[float, float]) -> None:
    anchors = blazeface._anchors(128, 128)
    assert anchors.shape == (896, 2)
    assert tuple(anchors[index]) == centre


class Interpreter:
    """Gives what it is told instead of running the network."""

    def __init__(self, regressors: np.ndarray, logits: np.ndarray) -> None:
        self.tensors = {1: regressors[np.newaxis], 2: logits[np.newaxis, :, np.newaxis]}

    def set_tensor(self, index: int, value: np.ndarray) -> None:
        self.seen = value

    def invoke(self) -> None:
        pass

    def get_tensor(self, index: int) -> np.ndarray:
        return self.tensors[index]


def test_decodes_as_worked_by_hand() -> None:
    regressors, logits = np.zeros((896, 16), np.float32), np.full(896, -10, np.float32)
    logits[518] = np.log(0.9 / 0.1)  # its anchor is at (24, 8)
    regressors[518, :8] = (6, 12, 40, 30, -4, 2, 16, 1)  # centre, size, right eye, left eye, from the anchor
    network = BlazeFace()
    network._interpreters[(1, 128, 128, 3)] = fake = Interpreter(regressors, logits), 0, 1, 2
    (found,) = network.detect(np.full((1, 128, 128, 3), 255, np.uint8), 0.5)
    np.testing.assert_allclose(found.boxes, [[24 + 6 - 20, 8 + 12 - 15, 40, 30]])
    np.testing.assert_allclose(found.eyes, [[[20, 10], [40, 9]]])
    np.testing.assert_allclose(found.scores, [0.9], rtol=1e-6)
    assert fake[0].seen.min() == fake[0].seen.max() == 1.0  # 255 becomes 1


def test_each_canvas_of_a_batch_gets_its_own_anchors() -> None:
    face = decode_image(sample_image())[30:230, 120:330]
    canvas, *_ = letterboxed(face, (0, 0, 210, 200), (128, 128))
    empty = np.zeros_like(canvas)
    network = BlazeFace()
    (alone,) = network.detect(canvas[np.newaxis], 0.5)
    first, second, third = network.detect(np.stack([empty, canvas, empty]), 0.5)
    assert len(alone) == len(second) == 1 and not len(first) and not len(third)
    np.testing.assert_allclose(second.boxes, alone.boxes, atol=1e-2)
    np.testing.assert_allclose(second.eyes, alone.eyes, atol=1e-2)


def test_detections_of_one_face_are_averaged_by_their_scores() -> None:
    found = averaged(candidates((10, 10, 20, 20, 0.6), (14, 10, 20, 20, 0.9), (80, 80, 20, 20, 0.7)))
    np.testing.assert_allclose(found.scores, [0.9, 0.7], rtol=1e-6)  # the best one's
    np.testing.assert_allclose(found.boxes[0], [(10 * 0.6 + 14 * 0.9) / 1.5, 10, 20, 20], rtol=1e-6)
    np.testing.assert_allclose(found.boxes[1], [80, 80, 20, 20])


@pytest.mark.parametrize(
    ("x", "count"),
    [
        pytest.param(10.0, 1, id="the same place"),
        pytest.param(20.6, 1, id="a third in common"),
        pytest.param(21.5, 2, id="less"),
        pytest.param(60.0, 2, id="apart"),
    ],
)
def test_how_far_apart_two_faces_are_two(x: float, count: int) -> None:
    # boxes of 20 pixels that are d apart share (20 - d) / (20 + d): 0.3 at d = 10.8
    assert len(averaged(candidates((10, 10, 20, 20, 0.9), (x, 10, 20, 20, 0.8)))) == count


def test_nothing_joined_or_averaged_is_nothing() -> None:
    assert len(joined([])) == len(joined([NONE, NONE])) == len(averaged(NONE)) == 0


def test_canvases_stay_allocated_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    network = BlazeFace()
    monkeypatch.setattr(blazeface, "_KEPT_SHAPES", 3)
    for side in (32, 48, 64, 32, 80):
        network.detect(np.zeros((1, side, side, 3), np.uint8), 0.5)
    assert [shape[1] for shape in network._interpreters] == [64, 32, 80]
    monkeypatch.setattr(blazeface, "_KEPT_PIXELS", 80 * 80 + 2 * 32 * 32)
    network.detect(np.zeros((2, 32, 32, 3), np.uint8), 0.5)
    assert [shape[:2] for shape in network._interpreters] == [(1, 80), (2, 32)]


@pytest.mark.parametrize("content", [None, b"", b"TFL3 but no network"], ids=["missing", "empty", "damaged"])
def test_a_damaged_or_missing_file_is_named(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "blazeface_short_range.tflite"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setattr(blazeface, "FILE", file)
    with pytest.raises(ModelError, match="blazeface_short_range"):
        BlazeFace()
