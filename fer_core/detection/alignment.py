"""Boxes of faces, and their eyes where they are known -> 48x48 grey crops, framed as in FER-2013."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.detection.boxes import Box
from fer_core.detection.result import Eyes
from fer_core.image import FACE_SIZE, to_grey, whole_face

CROP_MARGIN: Final = 1.05
"""Side of a crop over side of the found box. Measured: 300 faces of PublicTest, enlarged four times and pasted on a
larger ground; the faces' own frame is 1.05 times the box found in it (median; 0.89 to 1.24 from the tenth to the
ninetieth percentile), and the centres agree (median offset 0.00 across, -0.01 down, in box sides): no shift."""
_FRAME_SIDE: Final = 1.1
"""Side of a levelled crop over side of BlazeFace's box. FER-2013's own frame is 1.185 times that box (1,500 faces of
PublicTest); on 1,261 faces from elsewhere the two flagships are correct on 0.578 and 0.586 at 1.0, 0.588 and 0.587 at
1.08, 0.578 and 0.588 at 1.185, 0.568 and 0.569 at 1.28 (means over three ways to place the middle, scaled by the box
alone). The differences are hardly more than noise; 1.1 itself was not tried."""
_EYES_SIDE: Final = _FRAME_SIDE / 1.185 / 0.365
"""Side of a levelled crop over the distance between the eyes, which is 0.365 of FER-2013's frame (median)."""
_BOX_CENTRE: Final = 0.584
_EYE_LINE: Final = 0.393
"""Heights in the crop, 0 at its top, of the box's middle and of the line between the eyes, as in FER-2013's frame.
Of 733 faces turned by 25 degrees `cnn` reads 0.57 correctly levelled and 0.48 not, in frames of 1.185 of the box."""
_CROP_SIDES: Final = (32, 96)
_CROP_ASPECT: Final = 1.1
_CROP_CONTRAST: Final = 12
_CROP_KEPT, _CROP_LOST = 0.45, 0.04


def is_face_crop(image: NDArray[np.uint8]) -> bool:
    """Whether a grey or RGB uint8 picture, in which no face was found, counts as a face by itself.

    It does if its sides are 32 to 96 pixels and within 10 % of square, and its grey levels, at 48x48, have a standard
    deviation of at least 12 and the structure of a face: a fine blur leaves most of the variance (white noise keeps
    0.07 to 0.11, 99 % of 2,000 faces of FER-2013 at least 0.64), and a coarse one takes some of it (a gradient loses
    0.01 between the two, no face less than 0.07). 0.999 of those faces count.
    """
    shorter, longer = sorted(image.shape[:2])
    if shorter < _CROP_SIDES[0] or longer > _CROP_SIDES[1] or longer > _CROP_ASPECT * shorter:
        return False
    face = whole_face(image).astype(np.float32)
    if face.std() < _CROP_CONTRAST:
        return False
    fine, coarse = (cv2.GaussianBlur(face, (0, 0), sigma) for sigma in (1, 6))
    kept, lost = fine.var() / face.var(), (fine - coarse).var() / face.var()
    return bool(kept >= _CROP_KEPT and lost >= _CROP_LOST)


def crop_face(
    image: NDArray[np.uint8], box: Box, margin: float = CROP_MARGIN, *, eyes: Eyes | None = None
) -> NDArray[np.uint8]:
    """A face, framed as in FER-2013 -> (48, 48) uint8 grey.

    image: RGB or grey uint8. With eyes the crop is levelled by them and framed by both, box and eyes; without, it is
    the square around the box, `margin` times its longer side. Where it leaves the image, the image's edge is repeated.
    Raises ValueError for a box that does not touch the image.
    """
    height, width = image.shape[:2]
    if not (box.x < width and box.y < height and box.x + box.width > 0 and box.y + box.height > 0):
        raise ValueError(f"Expected a box inside the picture of {width} x {height} pixels. Received: {box}.")
    if eyes is not None:
        return _levelled(image, crop_frame(box, eyes))
    side = max(1, round(max(box.width, box.height) * margin))
    left = round(box.x + (box.width - side) / 2)
    top = round(box.y + (box.height - side) / 2)
    return whole_face(_square(image, left, top, side))


