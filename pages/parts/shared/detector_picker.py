"""The choice of the detector that finds the faces."""

from typing import Final

from streamlit.delta_generator import DeltaGenerator

from fer_core.detection import DEFAULT_DETECTOR, DETECTORS
from pages.parts.shared.choices import remembered

EXPLAINED: Final = {
    "auto": "auto: large and small faces",
    "blazeface": "blazeface: large faces",
    "haar": "haar: OpenCV's cascades",
}


def choose_detector(key: str, place: DeltaGenerator) -> str:
    """A select box in `place`; the choice outlasts a visit to another page."""
    chosen = place.selectbox(
        "Face detector",
        list(DETECTORS),
        key=remembered(key, DEFAULT_DETECTOR, DETECTORS),
        format_func=lambda name: EXPLAINED.get(name, name),
        help="auto is BlazeFace with finer searches for small faces; blazeface alone finds those of about a fifth of "
        "the picture and more, in less time; haar is what many other systems use, and misses more.",
    )
    return str(chosen)
