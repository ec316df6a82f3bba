"""Networks of published systems, rebuilt: grey face (48, 48, 1), 0-255 -> logits (7,). Each says what was chosen here.

The FER System's two are elsewhere: `compact` in `cnns`, and MobileNet in `transfer`.
"""

import keras
from keras import layers

from fer_core.training.architectures.blocks import FACE_SHAPE, conv_norm_relu, finish, residual_block, standardised
from fer_core.training.layers import FusedBatchNormalization


def deepfer(dropout: float = 0.25) -> keras.Model:
    """DeepFER: convolutions 64 (5x5), 128, 512, 512 (3x3), Dense 256 and 512; 4.3 M parameters, 217 M multiply-adds.

    Published: these layers, each with batch normalisation, ReLU and dropout, the convolutions with max-pooling as well.
    Chosen here, where the publication is silent: "same" padding, one dropout rate for all, and no biases before a
    batch normalisation, which would cancel them.
    """
    inputs = keras.Input(FACE_SHAPE)
    x = layers.Rescaling(1 / 255)(inputs)
    for width, kernel in ((64, 5), (128, 3), (512, 3), (512, 3)):
        x = layers.MaxPooling2D()(conv_norm_relu(x, width, kernel=kernel))
        x = layers.Dropout(dropout)(x)
    x = layers.Flatten()(x)
    for width in (256, 512):
        x = FusedBatchNormalization()(layers.Dense(width, use_bias=False)(x))
        x = layers.Dropout(dropout)(layers.ReLU()(x))
    return finish(inputs, x, "deepfer")


def deep4(dropout: float = 0.4) -> keras.Model:
    """Facial Emotion Detection using Deep Learning: four convolutions of 3x3; 4.2 M parameters, 218 M multiply-adds.

    Published: 128, 256, 512, 512 with ReLU, max-pooling and dropout of 0.3 to 0.4, then Dense 512 and 256.
    Chosen here: no padding, as is Keras' default (2x2 pixels are left for the dense layers after the fourth
    convolution, 1x1 after its pooling), and the lower dropout of 0.3 after the last dense layer only.
    """
    inputs = keras.Input(FACE_SHAPE)
    x = layers.Rescaling(1 / 255)(inputs)
    for width in (128, 256, 512, 512):
        x = layers.MaxPooling2D()(layers.Conv2D(width, 3, activation="relu")(x))
        x = layers.Dropout(dropout)(x)
    x = layers.Dropout(dropout)(layers.Dense(512, activation="relu")(layers.Flatten()(x)))
    x = layers.Dropout(0.75 * dropout)(layers.Dense(256, activation="relu")(x))
    return finish(inputs, x, "deep4")


def classic(dropout: float = 0.1) -> keras.Model:
    """Facial Emotion Recognition using Deep Learning: "a custom CNN"; here 1.1 M parameters, 161 M multiply-adds.

    Published: the learning rates, augmentation and early stopping (see `recipes`), but nothing of the network itself.
    Chosen here: what such custom CNNs for 48x48 have in common. Stages of one or two 3x3 convolutions that widen from
    48 to 256 as max-pooling halves the image, batch normalisation, dropout after each stage, one Dense of 128 on the
    averaged features. The largest maps have the narrowest layers, so that a processor trains an epoch in about two
    minutes. Faces are standardised. Dropout as in `vgg`.
    """
    inputs = keras.Input(FACE_SHAPE)
    x = standardised(inputs)
    for stage in ((48,), (96, 96), (192, 192), (256,)):
        for width in stage:
            x = conv_norm_relu(x, width)
        x = layers.Dropout(dropout)(layers.MaxPooling2D()(x))
    x = layers.Dense(128, activation="relu")(layers.GlobalAveragePooling2D()(x))
    return finish(inputs, layers.Dropout(4 * dropout)(x), "classic")


def vgg(dropout: float = 0.1) -> keras.Model:
    """Facial Emotion Classification Project, "like VGG": 1.1 M parameters, 106 M multiply-adds.

    Published: Adam, cross-entropy and the family; no sizes, no figures. Chosen here: VGG's plan (Simonyan & Zisserman
    2014) in small: stages of two 3x3 convolutions, 32, 64, 128 and 192 wide, each ended by max-pooling, then one Dense
    of 128. Pramerdorfer & Kampel 2016 found 1.8 M parameters to be enough for such a network on FER-2013. Batch
    normalisation, dropout after each stage and before the logits, and standardised faces are additions.
    """
    inputs = keras.Input(FACE_SHAPE)
    x = standardised(inputs)
    for width in (32, 64, 128, 192):
        x = conv_norm_relu(conv_norm_relu(x, width), width)
        x = layers.Dropout(dropout)(layers.MaxPooling2D()(x))
    x = layers.Dense(128, activation="relu")(layers.Flatten()(x))
    return finish(inputs, layers.Dropout(4 * dropout)(x), "vgg")


def resnet(dropout: float = 0.2) -> keras.Model:
    """Facial Emotion Classification Project, "like ResNet": 0.7 M parameters, 60 M multiply-adds.

    Published: Adam, cross-entropy and the family; no sizes, no figures. Chosen here: ResNet's plan (He et al. 2015) in
    small: a 3x3 stem with max-pooling, stages of 32, 64, 128 at 24, 12, 6 pixels with two residual blocks each, global
    average pooling. Dropout before the logits and standardised faces are additions.
    """
    inputs = keras.Input(FACE_SHAPE)
    x = layers.MaxPooling2D()(conv_norm_relu(standardised(inputs), 32))
    for width, stride in ((32, 1), (64, 2), (128, 2)):
        x = residual_block(residual_block(x, width, stride), width, stride=1)
    return finish(inputs, layers.Dropout(dropout)(layers.GlobalAveragePooling2D()(x)), "resnet")
