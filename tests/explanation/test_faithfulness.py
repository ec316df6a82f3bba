"""Deletion and insertion: what they say of a map that is known to be right, and of those of a network."""

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from fer_core import EmotionModel, list_models, load_model
from fer_core.explanation import centre_blob, evidence, faithfulness, random_maps
from fer_core.explanation.faithfulness import STEPS

FACES = np.full((3, 48, 48), 60, np.uint8)
FACES[:, 6:18, 6:18] = 240


class LooksAtACorner(EmotionModel):
    """Sure of happy by how bright 12x12 pixels in a corner are."""

    def __init__(self) -> None:
        pass

    def predict_proba(self, faces: np.ndarray) -> np.ndarray:
        share = faces[:, 6:18, 6:18].mean(axis=(1, 2)) / 255
        rest = np.repeat((1 - share)[:, np.newaxis] / 6, 7, axis=1)
        rest[:, 3] = share
        return rest.astype(np.float32)


def test_the_right_map_deletes_and_inserts_best() -> None:
    right = np.zeros((3, 48, 48))
    right[:, 6:18, 6:18] = 1
    best = faithfulness(LooksAtACorner(), FACES, right)
    worst = faithfulness(LooksAtACorner(), FACES, -right)
    blob = faithfulness(LooksAtACorner(), FACES, np.repeat(centre_blob()[np.newaxis], 3, axis=0))
    assert best.deletion.shape == (3,)
    assert (best.deletion < blob.deletion).all() and (blob.deletion < worst.deletion).all()
    assert (best.insertion > blob.insertion).all() and (blob.insertion > worst.insertion).all()
    # whole at first, blank from the second step on
    blank = (16 * 240 / 255 + 0) / 16
    assert best.deletion[0] < blank and STEPS == 16


def test_random_maps_are_smooth_and_repeatable() -> None:
    maps = random_maps(4, 6)
    assert maps.shape == (4, 48, 48) and np.array_equal(maps, random_maps(4, 6))
    assert np.abs(np.diff(maps, axis=2)).max() < np.ptp(maps) / 4
    assert centre_blob().argmax() // 48 in (23, 24)


@pytest.fixture(scope="module")
def real_faces(shared_data: Path, fer2013_tool: ModuleType) -> np.ndarray:
    images, _, usage, *_ = fer2013_tool.load(shared_data / "fer2013_travel.npz")
    return np.ascontiguousarray(images[usage == 2][::180])  # 20 faces of PrivateTest


def test_maps_show_what_the_network_goes_by(real_faces: np.ndarray) -> None:
    if "everyday" not in list_models():
        pytest.skip("models/ holds no everyday")
    model, count = load_model("everyday"), len(real_faces)
    predicted = model.predict_proba(real_faces).argmax(axis=1)
    maps = evidence(model, real_faces)[np.arange(count), predicted]
    found = faithfulness(model, real_faces, maps)
    for other in (random_maps(count, 6), np.repeat(centre_blob()[np.newaxis], count, axis=0)):
        beside = faithfulness(model, real_faces, other)
        assert found.deletion.mean() < beside.deletion.mean()
        assert found.insertion.mean() > beside.insertion.mean()
