"""Models on pictures of real faces, end to end: found, framed, classified. A face that is not found counts as wrong."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer_core.analysis import Analysis, analyze
from fer_core.bundle import (
    PREDICTIONS_NAME,
    REAL_FACES,
    EmotionModel,
    change_card,
    file_entry,
    read_card,
    read_file,
    with_part,
)
from fer_core.datasets import LabelledPictures
from fer_core.detection import DEFAULT_DETECTOR
from fer_core.emotions import EMOTIONS
from fer_core.errors import DatasetError, ImageError
from fer_core.evaluation import wilson_interval
from fer_core.utils.files import atomic_write


@dataclass(frozen=True)
class RealFaces:
    """What was found and predicted. labels: (N,) uint8. found: (N,) bool. detector: its name.

    probabilities: model -> (N, 7) float32, of the largest face of each picture; 0 where none was found. refused: a
    sentence per picture that could not be read; it is not among the N. missed: names of pictures without a found face.
    """

    labels: NDArray[np.uint8]
    found: NDArray[np.bool_]
    probabilities: Mapping[str, NDArray[np.float32]]
    detector: str
    refused: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()

    def ensemble(self) -> "RealFaces":
        """The mean of all models' probabilities as the one model "a + b"."""
        mean = np.mean(list(self.probabilities.values()), axis=0)
        name = " + ".join(self.probabilities)
        return replace(self, probabilities={name: mean})

    def results(self) -> dict[str, dict[str, Any]]:
        """Model -> n, found (share), accuracy and its 95 % interval, balanced_accuracy, per_emotion and of_found.

        per_emotion: emotion -> recall and support, for those that occur. of_found: accuracy and balanced_accuracy of
        the found faces alone. All are fractions.
        """
        return {model: self._result(rows) for model, rows in self.probabilities.items()}

    def _result(self, rows: NDArray[np.float32]) -> dict[str, Any]:
        correct = (rows.argmax(axis=1) == self.labels) & self.found
        n, hits = len(correct), int(correct.sum())
        present = [emotion for emotion in range(len(EMOTIONS)) if (self.labels == emotion).any()]
        recalls = {emotion: float(correct[self.labels == emotion].mean()) for emotion in present}
        seen = [correct[(self.labels == emotion) & self.found] for emotion in present]
        return {
            "n": n,
            "found": float(self.found.mean()),
            "accuracy": hits / n,
            "accuracy_interval": list(wilson_interval(hits, n)),
            "balanced_accuracy": float(np.mean(list(recalls.values()))),
            "per_emotion": {
                EMOTIONS[emotion]: {"recall": recall, "support": int((self.labels == emotion).sum())}
                for emotion, recall in recalls.items()
            },
            "of_found": {
                "accuracy": float(correct[self.found].mean()) if self.found.any() else 0.0,
                "balanced_accuracy": float(np.mean([part.mean() for part in seen if len(part)] or [0.0])),
            },
        }


def measure_pictures(
    pictures: LabelledPictures,
    models: Iterable[EmotionModel],
    detector: str = DEFAULT_DETECTOR,
    progress: Callable[[float], None] | None = None,
) -> RealFaces:
    """Find the largest face of every picture and classify it with every model.

    progress: called with the share done. Raises DatasetError where no picture can be read, ValueError for an unknown
    detector.
    """
    labels, found, refused, missed = [], [], [], []
    models = list(models)
    rows: dict[str, list[NDArray[np.float32]]] = {model.name: [] for model in models}
    each = zip(pictures.names, pictures.sources, pictures.labels, strict=True)
    for number, (name, source, label) in enumerate(each, start=1):
        try:
            analysis = analyze(source, models, name=name, detector=detector)
        except ImageError as error:
            refused.append(str(error))
        else:
            labels.append(label)
            found.append(bool(analysis.faces))
            missed += [] if analysis.faces else [name]
            for model, probabilities in _of_largest(analysis, tuple(rows)).items():
                rows[model].append(probabilities)
        if progress:
            progress(number / len(pictures.names))
    if not labels:
        raise DatasetError(f"None of the {len(pictures.names)} pictures can be read: {refused[0]}")
    stacked = {name: np.stack(of_model) for name, of_model in rows.items()}
    return RealFaces(np.array(labels, np.uint8), np.array(found), stacked, detector, tuple(refused), tuple(missed))


def real_faces_record(data: str, pictures: LabelledPictures, measured: RealFaces) -> dict[str, Any]:
    """The JSON that `evaluate --find-faces --json` writes. data: what the set is called."""
    return {
        "data": data,
        "detector": measured.detector,
        "sha256": pictures.sha256,
        "unknown_folders": dict(pictures.unknown),
        "refused": list(measured.refused),
        "models": measured.results(),
    }


def store_real_faces(folder: Path, measured: RealFaces, model: str, pictures: Mapping[str, Any]) -> None:
    """Keep what `model`, the bundle at `folder`, reaches on real faces: in its card, and what it predicted for each.

    pictures: data (the set's name), source, sha256, detector. Where the bundle has predictions.npz, those of the faces
    that were found become its part REAL_FACES. Raises ModelError where the card or the predictions cannot be read.
    """
    card, found, entry = read_card(folder), measured.found, {}
    files = dict(card.files)
    if PREDICTIONS_NAME in files and found.any():
        before = read_file(card, folder, PREDICTIONS_NAME)
        content = with_part(before, REAL_FACES, measured.labels[found], measured.probabilities[model][found])
        with atomic_write(folder / PREDICTIONS_NAME) as unfinished:
            Path(unfinished).write_bytes(content)
        files[PREDICTIONS_NAME] = file_entry(content)
        entry = {"stored_predictions": int(found.sum())}
    real = {**pictures, **measured.results()[model], **entry}
    change_card(folder, lambda card: card | {"files": files, "real_faces": real})


def _of_largest(analysis: Analysis, models: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    face = max(analysis.faces, key=lambda face: face.box.width * face.box.height, default=None)
    nothing = np.zeros(len(EMOTIONS), np.float32)
    return {model: face.predictions[model].probabilities if face else nothing for model in models}
