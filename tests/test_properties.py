"""What holds for every input, looked for by Hypothesis: 100 examples each, or 1,000 with FER_PROPERTIES=thorough.

The default profile draws the same examples each time, so that it fails for the same reason twice.
"""

import csv
import io
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from fer_core import (
    EMOTIONS,
    Analysis,
    Box,
    FerError,
    ImageError,
    ModelCard,
    ModelError,
    analyze,
    decode_image,
    read_card,
)
from fer_core.analysis.export import ROW_FIELDS, to_csv, to_json
from fer_core.analysis.results import Face, Prediction
from fer_core.bundle.calibration import softmax
from fer_core.bundle.card import CARD_NAME, write_card
from fer_core.detection.alignment import crop_face
from fer_core.image.decode import MAX_IMAGE_PIXELS, read_image, shown_name
from fer_core.tracking.tracker import MAX_FACES, FaceTracker
from tests.support.samples import bmp_header, encode, jpeg_header, png, portrait, webp_header
from tests.support.stub_models import BrightnessModel

settings.register_profile(
    "default", max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
settings.register_profile("thorough", settings.get_profile("default"), max_examples=1000, derandomize=False)
settings.load_profile(os.environ.get("FER_PROPERTIES", "default"))

PICTURE = portrait()
ENCODED = [
    encode(PICTURE, "JPEG"),
    encode(PICTURE, "JPEG", progressive=True),
    encode(PICTURE, "PNG"),
    encode(np.dstack([PICTURE, PICTURE[..., 0]]), "PNG"),
    encode(PICTURE, "WEBP"),
    encode(PICTURE, "WEBP", save_all=True, append_images=[], lossless=True),
    encode(PICTURE, "BMP"),
    png(3, 2, pixels=bytes(20)),
    png(9000, 9000),
    jpeg_header(40, 40),
    webp_header(40, 40),
    bmp_header(40, -40),
]
SMALL_PICTURES = arrays.arrays(np.uint8, st.tuples(st.integers(1, 70), st.integers(1, 70), st.just(3)))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A picture's bytes with some changed, cut, doubled or put in."""
    data = bytearray(draw(st.sampled_from(ENCODED)))
    for _ in range(draw(st.integers(0, 4))):
        at, length = draw(st.integers(0, len(data))), draw(st.integers(0, 40))
        data[at : at + length] = draw(st.binary(max_size=40))
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


def check_decoding(data: bytes) -> None:
    try:
        image = decode_image(data, "a.png")
    except ImageError as error:
        assert str(error).startswith("a.png ") and len(str(error).splitlines()) == 1
    else:
        assert image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3 and image.flags.c_contiguous
        assert 0 < image.shape[0] * image.shape[1] <= MAX_IMAGE_PIXELS
        assert all(isinstance(note, str) for note in read_image(data).notes)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_picture_or_a_line(data: bytes) -> None:
    check_decoding(data)


@given(damaged())
def test_damaged_pictures_are_a_picture_or_a_line(data: bytes) -> None:
    check_decoding(data)


@given(SMALL_PICTURES, st.sampled_from(["PNG", "BMP", "WEBP"]))
def test_lossless_pictures_come_back(image: Any, kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    assert np.array_equal(decode_image(encode(image, kind, **options)), image)


@given(st.text(max_size=400))
def test_names_are_shown_in_one_short_line(name: str) -> None:
    shown = shown_name(name)
    assert shown and shown.isprintable() and len(shown) <= 60 and "/" not in shown and "\\" not in shown


@given(
    SMALL_PICTURES, st.integers(-90, 90), st.integers(-90, 90), st.integers(1, 90), st.integers(1, 90),
    st.floats(0.1, 3),
)  # fmt: skip
def test_a_crop_is_a_face_of_pixels_that_are_there(
    image: Any, x: int, y: int, width: int, height: int, margin: float
) -> None:
    try:
        crop = crop_face(image[..., 0].copy(), Box(x, y, width, height), margin)
    except ValueError as error:  # the square lies outside
        assert "Expected a box inside" in str(error)
        return
    assert crop.shape == (48, 48) and crop.dtype == np.uint8


@given(SMALL_PICTURES)
def test_boxes_lie_in_the_picture_and_probabilities_add_up(image: Any) -> None:
    for face in analyze(image, [BrightnessModel()]).faces:
        assert 0 <= face.box.x < face.box.x + face.box.width <= image.shape[1]
        assert 0 <= face.box.y < face.box.y + face.box.height <= image.shape[0]
        assert abs(face.predictions["stub"].probabilities.sum() - 1) < 1e-5


@given(arrays.arrays(np.float32, (3, 7), elements=st.floats(-(2.0**99), 2.0**99, width=32)))
def test_probabilities_add_up(logits: Any) -> None:
    found = softmax(logits)
    assert ((found >= 0) & (found <= 1)).all() and np.abs(found.sum(axis=1) - 1).max() < 1e-5


FRAMES = [portrait(160, 120), portrait(96, 128), np.zeros((120, 160, 3), np.uint8), portrait(160, 120)[:, ::-1].copy()]
FRAMES += [np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8), np.full((3, 4, 3), 9, np.uint8)]


@given(st.lists(st.tuples(st.sampled_from(range(len(FRAMES))), st.floats(width=32)), max_size=6))
def test_the_tracker_bears_any_frames_at_any_times(steps: list[tuple[int, float]]) -> None:
    tracker = FaceTracker([BrightnessModel()])
    for index, moment in steps:
        height, width = FRAMES[index].shape[:2]
        faces = tracker.update(FRAMES[index], moment)
        assert len(faces) <= MAX_FACES and len({face.id for face in faces}) == len(faces)
        for face in faces:
            assert face.box.x >= 0 and face.box.y >= 0 and face.box.width > 0 and face.box.height > 0
            assert face.box.x + face.box.width <= width and face.box.y + face.box.height <= height
            for probabilities in (face.predictions["stub"].probabilities, face.raw["stub"]):
                assert abs(probabilities.sum() - 1) < 1e-5


def seven(low: float, high: float) -> st.SearchStrategy[list[float]]:
    return st.lists(st.floats(low, high), min_size=7, max_size=7)


@st.composite
def cards(draw: st.DrawFn) -> ModelCard:
    entry = st.fixed_dictionaries({"sha256": st.from_regex(r"[0-9a-f]{64}", fullmatch=True), "bytes": st.integers(0)})
    names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,9}", fullmatch=True)
    return ModelCard(
        name="x",
        title=draw(st.text(max_size=30)),
        architecture=draw(st.text(max_size=10)),
        parameters=draw(st.integers(1, 10**12)),
        multiply_adds=draw(st.integers(0, 10**12)),
        files=draw(st.dictionaries(names, entry, max_size=3)),
        training=draw(st.dictionaries(st.text(max_size=8), JSON, max_size=3)),
        evaluation=draw(st.dictionaries(names, st.fixed_dictionaries({"accuracy": st.floats(0, 1)}), max_size=2)),
        calibration=draw(st.just({}) | st.fixed_dictionaries({"scale": seven(0.02, 99), "bias": seven(-99, 99)}))
        | {"temperature": draw(st.floats(0.02, 99))},
        flagship=draw(st.booleans()),
    )


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(card=cards())
def test_cards_come_back(card: ModelCard, tmp_path_factory: Any) -> None:
    folder = card_folder(tmp_path_factory)
    write_card(card, folder)
    assert read_card(folder) == card


