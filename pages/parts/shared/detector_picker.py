"""The choice of the detector that finds the faces."""

from typing import Final

from streamlit.delta_generator import DeltaGenerator

from fer_core.detection import DEFAULT_DETECTOR, DETECTORS
from pages.parts.shared.choices import remembered

EXPLAINED: Final = {
    "auto": "auto: BlazeFace, with finer searches for small faces",
    "blazeface": "blazeface: BlazeFace alone, for faces from about a fifth of the picture on",
    "haar": "haar: OpenCV's Haar cascades",
}


def choose_detector(key: str, place: DeltaGenerator) -> str:
    """A select box in `place`; the choice outlasts a visit to another page."""
    chosen = place.selectbox(
        "Face detector",
        list(DETECTORS),
        key=remembered(key, DEFAULT_DETECTOR, DETECTORS),
        format_func=lambda name: EXPLAINED.get(name, name),
    )
    return str(chosen)
