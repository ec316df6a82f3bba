"""Pre-trained backbones for small grey faces: upsampled, repeated to three channels and scaled inside the network."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras
from keras import layers

from fer_core.emotions import EMOTIONS
from fer_core.errors import ModelError
from fer_core.training.architectures.blocks import FACE_SHAPE
from fer_core.training.layers import with_fused_normalisation

BACKBONE_LAYER: Final = "backbone"


@dataclass(frozen=True)
class Backbone:
    """A constructor of keras.applications and how its input is scaled: value * scale + offset, from 0-255."""

    constructor: Callable[..., keras.Model]
    scale: float
    offset: float | tuple[float, float, float]


_TO_UNIT: Final = (1 / 127.5, -1.0)  # to [-1, 1]
_UNCHANGED: Final = (1.0, 0.0)  # the backbone scales by itself
_CAFFE: Final = (1.0, (-103.939, -116.779, -123.68))  # minus ImageNet's mean, blue first; a grey face has no order

BACKBONES: Final[dict[str, Backbone]] = {
    "mobilenet": Backbone(keras.applications.MobileNet, *_TO_UNIT),
    "mobilenetv2": Backbone(keras.applications.MobileNetV2, *_TO_UNIT),
    "mobilenetv3small": Backbone(keras.applications.MobileNetV3Small, *_UNCHANGED),
    "efficientnetv2b0": Backbone(keras.applications.EfficientNetV2B0, *_UNCHANGED),
    "vgg16": Backbone(keras.applications.VGG16, *_CAFFE),
    "resnet50": Backbone(keras.applications.ResNet50, *_CAFFE),
}
"""`--backbone` of train_mobilenet.py. Input scalings as keras.applications documents them."""


def transfer_network(
    backbone: str, *, alpha: float = 0.75, image_size: int = 96, weights: str = "none", dropout: float = 0.3
) -> keras.Model:
    """Grey face (48, 48, 1), 0-255 -> logits (7,), by way of `backbone` at `image_size` pixels.

    alpha: width, for the MobileNets. weights: "imagenet" (keras fetches them), a file's path, or "none" (random).
    Raises ModelError where the weights cannot be had.
    """
    chosen = BACKBONES[backbone]
    options: dict[str, Any] = {"include_top": False, "input_shape": (image_size, image_size, 3), "weights": None}
    if "alpha" in inspect.signature(chosen.constructor).parameters:
        options["alpha"] = alpha
    try:
        if weights not in ("imagenet", "none") and not Path(weights).is_file():
            raise ValueError("there is no such file")
        features = chosen.constructor(**options | {"weights": None if weights == "none" else weights})
    except Exception as error:  # keras raises many kinds here: no network, wrong size, wrong shapes
        raise ModelError(
            f"--backbone-weights {weights} cannot be loaded into {backbone} "
            f"(alpha {alpha}, {image_size} pixels): {error}"
        ) from error
    features = with_fused_normalisation(features)
    features.name = BACKBONE_LAYER
    inputs = keras.Input(FACE_SHAPE)
    x = layers.Resizing(image_size, image_size, interpolation="bilinear")(inputs)
    x = layers.Rescaling(chosen.scale, offset=chosen.offset)(layers.Concatenate()([x, x, x]))
    x = layers.GlobalAveragePooling2D()(features(x))
    logits = layers.Dense(len(EMOTIONS), dtype="float32", name="logits")(layers.Dropout(dropout)(x))
    return keras.Model(inputs, logits, name=backbone)


def freeze(network: keras.Model, frozen: bool) -> None:
    """Freeze or free the backbone; frozen, its batch normalisation keeps ImageNet's statistics too."""
    network.get_layer(BACKBONE_LAYER).trainable = not frozen
