"""Decoding: what is taken, what is refused, and how it is said. Row numbers are those of the table of bad inputs."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_core.errors import ImageError
from fer_core.image import decode as images
from fer_core.image import sample_image
from fer_core.image.decode import (
    MAX_IMAGE_BYTES,
    ImageSource,
    decode_image,
    read_image,
    shown_name,
)
from tests.support.bad_inputs import CASES, REFUSED, Case
from tests.support.bad_inputs import DAMAGED as DECODED
from tests.support.samples import bmp_header, encode, jpeg_header, orientation, png, png_chunk, portrait, webp_header

PICTURE = portrait()
HEIGHT, WIDTH = PICTURE.shape[:2]
JPEG = encode(PICTURE, "JPEG", quality=95)
PROGRESSIVE = encode(PICTURE, "JPEG", quality=95, progressive=True)
PNG = encode(PICTURE, "PNG")
WEBP = encode(PICTURE, "WEBP", lossless=True)
BMP = encode(PICTURE, "BMP")
ALPHA = np.tile(np.linspace(0, 255, WIDTH).astype(np.uint8), (HEIGHT, 1))
RGBA = np.dstack([PICTURE, ALPHA])
GREY = np.asarray(Image.fromarray(PICTURE).convert("L"))
NOISE = np.random.default_rng(0).bytes(50)


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("note.txt", "hello")
    return out.getvalue()


def animated(kind: str) -> bytes:
    second = Image.fromarray(PICTURE[:, ::-1].copy())
    options = {"lossless": True} if kind == "WEBP" else {}
    return encode(PICTURE, kind, save_all=True, append_images=[second], duration=100, **options)


UNSUPPORTED = {
    "GIF": encode(PICTURE, "GIF"),
    "text that begins with BM": b"BMW is a maker of cars and this is a text.",
}
DAMAGED = {
    "JPEG without its last byte": JPEG[:-1],
    "progressive JPEG cut at 95 %": PROGRESSIVE[: len(PROGRESSIVE) * 95 // 100],
    "PNG cut in a chunk": PNG[: len(PNG) // 2],
    "PNG cut in its header": PNG[:20],
    "PNG with half its rows": png(40, 40, pixels=bytes(121 * 20)),
    "WebP without its last byte": WEBP[:-1],
    "cut BMP": BMP[: len(BMP) // 2],
    "BMP of zero width": bmp_header(0, 40),
    "JPEG signature alone": b"\xff\xd8\xff",
    "JPEG header alone": jpeg_header(40, 40),
    "WebP header alone": webp_header(40, 40),
}
TOO_LARGE = {
    "BMP header of 30,000 x 30,000": bmp_header(30_000, -30_000) + bytes(10),
    "animated PNG of 36 megapixels": png(6000, 6000, extra=png_chunk(b"acTL", bytes(8))),
    "16 bits with transparency, 16 megapixels": png(4000, 4000, bits=16, colour=6),
}


@pytest.mark.parametrize(
    ("data", "phrase"),
    [
        pytest.param(data, phrase, id=name)
        for phrase, table in (
            ("is not a supported image", UNSUPPORTED),
            ("is damaged", DAMAGED),
            ("is too large", TOO_LARGE),
        )
        for name, data in table.items()
    ],
)
def test_refuses_in_one_plain_line(data: bytes, phrase: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if phrase != "is damaged":  # these are told from the header: no decoder may start
        monkeypatch.setattr(images.cv2, "imdecode", lambda *_: pytest.fail("decoded"))
    with pytest.raises(ImageError) as caught:
        decode_image(data, "holiday.jpg")
    message = str(caught.value)
    assert message.startswith("holiday.jpg ") and phrase in message
    assert len(message.splitlines()) == 1 and len(message) < 200
    assert not any(word in message for word in ("Traceback", "Error", "cv2", "0x"))


@pytest.mark.parametrize("case", [case for case in CASES if case.outcome == REFUSED], ids=str)
def test_only_what_looks_whole_is_decoded(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    files = case.files()  # made first, for some are made from the sample, which is decoded
    if case.said != DECODED:
        monkeypatch.setattr(images.cv2, "imdecode", lambda *_: pytest.fail("decoded"))
    for name, data in files:
        with pytest.raises(ImageError):
            decode_image(data, name)


def on_white(rgba: np.ndarray) -> np.ndarray:
    alpha = rgba[..., 3:].astype(float) / 255
    return np.asarray(np.round(rgba[..., :3] * alpha + 255 * (1 - alpha)))


def palette_with_a_hole() -> tuple[bytes, np.ndarray]:
    picture = Image.fromarray(PICTURE).quantize(16)
    expected = np.asarray(picture.convert("RGB")).copy()
    hole = np.asarray(picture) == 5
    assert 0 < hole.mean() < 1
    expected[hole] = 255
    return encode(picture, "PNG", transparency=5), expected


GREY_RGB = np.dstack([GREY] * 3)
BILEVEL = Image.fromarray(PICTURE).convert("1")
TRANSPARENT_GREY = np.dstack([GREY_RGB, ALPHA])
LA = Image.fromarray(TRANSPARENT_GREY).convert("LA")
ACCEPTED = {
    "PNG": (PNG, PICTURE, 0),
    "WebP, lossless": (WEBP, PICTURE, 0),
    "WebP, lossy": (encode(PICTURE, "WEBP", quality=95), PICTURE, 4),
    "BMP": (BMP, PICTURE, 0),
    "BMP of 32 bits, alpha all zero": (encode(np.dstack([PICTURE, ALPHA * 0]), "BMP"), PICTURE, 0),
    "JPEG": (JPEG, PICTURE, 4),
    "33 CMYK JPEG": (encode(Image.fromarray(PICTURE).convert("CMYK"), "JPEG", quality=95), PICTURE, 4),
    "34 16-bit PNG": (encode(GREY.astype(np.uint16) * 257, "PNG"), GREY_RGB, 0),
    "34 16-bit PNG, low byte in use": (encode(GREY.astype(np.uint16) * 256 + 255, "PNG"), GREY_RGB, 0),
    "35 RGBA": (encode(RGBA, "PNG"), on_white(RGBA), 0.6),
    "35 RGBA WebP": (encode(RGBA, "WEBP", lossless=True, exact=True), on_white(RGBA), 0.6),
    "36 grey and alpha": (encode(LA, "PNG"), on_white(TRANSPARENT_GREY), 0.6),
    "37 palette with a transparent colour": (*palette_with_a_hole(), 0),
    "38 1-bit": (encode(BILEVEL, "PNG"), np.asarray(BILEVEL.convert("RGB")), 0),
    "39 grey PNG": (encode(GREY, "PNG"), GREY_RGB, 0),
    "39 grey JPEG": (encode(GREY, "JPEG", quality=95), GREY_RGB, 3),
    "40 progressive JPEG": (PROGRESSIVE, PICTURE, 4),
    "41 animated WebP": (animated("WEBP"), PICTURE, 0),
    "41 animated PNG": (animated("PNG"), PICTURE, 0),
    "43 JPEG with a zip behind it": (JPEG + zipped(), PICTURE, 4),
    "PNG with a zip behind it": (PNG + zipped(), PICTURE, 0),
    "45 1 x 1": (encode(PICTURE[:1, :1], "PNG"), PICTURE[:1, :1], 0),
    "46 10,000 x 1": (encode(np.full((1, 10_000, 3), 7, np.uint8), "PNG"), np.full((1, 10_000, 3), 7), 0),
}


@pytest.mark.parametrize(("data", "expected", "mean_error"), ACCEPTED.values(), ids=ACCEPTED.keys())
def test_decodes_as_a_viewer_shows_it(data: bytes, expected: np.ndarray, mean_error: float) -> None:
    image = decode_image(data, "misnamed.png")  # 42: the name decides nothing
    assert image.dtype == np.uint8 and image.shape == expected.shape and image.flags.c_contiguous
    error = np.abs(image - expected.astype(float))
    assert (error.mean() if mean_error >= 1 else error.max()) <= mean_error


@pytest.mark.parametrize("value", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "PNG with alpha", "WEBP with alpha"])
def test_exif_orientation(kind: str, value: int) -> None:  # 32
    upright = [
        lambda p: p,
        lambda p: p[:, ::-1],
        lambda p: p[::-1, ::-1],
        lambda p: p[::-1],
        lambda p: p.transpose(1, 0, 2),
        lambda p: np.rot90(p, -1),
        lambda p: p[::-1, ::-1].transpose(1, 0, 2),
        lambda p: np.rot90(p),
    ][value - 1]
    pixels, expected = (RGBA, on_white(RGBA)) if kind.endswith("alpha") else (PICTURE, PICTURE)
    options = {"lossless": True, "exact": True} if kind.startswith("WEBP") else {}
    image = decode_image(encode(pixels, kind.split()[0], exif=orientation(value), quality=95, **options))
    assert image.shape == upright(expected).shape
    assert np.abs(image - upright(expected).astype(float)).mean() < (4 if kind == "JPEG" else 0.6)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("pixels", [PICTURE, RGBA], ids=["plain", "with alpha"])
def test_unreadable_exif_turns_nothing(pixels: np.ndarray) -> None:
    image = decode_image(encode(pixels, "PNG", exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff" + NOISE))
    assert image.shape == PICTURE.shape


@pytest.mark.parametrize(
    ("data", "said"),
    [(animated("WEBP"), True), (animated("PNG"), True), (PNG, False), (JPEG, False), (WEBP, False)],
    ids=["animated WebP", "animated PNG", "PNG", "JPEG", "WebP"],
)
def test_animation_is_said(data: bytes, said: bool) -> None:  # 41
    assert [("first frame" in note) for note in read_image(data).notes] == [True] * said


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (None, "This file"),
        ("", "This file"),
        ("me.png", "me.png"),
        ("../../x.png", "x.png"),
        ("C:\\photos\\x.png", "x.png"),
        ("a\nb\x00c\u202e.png", "abc.png"),
        ("😀.png", "😀.png"),
        ("a" * 150 + "b" * 150, "a" * 29 + "…" + "b" * 30),
    ],
)
def test_shown_name(name: str | None, shown: str) -> None:  # 53, 56
    assert shown_name(name) == shown


@pytest.mark.parametrize(
    ("source", "expected"),
    [(PNG, PICTURE), (PICTURE, PICTURE), (GREY, GREY_RGB)],
    ids=["bytes", "RGB", "grey"],
)
def test_read_image(source: ImageSource, expected: np.ndarray) -> None:
    image = read_image(source)
    assert np.array_equal(image.pixels, expected) and image.notes == ()


def test_rgb_pixels_are_not_copied() -> None:
    assert read_image(PICTURE).pixels is PICTURE


def test_a_header_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, read_header = [], images.read_header
    monkeypatch.setattr(images, "read_header", lambda *args: calls.append(args) or read_header(*args))
    assert read_image(animated("WEBP")).notes and len(calls) == 1


@pytest.mark.parametrize("form", [str, Path])
def test_read_image_from_a_path(tmp_path: Path, form: type) -> None:
    (tmp_path / "x.png").write_bytes(PNG)
    assert np.array_equal(read_image(form(tmp_path / "x.png"), "another").pixels, PICTURE)


@pytest.mark.parametrize(
    "array",
    [
        PICTURE.astype(np.float32),
        RGBA,
        PICTURE[None],
        PICTURE[:0],
        np.zeros(5, np.uint8),
        np.broadcast_to(np.uint8(0), (8000, 8000, 3)),
    ],
    ids=["float", "RGBA", "batch", "empty", "a row", "64 megapixels"],
)
def test_read_image_refuses_other_arrays(array: np.ndarray) -> None:
    with pytest.raises(ImageError, match=r"Expected pixels|too large"):
        read_image(array)


@pytest.mark.parametrize("name", ["absent.png", ".", "nul\x00.png", "large.png", "bad.png"])
def test_read_image_refuses_paths(tmp_path: Path, name: str) -> None:
    with (tmp_path / "large.png").open("wb") as file:
        file.truncate(MAX_IMAGE_BYTES + 1)
    (tmp_path / "bad.png").write_text("no picture")
    with pytest.raises(ImageError) as caught:
        read_image(tmp_path / name, "another")
    assert len(str(caught.value).splitlines()) == 1 and "another" not in str(caught.value)


def test_sample_is_the_astronaut() -> None:
    assert decode_image(sample_image()).shape == (512, 512, 3)
