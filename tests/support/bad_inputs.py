"""The 65 bad and odd inputs that the app must bear, numbered, made on the spot; and what each must lead to."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fer_core.bundle.card import MODEL_NAME
from fer_core.emotions import EMOTIONS
from fer_core.image import MAX_FILES, MAX_IMAGE_BYTES, decode_image, sample_image
from tests.support.broken_bundles import answers, edited, flipped, nan_weights, other_hash, shortened
from tests.support.samples import encode, jpeg_header, orientation, png, png_chunk, webp_header

Files = list[tuple[str, bytes]]
REFUSED, ANY, SAME, TAKEN, NO_FACE, ONE_FACE, FIFTY, WHOLE, LEFT_OUT, UNAVAILABLE = range(10)
"""What a case leads to: a refusal; a refusal or a result; the plain picture's labels; a result; a result without a
face; fifty faces; one face, the picture taken whole; the last file left out; the model named, the others at work."""


@dataclass(frozen=True)
class Case:
    """A row. files: what is uploaded; damage: what happens to a bundle; said: part of the line that people read."""

    number: int
    name: str
    outcome: int
    said: str = ""
    files: Callable[[], Files] = list
    damage: Callable[[Path], Any] | None = None

    def __str__(self) -> str:
        return f"{self.number:02d} {self.name}"


@cache
def plain() -> NDArray[np.uint8]:
    """The sample's head and shoulders, (300, 260, 3) RGB: one face, and no two of its eight turns are equal."""
    return decode_image(sample_image())[:300, 90:350].copy()


@cache
def good(kind: str = "PNG") -> bytes:
    return encode(plain(), kind, **({"quality": 95} if kind == "JPEG" else {}))


def grey() -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(plain()).convert("L"))


def see_through() -> NDArray[np.uint8]:
    """(300, 260) alpha: the face is there, its left and right go out."""
    alpha = np.clip(np.minimum(np.arange(260), np.arange(260)[::-1]) * 12, 0, 255).astype(np.uint8)
    return np.tile(alpha, (300, 1))


def turned(value: int) -> bytes:
    """A JPEG that EXIF orientation `value` makes upright."""
    p = plain()
    stored = [
        p, p[:, ::-1], p[::-1, ::-1], p[::-1], p.transpose(1, 0, 2), np.rot90(p),
        p[::-1, ::-1].transpose(1, 0, 2), np.rot90(p, -1),
    ][value - 1]  # fmt: skip
    return encode(np.ascontiguousarray(stored), "JPEG", exif=orientation(value), quality=95)


def palette_with_a_hole() -> bytes:
    indexed = Image.fromarray(plain()).quantize(128)
    pixels = np.asarray(indexed).copy()
    pixels[:, :20] = 200
    holed = Image.frombytes("P", indexed.size, pixels.tobytes())
    holed.putpalette(indexed.getpalette() or [])
    return encode(holed, "PNG", transparency=200)


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("note.txt", "hello")
    return out.getvalue()


def bad_crc() -> bytes:
    content = bytearray(good())
    content[content.index(b"IDAT") + 20] ^= 1
    return bytes(content)


