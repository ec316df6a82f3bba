"""Seven emotions from faces: one core for the app, the command line and the training scripts.

Serving: bytes -> decode -> detect -> crop -> model (normalises, infers) -> calibrate -> Analysis -> page, CSV, JSON.
Training: dataset -> split -> augment -> build -> fit -> calibrate on validation -> evaluate once -> export.

    from fer_core import analyze
    analysis = analyze("picture.jpg", models=("everyday", "cnn"))
    for face in analysis.faces:
        print(face.number, face.box, face.predictions["cnn"].label)
"""

from fer_core.analysis import Analysis, Face, Prediction, analyze, analyze_many
from fer_core.bundle import EmotionModel, ModelCard, list_models, load_model, read_card
from fer_core.detection import Box
from fer_core.emotions import EMOTIONS
from fer_core.errors import DatasetError, FerError, ImageError, ModelError
from fer_core.image import decode_image

__all__ = [
    "EMOTIONS",
    "Analysis",
    "Box",
    "DatasetError",
    "EmotionModel",
    "Face",
    "FerError",
    "ImageError",
    "ModelCard",
    "ModelError",
    "Prediction",
    "analyze",
    "analyze_many",
    "decode_image",
    "list_models",
    "load_model",
    "read_card",
]
