"""Training batches: what each change does, and that seed, epoch and number decide them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from fer_core.datasets.splits import Faces
from fer_core.training.augment import NO_AUGMENTATION, Augmentation, FaceBatches, augment
from tests.support import tiny

FACES, LABELS = tiny.faces(5)


def test_without_augmentation_faces_are_unchanged() -> None:
    faces = FACES[..., None].astype(np.float32)
    rng = np.random.default_rng(0)
    assert np.array_equal(np.asarray(augment(faces, NO_AUGMENTATION, rng)), faces)


class Fixed:
    """A random generator whose every uniform draw is at the given share of its range."""

    def __init__(self, share: float) -> None:
        self.share = share

    def uniform(self, low: Any, high: Any, size: Any = None) -> Any:
        return np.full(size, low + (high - low) * self.share)

    def random(self, size: Any) -> Any:
        return np.full(size, self.share)


def move(share: float, **how: Any) -> np.ndarray:
    """Faces with one change, drawn at `share` of its range: 0 lowest, 1 highest."""
    fixed: Any = Fixed(share)
    return np.asarray(augment(FACES[..., None].astype(np.float32), replace(NO_AUGMENTATION, **how), fixed))[..., 0]


@pytest.mark.parametrize(
    ("share", "how", "expected"),
    [
        pytest.param(0.1, {"flip": True}, lambda f: f[:, :, ::-1], id="flip mirrors"),
        pytest.param(0.9, {"flip": True}, lambda f: f, id="half are not flipped"),
        pytest.param(1, {"rotation": 90}, lambda f: np.rot90(f, 1, (1, 2)), id="quarter turn"),
        pytest.param(0, {"rotation": 90}, lambda f: np.rot90(f, -1, (1, 2)), id="quarter turn back"),
        pytest.param(1, {"shift": 4}, lambda f: np.pad(f, ((0, 0), (0, 4), (0, 4)), "edge")[:, 4:, 4:], id="shift"),
        pytest.param(0, {"shift": 4}, lambda f: np.pad(f, ((0, 0), (4, 0), (4, 0)), "edge")[:, :48, :48], id="back"),
        pytest.param(1, {"brightness": 20.0}, lambda f: np.clip(f + 20.0, 0, 255), id="brighter"),
        pytest.param(0, {"contrast": 0.5}, lambda f: (f - 128.0) * 0.5 + 128, id="less contrast"),
    ],
)
def test_a_change_is_the_one_it_is_called(
    share: float, how: dict[str, Any], expected: Callable[[np.ndarray], np.ndarray]
) -> None:
    assert np.abs(move(share, **how) - expected(FACES.astype(float))).max() < 0.02


def test_zoom_keeps_the_middle() -> None:
    at = 23.5 + (np.arange(48) - 23.5) / 2  # half the frame fills the face
    expected = [
        ndimage.map_coordinates(face.astype(float), np.meshgrid(at, at, indexing="ij"), order=1) for face in FACES
    ]
    assert np.abs(move(0, zoom=0.5) - expected).max() < 0.02


STRONG = Augmentation(rotation=30, shift=10, shear=0.3, zoom=0.3, brightness=80, contrast=0.8, erase=1, mixup=0.4)
VARIANTS = {
    "the default": Augmentation(),
    "erasing": replace(NO_AUGMENTATION, erase=1.0),
    "mixup": replace(NO_AUGMENTATION, mixup=0.4),
    "all, strong": STRONG,
}


@pytest.mark.parametrize("how", VARIANTS.values(), ids=VARIANTS.keys())
def test_batches_keep_shape_range_and_labels(how: Augmentation) -> None:
    batches = FaceBatches(Faces(FACES, LABELS), 8, how, seed=1)
    assert len(batches) == 5
    parts = [batches[i] for i in range(len(batches))]
    assert [len(labels) for _, labels in parts] == [8, 8, 8, 8, 3]
    for faces, labels in parts:
        pixels = np.asarray(faces)
        assert pixels.shape == (len(labels), 48, 48, 1) and pixels.dtype == labels.dtype == np.float32
        assert pixels.min() >= 0 and pixels.max() <= 255
        assert labels.min() >= 0 and labels.sum(axis=1) == pytest.approx(np.ones(len(labels)), abs=1e-6)
    mixed = any(((labels > 0) & (labels < 1)).any() for _, labels in parts)
    assert mixed == bool(how.mixup)


def test_an_epoch_has_every_face_once() -> None:
    batches = FaceBatches(Faces(FACES, LABELS), 8, seed=1)
    seen = np.concatenate([np.asarray(batches[i][0]) for i in range(len(batches))])
    assert sorted(f.tobytes() for f in seen[..., 0].astype(np.uint8)) == sorted(f.tobytes() for f in FACES)
    labels = np.concatenate([batches[i][1] for i in range(len(batches))]).argmax(axis=1)
    of_face = {face.tobytes(): label for face, label in zip(FACES, LABELS, strict=True)}
    assert [of_face[f.tobytes()] for f in seen[..., 0].astype(np.uint8)] == labels.tolist()


def first_batch(**options: Any) -> np.ndarray:
    return np.asarray(FaceBatches(Faces(FACES, LABELS), 8, STRONG, **options)[1][0])


def test_seed_epoch_and_number_decide_a_batch() -> None:
    expected = first_batch(seed=5, epoch=2)
    assert np.array_equal(first_batch(seed=5, epoch=2), expected)
    assert not np.array_equal(first_batch(seed=6, epoch=2), expected)
    assert not np.array_equal(first_batch(seed=5, epoch=3), expected)
    running = FaceBatches(Faces(FACES, LABELS), 8, STRONG, seed=5)
    running.start(2)
    assert np.array_equal(np.asarray(running[1][0]), expected)


def test_erasing_replaces_a_rectangle_and_leaves_the_rest() -> None:
    erased = np.asarray(
        augment(FACES[..., None].astype(np.float32), replace(NO_AUGMENTATION, erase=1.0), np.random.default_rng(0))
    )[..., 0]
    shares = []
    for before, after in zip(FACES, erased, strict=True):
        changed = np.argwhere(before != after)
        (top, left), (bottom, right) = changed.min(axis=0), changed.max(axis=0) + 1
        assert len(changed) > 0.95 * (bottom - top) * (right - left)
        shares.append((bottom - top) * (right - left) / 48**2)
    assert 0 < min(shares) and max(shares) <= 0.3


def test_class_weights_go_with_their_faces() -> None:
    weights = [float(2**i) for i in range(7)]
    _, labels, given = FaceBatches(Faces(FACES, LABELS), 35, seed=1, class_weights=weights)[0]
    assert given.tolist() == [weights[label] for label in labels.argmax(axis=1)]
