"""The CNNs chosen here: their size, and that light and contrast hardly matter."""

import numpy as np
import pytest

from fer_core.training.recipes import RECIPES
from tests.support import tiny
from tests.support.patterns import RANDOM


def seresnet_parameters(width: int) -> int:
    """Stem and six blocks of two convolutions with normalisation, squeeze and excitation, projection; dense layer."""
    total, before = 9 * width + 4 * width, width
    for channels in (width, width, 2 * width, 2 * width, 4 * width, 4 * width):
        total += 9 * before * channels + 9 * channels**2 + 8 * channels
        total += 2 * channels * (channels // 8) + channels // 8 + channels
        total += (before * channels + 4 * channels) if before != channels else 0
        before = channels
    return total + 7 * before + 7


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("compact", 1_469_479),
        ("seresnet", seresnet_parameters(64)),
        ("seresnet-small", seresnet_parameters(32)),
    ],
)
def test_architectures(name: str, parameters: int) -> None:
    network = RECIPES[name].build()
    assert network.input_shape == (None, 48, 48, 1) and network.output_shape == (None, 7)
    assert network.count_params() == parameters
    logits = network.predict(RANDOM[:2, ..., None].astype(np.float32), verbose=0)
    assert np.isfinite(logits).all() and logits.dtype == np.float32


def test_seresnet_ignores_light_and_contrast() -> None:
    network = RECIPES["seresnet-small"].build()
    faces = tiny.faces(1)[0][..., None].astype(np.float32)
    before, after = (network.predict(given, verbose=0) for given in (faces, faces * 0.5 + 40))
    # an untrained network tells faces apart by little: the change must be small beside that
    assert np.abs(after - before).max() < 0.1 * np.ptp(before, axis=0).max()
