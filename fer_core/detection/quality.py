"""What makes an answer doubtful: a face that is too small, too dark, blurred or turned away. Simple measures.

The thresholds come from FER-2013's PublicTest (3,589 faces, of which the bundle `cnn` names 65 % rightly); the figures
stand with each. They are hints for people, next to a result; nothing is left out because of them.
"""

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.detection.boxes import Box

SMALL: Final = "small"
DARK: Final = "dark"
BLURRED: Final = "blurred"
TURNED: Final = "turned away or lit from one side"

SMALLEST_SIDE: Final = 24
"""Pixels. 900 faces reduced to 28, 24, 20 and 16 pixels and enlarged again: 64, 61, 56 and 47 % right, of 66."""
DARKEST_TOP: Final = 90
"""Grey level, 0-255, that nine tenths of the pixels do not reach. Of the 38 faces under it 53 % are named rightly. The
bright end and not the mean: dark skin in good light has bright eyes and highlights."""
LEAST_SHARPNESS: Final = 0.07
"""Variance of the Laplacian over variance of the face (after Pech-Pacheco et al. 2000). One face in 200 of the data is
under 0.18; blurred with a Gaussian of 1.0 and 1.3 pixels, half are under 0.064 and 0.033, and 61 and 54 % right."""
LEAST_SYMMETRY: Final = -0.1
"""Correlation of a face with its mirror image. Of the 266 faces under it 58 % are named rightly."""

_ROWS: Final = slice(6, 42)  # without hair and chin
_FARTHEST_AXIS: Final = 5  # pixels by which the axis of the face may lie beside the middle


def face_hints(box: Box, crop: NDArray[np.uint8]) -> tuple[str, ...]:
    """What makes the answers for a face doubtful, for people: any of SMALL, DARK, BLURRED, TURNED.

    box: the face in its picture. crop: (48, 48) uint8 grey. A small face, enlarged, is blurred: only the first is said.
    """
    small = min(box.width, box.height) < SMALLEST_SIDE
    doubts = {
        SMALL: small,
        DARK: np.count_nonzero(crop >= DARKEST_TOP) < crop.size / 10,
        BLURRED: not small and sharpness(crop) < LEAST_SHARPNESS,
        TURNED: all(likeness < LEAST_SYMMETRY for likeness in _likenesses(crop)),  # mostly the first one decides
    }
    return tuple(hint for hint, holds in doubts.items() if holds)


def sharpness(crop: NDArray[np.uint8]) -> float:
    """Fine detail in a (48, 48) uint8 face, against its contrast: 0 where there is none, 0.7 for most faces."""
    face = crop.astype(np.float32)
    return float(cv2.Laplacian(face, cv2.CV_32F).var() / max(float(face.var()), 1.0))


def _likenesses(crop: NDArray[np.uint8]) -> Iterator[float]:
    """Correlations of a face with its mirror image, about the middle first, then about axes further and further off."""
    face = cv2.GaussianBlur(crop.astype(np.float32), (0, 0), 1.5)[_ROWS]
    for shift in sorted(range(-_FARTHEST_AXIS, _FARTHEST_AXIS + 1), key=abs):
        part = face[:, max(0, 2 * shift) : face.shape[1] + min(0, 2 * shift)]
        part = part - part.mean()
        power = float((part * part).sum())
        yield float((part * part[:, ::-1]).sum()) / power if power > 1 else 1.0