@dataclass(frozen=True)
class CropFrame:
    """Where a crop lies in its image. x, y: its middle, side: of its square, pixels. angle: clockwise, radians."""

    x: float
    y: float
    side: float
    angle: float = 0.0

    @property
    def to_image(self) -> NDArray[np.float64]:
        """(2, 3): the pixels of a 48x48 crop to those of the image, as OpenCV's warps count them."""
        cos, sin, step = math.cos(self.angle), math.sin(self.angle), self.side / FACE_SIZE
        turn = np.array(((cos, -sin), (sin, cos))) * step
        return np.column_stack([turn, np.array((self.x, self.y)) - turn @ np.full(2, (FACE_SIZE - 1) / 2) - 0.5])


def crop_frame(box: Box, eyes: Eyes | None) -> CropFrame:
    """Where `crop_face` takes a face from. Without eyes its sides are rounded to whole pixels there, not here."""
    if eyes is None:
        side = max(box.width, box.height) * CROP_MARGIN
        return CropFrame(box.x + box.width / 2, box.y + box.height / 2, side)
    (x0, y0), (x1, y1) = eyes
    # turned in the plane, a face's box shrinks; turned away, the distance of its eyes does
    side = max(max(box.width, box.height) * _FRAME_SIDE, math.hypot(x1 - x0, y1 - y0) * _EYES_SIDE)
    angle = math.atan2(y1 - y0, x1 - x0)
    down = np.array((-math.sin(angle), math.cos(angle)))
    by_eyes = np.array(((x0 + x1) / 2, (y0 + y1) / 2)) + down * side * (0.5 - _EYE_LINE)
    by_box = np.array((box.x + box.width / 2, box.y + box.height / 2)) - down * side * (_BOX_CENTRE - 0.5)
    x, y = (by_eyes + by_box) / 2
    return CropFrame(float(x), float(y), side, angle)


def crop_faces(
    image: NDArray[np.uint8], boxes: Sequence[Box], eyes: Sequence[Eyes | None] | None = None
) -> NDArray[np.uint8]:
    """crop_face of every box, with its eyes where they are given -> (N, 48, 48) uint8; N may be 0."""
    pairs = zip(boxes, eyes if eyes is not None else [None] * len(boxes), strict=True)
    return np.array([crop_face(image, box, eyes=seen) for box, seen in pairs], np.uint8).reshape(
        -1, FACE_SIZE, FACE_SIZE
    )


def _levelled(image: NDArray[np.uint8], frame: CropFrame) -> NDArray[np.uint8]:
    middle, side, angle = np.array((frame.x, frame.y)), frame.side, frame.angle
    # first reduced by averaging to at most two pixels for one, then turned, so that nothing is skipped
    reach = side * (abs(math.sin(angle)) + abs(math.cos(angle))) / 2 + 2
    left, top = (math.floor(value - reach) for value in middle)
    square = _square(image, left, top, math.ceil(2 * reach) + 1)
    scale = min(1.0, 2 * FACE_SIZE / side)
    if scale < 1:
        pixels = max(1, round(square.shape[0] * scale))
        scale = pixels / square.shape[0]
        square = np.asarray(cv2.resize(square, (pixels, pixels), interpolation=cv2.INTER_AREA), np.uint8)
    out = 2 * FACE_SIZE if scale < 1 else FACE_SIZE
    step = side * scale / out
    turn = np.array(((math.cos(angle), -math.sin(angle)), (math.sin(angle), math.cos(angle)))) * step
    corner = (middle - (left, top)) * scale - turn @ np.full(2, out / 2) + turn @ np.full(2, 0.5) - 0.5
    placed = np.column_stack([turn, corner])
    flags = (cv2.INTER_CUBIC if step < 1 else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP
    turned = cv2.warpAffine(square, placed, (out, out), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return whole_face(np.asarray(turned, np.uint8))


def _square(image: NDArray[np.uint8], left: int, top: int, side: int) -> NDArray[np.uint8]:
    """A square part of an image, grey; the image's edge is repeated where the square leaves it."""
    height, width = image.shape[:2]
    # at least one row and column of the image, to repeat
    rows = slice(min(max(0, top), height - 1), max(1, min(top + side, height)))
    columns = slice(min(max(0, left), width - 1), max(1, min(left + side, width)))
    inside = to_grey(image[rows, columns])  # the part alone: a face is small in most images
    above, before = max(0, rows.start - top), max(0, columns.start - left)
    borders = (above, max(0, side - above - inside.shape[0]), before, max(0, side - before - inside.shape[1]))
    return np.asarray(cv2.copyMakeBorder(inside, *borders, cv2.BORDER_REPLICATE), np.uint8)[:side, :side]
