"""Picture x models -> Analysis: find the faces, crop them once, ask every model in one batch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from fer_core.emotions import EMOTIONS
from fer_core.faces import Box, crop_faces, find_faces, is_face_crop, whole_face
from fer_core.images import decode_image, image_notes, load_image, read_picture
from fer_core.model import EmotionModel, load_model
from fer_core.quality import face_hints

UNSURE_BELOW: Final = 0.5
"""A confidence under this counts as unsure; the pages let people move it."""
DEFAULT_MODELS: Final = ("cnn", "mobilenet")


@dataclass(frozen=True)
class Prediction:
    """One model's answer for one face. probabilities: (7,) float32 in the order of EMOTIONS, sum 1."""

    probabilities: np.ndarray[Any, Any]
    threshold: float = UNSURE_BELOW

    @property
    def label(self) -> str:
        return EMOTIONS[int(self.probabilities.argmax())]

    @property
    def confidence(self) -> float:
        return float(self.probabilities.max())

    @property
    def is_uncertain(self) -> bool:
        return self.confidence < self.threshold


@dataclass(frozen=True)
class Face:
    """A face of a picture. number: from 1, left to right. whole_picture: the picture itself was taken as the face.

    crop: (48, 48) uint8 grey, what the models saw. predictions: model name -> Prediction. hints: what makes the answers
    doubtful, one short text each (`fer_core.quality`); none where nothing does, and none for the frames of a video.
    """

    number: int
    box: Box
    crop: np.ndarray[Any, Any]
    predictions: Mapping[str, Prediction]
    whole_picture: bool = False
    hints: tuple[str, ...] = ()

    @property
    def models_disagree(self) -> bool:
        return len({prediction.label for prediction in self.predictions.values()}) > 1


@dataclass(frozen=True)
class Analysis:
    """All that was found in a picture. image: (height, width, 3) RGB uint8. name: for people only.

    notes: how the picture was read where that is not plain (an animation's first frame), as sentences.
    """

    image: np.ndarray[Any, Any]
    faces: tuple[Face, ...]
    models: tuple[str, ...]
    name: str = ""
    notes: tuple[str, ...] = ()

    def with_threshold(self, threshold: float) -> "Analysis":
        """The same results, with another confidence under which a prediction counts as unsure."""
        faces = tuple(
            replace(face, predictions={n: replace(p, threshold=threshold) for n, p in face.predictions.items()})
            for face in self.faces
        )
        return replace(self, faces=faces)

    def annotated(self) -> np.ndarray[Any, Any]:
        """An RGB copy with boxes, numbers and labels, (height, width, 3) uint8."""
        from fer_core.drawing import annotate

        return annotate(self.image, self.faces)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: the picture's name and size, its faces, every model's probabilities."""
        from fer_core.reports import analysis_dict

        return analysis_dict(self)

    def to_rows(self) -> list[dict[str, Any]]:
        """One flat row per face and model, for CSV; a picture without a face has one too, with a note."""
        from fer_core.reports import analysis_rows

        return analysis_rows(self)


def analyze(
    image: bytes | str | Path | np.ndarray[Any, Any],
    models: Iterable[str | EmotionModel] = DEFAULT_MODELS,
    *,
    threshold: float = UNSURE_BELOW,
    name: str = "",
) -> Analysis:
    """Find the faces in `image` (bytes, path, or RGB array) and ask every model.

    models: names, or loaded models. A picture that is itself a small face crop is taken whole. Raises ImageError for a
    picture and ModelError for a model that cannot be used.
    """
    return analyze_many([(name, image)], models, threshold=threshold)[0]


def analyze_many(
    pictures: Sequence[tuple[str, bytes | str | Path | np.ndarray[Any, Any]]],
    models: Iterable[str | EmotionModel] = DEFAULT_MODELS,
    *,
    threshold: float = UNSURE_BELOW,
) -> list[Analysis]:
    """`analyze` for several named pictures: the faces of all go through each model in one batch."""
    loaded = [model if isinstance(model, EmotionModel) else load_model(model) for model in models]
    found = []
    for name, source in pictures:
        image, notes = _read(source, name)
        found.append((name, notes, image, *_locate(image)))
    crops = np.concatenate([np.zeros((0, 48, 48), np.uint8), *(own_crops for *_, own_crops, _ in found)])
    answers = {model.name: model.predict_proba(crops) for model in loaded}
    names = tuple(answers)
    results, first = [], 0
    for name, notes, image, boxes, own_crops, whole in found:
        faces = tuple(
            Face(
                index + 1,
                box,
                own_crops[index],
                {model: Prediction(answers[model][first + index], threshold) for model in names},
                whole,
                face_hints(box, own_crops[index]),
            )
            for index, box in enumerate(boxes)
        )
        results.append(Analysis(image, faces, names, name, notes))
        first += len(boxes)
    return results


def _read(source: bytes | str | Path | np.ndarray[Any, Any], name: str) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    """The pixels, and what is to be said of how they were read."""
    if isinstance(source, np.ndarray):
        return load_image(source), ()
    if isinstance(source, str | Path):
        data, name = read_picture(source), Path(source).name
    else:
        data = bytes(source)
    return decode_image(data, name or None), image_notes(data)


def _locate(image: np.ndarray[Any, Any]) -> tuple[list[Box], np.ndarray[Any, Any], bool]:
    """The picture's boxes, their crops (N, 48, 48), and whether the picture was taken whole."""
    boxes = find_faces(image)
    if is_face_crop(image) and _is_framing(boxes, image):
        height, width = image.shape[:2]
        return [Box(0, 0, width, height)], whole_face(image)[np.newaxis], True
    return boxes, crop_faces(image, boxes), False


def _is_framing(boxes: list[Box], image: np.ndarray[Any, Any]) -> bool:
    """Whether a small picture as a whole frames one face: none is found in it, or one that spans half of it or more.

    The detector finds a face in 282 of 400 FER-2013 faces, 0.52 to 1.0 of their side wide; cutting that box out of so
    small a picture would lose what the networks were trained on.
    """
    return not boxes or (len(boxes) == 1 and boxes[0].width >= min(image.shape[:2]) / 2)
