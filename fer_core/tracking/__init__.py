"""Frames -> faces that keep their identity.

A frame -> `search` finds boxes in it -> `tracker` associates them with the faces it knows, each a `track` with its
`appearance` -> crops, one batch per model -> `filters` keep boxes and labels steady. Where asked, `recognition` gives
faces that come back their number again.
"""

from fer_core.tracking.faces import TrackedFace
from fer_core.tracking.filters import SMOOTHING_SECONDS
from fer_core.tracking.search import is_blank
from fer_core.tracking.tracker import FaceTracker

__all__ = [
    "SMOOTHING_SECONDS",
    "FaceTracker",
    "TrackedFace",
    "is_blank",
]
