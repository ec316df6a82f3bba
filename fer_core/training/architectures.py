"""Networks as functions: grey face (48, 48, 1), 0-255 -> logits (7,). Scaling is inside, so serving cannot differ."""

from collections.abc import Callable
from typing import Any, Final

import keras
from keras import layers

from fer_core.emotions import EMOTIONS
from fer_core.training.normalisation import FusedBatchNormalization

FACE_SHAPE: Final = (48, 48, 1)


def compact(dropout: float = 0.25) -> keras.Model:
    """The FER System's CNN: three blocks of two 3x3 convolutions (32, 64, 128), Dense 256. The last dropout doubles."""
    inputs = keras.Input(FACE_SHAPE)
    x = layers.Rescaling(1 / 255)(inputs)
    for width in (32, 64, 128):
        for _ in range(2):
            x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
            x = layers.ReLU()(FusedBatchNormalization()(x))
        x = layers.Dropout(dropout)(layers.MaxPooling2D()(x))
    x = layers.Dense(256, activation="relu")(layers.Flatten()(x))
    return _finish(inputs, layers.Dropout(2 * dropout)(x), "compact")


def seresnet(width: int = 64, dropout: float = 0.3) -> keras.Model:
    """SE-ResNet for 48x48: stages of `width`, 2x, 4x at 24, 12, 6 pixels, two blocks each; 2.8 M parameters at 64.

    Residual blocks after He et al. 2015, squeeze-and-excitation after Hu et al. 2017. Each face is standardised
    (zero mean, unit variance), so that light and contrast of the picture matter less.
    """
    inputs = keras.Input(FACE_SHAPE)
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.LayerNormalization(axis=(1, 2, 3), center=False, scale=False, epsilon=1e-4, name="standardise")(x)
    x = layers.MaxPooling2D()(_conv_norm_relu(x, width))
    for stage, channels in enumerate((width, 2 * width, 4 * width)):
        x = _se_block(x, channels, stride=1 if stage == 0 else 2)
        x = _se_block(x, channels, stride=1)
    x = layers.Dropout(dropout)(layers.GlobalAveragePooling2D()(x))
    return _finish(inputs, x, f"seresnet{width}")


def seresnet_small(dropout: float = 0.2) -> keras.Model:
    """`seresnet` at half the width: 0.7 M parameters, what a processor trains in an hour or two."""
    return seresnet(width=32, dropout=dropout)


CNNS: Final[dict[str, Callable[..., keras.Model]]] = {
    "compact": compact,
    "seresnet": seresnet,
    "seresnet-small": seresnet_small,
}
"""`--arch` of train_cnn.py."""


def _finish(inputs: Any, features: Any, name: str) -> keras.Model:
    # float32 logits also under mixed precision: a softmax over bfloat16 loses two digits
    logits = layers.Dense(len(EMOTIONS), dtype="float32", name="logits")(features)
    return keras.Model(inputs, logits, name=name)


def _conv_norm_relu(x: Any, channels: int, stride: int = 1, relu: bool = True) -> Any:
    x = layers.Conv2D(channels, 3, strides=stride, padding="same", use_bias=False)(x)
    x = FusedBatchNormalization()(x)
    return layers.ReLU()(x) if relu else x


def _se_block(x: Any, channels: int, stride: int, reduction: int = 8) -> Any:
    y = _conv_norm_relu(x, channels, stride)
    y = _conv_norm_relu(y, channels, relu=False)
    gate = layers.GlobalAveragePooling2D(keepdims=True)(y)
    gate = layers.Conv2D(channels // reduction, 1, activation="relu")(gate)
    y = layers.Multiply()([y, layers.Conv2D(channels, 1, activation="sigmoid")(gate)])
    if stride != 1 or x.shape[-1] != channels:
        x = FusedBatchNormalization()(layers.Conv2D(channels, 1, strides=stride, use_bias=False)(x))
    return layers.ReLU()(layers.Add()([x, y]))
