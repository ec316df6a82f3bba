"""Headers: what keeps a reader busy is refused at once; scans and parts are counted as decoders see them."""

import struct
import time
from collections.abc import Callable

import numpy as np
import pytest

from fer_core.errors import ImageError
from fer_core.image.decode import MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS, decode_image
from fer_core.image.headers import MAX_JPEG_SCANS, MAX_PARTS, Header, read_header
from tests.support.samples import encode, jpeg_header, orientation, png, png_chunk, portrait

JPEG = encode(portrait(), "JPEG", quality=95)
PROGRESSIVE = encode(portrait(), "JPEG", progressive=True)
MOST_SECONDS = 2


def filled(unit: bytes, start: bytes = b"\xff\xd8\xff\xe0\x00\x02") -> bytes:
    """`unit` over and over, up to the most bytes that are taken."""
    return start + unit * ((MAX_IMAGE_BYTES - len(start)) // len(unit))


def webp_parts(unit: bytes) -> bytes:
    body = filled(unit, b"WEBPVP8X" + struct.pack("<I", 10) + b"\x08\0\0\0" + b"\x09\0\0" * 2)[: MAX_IMAGE_BYTES - 8]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def scans(number: int, restart: bytes = b"") -> bytes:
    """A progressive JPEG whose last scan is repeated until it has `number` of them, `restart` put before each."""
    last = PROGRESSIVE.rindex(b"\xff\xda")
    more = number - PROGRESSIVE.count(b"\xff\xda") + 1
    return PROGRESSIVE[:last] + (restart + PROGRESSIVE[last:-2]) * more + PROGRESSIVE[-2:]


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: filled(b"\0"), id="JPEG of zeros"),
        pytest.param(lambda: filled(b"\xff"), id="JPEG of fill bytes"),
        pytest.param(lambda: filled(b"\xff\0"), id="JPEG of stuffed bytes"),
        pytest.param(lambda: filled(b"\xff\xd0"), id="JPEG of restarts"),
        pytest.param(lambda: filled(b"\xff\xd8"), id="JPEG of starts"),
        pytest.param(lambda: filled(b"\xff\xfe\0\x02"), id="JPEG of comments"),
        pytest.param(lambda: filled(b"\xff\xe1\0\x02"), id="JPEG of empty EXIF"),
        pytest.param(lambda: filled(b"\xff\xfe\0\x02", JPEG[:-2]), id="JPEG with comments behind its pixels"),
        pytest.param(lambda: filled(png_chunk(b"tEXt", b""), png(1, 1)[:33]), id="PNG of texts"),
        pytest.param(lambda: webp_parts(b"abcd\0\0\0\0"), id="WebP of empty chunks"),
    ],
)
def test_a_file_of_nothing_but_parts_is_refused_in_time(make: Callable[[], bytes]) -> None:
    data = make()
    assert MAX_IMAGE_BYTES - 20 <= len(data) <= MAX_IMAGE_BYTES
    before = time.process_time()  # not the clock: the machine may be busy
    with pytest.raises(ImageError):
        decode_image(data)
    assert time.process_time() - before < MOST_SECONDS


@pytest.mark.parametrize("restart", [b"", b"\xff\xd0", b"\xff\x40\xff\xff", b"\xff\xfe\0\x04\xff\xd9"])
def test_scans_beyond_any_encoder_s_are_refused(restart: bytes) -> None:
    assert read_header(scans(MAX_JPEG_SCANS, restart), MAX_IMAGE_PIXELS) == Header(128, 96)
    with pytest.raises(ImageError, match="too many internal parts"):
        read_header(scans(MAX_JPEG_SCANS + 1, restart), MAX_IMAGE_PIXELS)


def test_scans_are_of_the_picture_alone() -> None:
    """A thumbnail in EXIF and a video behind the picture, as phones write them, may hold the bytes of a scan."""
    markers = b"\xff\xda\0\x02" * 2 * MAX_JPEG_SCANS
    thumbnail = b"\xff\xe1" + struct.pack(">H", len(markers) + 2) + markers
    assert np.array_equal(decode_image(JPEG[:2] + thumbnail + JPEG[2:] + markers), decode_image(JPEG))


@pytest.mark.parametrize("tail", [b"", bytes(100), b"text"], ids=["nothing", "zeros", "text"])
def test_the_decoder_decides_on_a_jpeg_without_its_end(tail: bytes) -> None:
    assert read_header(JPEG[:-2] + tail, MAX_IMAGE_PIXELS) == Header(128, 96)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(jpeg_header(0, 40), "is damaged", id="JPEG of zero width"),
        pytest.param(JPEG[:2] + JPEG[JPEG.index(b"\xff\xda") :], "is damaged", id="JPEG without a size"),
        pytest.param(JPEG[: JPEG.index(b"\xff\xda") + 3], "ends too early", id="JPEG cut in the header of its scan"),
        pytest.param(b"RIFF\x0c\0\0\0WEBPnone", "is damaged", id="WebP of an unknown chunk"),
        pytest.param(b"RIFF\x0c\0\0\0WEBP", "ends too early", id="WebP signature alone"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + png_chunk(b"IDAT", b"")[:9], "is damaged", id="PNG without a header"),
    ],
)
def test_refuses_a_header(data: bytes, said: str) -> None:
    with pytest.raises(ImageError, match=said):
        read_header(data, MAX_IMAGE_PIXELS)


def test_a_picture_of_many_parts_is_taken() -> None:
    texts = png_chunk(b"tEXt", b"a\0b") * (MAX_PARTS - 10)
    assert decode_image(png(1, 1, pixels=bytes(4), extra=texts)).shape == (1, 1, 3)


RGBA = np.dstack([portrait(), portrait()[..., 0]])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(encode(portrait(), "BMP"), Header(128, 96), id="BMP"),
        pytest.param(png(9, 8, bits=16, colour=6), Header(9, 8, transparent=True, bits=16), id="16 bits, transparent"),
        pytest.param(encode(RGBA, "WEBP"), Header(128, 96, transparent=True), id="transparent WebP"),
        pytest.param(encode(RGBA, "WEBP", lossless=True), Header(128, 96, transparent=True), id="lossless WebP"),
        pytest.param(
            encode(RGBA, "WEBP", exif=orientation(6)),
            Header(128, 96, transparent=True, exif=orientation(6).removeprefix(b"Exif\0\0")),
            id="EXIF in WebP",
        ),
    ],
)
def test_reads_a_header(data: bytes, expected: Header) -> None:
    assert read_header(data, MAX_IMAGE_PIXELS) == expected
