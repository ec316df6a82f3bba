"""Encoded images -> RGB pixels.

OpenCV decodes what `headers` has let through: for the same files Pillow gave equal pixels, took about twice as long
and, for a WebP of 25 megapixels, 377 MB instead of 143 MB. A JPEG of 48 megapixels: 0.3 s and 277 MB (Pillow 0.7 s,
340 MB); progressive without chroma subsampling: 0.8 s and 414 MB (Pillow 1.6 s, 459 MB). OpenCV also refuses a JPEG
that lacks its last byte and a PNG that lacks rows, as Pillow does. (OpenCV 4.14, Pillow 13.)
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.errors import ImageError
from fer_core.image.headers import read_header, require_size
from fer_core.limits import MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS

IMAGE_SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
ImageSource = bytes | str | Path | NDArray[np.uint8]
"""An encoded image, the path of one, or pixels: (height, width, 3) RGB or (height, width) grey uint8."""

_TOO_MANY_BYTES: Final = (
    f"is too large: the limit is {MAX_IMAGE_BYTES // 2**20} MB per picture. Please make it smaller."
)
_SHOWN_NAME_LENGTH: Final = 60
_ROWS_AT_ONCE: Final = 256
# EXIF orientation -> (transpose, then flip up-down, then flip left-right). Pillow's ImageOps.exif_transpose would take
# 644 MB for 50 megapixels, where this takes 381 MB and 500 MB are the limit.
_TURNS: Final = {
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}


@dataclass(frozen=True)
class DecodedImage:
    """An image as it is shown. pixels: (height, width, 3) RGB uint8. notes: how it was read, a sentence each."""

    pixels: NDArray[np.uint8]
    notes: tuple[str, ...] = ()


def decode_image(data: bytes, name: str | None = None) -> NDArray[np.uint8]:
    """Decode a JPEG, PNG, WebP or BMP to (height, width, 3) RGB uint8, the way a viewer would show it.

    EXIF orientation is applied, transparency is laid on white, 16 bits become 8, an animation gives its first frame.
    `name` is only used in messages. Raises ImageError, one line for the user, where the file is not one of these kinds,
    is damaged, or is larger than MAX_IMAGE_BYTES or MAX_IMAGE_PIXELS (known from its header, before decoding).
    """
    return read_image(data, name).pixels


def read_image(source: ImageSource, name: str | None = None) -> DecodedImage:
    """Read an image with what a user should know about how it was read, usually nothing.

    source: bytes, decoded as `decode_image` does; a path, named in messages by itself; or pixels, which come back
    uncopied where they are RGB. Raises ImageError as `decode_image` does, and for a path that cannot be read or an
    array of another form.
    """
    if isinstance(source, np.ndarray):
        return DecodedImage(_as_rgb(source))
    if isinstance(source, str | Path):
        data, name = read_image_bytes(source), Path(source).name
    else:
        data = bytes(source)
    try:
        return _decode(data)
    except ImageError as error:
        raise ImageError(f"{shown_name(name)} {error}") from None


def read_image_bytes(path: str | Path) -> bytes:
    """Read an image file, at most MAX_IMAGE_BYTES. Raises ImageError for a path that cannot be read, or for more."""
    path = Path(path)
    try:
        too_large = path.stat().st_size > MAX_IMAGE_BYTES
        data = b"" if too_large else path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "the name is not a path"
        raise ImageError(f"{shown_name(str(path))} cannot be opened: {reason}.") from None
    if too_large:
        raise ImageError(f"{shown_name(str(path))} {_TOO_MANY_BYTES}")
    return data


def encode_png(image_rgb: NDArray[np.uint8]) -> bytes:
    """Encode (height, width, 3) RGB uint8 as a PNG without any metadata."""
    _, encoded = cv2.imencode(".png", cv2.cvtColor(image_rgb, cv2.COLOR_RGB2BGR))
    return encoded.tobytes()


def shown_name(name: str | None) -> str:
    """Make a file's name fit for one line of text: no folders, no control or direction marks, at most 60 characters."""
    last = (name or "").replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    clean = "".join(character for character in last if character.isprintable()).strip()
    if len(clean) > _SHOWN_NAME_LENGTH:
        half = _SHOWN_NAME_LENGTH // 2
        clean = f"{clean[: half - 1]}…{clean[-half:]}"
    return clean or "This file"


