"""`--arch` of train_cnn.py beyond the network: how each is trained, what its system published, and on what protocol."""

from dataclasses import asdict
from typing import Any, Final

from fer_core.training.augment import NO_AUGMENTATION, Augmentation
from fer_core.training.fit import Settings
from fer_core.training.own_protocol import Protocol

# What a cosine run of 20 to 40 epochs wants: strong changes to the faces, soft labels, averaged weights.
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
_FLAGSHIP: Final = Settings(epochs=40, **_MODERN)

PRESETS: Final = {
    # Published: Adam, 22 epochs, batches of 32, a patience of 5. Chosen here: Adam's own rate and its halving, and how
    # far faces are mirrored, turned, moved, sheared and enlarged.
    "compact": Settings(
        epochs=22,
        batch_size=32,
        learning_rate=1e-3,
        patience=5,
        plateau_patience=2,
        augmentation=Augmentation(flip=True, rotation=10, shift=4, shear=0.1, zoom=0.1),
    ),
    # As published, but for what has no numbers there: shifts and zoom of a tenth of the face, and the callbacks'
    # patience. No mirroring, which is not named. The shear is taken for a tangent (5.7 degrees).
    "deepfer": Settings(
        epochs=50,
        batch_size=64,
        learning_rate=1e-3,
        patience=10,
        plateau_patience=3,
        augmentation=Augmentation(flip=False, rotation=10, shift=4.8, shear=0.1, zoom=0.1),
    ),
    # As published: no augmentation, no callbacks. Adam's own rate, for none is named. The best epoch is kept here.
    "deep4": Settings(
        epochs=100,
        batch_size=128,
        learning_rate=1e-3,
        schedule="constant",
        patience=0,
        augmentation=NO_AUGMENTATION,
    ),
    # The three rates are as published, augmentation and early stopping by name only: their numbers, the batch and the
    # most epochs are chosen here. At so low a rate validation rises slowly, hence the long patience.
    "classic": Settings(
        epochs=60,
        batch_size=32,
        learning_rate=1.5e-4,
        lowest_rate=3.75e-5,
        patience=8,
        plateau_patience=3,
        augmentation=Augmentation(rotation=10, shift=4, shear=0, zoom=0.1),
    ),
    # Adam and cross-entropy are published, nothing else: trained as networks of this size are today. AdamW is Adam with
    # the weight decay kept out of the gradient (Loshchilov & Hutter 2017).
    "vgg": Settings(epochs=30, **_MODERN),
    "resnet": Settings(epochs=40, **_MODERN),
    "seresnet": _FLAGSHIP,
    "seresnet-small": _FLAGSHIP,
}

_STUDIED: Final = {
    "system": "Facial Emotion Classification Project",
    "data": "no figures published",
    "why": "The project names families of networks and the optimizer, no sizes and no figures: only what was measured "
    "here stands.",
}
REPORTED: Final[dict[str, dict[str, Any]]] = {
    "compact": {
        "system": "FER System (CNN + MobileNet + Streamlit)",
        "training_accuracy": 0.4225,
        "validation_accuracy": 0.5035,
        "data": "FER-2013; one pair of figures is given for both of the system's models",
    },
    "deepfer": {
        "system": "DeepFER",
        "training_accuracy": 0.7040,
        "validation_accuracy": 0.6375,
        "test_accuracy": 0.6292,
        "data": "FER-2013 pooled and split 72/8/20 by its authors",
    },
    "deep4": {
        "system": "Facial Emotion Detection using Deep Learning",
        "test_accuracy": 0.756,
        "data": "FER-2013; its validation data were its test data",
        "why": "Choosing the epoch on the faces that are reported makes every figure too good.",
    },
    "classic": {
        "system": "Facial Emotion Recognition using Deep Learning",
        "training_accuracy": 0.7236,
        "validation_accuracy": 0.6633,
        "training_loss": 1.0065,
        "validation_loss": 1.2288,
        "data": "FER-2013",
        "why": "The publication does not describe the network, only how it was trained: the network is chosen here.",
    },
    "vgg": _STUDIED,
    "resnet": _STUDIED,
}
"""What each system published, as its card says it. Rates are fractions."""

PROTOCOLS: Final = {
    "deepfer": Protocol(
        "72/8/20 of all faces pooled, here with copies kept together, of which the publication says nothing",
        split="72/8/20",
    ),
    "deep4": Protocol("epoch chosen on the test part that is reported"),
}
"""Systems that measured in another way than on the official parts. A split of their own is `--own-protocol`; what
choosing on the test part gives is noted while training on the official parts.
"""


def changed(preset: Settings, used: Settings, **others: tuple[Any, Any]) -> dict[str, str]:
    """{"changed": what of the settings differs from the preset's}, for a card's `reported`; {} where nothing does.

    others: name -> (the preset's, the used) of what is no part of `Settings`.
    """
    before, after = asdict(preset), asdict(used)
    pairs = {name: (before[name], after[name]) for name in before if name not in ("augmentation", "seed")}
    pairs |= {name: (value, after["augmentation"][name]) for name, value in before["augmentation"].items()}
    said = [
        f"{name.replace('_', ' ')} {new} instead of {old}"
        for name, (old, new) in (pairs | others).items()
        if old != new
    ]
    return {"changed": ", ".join(said)} if said else {}
