"""Float weights read back from a TFLite file: the same function, and a network that can be trained again."""

from functools import partial

import keras
import numpy as np
import pytest

from fer_core import ModelError, analyze
from fer_core.image import SAMPLES, sample_image
from fer_core.training.architectures.cnns import seresnet
from fer_core.training.architectures.transfer import transfer_network
from fer_core.training.export.convert import convert
from fer_core.training.export.read_back import read_back

MOBILENET = partial(transfer_network, "mobilenet", weights="none", alpha=0.25, image_size=48)


def some_faces(count: int) -> np.ndarray:
    """The samples' faces, brighter and darker, with noise: (count, 48, 48) uint8."""
    crops = [face.crop for sample in SAMPLES for face in analyze(sample_image(sample), ()).faces]
    rng = np.random.default_rng(0)
    noisy = [crops[i % len(crops)] * rng.uniform(0.6, 1.2) + rng.normal(0, 12, (48, 48)) for i in range(count)]
    return np.clip(noisy, 0, 255).astype(np.uint8)


def settled(network: keras.Model, faces: np.ndarray) -> keras.Model:
    """Every weight drawn anew, and statistics as training on the faces would have left them."""
    rng = np.random.default_rng(1)
    for layer in network._flatten_layers():
        if hasattr(layer, "moving_variance"):
            layer.momentum = 0.0
            layer.beta.assign(rng.normal(0, 0.3, layer.beta.shape))
            if layer.gamma is not None:
                layer.gamma.assign(rng.uniform(0.6, 1.4, layer.gamma.shape))
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    network(faces[..., np.newaxis].astype(np.float32), training=True)
    return network


@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 0.01), ("int8", 0.2)])
def test_the_network_comes_back_and_can_be_trained(precision: str, tolerance: float) -> None:
    faces = some_faces(64)
    original = settled(seresnet(8), faces)
    read = seresnet(8)
    read_back(convert(original, precision), read, faces)
    batch = faces[..., np.newaxis].astype(np.float32)
    expected = np.asarray(original(batch, training=False))
    spread = expected.std()
    assert np.abs(np.asarray(read(batch, training=False)) - expected).max() < tolerance * spread
    for layer in read._flatten_layers():
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    again = np.asarray(read(batch, training=True))
    assert np.abs(again - expected).max() < max(tolerance, 0.02) * spread, "as if it had been trained on these faces"


def test_depthwise_layers_and_float16_come_back() -> None:
    faces, rng = some_faces(8), np.random.default_rng(2)
    original, read = MOBILENET(), MOBILENET()
    # settled like the other, so deep a network of random weights would make rounding errors as large as its logits
    for layer in original._flatten_layers():
        if hasattr(layer, "moving_variance"):
            layer.beta.assign(rng.normal(0, 0.3, layer.beta.shape))
            layer.moving_mean.assign(rng.normal(0, 0.1, layer.beta.shape))
    read_back(convert(original, "float16"), read, faces)
    batch = faces[..., np.newaxis].astype(np.float32)
    expected = np.asarray(original(batch, training=False))
    assert np.abs(np.asarray(read(batch, training=False)) - expected).max() < 0.02 * np.abs(expected).max()


def test_another_architecture_is_refused() -> None:
    content = convert(seresnet(8), "float32")
    with pytest.raises(ModelError, match="it is another network"):
        read_back(content, seresnet(16), some_faces(2))
    with pytest.raises(ModelError, match="more operations with weights"):
        read_back(content, keras.Sequential([keras.Input((48, 48, 1)), keras.layers.Flatten()]), some_faces(2))
