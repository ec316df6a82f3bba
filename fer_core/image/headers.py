"""What an encoded image says about itself: size, transparency, orientation. Nothing is decompressed here.

Pillow's headers were tried and do not hold the limits of bad input (2 s, 300 MB): 20 MB of tiny JPEG segments took it
9 s and 682 MB before a caller could refuse, 1.3 million PNG chunks 3.5 s; a huge PNG cut after its header was told as
no image at all, and a colour profile or text of more than 1 MB had a sound PNG refused. What follows took at most 0.3 s
for the same files and others like them. (Seconds of processor time, Pillow 13.)

Every error is an ImageError whose text continues a sentence that begins with the file's name. Size is checked before
completeness, so that a header that claims too much is told from a file that was cut.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fer_core.errors import ImageError

MAX_PARTS: Final = 20_000
"""Chunks or segments of a file. 20 MB in PNG's usual chunks of 8 kB are 2,500; a million tiny ones take seconds."""
MAX_JPEG_SCANS: Final = 32
"""Progressive encoders write about 10. Every scan goes over all pixels: 500 of them, in 230 kB, took 20 s."""

_USE: Final = "Please use a JPEG, PNG, WebP or BMP picture."
_EMPTY: Final = f"is empty, so it is not a supported image. {_USE}"
_UNSUPPORTED: Final = f"is not a supported image. {_USE}"
_HEIC: Final = "is a HEIC picture, which is not a supported image. Please export it as JPEG (convert to JPEG)."
_CUT: Final = "is damaged: it ends too early, perhaps because a download was cut off. Please get the file again."
_DAMAGED: Final = "is damaged and cannot be read. Please get the file again, or save it again as JPEG or PNG."
_TOO_MANY_PARTS: Final = "is too large: it has too many internal parts. Please save it again as JPEG or PNG."

_FTYP_HEIC: Final = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_BMP_HEADER_SIZES: Final = (12, 16, 40, 52, 56, 64, 108, 124)
# Not `\xff+`: a run of fill bytes would be searched once from each of them. Restarts (D0 to D7) lie between pixels.
_JPEG_MARKER: Final = re.compile(rb"\xff([\xc0-\xcf\xd8-\xfe])", re.DOTALL)
_JPEG_FRAMES: Final = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_JPEG_START, _JPEG_END, _JPEG_SCAN = 0xD8, 0xD9, 0xDA


@dataclass(frozen=True)
class Header:
    """Facts of an encoded image. `width` and `height` are in pixels and as stored, before EXIF orientation is applied.

    bits: per channel. exif: the raw block, where one may be needed (OpenCV applies a JPEG's itself), else empty.
    """

    width: int
    height: int
    transparent: bool = False
    bits: int = 8
    animated: bool = False
    exif: bytes = b""


def read_header(data: bytes, max_pixels: int) -> Header:
    """Recognise an encoded image by its first bytes, read its header, and check that it is whole where that is cheap.

    data: a file's bytes. Raises ImageError: not a supported image, more than `max_pixels`, too many parts, or damaged.
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
    """Raise ImageError for an image without pixels, or of more than `max_pixels`."""
    if width < 1 or height < 1:
        raise ImageError(_DAMAGED)
    if width * height > max_pixels:
        raise ImageError(
            f"is too large: {width} x {height} pixels, and the limit is {max_pixels / 1e6:g} million. "
            "Please make it smaller."
        )


def _jpeg(data: bytes, max_pixels: int) -> Header:
    """ITU T.81, annex B: every segment up to the end of the image; pixels are skipped, for they hold no markers."""
    width = height = scans = 0
    position = 2
    for _ in range(MAX_PARTS):
        match = _JPEG_MARKER.search(data, position)
        if match is None or match[1][0] == _JPEG_END:
            break
        marker, position = match[1][0], match.end()
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, position + 3)
            require_size(width, height, max_pixels)
        elif marker == _JPEG_SCAN:
            require_size(width, height, max_pixels)  # a scan before any frame has none
            scans += 1
        if scans > MAX_JPEG_SCANS:
            raise ImageError(_TOO_MANY_PARTS)
        if marker != _JPEG_START:  # all others carry their length
            position += struct.unpack_from(">H", data, position)[0]
    else:
        raise ImageError(_TOO_MANY_PARTS)
    if not scans:
        raise ImageError(_CUT)
    return Header(width, height)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield name and content of every chunk up to IEND, checksums verified (decoders skip that for pixels)."""
    view, position = memoryview(data), 8
    for _ in range(MAX_PARTS):
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
    return Header(width, height, transparent, bits, animated, exif)


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
    exif = _webp_exif(data) if flags & 0x08 else b""
    return Header(width, height, bool(flags & 0x10), 8, bool(flags & 0x02), exif)


def _webp_exif(data: bytes) -> bytes:
    position = 12
    for _ in range(MAX_PARTS):
        if position + 8 > len(data):
            return b""
        length = int.from_bytes(data[position + 4 : position + 8], "little")
        if data[position : position + 4] == b"EXIF":
            return data[position + 8 : position + 8 + length]
        position += 8 + length + (length & 1)
    raise ImageError(_TOO_MANY_PARTS)


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
    return Header(width, abs(height))