def _decode(data: bytes) -> DecodedImage:
    if len(data) > MAX_IMAGE_BYTES:
        raise ImageError(_TOO_MANY_BYTES)
    header = read_header(data, MAX_IMAGE_PIXELS)
    # OpenCV takes up to 9 bytes per pixel for most images, 12 for an animation, 16 for 16 bits with transparency.
    share = 4 if header.transparent and header.bits == 16 else 2 if header.animated else 1
    require_size(header.width, header.height, MAX_IMAGE_PIXELS // share)
    flags = cv2.IMREAD_UNCHANGED if header.transparent else cv2.IMREAD_COLOR_RGB
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except (cv2.error, MemoryError):
        pixels = None
    if pixels is None:
        raise ImageError("is damaged or of an unusual kind, and cannot be read. Please save it again as JPEG or PNG.")
    if header.transparent:
        pixels = _on_white(pixels)  # bound to the old name, so that the old pixels are freed
        pixels = _upright(pixels, header.exif)  # IMREAD_COLOR_RGB has applied the orientation already
    notes = ("The picture is animated: only its first frame is used.",) if header.animated else ()
    return DecodedImage(np.asarray(pixels, np.uint8), notes)


def _on_white(bgra: NDArray[Any]) -> NDArray[np.uint8]:
    """Lay BGRA of 8 or 16 bits on white -> RGB uint8. In strips, for products of the whole would double the memory."""
    rgb = np.empty((*bgra.shape[:2], 3), np.uint8)
    for top in range(0, len(bgra), _ROWS_AT_ONCE):
        strip = bgra[top : top + _ROWS_AT_ONCE]
        strip = (strip >> 8).astype(np.uint8) if strip.dtype == np.uint16 else strip
        alpha = cv2.cvtColor(cv2.extractChannel(strip, 3), cv2.COLOR_GRAY2RGB)
        colour = cv2.multiply(cv2.cvtColor(strip, cv2.COLOR_BGRA2RGB), alpha, scale=1 / 255)
        rgb[top : top + _ROWS_AT_ONCE] = cv2.add(colour, cv2.bitwise_not(alpha))
    return rgb


def _upright(image: NDArray[np.uint8], exif: bytes) -> NDArray[np.uint8]:
    """Apply the orientation of a raw EXIF block (tag 0x0112, 1 to 8); a block that cannot be read changes nothing."""
    if not exif:
        return image
    from PIL import Image  # only here, where few images come

    tags = Image.Exif()
    try:
        tags.load(exif)
        orientation = tags.get(0x0112, 1)
    except Exception:  # the block is whatever bytes a file holds, and Pillow names no closed set of errors for it
        return image
    transposed, flip_rows, flip_columns = _TURNS.get(orientation, (False, False, False))
    image = image.transpose(1, 0, 2) if transposed else image
    image = image[::-1] if flip_rows else image
    image = image[:, ::-1] if flip_columns else image
    return np.ascontiguousarray(image)


def _as_rgb(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    grey, colour = image.ndim == 2, image.ndim == 3 and image.shape[-1] == 3
    if image.dtype != np.uint8 or not (grey or colour) or not image.size:
        raise ImageError(
            "Expected pixels as uint8, RGB (height, width, 3) or grey (height, width), not empty. "
            f"Received: {image.dtype} {image.shape}."
        )
    if image.shape[0] * image.shape[1] > MAX_IMAGE_PIXELS:
        raise ImageError(f"The picture is too large: the limit is {MAX_IMAGE_PIXELS / 1e6:g} million pixels.")
    return np.repeat(image[..., None], 3, axis=2) if grey else image
