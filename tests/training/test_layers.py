"""The networks' convolution: Keras' own, but for the way to its kernel's gradient."""

import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from fer_core.training import layers as convolution
from fer_core.training.layers import FusedBatchNormalization, SideBySideConv2D, side_by_side


def whole_numbers(*shape: int) -> np.ndarray:
    """-1, 0 or 1: their sums are exact, in bfloat16 too."""
    return np.random.default_rng(0).integers(-1, 2, shape).astype(np.float32)


def results(kind: type, faces: np.ndarray, dtype: str, **options: Any) -> list[np.ndarray]:
    """The outputs of a layer for `faces`, and the gradients of its input and its weights."""
    layer = kind(5, dtype=dtype, **{"padding": "same"} | options)
    layer.build(faces.shape)
    layer.set_weights([whole_numbers(*weight.shape) for weight in layer.get_weights()])
    x = tf.constant(faces)
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = layer(x)
    drawn = tf.cast(whole_numbers(*outputs.shape), outputs.dtype)
    gradients = tape.gradient(outputs, [x, *layer.trainable_variables], drawn)
    return [np.asarray(tf.cast(value, tf.float32)) for value in (outputs, *gradients)]


@pytest.mark.parametrize(
    ("shape", "dtype", "options", "side"),
    [
        ((8, 6, 6, 4), "mixed_bfloat16", {"kernel_size": 3}, 4),
        ((5, 6, 6, 4), "mixed_bfloat16", {"kernel_size": 3, "use_bias": False}, 4),
        ((1, 12, 12, 4), "mixed_bfloat16", {"kernel_size": 5, "activation": "relu"}, 2),
        ((3, 7, 4, 2), "bfloat16", {"kernel_size": (5, 3)}, 6),
        ((2, 3, 3, 2), "mixed_bfloat16", {"kernel_size": 1}, 10),
        # as in keras
        ((2, 24, 24, 4), "mixed_bfloat16", {"kernel_size": 3}, None),
        ((8, 6, 6, 4), "float32", {"kernel_size": 3}, None),
        ((8, 6, 6, 4), "mixed_bfloat16", {"kernel_size": 3, "strides": 2}, None),
        ((8, 6, 6, 4), "mixed_bfloat16", {"kernel_size": 3, "padding": "valid"}, None),
        ((8, 6, 6, 4), "mixed_bfloat16", {"kernel_size": 3, "dilation_rate": 2}, None),
        ((8, 6, 6, 4), "mixed_bfloat16", {"kernel_size": 2}, None),
    ],
    ids=str,
)
def test_outputs_and_gradients_are_those_of_keras(
    shape: tuple[int, ...], dtype: str, options: dict[str, Any], side: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []

    def counted(maps: Any, count: int, gap: int) -> Any:
        counts.append(count)
        return side_by_side(maps, count, gap)

    monkeypatch.setattr(convolution, "side_by_side", counted)
    monkeypatch.setattr(convolution, "_on_processor", lambda: True)  # where there is a GPU, too
    faces = whole_numbers(*shape)
    expected = results(keras.layers.Conv2D, faces, dtype, **options)
    found = results(SideBySideConv2D, faces, dtype, **options)
    assert len(found) == len(expected) and any(np.abs(value).sum() > 0 for value in found)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert counts == ([] if side is None else [side, side])


def test_on_a_gpu_it_is_as_in_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: ["one"] if kind == "GPU" else [])
    monkeypatch.setattr(convolution, "side_by_side", lambda *_: pytest.fail("took its own way"))
    assert len(results(SideBySideConv2D, whole_numbers(8, 6, 6, 4), "mixed_bfloat16", kernel_size=3)) == 4


def test_maps_lie_in_a_row_with_zeros_between_them() -> None:
    maps = np.arange(1, 13, dtype=np.float32).reshape(3, 2, 2, 1)
    (first, second) = side_by_side(tf.constant(maps), 2, 1).numpy()[..., 0].tolist()
    assert first == [[1, 2, 0, 5, 6, 0], [3, 4, 0, 7, 8, 0]]
    assert second == [[9, 10, 0, 0, 0, 0], [11, 12, 0, 0, 0, 0]]


@pytest.mark.parametrize("kind", [SideBySideConv2D, FusedBatchNormalization])
def test_files_find_the_layers_whatever_module_they_lie_in(kind: type, tmp_path: Path) -> None:
    """Keras writes the module's name beside the registered one; files from before a move name another module."""
    options = {"filters": 2, "kernel_size": 3} if kind is SideBySideConv2D else {}
    network = keras.Sequential([keras.Input((6, 6, 1)), kind(**options)])
    network.save(tmp_path / "new.keras")
    with zipfile.ZipFile(tmp_path / "new.keras") as new, zipfile.ZipFile(tmp_path / "old.keras", "w") as old:
        for name in new.namelist():
            content = new.read(name).replace(b"fer_core.training.layers", b"fer_core.somewhere.else")
            old.writestr(name, content)
            assert name != "config.json" or f"fer_core>{kind.__name__}".encode() in content
    loaded = keras.saving.load_model(tmp_path / "old.keras")
    assert type(loaded.layers[0]) is kind
    for mine, other in zip(network.get_weights(), loaded.get_weights(), strict=True):
        assert np.array_equal(mine, other)
