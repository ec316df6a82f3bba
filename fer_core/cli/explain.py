"""`classify --explain`: for each face and model a picture of what in the face decided."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from fer_core.analysis import Analysis
from fer_core.bundle import EmotionModel
from fer_core.errors import ImageError
from fer_core.explanation import explanation_image
from fer_core.image import encode_png


class Explanations:
    """Writes them. places: picture -> its path below the folder it was found in, kept below `folder`."""

    def __init__(self, places: Mapping[Path, Path], folder: Path, models: Iterable[EmotionModel]) -> None:
        self._folder, self._models = folder, {model.name: model for model in models}
        self._stems: dict[Path, Path] = {}
        taken: set[str] = set()
        for path, place in places.items():
            stem, number = place.with_suffix(""), 1
            while str(stem).lower() in taken:  # as file systems compare names that do not tell cases apart
                number += 1
                stem = place.with_name(f"{place.stem}-{number}")
            taken.add(str(stem).lower())
            self._stems[path] = stem

    def write(self, path: Path, analysis: Analysis) -> Analysis | ImageError:
        """STEM-face1-MODEL.png for each face and model; returns `analysis`, or why they cannot be written."""
        try:
            for face in analysis.faces:
                for name, prediction in face.predictions.items():
                    stem = self._stems[path]
                    target = self._folder / stem.with_name(f"{stem.name}-face{face.number}-{name}.png")
                    target.parent.mkdir(parents=True, exist_ok=True)
                    maps = face.evidence(self._models[name])
                    target.write_bytes(encode_png(explanation_image(face.crop, maps, prediction.probabilities)))
        except OSError as error:
            return ImageError(f"The explanation {error.filename or self._folder} cannot be written: {error.strerror}.")
        return analysis
