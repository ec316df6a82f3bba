"""What was found in an image: the predictions for a face, the face, the analysis of the whole image.

Each turns itself into what `export` and `drawing` take: dicts, flat rows, annotations.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fer_core.analysis.blurring import Blur, hide_faces
from fer_core.analysis.drawing import Annotation, draw
from fer_core.bundle import EmotionModel
from fer_core.detection import Box
from fer_core.emotions import COLOURS, EMOTIONS
from fer_core.explanation import face_evidence

UNSURE_BELOW: Final = 0.5
"""A confidence below this counts as unsure; the pages and the command line let people move it."""

Eyes = tuple[tuple[float, float], tuple[float, float]]
"""Centres (x, y) of both eyes in pixels, left to right in the image."""

_DISAGREEMENT: Final = "#282828"  # the models disagree: no emotion's colour
_DECIMALS: Final = 4  # of a probability in CSV and JSON


@dataclass(frozen=True)
class Prediction:
    """One model's prediction for one face. probabilities: (7,) float32 in the order of EMOTIONS, sum 1.

    threshold: a confidence below this is uncertain.
    """

    probabilities: NDArray[np.float32]
    threshold: float = UNSURE_BELOW

    @property
    def label(self) -> str:
        """The emotion of the highest probability."""
        return EMOTIONS[int(self.probabilities.argmax())]

    @property
    def confidence(self) -> float:
        """The probability of `label`, 0 to 1."""
        return float(self.probabilities.max())

    @property
    def is_uncertain(self) -> bool:
        """Whether the confidence is below the threshold."""
        return self.confidence < self.threshold

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: label, confidence, unsure, and the probabilities by emotion."""
        return {**self._summary(), "probabilities": self._by_emotion()}

    def to_row(self) -> dict[str, Any]:
        """The same, flat, for CSV: a column per emotion."""
        return {**self._summary(), **self._by_emotion()}

    def _summary(self) -> dict[str, Any]:
        return {"label": self.label, "confidence": round(self.confidence, _DECIMALS), "unsure": self.is_uncertain}

    def _by_emotion(self) -> dict[str, float]:
        return {e: round(float(p), _DECIMALS) for e, p in zip(EMOTIONS, self.probabilities, strict=True)}


@dataclass(frozen=True)
class Face:
    """A face of an image, and what each model predicts for it.

    number: from 1, left to right. crop: (48, 48) uint8 grey, what the models saw. predictions: model name ->
    Prediction. whole_picture: the image itself was taken as the face. hints: what makes the predictions doubtful, one
    short text each (`fer_core.detection.face_hints`); none for the frames of a video. eyes: their centres in pixels,
    left to right in the image, or None where the detector does not tell.
    """

    number: int
    box: Box
    crop: NDArray[np.uint8]
    predictions: Mapping[str, Prediction]
    whole_picture: bool = False
    hints: tuple[str, ...] = ()
    eyes: Eyes | None = None

    @property
    def models_disagree(self) -> bool:
        """Whether two models give different labels."""
        return len({prediction.label for prediction in self.predictions.values()}) > 1

    @property
    def verdict(self) -> Prediction | None:
        """What is said of the face in one word: of several models, the mean of their probabilities; None without one.

        It is this that boxes, captions and headings name. The threshold is the models' own.
        """
        predictions = list(self.predictions.values())
        if len(predictions) < 2:
            return predictions[0] if predictions else None
        mean = np.mean([prediction.probabilities for prediction in predictions], axis=0, dtype=np.float64)
        return Prediction(np.asarray(mean, np.float32), predictions[0].threshold)

    @property
    def caption(self) -> str:
        """What stands at the box: number, label and confidence of the verdict, and a '?' where it is unsure."""
        verdict = self.verdict
        if verdict is None:
            return str(self.number)
        return f"{self.number} {verdict.label} {verdict.confidence:.0%}{'?' if verdict.is_uncertain else ''}"

    @property
    def annotation(self) -> Annotation:
        """How the face is drawn: in its emotion's colour, or dark where the models disagree; in a crowd, its number."""
        verdict = self.verdict
        colour = _DISAGREEMENT if verdict is None or self.models_disagree else COLOURS[verdict.label]
        return Annotation(self.box, self.caption, str(self.number), colour)

    def evidence(self, model: str | EmotionModel) -> NDArray[np.float32]:
        """Where in the face a model finds what speaks for each emotion (positive) or against it, in logits.

        model: a name, or the loaded model, which saves loading it again. Returns (7, 48, 48) float32 over `crop`, in
        the order of EMOTIONS (`fer_core.explanation.evidence`). Raises ModelError.
        """
        return face_evidence(model, self.crop)

    def with_threshold(self, threshold: float) -> "Face":
        """The same face, with another confidence below which a prediction is uncertain."""
        predictions = {name: replace(p, threshold=threshold) for name, p in self.predictions.items()}
        return replace(self, predictions=predictions)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: number, box, marks, hints, eyes, and each model's prediction."""
        return {
            "face": self.number,
            "box": self.box.to_dict(),
            "eyes": None if self.eyes is None else [[round(float(x), 1), round(float(y), 1)] for x, y in self.eyes],
            "whole_picture": self.whole_picture,
            "models_disagree": self.models_disagree,
            "hints": list(self.hints),
            "predictions": {model: prediction.to_dict() for model, prediction in self.predictions.items()},
        }

    def to_rows(self) -> list[dict[str, Any]]:
        """A flat row per model, for CSV."""
        return [
            {
                "face": self.number,
                **self.box.to_dict(),
                "whole_picture": self.whole_picture,
                "model": model,
                **prediction.to_row(),
                "hints": "; ".join(self.hints),
            }
            for model, prediction in self.predictions.items()
        ]


