"""The drawn people of the app's samples: how they look, and what their faces do.

`EXPRESSIONS` moves what the Facial Action Coding System names for each emotion (Ekman & Friesen 1978): brows, lids,
cheeks, the corners of the lips, the jaw.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Look:
    """A person: colours, and `style` of the hair: short, bob or bun. width: of the head."""

    skin: str
    shade: str
    light: str
    hair: str
    shine: str
    shirt: str
    ground: str
    eyes: str
    lips: str
    style: str
    width: float = 114


@dataclass(frozen=True)
class Expression:
    """What a face does. Lengths are raised or opened; `frown` moves the brows together; shares are 0 to 1."""

    brows_inner: float = 0
    brows_outer: float = 0
    frown: float = 0
    eyes: float = 1.0  # how far open, 1: at rest
    lower_lids: float = 0  # share
    cheeks: float = 0  # share
    wrinkles: float = 0  # share: of the nose
    corners: float = 0
    mouth_width: float = 1.0
    mouth_open: float = 0
    teeth: bool = False
    roundness: float = 0  # share: of the open mouth
    upper_lip: float = 0
    jaw: float = 0


LOOKS: Final = {
    "Ada": Look(
        "#f0c6a8", "#c08562", "#fde6d6", "#a8743a", "#cf9d5c", "#3b5a8a", "#dde6d8", "#3f6a7a", "#bb6258", "bob"
    ),
    "Ben": Look(
        "#e8b48f", "#b5744f", "#f8d8bd", "#3a2618", "#5b3d28", "#2e6f73", "#cfdde0", "#4a3324", "#b0584f", "short"
    ),
    "Chandra": Look(
        "#c98f66", "#8a5432", "#e6b78f", "#17110d", "#3a2c22", "#8a4a5a", "#e6ddd0", "#2c1c10", "#9c4a44", "bob", 110
    ),
    "Desta": Look(
        "#8a5a3c", "#573420", "#b07f5c", "#14100e", "#2c2420", "#c28a2a", "#d5dbe6", "#21140c", "#7c3d38", "bun", 112
    ),
    "Emil": Look(
        "#dfae8c", "#a46f4e", "#f2d2b8", "#7d7a78", "#b3afab", "#5d4a7d", "#e3e0ea", "#46606b", "#a5635a", "short", 118
    ),
}

EXPRESSIONS: Final = {
    "angry": Expression(
        brows_inner=-16, brows_outer=6, frown=10, eyes=0.95, lower_lids=0.3, corners=-8, mouth_width=0.95,
        mouth_open=14, teeth=True, upper_lip=2,
    ),
    "disgust": Expression(
        brows_inner=-10, frown=6, eyes=0.6, lower_lids=0.6, cheeks=0.7, wrinkles=1, corners=-8, mouth_width=0.9,
        upper_lip=12,
    ),
    "fear": Expression(
        brows_inner=20, brows_outer=2, frown=8, eyes=1.5, corners=-10, mouth_open=20, teeth=True, jaw=6
    ),
    "happy": Expression(
        brows_outer=2, eyes=0.75, lower_lids=0.5, cheeks=1, corners=16, mouth_width=1.25, mouth_open=22, teeth=True
    ),
    "sad": Expression(brows_inner=14, brows_outer=-8, frown=4, eyes=0.75, corners=-14, mouth_width=0.85),
    "surprise": Expression(
        brows_inner=20, brows_outer=18, eyes=1.5, mouth_width=0.62, mouth_open=44, roundness=1, jaw=22
    ),
    "neutral": Expression(),
}  # fmt: skip
