"""The seven emotions: their order, names in the wild, colours and icons. Nothing else in the project spells them."""

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

_EYES: Final = '<circle cx="8.4" cy="10" r="1.5" stroke="none"/><circle cx="15.6" cy="10" r="1.5" stroke="none"/>'
_FEATURES: Final = {
    "angry": _EYES + '<path d="M6 6.8l4 1.9M18 6.8l-4 1.9" fill="none"/><path d="M8 17.4q4-3.8 8 0" fill="none"/>',
    "disgust": '<path d="M6.8 10h3.4M13.8 10h3.4M7 16.6q1.7-2.6 3.4 0t3.4 0t3.4 0" fill="none"/>',
    "fear": _EYES + '<path d="M5.8 7.4l3.4-1.8M18.2 7.4l-3.4-1.8M7 17l2-2 2 2 2-2 2 2 2-2" fill="none"/>',
    "happy": _EYES + '<path d="M7 13.6h10a5 5 0 0 1-10 0z" stroke-linejoin="round"/>',
    "sad": _EYES + '<path d="M8 17.4q4-3.8 8 0" fill="none"/><path d="M17.6 13l1 2a1.1 1.1 0 1 1-2 0z" stroke="none"/>',
    "surprise": _EYES
    + '<circle cx="12" cy="16.2" r="2.3"/><path d="M6.6 6.6q1.8-1.6 3.4 0M14 6.6q1.8-1.6 3.4 0" fill="none"/>',
    "neutral": _EYES + '<path d="M8 16h8" fill="none"/>',
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


def icon(emotion: str) -> str:
    """A small face in the emotion's colour, as an SVG document: what fonts have as emoji, and whether, varies."""
    face = f'<circle cx="12" cy="12" r="11" fill="{COLOURS[emotion]}"/>'
    features = f'<g fill="#fff" stroke="#fff" stroke-width="1.7" stroke-linecap="round">{_FEATURES[emotion]}</g>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">{face}{features}</svg>'


def emotion_index(name: str) -> int | None:
    """Index into EMOTIONS of a name as datasets write it (any case, usual aliases), or None for anything else."""
    key = name.strip().lower()
    key = _ALIASES.get(key, key)
    return EMOTIONS.index(key) if key in EMOTIONS else None
