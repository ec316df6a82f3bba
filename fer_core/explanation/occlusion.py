"""Occlusion: how much of each logit goes where a patch of the face is covered. It works for any network."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from fer_core.bundle import EmotionModel
from fer_core.emotions import EMOTIONS
from fer_core.image import FACE_SIZE

PATCH: Final = 12
"""Side of the patch in pixels: an eye or a mouth."""
STRIDE: Final = 6
"""From one patch to the next, so that a pixel lies under up to four of them; 49 patches a face."""


def occlusion_maps(model: EmotionModel, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, 48, 48) uint8 grey faces -> (N, 7, 8, 8) float32: each cell's mean loss of the logits, over its patches.

    A patch takes the mean grey of the face (Zeiler & Fergus 2014, "Visualizing and Understanding Convolutional
    Networks"). Positive: without it the emotion's logit is smaller, so it speaks for the emotion. N may be 0.
    """
    cells = FACE_SIZE // STRIDE
    nothing = np.zeros((0, len(EMOTIONS), cells, cells), np.float32)
    return np.concatenate([nothing, *(_of_face(model, face, cells) for face in faces)])


def _of_face(model: EmotionModel, face: NDArray[np.uint8], cells: int) -> NDArray[np.float32]:
    """(1, 7, cells, cells): the network sees all patches of a face, and the face, in batches."""
    wide = PATCH // STRIDE
    corners = [(y, x) for y in range(cells - wide + 1) for x in range(cells - wide + 1)]
    covered = np.repeat(face[np.newaxis], len(corners) + 1, axis=0)  # the last one stays whole
    for one, (y, x) in zip(covered, corners, strict=False):
        one[y * STRIDE : y * STRIDE + PATCH, x * STRIDE : x * STRIDE + PATCH] = round(float(face.mean()))
    logits = model.logits(covered)
    losses, patches = np.zeros((1, len(EMOTIONS), cells, cells), np.float32), np.zeros((cells, cells), np.float32)
    for loss, (y, x) in zip(logits[-1] - logits[:-1], corners, strict=True):
        losses[..., y : y + wide, x : x + wide] += loss[:, np.newaxis, np.newaxis]
        patches[y : y + wide, x : x + wide] += 1
    return np.asarray(losses / patches, np.float32)
