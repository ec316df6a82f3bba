"""Pictures with faces at known places: dataset faces, enlarged and pasted on made grounds. Seeded, made one by one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.detection import Box, overlap
from fer_core.image import decode_image, sample_image

Picture = NDArray[np.uint8]
_TRIES: Final = 200  # places tried for a face before its picture goes without it
_EDGE_CUT: Final = 0.12  # share of a face's side that may lie outside an edge-touching picture


@dataclass(frozen=True)
class Scene:
    """A picture, (height, width, 3) RGB uint8, and where its faces were put, in pixels of it, clipped to it."""

    image: Picture
    faces: tuple[Box, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of scene. sizes: least and greatest side of a pasted face in pixels; counts: the same of their number."""

    name: str
    size: tuple[int, int]
    sizes: tuple[int, int]
    counts: tuple[int, int] = (1, 1)
    edge: bool = False


KINDS: Final = (
    Kind("one face of 200 to 600", (1280, 720), (200, 600)),
    Kind("one of 80 to 200", (1280, 720), (80, 200)),
    Kind("one of 40 to 80", (1280, 720), (40, 80)),
    Kind("one of 40", (1280, 720), (40, 40)),
    Kind("one of 24 to 40", (1280, 720), (24, 40)),
    Kind("one at an edge", (1280, 720), (60, 300), edge=True),
    Kind("two to six of 40 to 300", (1280, 720), (40, 300), (2, 6)),
    Kind("thirty to forty of 48 to 110", (1280, 720), (48, 110), (30, 40)),
    Kind("one in 640 x 480", (640, 480), (60, 300)),
    Kind("a tight portrait of 350", (350, 350), (350, 350)),
    Kind("a portrait in 400 x 500", (400, 500), (190, 330)),
    Kind("one in 12 megapixels", (4000, 3000), (160, 1500)),
    Kind("none", (1280, 720), (0, 0), (0, 0)),
)
"""Width and height of the picture in `size`. The sides of faces are spread evenly on a logarithmic scale."""


def scenes(kind: Kind, faces: NDArray[np.uint8], count: int, seed: int = 0) -> Iterator[Scene]:
    """`count` scenes of a kind. faces: (N, 48, 48) uint8 grey, the stock to draw from."""
    for index in range(count):
        # by its own seed: the same scene comes whatever the number asked for
        yield scene(kind, faces, np.random.default_rng([seed, index, *kind.name.encode()]))


def scene(kind: Kind, faces: NDArray[np.uint8], random: np.random.Generator) -> Scene:
    """One scene, drawn by `random`."""
    width, height = kind.size
    picture = ground(width, height, random)
    places: list[Box] = []
    for face in faces[random.integers(len(faces), size=random.integers(kind.counts[0], kind.counts[1] + 1))]:
        place = _place(kind, places, random)
        if place is not None:
            _paste(picture, face, place, random)
            places.append(place)
    return Scene(picture, tuple(_clipped(place, width, height) for place in places))


