"""`--arch` of train_cnn.py: each network with its settings, and what its system published and how it measured.

A new network is a function in `architectures` and an entry in `RECIPES`; `--arch` then offers it.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import keras

from fer_core.training.architectures.cnns import compact, seresnet, seresnet_small
from fer_core.training.architectures.published import classic, deep4, deepfer, resnet, vgg
from fer_core.training.augment import NO_AUGMENTATION, Augmentation
from fer_core.training.published_protocol import Protocol
from fer_core.training.settings import Settings


@dataclass(frozen=True)
class Recipe:
    """All that `--arch NAME` stands for.

    build: build(dropout=...) makes the network. settings: how it trains unless options say otherwise. reported: what
    its system published, as a card says it, rates as fractions; None: no published system. protocol: how that system
    measured where it did not use the official parts.
    """

    build: Callable[..., keras.Model]
    settings: Settings
    reported: dict[str, Any] | None = None
    protocol: Protocol | None = None

    @property
    def dropout(self) -> float:
        """The network's usual dropout rate: the default of `build`."""
        return float(inspect.signature(self.build).parameters["dropout"].default)


# For a cosine schedule of 20 to 40 epochs: strong augmentation, label smoothing, averaged weights.
_MODERN: Final[dict[str, Any]] = {
    "batch_size": 128,
    "learning_rate": 3e-3,
    "optimizer": "adamw",
    "schedule": "cosine",
    "warmup_epochs": 2,
    "weight_decay": 0.05,
    "label_smoothing": 0.1,
    "ema": 0.998,
    "patience": 0,
    "augmentation": Augmentation(rotation=10, shift=4, shear=0, zoom=0.15, erase=0.25),
}

FER_SYSTEM: Final[dict[str, Any]] = {
    "system": "FER System (CNN + MobileNet + Streamlit)",
    "training_accuracy": 0.4225,
    "validation_accuracy": 0.5035,
    "data": "FER-2013; one pair of figures is given for both of the system's models",
}
"""What the system of `compact` and of train_mobilenet.py published."""
_STUDIED: Final = {
    "system": "Facial Emotion Classification Project",
    "data": "no figures published",
    "why": "The project names families of networks and the optimizer, no sizes and no figures: only what was measured "
    "here stands.",
}

RECIPES: Final[dict[str, Recipe]] = {
    # Published: Adam, 22 epochs, batches of 32, a patience of 5. Chosen here: Adam's own rate and its halving, and how
    # far faces are mirrored, turned, moved, sheared and enlarged.
    "compact": Recipe(
        compact,
        Settings(
            epochs=22,
            batch_size=32,
            learning_rate=1e-3,
            patience=5,
            plateau_patience=2,
            augmentation=Augmentation(flip=True, rotation=10, shift=4, shear=0.1, zoom=0.1),
        ),
        reported=FER_SYSTEM,
    ),
    # As published, but for what has no numbers there: shifts and zoom of a tenth of the face, and the callbacks'
    # patience. No mirroring, which is not named. The shear is taken for a tangent (5.7 degrees).
    "deepfer": Recipe(
        deepfer,
        Settings(
            epochs=50,
            batch_size=64,
            learning_rate=1e-3,
            patience=10,
            plateau_patience=3,
            augmentation=Augmentation(flip=False, rotation=10, shift=4.8, shear=0.1, zoom=0.1),
        ),
        reported={
            "system": "DeepFER",
            "training_accuracy": 0.7040,
            "validation_accuracy": 0.6375,
            "test_accuracy": 0.6292,
            "data": "FER-2013 pooled and split 72/8/20 by its authors",
        },
        protocol=Protocol(
            "72/8/20 of all faces pooled, here with copies kept together, of which the publication says nothing",
            split="72/8/20",
        ),
    ),
    # As published: no augmentation, no callbacks. Adam's own rate, for none is named. The best epoch is kept here.
    "deep4": Recipe(
        deep4,
        Settings(
            epochs=100,
            batch_size=128,
            learning_rate=1e-3,
            schedule="constant",
            patience=0,
            augmentation=NO_AUGMENTATION,
        ),
        reported={
            "system": "Facial Emotion Detection using Deep Learning",
            "test_accuracy": 0.756,
            "data": "FER-2013; its validation data were its test data",
            "why": "Choosing the epoch on the faces that are reported makes every figure too good.",
        },
        protocol=Protocol("epoch chosen on the test part that is reported"),
    ),
    # The three rates are as published, augmentation and early stopping by name only: their numbers, the batch and the
    # most epochs are chosen here. At so low a rate validation rises slowly, and single epochs validate badly, hence the
    # long patience of both.
    "classic": Recipe(
        classic,
        Settings(
            epochs=60,
            batch_size=32,
            learning_rate=1.5e-4,
            lowest_rate=3.75e-5,
            patience=16,
            plateau_patience=6,
            augmentation=Augmentation(rotation=10, shift=4, shear=0, zoom=0.1),
        ),
        reported={
            "system": "Facial Emotion Recognition using Deep Learning",
            "training_accuracy": 0.7236,
            "validation_accuracy": 0.6633,
            "training_loss": 1.0065,
            "validation_loss": 1.2288,
            "data": "FER-2013",
            "why": "The publication does not describe the network, only how it was trained: "
            "the network is chosen here.",
        },
    ),
    # Adam and cross-entropy are published, nothing else: trained as networks of this size are today. AdamW is Adam with
    # the weight decay kept out of the gradient (Loshchilov & Hutter 2017).
    "vgg": Recipe(vgg, Settings(epochs=30, **_MODERN), reported=_STUDIED),
    "resnet": Recipe(resnet, Settings(epochs=40, **_MODERN), reported=_STUDIED),
    "seresnet": Recipe(seresnet, Settings(epochs=40, **_MODERN)),
    "seresnet-small": Recipe(seresnet_small, Settings(epochs=40, **_MODERN)),
}