@dataclass(frozen=True)
class Analysis:
    """All that was found in an image. image: (height, width, 3) RGB uint8. name: of the file, for people only.

    models: their names. notes: how the file was read where that is not plain (an animation's first frame), as
    sentences.
    """

    image: NDArray[np.uint8]
    faces: tuple[Face, ...]
    models: tuple[str, ...]
    name: str = ""
    notes: tuple[str, ...] = ()

    def with_threshold(self, threshold: float) -> "Analysis":
        """The same results, with another confidence below which a prediction is uncertain."""
        return replace(self, faces=tuple(face.with_threshold(threshold) for face in self.faces))

    def annotated(self) -> NDArray[np.uint8]:
        """An RGB copy with boxes, numbers and labels, (height, width, 3) uint8."""
        return annotate(self.image, self.faces)

    def blurred(self, blur: Blur) -> NDArray[np.uint8]:
        """`annotated` with faces made unrecognisable, so that no detector finds one."""
        hidden = [face.box for face in self.faces if face.number not in blur.keep]
        kept = [face.box for face in self.faces if face.number in blur.keep]
        return hide_faces(self.image, hidden, kept, lambda copy: annotate(copy, self.faces))[0]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: the file's name, the image's size, its faces, every model's probabilities.

        No pixels, and nothing of the file's metadata.
        """
        height, width = self.image.shape[:2]
        return {
            "picture": self.name,
            "width": width,
            "height": height,
            "models": list(self.models),
            "notes": list(self.notes),
            "faces": [face.to_dict() for face in self.faces],
        }

    def to_rows(self) -> list[dict[str, Any]]:
        """A flat row per face and model, for CSV, with the columns `export.ROW_FIELDS`.

        An image without a face has one row, whose note says so.
        """
        if not self.faces:
            return [{"picture": self.name, "note": "; ".join(["no face found", *self.notes])}]
        note = "; ".join(self.notes)
        return [{"picture": self.name, **row, "note": note} for face in self.faces for row in face.to_rows()]


def annotate(image: NDArray[np.uint8], faces: Iterable[Face]) -> NDArray[np.uint8]:
    """A copy of `image`, (height, width, 3) RGB uint8, with every face's box, number and labels."""
    return draw(image, (face.annotation for face in faces))
