"""Images to analyses: every kind of source, small crops taken whole, one batch for many images."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fer_core import Analysis, Box, ImageError, analyze, analyze_many
from fer_core.image import decode_image, sample_image
from fer_core.image.face import whole_face
from tests.support.samples import encode
from tests.support.stub_models import BrightnessModel

ASTRONAUT = decode_image(sample_image())
CROP = whole_face(ASTRONAUT[50:194, 152:296])
WHITE = np.full((60, 60, 3), 255, np.uint8)


def as_path(folder: Path) -> Path:
    (folder / "astronaut.png").write_bytes(sample_image())
    return folder / "astronaut.png"


@pytest.mark.parametrize(
    "source",
    [lambda _: sample_image(), as_path, lambda folder: str(as_path(folder)), lambda _: ASTRONAUT],
    ids=["bytes", "path", "text path", "array"],
)
def test_every_kind_of_source(source: Callable[[Path], bytes | str | Path | np.ndarray], tmp_path: Path) -> None:
    found = analyze(source(tmp_path), [BrightnessModel()], name="shown")
    expected = analyze(ASTRONAUT, [BrightnessModel()], name="shown")
    assert found.to_dict() == expected.to_dict() and found.name == "shown" and found.models == ("stub",)
    assert np.array_equal(found.image, ASTRONAUT) and len(found.faces) == 1


@pytest.mark.parametrize("image", [CROP, np.dstack([CROP] * 3)], ids=["grey", "RGB"])
def test_a_small_crop_is_taken_whole(image: np.ndarray) -> None:
    (face,) = analyze(image, [BrightnessModel()]).faces
    assert face.whole_picture and face.box == Box(0, 0, 48, 48) and np.array_equal(face.crop, CROP)


def same(found: Analysis, expected: Analysis) -> bool:
    return found.to_dict() == expected.to_dict() and np.array_equal(found.image, expected.image)


def test_many_images_are_one_batch_and_as_one_by_one() -> None:
    sources = [("a", ASTRONAUT), ("b", WHITE), ("c", CROP), ("d", ASTRONAUT // 4), ("e", WHITE)]
    models = [BrightnessModel("first"), BrightnessModel("second", middle=10)]
    found = analyze_many(sources, models, threshold=0.9)
    assert [model.seen for model in models] == [[3], [3]]
    assert [len(analysis.faces) for analysis in found] == [1, 0, 1, 1, 0]
    for analysis, (name, image) in zip(found, sources, strict=True):
        assert same(analysis, analyze(image, models, threshold=0.9, name=name))
    assert [face.predictions["first"].label for analysis in found for face in analysis.faces] == [
        "happy",
        "happy",
        "sad",
    ]


def test_nothing_gives_nothing() -> None:
    assert analyze_many([], [BrightnessModel()]) == []
    assert analyze(ASTRONAUT, []).faces[0].predictions == {}


def test_faces_are_numbered_from_left_to_right() -> None:
    found = analyze(np.hstack([ASTRONAUT, ASTRONAUT]), [BrightnessModel()])
    assert [face.number for face in found.faces] == [1, 2]
    assert found.faces[0].box.x < found.faces[1].box.x


def test_an_animation_has_a_note() -> None:
    frames = [ASTRONAUT[:96, :128], ASTRONAUT[96:192, :128]]
    data = encode(frames[0], "WEBP", save_all=True, append_images=[_pil(frames[1])], lossless=True)
    found = analyze(data, [])
    assert found.notes == ("The picture is animated: only its first frame is used.",)


def _pil(pixels: np.ndarray) -> object:
    from PIL import Image

    return Image.fromarray(pixels)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (b"", "This file is empty"),
        (b"text", "not a supported image"),
        ("nowhere.png", "nowhere.png cannot be opened"),
        (np.zeros((4, 4), np.float32), "Expected pixels as uint8"),
    ],
    ids=["empty", "text", "no file", "float array"],
)
def test_an_unusable_image_is_refused(source: bytes | str | np.ndarray, said: str) -> None:
    with pytest.raises(ImageError, match=said):
        analyze(source, [BrightnessModel()])
