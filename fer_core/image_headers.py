"""What a picture file says about itself: kind, size, transparency. Nothing is decompressed here.

The headers are read by hand because both decoders start work, and allocate, before a caller can refuse: a PNG of 49 kB
may hold 400 million pixels. Every error is an ImageError whose text continues a sentence that begins with the file's
name. Size is looked at before completeness, so a header alone is told from a cut file where it claims too much.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fer_core.errors import ImageError

MAX_PNG_CHUNKS: Final = 20_000
"""A picture of 20 MB in the usual pieces of 8 kB has 2,500; 100,000 tiny ones take seconds and hold no picture."""

_USE: Final = "Please use a JPEG, PNG, WebP or BMP picture."
_EMPTY: Final = f"is empty, so it is not a supported image. {_USE}"
_UNSUPPORTED: Final = f"is not a supported image. {_USE}"
_HEIC: Final = "is a HEIC picture, which is not a supported image. Please export it as JPEG (convert to JPEG)."
_CUT: Final = "is damaged: it ends too early, perhaps because a download was cut off. Please get the file again."
_DAMAGED: Final = "is damaged and cannot be read. Please get the file again, or save it anew as JPEG or PNG."
_TOO_MANY_PARTS: Final = "is too large inside: it is made of too many small parts. Please save it anew as JPEG or PNG."

_FTYP_HEIC: Final = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_BMP_HEADER_SIZES: Final = (12, 16, 40, 52, 56, 64, 108, 124)
_JPEG_MARKER: Final = re.compile(rb"\xff+([\x01-\xfe])", re.DOTALL)
_JPEG_FRAMES: Final = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class Header:
    """Facts of an encoded picture. `width` and `height` are the stored ones, in pixels, before any EXIF turn."""

    kind: str
    width: int
    height: int
    transparent: bool = False
    bits: int = 8
    animated: bool = False
    exif: bytes = b""


def read_header(data: bytes, max_pixels: int) -> Header:
    """Recognise a picture by its first bytes, read its header, and see that no part is missing where that is cheap.

    Raises ImageError: not a supported image, larger than `max_pixels`, or damaged.
    """
    if not data:
        raise ImageError(_EMPTY)
    try:
        if data.startswith(b"\xff\xd8\xff"):
            return _jpeg(data, max_pixels)
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return _png(data, max_pixels)
        if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            return _webp(data, max_pixels)
        if data.startswith(b"BM") and int.from_bytes(data[14:18], "little") in _BMP_HEADER_SIZES:
            return _bmp(data, max_pixels)
    except (struct.error, IndexError):
        raise ImageError(_CUT) from None
    is_heic = data[4:8] == b"ftyp" and data[8:12] in _FTYP_HEIC
    raise ImageError(_HEIC if is_heic else _UNSUPPORTED)


def require_size(width: int, height: int, max_pixels: int) -> None:
    """ImageError for an empty picture, or for one of more than `max_pixels`."""
    if width < 1 or height < 1:
        raise ImageError(_DAMAGED)
    if width * height > max_pixels:
        raise ImageError(
            f"is too large: {width} x {height} pixels, and at most {max_pixels / 1e6:g} million are taken. "
            "Please make it smaller."
        )


def _jpeg(data: bytes, max_pixels: int) -> Header:
    """ITU T.81, annex B: segments up to the first frame header (SOF)."""
    position = 2
    while match := _JPEG_MARKER.search(data, position):
        marker, position = match[1][0], match.end()
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, position + 3)
            require_size(width, height, max_pixels)
            return Header("JPEG", width, height)
        if marker == 0xDA:  # the pixels begin, and no size was given
            raise ImageError(_DAMAGED)
        if not (0xD0 <= marker <= 0xD8 or marker == 0x01):  # all others carry their length
            position += struct.unpack_from(">H", data, position)[0]
    raise ImageError(_CUT)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Name and content of every chunk up to IEND, checksums verified (decoders skip that for pixels)."""
    view, position = memoryview(data), 8
    for _ in range(MAX_PNG_CHUNKS):
        (length,) = struct.unpack_from(">I", data, position)
        end = position + 8 + length
        (checksum,) = struct.unpack_from(">I", data, end)
        if zlib.crc32(view[position + 4 : end]) != checksum:
            raise ImageError(_DAMAGED)
        name = data[position + 4 : position + 8]
        yield name, view[position + 8 : end]
        if name == b"IEND":
            return
        position = end + 4
    raise ImageError(_TOO_MANY_PARTS)


def _png(data: bytes, max_pixels: int) -> Header:
    """W3C PNG, third edition: the whole chain of chunks must stand."""
    if data[12:16] != b"IHDR":
        raise ImageError(_CUT if len(data) < 16 else _DAMAGED)
    width, height, bits, colour = struct.unpack_from(">IIBB", data, 16)
    require_size(width, height, max_pixels)
    transparent, animated, exif = colour in (4, 6), False, b""
    for name, content in _png_chunks(data):
        transparent |= name == b"tRNS" and colour != 0  # OpenCV has no alpha for grey with one transparent level
        animated |= name == b"acTL"
        exif = bytes(content) if name == b"eXIf" else exif
    return Header("PNG", width, height, transparent, bits, animated, exif)


def _webp(data: bytes, max_pixels: int) -> Header:
    """RFC 9649: a RIFF container whose first chunk gives the size."""
    first, flags = data[12:16], 0
    if first == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    elif first == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        flags = bits >> 24 & 0x10  # bit 28 says alpha: put where VP8X has it
    elif first == b"VP8X":
        flags, width, height = data[20], 1 + _uint24(data, 24), 1 + _uint24(data, 27)
    else:
        raise ImageError(_DAMAGED if len(data) >= 16 else _CUT)
    require_size(width, height, max_pixels)
    if len(data) < 8 + int.from_bytes(data[4:8], "little"):
        raise ImageError(_CUT)
    exif, position = b"", 12
    while flags & 0x08 and position + 8 <= len(data):
        length = int.from_bytes(data[position + 4 : position + 8], "little")
        if data[position : position + 4] == b"EXIF":
            exif = data[position + 8 : position + 8 + length]
            break
        position += 8 + length + (length & 1)
    return Header("WebP", width, height, bool(flags & 0x10), 8, bool(flags & 0x02), exif)


def _uint24(data: bytes, position: int) -> int:
    low, high = struct.unpack_from("<HB", data, position)
    return int(low | high << 16)


def _bmp(data: bytes, max_pixels: int) -> Header:
    """Windows bitmap. Alpha is left unread: most writers of 32-bit bitmaps fill it with zeros."""
    if data[14] == 12:
        width, height, _, depth = struct.unpack_from("<HHHH", data, 18)
        compression = 0
    else:
        width, height, _, depth, compression = struct.unpack_from("<iiHHI", data, 18)
    require_size(width, abs(height), max_pixels)
    stored = (width * depth + 31) // 32 * 4 * abs(height)
    if compression == 0 and len(data) < int.from_bytes(data[10:14], "little") + stored:
        raise ImageError(_CUT)
    return Header("BMP", width, abs(height))