@given(card=cards(), field=st.sampled_from(sorted(ModelCard.__dataclass_fields__)), value=JSON)
def test_a_card_with_anything_in_a_field_is_read_or_refused(
    card: ModelCard, field: str, value: Any, tmp_path_factory: Any
) -> None:
    folder = card_folder(tmp_path_factory)
    (folder / CARD_NAME).write_text(json.dumps(json.loads(card.to_json()) | {field: value}), encoding="utf-8")
    try:
        assert read_card(folder).name == "x"
    except ModelError as error:
        assert str(error).startswith("x: card.json") and len(str(error).splitlines()) == 1


def card_folder(factory: Any) -> Path:
    folder = Path(factory.getbasetemp()) / "cards" / "x"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@st.composite
def analyses(draw: st.DrawFn) -> Analysis:
    chances = arrays.arrays(np.float32, 7, elements=st.floats(0.015625, 1, width=32)).map(lambda p: p / p.sum())
    boxes = st.builds(Box, st.integers(0, 5000), st.integers(0, 5000), st.integers(1, 500), st.integers(1, 500))
    names = draw(st.lists(st.text(min_size=1, max_size=10), min_size=1, max_size=2, unique=True))
    faces = tuple(
        Face(
            number + 1, draw(boxes), np.zeros((48, 48), np.uint8), {n: Prediction(draw(chances)) for n in names},
            draw(st.booleans()), tuple(draw(st.lists(st.text(max_size=10), max_size=2))),
        )
        for number in range(draw(st.integers(0, 3)))
    )  # fmt: skip
    return Analysis(np.zeros((2, 3, 3), np.uint8), faces, tuple(names), draw(st.text(max_size=20)))


@given(analyses())
def test_csv_and_json_come_back(analysis: Analysis) -> None:
    rows = analysis.to_rows()
    read = list(csv.DictReader(io.StringIO(to_csv(rows), newline="")))
    assert len(read) == len(rows)
    for row, found in zip(rows, read, strict=True):
        assert tuple(found) == ROW_FIELDS
        for key, value in row.items():
            if isinstance(value, str):
                assert found[key].removeprefix("'") == value.replace("\0", "").removeprefix("'")
                assert not found[key].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
            else:
                assert found[key] == str(value)
        if analysis.faces:
            assert abs(sum(float(found[emotion]) for emotion in EMOTIONS) - 1) < 4e-4  # four decimals each
    try:
        assert json.loads(to_json([analysis.to_dict()])) == [analysis.to_dict()]
    except UnicodeEncodeError as error:
        raise AssertionError from error
    assert len(replace(analysis, faces=()).to_rows()) == 1 and issubclass(ImageError, FerError)
