"""The pictures that the package has to try: a photograph, and drawn people."""

from dataclasses import dataclass
from typing import Final

import cv2

from fer_core.image.decode import decode_image
from fer_core.image.resize import reduced
from fer_core.utils.files import DATA

_THUMBNAIL_QUALITY: Final = 85


@dataclass(frozen=True)
class Sample:
    """A bundled picture. file: under the package's data; name: a word; description: what it shows, and whose it is."""

    file: str
    name: str
    description: str


SAMPLES: Final = (
    Sample("astronaut.png", "Photo", "Eileen Collins, by NASA"),
    Sample("samples/ada.webp", "Ada", "Drawn: a surprised face"),
    Sample("samples/ben.webp", "Ben", "Drawn: a sad face"),
    Sample("samples/chandra.webp", "Chandra", "Drawn: an angry face"),
    Sample("samples/desta.webp", "Desta", "Drawn: a neutral face"),
    Sample("samples/group.webp", "Group", "Drawn: five people"),
)
"""First the photograph: 512x512, one face (public domain; from scikit-image). docs/portraits.py draws the others."""

DESTA_HAPPY: Final = Sample("samples/desta_happy.webp", "Desta", "Drawn: the neutral one, happy")
"""For measures: the one person of whom there are two expressions."""


def sample_image(sample: Sample = SAMPLES[0]) -> bytes:
    """The encoded picture: PNG of the photograph, else WebP."""
    return (DATA / sample.file).read_bytes()


def sample_thumbnail(sample: Sample, side: int) -> bytes:
    """The middle of a sample as a square WebP of `side` pixels."""
    pixels = decode_image(sample_image(sample))
    height, width = pixels.shape[:2]
    square = min(height, width)
    top, left = (height - square) // 2, (width - square) // 2
    small = reduced(pixels[top : top + square, left : left + square], side)
    quality = [cv2.IMWRITE_WEBP_QUALITY, _THUMBNAIL_QUALITY]
    return bytes(cv2.imencode(".webp", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), quality)[1])