def ground(width: int, height: int, random: np.random.Generator) -> Picture:
    """A ground without faces: a gradient, blotches, stones, stripes or cloth, often with pixel noise."""
    makers: tuple[Callable[[int, int, np.random.Generator], NDArray[np.float32]], ...]
    makers = (_gradient, _blotches, _blotches, _stones, _stripes, _cloth)
    grey = makers[random.integers(len(makers))](width, height, random)
    tint = random.uniform(0.75, 1.0, 3).astype(np.float32)
    coloured = grey[..., None] * tint
    grain = random.choice([0.0, 3.0, 12.0])
    if grain:
        noise = random.normal(0, grain, (min(height, 512), min(width, 512), 1)).astype(np.float32)
        times = (-(-height // noise.shape[0]), -(-width // noise.shape[1]), 1)
        coloured += np.tile(noise, times)[:height, :width]
    return np.asarray(np.clip(coloured, 0, 255), np.uint8)


def _gradient(width: int, height: int, random: np.random.Generator) -> NDArray[np.float32]:
    corners = random.uniform(0, 255, (2, 2)).astype(np.float32)
    return np.asarray(cv2.resize(corners, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _blotches(width: int, height: int, random: np.random.Generator) -> NDArray[np.float32]:
    """Noise at every scale, as foliage, clouds and cloth have it: the hardest ground for a face detector here."""
    total = np.zeros((height, width), np.float32)
    fall = random.uniform(0.5, 0.9)
    for octave in range(7):
        grid = (2 * 2**octave + 1, 3 * 2**octave + 1)
        layer = random.normal(0, fall**octave, grid).astype(np.float32)
        total += cv2.resize(layer, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(random.uniform(80, 170) + total * random.uniform(20, 50), np.float32)


def _stones(width: int, height: int, random: np.random.Generator) -> NDArray[np.float32]:
    picture = np.full((height, width), random.uniform(60, 200), np.float32)
    side = int(random.uniform(0.02, 0.15) * width)
    for top in range(0, height, side):
        for left in range(-int(random.integers(side)), width, 2 * side):
            corner = (left + 2 * side - side // 10, top + side - side // 10)
            cv2.rectangle(picture, (left, top), corner, random.uniform(20, 235), cv2.FILLED)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.5), np.float32)


def _stripes(width: int, height: int, random: np.random.Generator) -> NDArray[np.float32]:
    across, down = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    turn, wave = random.uniform(0, np.pi), random.uniform(8, 120)
    return np.asarray(128 + 80 * np.sin((across * np.cos(turn) + down * np.sin(turn)) * (2 * np.pi / wave)), np.float32)


def _cloth(width: int, height: int, random: np.random.Generator) -> NDArray[np.float32]:
    """The lower part of the bundled sample, without her face: folds, straps and letters of a space suit."""
    suit = cv2.cvtColor(decode_image(sample_image())[280:], cv2.COLOR_RGB2GRAY)
    zoom = random.uniform(0.6, 1.6) * width / 1280
    tile = cv2.resize(suit, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC)
    below, right = (max(0, side - have) for side, have in zip((height, width), tile.shape, strict=True))
    return cv2.copyMakeBorder(tile, 0, below, 0, right, cv2.BORDER_REFLECT)[:height, :width].astype(np.float32)


def _place(kind: Kind, taken: list[Box], random: np.random.Generator) -> Box | None:
    width, height = kind.size
    for _ in range(_TRIES):
        side = round(np.exp(random.uniform(*np.log(kind.sizes))))
        x, y = int(random.integers(width - side + 1)), int(random.integers(height - side + 1))
        if kind.edge:
            outside = round(side * random.uniform(0, _EDGE_CUT))
            x, y = ((-outside, y), (width - side + outside, y), (x, -outside), (x, height - side + outside))[
                random.integers(4)
            ]
        place = Box(x, y, side, side)
        if not any(overlap(place, other) > 0 for other in taken):
            return place
    return None


def _paste(picture: Picture, face: NDArray[np.uint8], place: Box, random: np.random.Generator) -> None:
    """Enlarge and lay on, in half the cases with a soft border; what lies outside the picture is lost."""
    side = place.width
    how = cv2.INTER_CUBIC if side >= face.shape[0] else cv2.INTER_AREA
    pixels = cv2.cvtColor(cv2.resize(face, (side, side), interpolation=how), cv2.COLOR_GRAY2RGB)
    cover = np.zeros((side, side), np.float32)
    border = side // 8 if random.random() < 0.5 and side != picture.shape[0] else 0
    cover[border : side - border, border : side - border] = 1
    cover = cv2.GaussianBlur(cover, (0, 0), border / 2)[..., None] if border else cover[..., None]
    x0, y0 = max(0, place.x), max(0, place.y)
    below = picture[y0 : place.y + side, x0 : place.x + side]
    part = (slice(y0 - place.y, y0 - place.y + below.shape[0]), slice(x0 - place.x, x0 - place.x + below.shape[1]))
    below[:] = np.asarray(np.round(cover[part] * pixels[part] + (1 - cover[part]) * below), np.uint8)


def _clipped(box: Box, width: int, height: int) -> Box:
    x, y = max(0, box.x), max(0, box.y)
    return Box(x, y, min(width, box.x + box.width) - x, min(height, box.y + box.height) - y)
