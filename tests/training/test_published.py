"""The rebuilt networks: their size, counted apart from keras, and that light and contrast hardly matter."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fer_core.training.architectures.published import resnet, vgg
from fer_core.training.recipes import RECIPES
from tests.support import tiny


def conv(before: int, after: int, kernel: int = 3) -> int:
    """A convolution without bias and its batch normalisation: scale, offset, mean, variance."""
    return kernel * kernel * before * after + 4 * after


def chain(*widths: int) -> int:
    return sum(conv(before, after) for before, after in zip((1, *widths), widths, strict=False))


def dense(before: int, after: int) -> int:
    return before * after + after


def residual(before: int, after: int) -> int:
    shortcut = conv(before, after, kernel=1) if before != after else 0
    return conv(before, after) + conv(after, after) + shortcut


SIZES = {
    # four poolings leave 3x3 of 48x48
    "deepfer": conv(1, 64, 5) + conv(64, 128) + conv(128, 512) + conv(512, 512)
    + (9 * 512 * 256 + 4 * 256) + (256 * 512 + 4 * 512) + dense(512, 7),
    # unpadded: 48 -> 46, 23 -> 21, 10 -> 8, 4 -> 2, 1; biases, no normalisation
    "deep4": dense(9, 128) + dense(9 * 128, 256) + dense(9 * 256, 512) + dense(9 * 512, 512)
    + dense(512, 512) + dense(512, 256) + dense(256, 7),
    "classic": chain(48, 96, 96, 192, 192, 256) + dense(256, 128) + dense(128, 7),
    "vgg": chain(32, 32, 64, 64, 128, 128, 192, 192) + dense(9 * 192, 128) + dense(128, 7),
    "resnet": conv(1, 32) + residual(32, 32) + residual(32, 32) + residual(32, 64) + residual(64, 64)
    + residual(64, 128) + residual(128, 128) + dense(128, 7),
}  # fmt: skip


@pytest.mark.parametrize("name", SIZES)
def test_networks_have_their_size(name: str) -> None:
    network = RECIPES[name].build()
    assert (network.input_shape, network.output_shape) == ((None, 48, 48, 1), (None, 7))
    assert network.count_params() == SIZES[name]


@pytest.mark.parametrize("build", [vgg, resnet])
def test_the_small_ones_ignore_light_and_contrast(build: Callable[[], Any]) -> None:
    faces = tiny.faces(1)[0][..., None].astype(np.float32)
    network = build()
    expected = network.predict(faces, verbose=0)
    # an untrained network tells faces apart only faintly: measured against that
    difference = np.abs(network.predict(faces * 0.5 + 40, verbose=0) - expected).max()
    assert difference < 0.05 * np.ptp(expected, axis=0).max()
