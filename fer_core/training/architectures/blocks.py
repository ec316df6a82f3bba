"""What the networks are built of: the face's scaling, convolutions with their normalisation, and the seven logits."""

from typing import Any, Final

import keras
from keras import layers

from fer_core.emotions import EMOTIONS
from fer_core.image import FACE_SIZE
from fer_core.training.layers import FusedBatchNormalization, SideBySideConv2D

FACE_SHAPE: Final = (FACE_SIZE, FACE_SIZE, 1)


def standardised(inputs: Any) -> Any:
    """Each face to zero mean and unit variance, so that light and contrast of the image matter less."""
    x = layers.Rescaling(1 / 255)(inputs)
    return layers.LayerNormalization(axis=(1, 2, 3), center=False, scale=False, epsilon=1e-4, name="standardise")(x)


def conv_norm_relu(
    x: Any, channels: int, stride: int = 1, relu: bool = True, kernel: int = 3, padding: str = "same"
) -> Any:
    """Convolution, batch normalisation and, with `relu`, ReLU. No bias: the normalisation would cancel it."""
    x = SideBySideConv2D(channels, kernel, strides=stride, padding=padding, use_bias=False)(x)
    x = FusedBatchNormalization()(x)
    return layers.ReLU()(x) if relu else x


def residual_block(x: Any, channels: int, stride: int, reduction: int = 0) -> Any:
    """Two 3x3 convolutions and a way around them (He et al. 2015).

    reduction: a gate per channel, squeezed to a `reduction`-th of the channels (Hu et al. 2017); 0: none.
    """
    y = conv_norm_relu(x, channels, stride)
    y = conv_norm_relu(y, channels, relu=False)
    if reduction:
        gate = layers.GlobalAveragePooling2D(keepdims=True)(y)
        gate = layers.Conv2D(channels // reduction, 1, activation="relu")(gate)
        y = layers.Multiply()([y, layers.Conv2D(channels, 1, activation="sigmoid")(gate)])
    if stride != 1 or x.shape[-1] != channels:
        x = FusedBatchNormalization()(layers.Conv2D(channels, 1, strides=stride, use_bias=False)(x))
    return layers.ReLU()(layers.Add()([x, y]))


def finish(inputs: Any, features: Any, name: str) -> keras.Model:
    """The network from `inputs` to seven logits, computed from `features` (N, channels)."""
    # float32 logits also under mixed precision: a softmax over bfloat16 loses two digits
    logits = layers.Dense(len(EMOTIONS), dtype="float32", name="logits")(features)
    return keras.Model(inputs, logits, name=name)
