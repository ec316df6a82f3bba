"""Training batches: shuffled, augmented, one-hot. Drawn from (seed, epoch, batch), so a resumed run sees the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from fer_core.datasets import Faces
from fer_core.image import FACE_SIZE
from fer_core.training.targets import one_hot
from fer_core.training.variations import photographed

_CENTRE: Final = (FACE_SIZE - 1) / 2  # of a face, in pixels


@dataclass(frozen=True)
class Augmentation:
    """How far a face may be changed; every amount is drawn uniformly from its range, both ways.

    rotation: degrees. shift: pixels. shear: tangent of the angle. zoom: share of the size. brightness: grey levels.
    contrast: share. erase: how often (0-1) a rectangle of 2 to 25 % of the face is replaced by noise (Zhong et al.
    2017). camera: how often (0-1) a face is changed as cameras change it, see `variations.photographed`. mixup:
    parameter of the Beta distribution that blends pairs of faces and labels (Zhang et al. 2017), 0: none.
    """

    flip: bool = True
    rotation: float = 10.0
    shift: float = 4.0
    shear: float = 0.1
    zoom: float = 0.1
    brightness: float = 0.0
    contrast: float = 0.0
    erase: float = 0.0
    camera: float = 0.0
    mixup: float = 0.0


NO_AUGMENTATION: Final = Augmentation(flip=False, rotation=0, shift=0, shear=0, zoom=0)


class FaceBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """What `fit` reads: float32 faces (N, 48, 48, 1) in 0-255, targets (N, 7) and, with class weights, weights.

    `targets`, a row for each face of the part, are its labels, one-hot, until they are set to others.
    The epoch's number decides order, augmentation and, where faces have weights, which of them are drawn how often;
    `start` sets it. The geometry runs in the backend: `faces` may
    lie on its device.
    """

    def __init__(
        self,
        part: Faces,
        batch_size: int,
        augmentation: Augmentation = NO_AUGMENTATION,
        *,
        seed: int = 0,
        epoch: int = 0,
        class_weights: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        self.part, self.batch_size, self.augmentation = part, batch_size, augmentation
        self.seed = seed
        self.weights = None if class_weights is None else np.asarray(class_weights, np.float32)
        self.targets = one_hot(part.labels)
        self._count = len(part) if part.weights is None else max(1, int(part.weights.sum(dtype=np.float64)))
        self.start(epoch)

    def __len__(self) -> int:
        return -(-self._count // self.batch_size)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        rows = self._order[index * self.batch_size : (index + 1) * self.batch_size]
        rng = np.random.default_rng((self.seed, self.epoch, index))
        faces = photographed(self.part.faces[rows], self.augmentation.camera, rng)[..., np.newaxis].astype(np.float32)
        labels = self.targets[rows]
        if self.augmentation.mixup:
            share = rng.beta(self.augmentation.mixup, self.augmentation.mixup)
            faces = share * faces + (1 - share) * faces[::-1]
            labels = share * labels + (1 - share) * labels[::-1]
        augmented = augment(faces.astype(np.float32), self.augmentation, rng)
        if self.weights is None:
            return augmented, labels.astype(np.float32)
        return augmented, labels.astype(np.float32), (labels @ self.weights).astype(np.float32)

    def start(self, epoch: int) -> None:
        """Draw the order that belongs to `epoch`, counted from 0.

        Not left to keras' own on_epoch_end: it is also called once before training, when the network is traced.
        """
        self.epoch = epoch
        rng = np.random.default_rng((self.seed, epoch))
        order = rng.permutation(len(self.part))
        self._order = order if self.part.weights is None else drawn(order, self.part.weights, self._count, rng)


def drawn(
    order: NDArray[np.integer], weights: NDArray[np.float32], count: int, rng: np.random.Generator
) -> NDArray[np.integer]:
    """`count` of the faces in `order`, in random order, each as often as its weight says, rounded up or down.

    Systematic sampling: equal steps through the sum of the weights, so an epoch's size never varies.
    """
    edges = np.cumsum(weights[order], dtype=np.float64)
    steps = (np.arange(count) + rng.random()) * (edges[-1] / count)
    return rng.permutation(order[np.searchsorted(edges, steps, side="right")])


def augment(faces: NDArray[np.float32], how: Augmentation, rng: np.random.Generator) -> Any:
    """Faces (N, 48, 48, 1) float32 0-255 -> the same shape and range, as a tensor of the backend (or the input)."""
    n = len(faces)
    changed: Any = faces
    matrix = affine(n, how, rng)
    if not np.allclose(matrix, [1, 0, 0, 0, 1, 0, 0, 0]):
        changed = keras.ops.image.affine_transform(
            changed, matrix, interpolation="bilinear", fill_mode="nearest", data_format="channels_last"
        )
    if how.brightness or how.contrast:
        gain = rng.uniform(1 - how.contrast, 1 + how.contrast, (n, 1, 1, 1)).astype(np.float32)
        offset = rng.uniform(-how.brightness, how.brightness, (n, 1, 1, 1)).astype(np.float32)
        changed = keras.ops.clip((changed - 128.0) * gain + (128.0 + offset), 0.0, 255.0)
    if how.erase:
        mask, noise = _erasure(n, how.erase, rng)
        changed = changed * (1 - mask) + noise * mask
    return changed


def affine(n: int, how: Augmentation, rng: np.random.Generator) -> NDArray[np.float32]:
    """(N, 8) float32 for keras.ops.image.affine_transform: one matrix for flip, rotation, shear, zoom and shift.

    It maps an output point to where it is read, about the face's centre.
    """
    angle = np.deg2rad(rng.uniform(-how.rotation, how.rotation, n))
    shear = rng.uniform(-how.shear, how.shear, n)
    scale = rng.uniform(1 - how.zoom, 1 + how.zoom, n)
    mirror = np.where(rng.random(n) < 0.5, -1.0, 1.0) if how.flip else np.ones(n)
    shift = rng.uniform(-how.shift, how.shift, (n, 2))
    cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
    a0, a1 = mirror * cos, mirror * (shear * cos - sin)
    b0, b1 = sin, shear * sin + cos
    a2 = _CENTRE - (a0 + a1) * _CENTRE + shift[:, 0]
    b2 = _CENTRE - (b0 + b1) * _CENTRE + shift[:, 1]
    return np.stack([a0, a1, a2, b0, b1, b2, np.zeros(n), np.zeros(n)], axis=1).astype(np.float32)


def _erasure(n: int, rate: float, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    area = rng.uniform(0.02, 0.25, n) * (rng.random(n) < rate)
    ratio = np.exp(rng.uniform(np.log(0.4), np.log(2.5), n))
    height, width = FACE_SIZE * np.sqrt(area * ratio), FACE_SIZE * np.sqrt(area / ratio)
    top, left = rng.uniform(0, FACE_SIZE, n) - height / 2, rng.uniform(0, FACE_SIZE, n) - width / 2
    line = np.arange(FACE_SIZE) + 0.5
    inside_rows = (line >= top[:, None]) & (line < (top + height)[:, None])
    inside_columns = (line >= left[:, None]) & (line < (left + width)[:, None])
    mask = (inside_rows[:, :, None] & inside_columns[:, None, :])[..., np.newaxis]
    return mask.astype(np.float32), rng.uniform(0, 255, (n, FACE_SIZE, FACE_SIZE, 1)).astype(np.float32)
