"""The seven emotions: their order, names in the wild, colours and symbols. Nothing else in the project spells them."""

from typing import Final

EMOTIONS: Final = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""Label i of FER-2013 is EMOTIONS[i]; every array of probabilities in this project has this order."""

COLOURS: Final = {
    "angry": "#D55E00",
    "disgust": "#009E73",
    "fear": "#8F5BB5",
    "happy": "#E69F00",
    "sad": "#0072B2",
    "surprise": "#CC6FA3",
    "neutral": "#7F7F7F",
}
"""One colour an emotion, after Okabe & Ito (2008), legible on light and dark ground; always shown beside the name."""

SYMBOLS: Final = {
    "angry": "😠",
    "disgust": "🤢",
    "fear": "😨",
    "happy": "😀",
    "sad": "😢",
    "surprise": "😮",
    "neutral": "😐",
}

_ALIASES: Final = {
    "anger": "angry",
    "mad": "angry",
    "disgusted": "disgust",
    "fearful": "fear",
    "afraid": "fear",
    "scared": "fear",
    "happiness": "happy",
    "joy": "happy",
    "sadness": "sad",
    "surprised": "surprise",
    "suprise": "surprise",
    "neutrality": "neutral",
}


def emotion_index(name: str) -> int | None:
    """Index into EMOTIONS of a name as datasets write it (any case, usual aliases), or None for anything else."""
    key = name.strip().lower()
    key = _ALIASES.get(key, key)
    return EMOTIONS.index(key) if key in EMOTIONS else None
