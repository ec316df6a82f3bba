"""Faces and a model -> a map per emotion: where in the face the model finds what speaks for it, and against it."""

from functools import lru_cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.bundle import CARD_NAME, EmotionModel, MeanModel, bundle_folder, load_model, member_names
from fer_core.emotions import EMOTIONS
from fer_core.errors import ModelError
from fer_core.explanation.occlusion import occlusion_maps
from fer_core.image import FACE_SIZE

FEWEST_CELLS: Final = 6
"""Cells a side below which a network's own maps are too coarse: by insertion and deletion on 80 faces, the 3x3 maps of
a MobileNet (0.44, 0.35) say less of it than a blob in the middle does (0.49, 0.30), and occlusion more (0.61, 0.20)."""


def evidence(model: EmotionModel, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, 48, 48) uint8 grey faces -> (N, 7, 48, 48) float32, in logits; N may be 0.

    For a network that ends in global average pooling of 6x6 cells or more and one dense layer these are its class
    activation maps (Zhou et al. 2016, "Learning Deep Features for Discriminative Localization"), and exact: the mean
    of an emotion's map plus the bias of the head is its logit. For another network they are how much of the logit goes
    where a patch of the face is covered (`occlusion_maps`), for a `MeanModel` the mean of its members' maps.
    """
    if isinstance(model, MeanModel):
        return np.asarray(np.mean([evidence(member, faces) for member in model.members], axis=0), np.float32)
    maps = model.feature_maps(faces)
    if maps is None or min(maps.shape[1:3]) < FEWEST_CELLS:
        return _enlarged(occlusion_maps(model, faces))
    small = np.einsum("nhwd,cd->nchw", maps, model.head.weights, optimize=True)
    return _enlarged(np.asarray(small, np.float32))


def face_evidence(model: str | EmotionModel, face: NDArray[np.uint8]) -> NDArray[np.float32]:
    """`evidence` for one (48, 48) face: (7, 48, 48). model: loaded, or a name; one that is named stays loaded."""
    loaded = model if isinstance(model, EmotionModel) else _named(model)
    return np.asarray(evidence(loaded, face[np.newaxis])[0])


def _enlarged(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, 7, height, width) -> (N, 7, 48, 48), linear between the centres of the cells; each map keeps its mean."""
    if not len(maps):
        return np.zeros((0, len(EMOTIONS), FACE_SIZE, FACE_SIZE), np.float32)
    flat = maps.reshape(-1, *maps.shape[2:])
    large = np.stack([cv2.resize(one, (FACE_SIZE, FACE_SIZE), interpolation=cv2.INTER_LINEAR) for one in flat])
    # exact by itself where 48 is a multiple of the map's side, as for all networks here
    large += flat.mean(axis=(1, 2), keepdims=True) - large.mean(axis=(1, 2), keepdims=True)
    return np.asarray(large.reshape(*maps.shape[:2], FACE_SIZE, FACE_SIZE), np.float32)


def _named(name: str) -> EmotionModel:
    """A model by its name, loaded anew once one of its cards has changed. Raises ModelError."""
    try:
        cards = [bundle_folder(name) / CARD_NAME]
    except ModelError:  # a mean is no folder
        cards = [bundle_folder(member) / CARD_NAME for member in member_names(name)]
    return _loaded(name, tuple((card, card.stat().st_mtime_ns) for card in cards))


@lru_cache(maxsize=4)
def _loaded(name: str, cards: tuple[tuple[Path, int], ...]) -> EmotionModel:
    return load_model(name)
