"""Pictures made on the spot, as bytes: what the tests decode."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fer_core.image import decode_image, sample_image


def portrait(width: int = 128, height: int = 96) -> NDArray[np.uint8]:
    """The sample's middle as (height, width, 3) RGB; no two of its eight turns are equal."""
    whole = Image.fromarray(decode_image(sample_image()))
    return np.asarray(whole.resize((width, height), Image.Resampling.BOX))


def encode(pixels: NDArray[Any] | Image.Image, kind: str, **options: Any) -> bytes:
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def orientation(value: int) -> bytes:
    """An EXIF block with nothing but the orientation, 1-8."""
    tags = Image.Exif()
    tags[0x0112] = value
    return tags.tobytes()


def png_chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, *, bits: int = 8, colour: int = 2, pixels: bytes = b"", extra: bytes = b"") -> bytes:
    """A PNG of any claimed size; `pixels` are the filtered rows, compressed here, `extra` ready chunks before them."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    body = extra + png_chunk(b"IDAT", zlib.compress(pixels, 1))
    return b"\x89PNG\r\n\x1a\n" + header + body + png_chunk(b"IEND", b"")


def jpeg_header(width: int, height: int) -> bytes:
    return b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00\xff\xd9"


def webp_header(width: int, height: int) -> bytes:
    """An extended (VP8X) header alone."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<II", 10, 0) + sides
    return b"RIFF" + struct.pack("<I", len(body)) + body


def bmp_header(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + struct.pack("<IiiHHIIIIII", 40, width, height, 1, 24, *[0] * 6)
