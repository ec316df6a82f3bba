"""The seven emotions: their order, names in the wild, colours and symbols. Nothing else in the project spells them."""

from typing import Final

EMOTIONS: Final = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""Label i of FER-2013 is EMOTIONS[i]; every array of probabilities in this project has this order."""

COLOURS: Final = {
    "angry": "#D6452B",
    "disgust": "#00916A",
    "fear": "#9063BC",
    "happy": "#B38000",
    "sad": "#1F7EC2",
    "surprise": "#CC5F9B",
    "neutral": "#7A8288",
}
"""One colour an emotion, in the hues of Okabe & Ito (2008): a contrast of 3:1 or more on the grounds of the light and
of the dark theme, for marks, not for text. Always shown beside the name."""

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