def bit_flips() -> Files:
    random, files = np.random.default_rng(0), []
    for index in range(MAX_FILES - 1):
        content = bytearray(good("JPEG"))
        content[random.integers(len(content) // 4, len(content))] ^= 1 << int(random.integers(8))
        files.append((f"flip{index}.jpg", bytes(content)))
    return files


def animated() -> bytes:
    second = Image.fromarray(np.zeros_like(plain()))
    return encode(plain(), "WEBP", save_all=True, append_images=[second], duration=100, lossless=True)


def fifty() -> bytes:
    tile = cv2.resize(decode_image(sample_image())[20:220, 124:324], (120, 120), interpolation=cv2.INTER_AREA)
    return encode(np.tile(tile, (5, 10, 1)), "PNG")


def crop() -> bytes:
    """A 48x48 grey face, framed as FER-2013 frames it."""
    square = decode_image(sample_image())[50:194, 152:296]
    return encode(Image.fromarray(square).convert("L").resize((48, 48), Image.Resampling.BOX), "PNG")


def noise(side: int = 0) -> bytes:
    size = (side, side, 3) if side else (480, 640, 3)
    return encode(np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8), "PNG")


def located() -> bytes:
    """A JPEG whose EXIF names a camera and a place."""
    tags = Image.Exif()
    tags[0x010F] = CAMERA
    tags.get_ifd(0x8825)[1] = "N"
    tags.get_ifd(0x8825)[2] = (48.0, 51.0, 29.9)
    return encode(plain(), "JPEG", exif=tags, quality=95)


CAMERA = "SecretCamera"


def one(name: str, make: Callable[[], bytes]) -> Callable[[], Files]:
    return lambda: [(name, make())]


def flat(value: int, width: int = 640, height: int = 480) -> Callable[[], bytes]:
    return lambda: encode(np.full((height, width, 3), value, np.uint8), "PNG")


def refused(number: int, name: str, said: str, file: str, make: Callable[[], bytes]) -> Case:
    return Case(number, name, REFUSED, said, one(file, make))


def same(number: int, name: str, file: str, make: Callable[[], bytes], said: str = "") -> Case:
    return Case(number, name, SAME, said, one(file, make))


def fixed(content: bytes) -> Callable[[], bytes]:
    return lambda: content


def cut(kind: str, share: float) -> Callable[[], bytes]:
    return lambda: good(kind)[: int(len(good(kind)) * share)]


NOT, DAMAGED, LARGE = "is not a supported image", "is damaged", "is too large"
STRANGE = [
    "\u202egnp.exe.png",
    "😀👩‍🚀.png",
    "nul\0byte.png",
    "x" * 296 + ".png",
]  # 300 characters
CASES: tuple[Case, ...] = (
    refused(1, "an empty file", "not a supported image", "empty.jpg", bytes),
    refused(2, "one byte", NOT, "byte.jpg", fixed(b"\xff")),
    refused(3, "text named .jpg", NOT, "text.jpg", fixed(b"hello, this is no picture")),
    refused(4, "HTML", NOT, "page.png", fixed(b"<!doctype html><html><script>alert(1)</script></html>")),
    refused(5, "SVG", NOT, "drawing.svg", fixed(b'<svg xmlns="http://www.w3.org/2000/svg"/>')),
    refused(6, "PDF", NOT, "paper.pdf", fixed(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")),
    refused(7, "EPS", NOT, "drawing.eps", fixed(b"%!PS-Adobe-3.0 EPSF-3.0\n")),
    refused(8, "a zip named .png", NOT, "archive.png", zipped),
    refused(9, "an executable named .jpg", NOT, "setup.jpg", fixed(b"MZ\x90\x00" + bytes(100))),
    refused(10, "random 1 MB", NOT, "random.jpg", lambda: np.random.default_rng(0).bytes(1_000_000)),
    refused(11, "HEIC", "convert to JPEG", "phone.heic", fixed(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64))),
    refused(12, "PSD", NOT, "layers.psd", fixed(b"8BPS\x00\x01" + bytes(40))),
    refused(13, "EXR", NOT, "light.exr", fixed(b"v/1\x01" + bytes(40))),
    refused(14, "FITS", NOT, "stars.fits", fixed(b"SIMPLE  =                    T")),
    refused(15, "JPEG 2000", NOT, "x.jp2", fixed(b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(40))),
    refused(16, "TIFF", NOT, "scan.tiff", lambda: good("TIFF")),
    refused(17, "a JPEG cut at 10 %", DAMAGED, "cut.jpg", cut("JPEG", 0.1)),
    refused(18, "a JPEG cut at 50 %", DAMAGED, "cut.jpg", cut("JPEG", 0.5)),
    refused(19, "a JPEG cut at 95 %", DAMAGED, "cut.jpg", cut("JPEG", 0.95)),
    refused(20, "a PNG with a bad CRC", DAMAGED, "crc.png", bad_crc),
    refused(21, "a PNG without IEND", DAMAGED, "end.png", lambda: good()[:-12]),
    refused(22, "a cut WebP", DAMAGED, "cut.webp", cut("WEBP", 0.5)),
    Case(23, "bit-flipped scans", ANY, files=bit_flips),
    Case(24, "zero width or height", REFUSED, DAMAGED, lambda: [
        ("width.png", png(0, 40)), ("height.png", png(40, 0)), ("height.jpg", jpeg_header(40, 0))]),
    refused(25, "a 20,000 x 20,000 PNG", LARGE, "bomb.png", lambda: png(
        20_000, 20_000, bits=1, colour=0, pixels=bytes(2501 * 20_000))),
    refused(26, "a 40,000 x 40,000 header", LARGE, "header.png", lambda: png(40_000, 40_000)[:33]),
    refused(27, "a 65,500 x 65,500 JPEG header", LARGE, "header.jpg", lambda: jpeg_header(65_500, 65_500)),
    refused(28, "a PNG with 100,000 text chunks", LARGE, "chunks.png", lambda: png(
        1, 1, pixels=bytes(4), extra=png_chunk(b"tEXt", b"a\x00b") * 100_000)),
    refused(29, "a 16,383 x 16,383 WebP", LARGE, "header.webp", lambda: webp_header(16_383, 16_383)),
    refused(30, "20 MB and a byte", LARGE, "heavy.png", lambda: good() + bytes(MAX_IMAGE_BYTES + 1 - len(good()))),
    Case(31, "the 21st file", LEFT_OUT, "was left out", lambda: [
        (f"{n}.png", crop()) for n in range(1, MAX_FILES + 2)]),
    Case(32, "EXIF orientations 1 to 8", SAME, files=lambda: [(f"turn{n}.jpg", turned(n)) for n in range(1, 9)]),
    same(33, "a CMYK JPEG", "print.jpg", lambda: encode(Image.fromarray(plain()).convert("CMYK"), "JPEG", quality=95)),
    same(34, "a 16-bit PNG", "deep.png", lambda: encode(grey().astype(np.uint16) * 257, "PNG")),
    same(35, "RGBA on white", "rgba.png", lambda: encode(np.dstack([plain(), see_through()]), "PNG")),
    same(36, "grey and alpha", "la.png", lambda: encode(
        Image.fromarray(np.dstack([grey(), see_through()]), "LA"), "PNG")),
    same(37, "a palette with transparency", "palette.png", palette_with_a_hole),
    Case(38, "1-bit", TAKEN, files=one("bilevel.png", lambda: encode(Image.fromarray(plain()).convert("1"), "PNG"))),
    same(39, "grey", "grey.png", lambda: encode(grey(), "PNG")),
    same(40, "a progressive JPEG", "p.jpg", lambda: encode(plain(), "JPEG", quality=95, progressive=True)),
    same(41, "an animated WebP", "moving.webp", animated, "only its first frame"),
    same(42, "a JPEG named .png", "misnamed.png", lambda: good("JPEG")),
    same(43, "a JPEG with a zip behind it", "two.jpg", lambda: good("JPEG") + zipped()),
    Case(44, "the same file twice", SAME, files=lambda: [("twice.png", good())] * 2),
    Case(45, "1 x 1", NO_FACE, files=one("dot.png", flat(7, 1, 1))),
    Case(46, "10,000 x 1", NO_FACE, files=one("line.png", flat(7, 10_000, 1))),
    Case(47, "black", NO_FACE, files=lambda: [("b.png", flat(0)()), ("small.png", flat(0, 48, 48)())]),
    Case(48, "white", NO_FACE, files=lambda: [("w.png", flat(255)()), ("small.png", flat(255, 48, 48)())]),
    Case(49, "noise", NO_FACE, files=lambda: [("noise.png", noise()), ("small.png", noise(48))]),
    Case(50, "an upside-down face, which BlazeFace finds", ONE_FACE, files=one("down.png", lambda: encode(
        plain()[::-1].copy(), "PNG"))),
    Case(51, "fifty faces", FIFTY, files=one("crowd.png", fifty)),
    Case(52, "a bare 48x48 face", WHOLE, "taken as the face", one("crop.png", crop)),
    same(53, "a name that climbs", "../../x.png", good),
    same(54, "a name that is code", "<script>alert(1)<script>.png", good),
    same(55, "a name that is a formula", "=HYPERLINK(1).png", good),
    Case(56, "strange names", SAME, files=lambda: [(name, good()) for name in STRANGE]),
    same(57, "a place in EXIF", "beach.jpg", located),
    Case(58, "no network", UNAVAILABLE, "model.tflite is missing", damage=lambda b: (b / MODEL_NAME).unlink()),
    Case(59, "an empty network", UNAVAILABLE, "model.tflite is empty", damage=shortened(0)),
    Case(60, "a cut network", UNAVAILABLE, "model.tflite is damaged", damage=shortened(0.6)),
    Case(61, "one byte flipped", UNAVAILABLE, "model.tflite is damaged", damage=flipped),
    Case(62, "another shape than the card's", UNAVAILABLE, "Expected a network of uint8 faces", damage=answers(5)),
    Case(63, "labels in another order", UNAVAILABLE, "emotions: Expected", damage=edited(emotions=EMOTIONS[::-1])),
    Case(64, "NaN weights", UNAVAILABLE, "Expected finite logits", damage=nan_weights),
    Case(65, "hash mismatch", UNAVAILABLE, "SHA-256 is not the one in the card", damage=other_hash),
)  # fmt: skip
"""All 65, in order."""
