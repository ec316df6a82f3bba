"""CNNs chosen here: grey face (48, 48, 1), 0-255 -> logits (7,). Scaling is inside, so serving cannot differ."""

import keras
from keras import layers

from fer_core.training.architectures.blocks import FACE_SHAPE, conv_norm_relu, finish, residual_block, standardised
from fer_core.training.layers import FusedBatchNormalization


def compact(dropout: float = 0.25) -> keras.Model:
    """The FER System's CNN: three blocks of 32, 64 and 128, Dense 256; 1.5 M parameters.

    Published: these widths. Chosen here: two 3x3 convolutions a block with batch normalisation and ReLU, max-pooling
    and dropout after each block; the last dropout doubles.
    """
    inputs = keras.Input(FACE_SHAPE)
    x = layers.Rescaling(1 / 255)(inputs)
    for width in (32, 64, 128):
        for _ in range(2):
            x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
            x = layers.ReLU()(FusedBatchNormalization()(x))
        x = layers.Dropout(dropout)(layers.MaxPooling2D()(x))
    x = layers.Dense(256, activation="relu")(layers.Flatten()(x))
    return finish(inputs, layers.Dropout(2 * dropout)(x), "compact")


def seresnet(width: int = 64, dropout: float = 0.3) -> keras.Model:
    """SE-ResNet for 48x48: stages of `width`, 2x, 4x at 24, 12, 6 pixels, two blocks each; 2.8 M parameters at 64.

    Residual blocks after He et al. 2015, squeeze-and-excitation after Hu et al. 2017, on standardised faces.
    """
    inputs = keras.Input(FACE_SHAPE)
    x = layers.MaxPooling2D()(conv_norm_relu(standardised(inputs), width))
    for stage, channels in enumerate((width, 2 * width, 4 * width)):
        x = residual_block(x, channels, stride=1 if stage == 0 else 2, reduction=8)
        x = residual_block(x, channels, stride=1, reduction=8)
    x = layers.Dropout(dropout)(layers.GlobalAveragePooling2D()(x))
    return finish(inputs, x, f"seresnet{width}")


def seresnet_small(dropout: float = 0.2) -> keras.Model:
    """`seresnet` at half the width: 0.7 M parameters, what a processor trains in an hour or two."""
    return seresnet(width=32, dropout=dropout)
