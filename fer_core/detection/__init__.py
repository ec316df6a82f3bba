"""RGB pixels -> faces, by a detector of a name -> 48x48 crops.

`detector` chooses `search` (with the network `blazeface`) or `haar` -> boxes and eyes -> `alignment` crops, `quality`
says what makes a face doubtful.
"""

from fer_core.detection.alignment import CropFrame, crop_face, crop_faces, crop_frame, is_face_crop
from fer_core.detection.boxes import Box, distinct, iou, overlap
from fer_core.detection.detector import DEFAULT_DETECTOR, DETECTORS, Detector, find_faces, load_detector
from fer_core.detection.haar import SENSITIVITIES
from fer_core.detection.quality import face_hints
from fer_core.detection.result import Detection, Eyes

__all__ = [
    "DEFAULT_DETECTOR",
    "DETECTORS",
    "SENSITIVITIES",
    "Box",
    "CropFrame",
    "Detection",
    "Detector",
    "Eyes",
    "crop_face",
    "crop_faces",
    "crop_frame",
    "distinct",
    "face_hints",
    "find_faces",
    "iou",
    "is_face_crop",
    "load_detector",
    "overlap",
]
