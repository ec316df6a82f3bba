"""A trained network -> a bundle: convert, calibrate on validation, evaluate what serves, write all at once."""

import importlib.metadata
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import keras

from fer_core.bundle import (
    MODEL_NAME,
    OFFICIAL_TEST,
    PREDICTIONS_NAME,
    EmotionModel,
    ModelCard,
    Network,
    check_name,
    file_entry,
    main_part,
    multiply_adds,
    pack_predictions,
    read_file,
    write_card,
)
from fer_core.charts import confusion_chart, history_chart, save_png
from fer_core.datasets import Faces, Split
from fer_core.evaluation import metrics
from fer_core.image import FACE_SIZE
from fer_core.reporting import README_NAME, readme_text
from fer_core.training.calibration import fit_calibration
from fer_core.training.export.convert import as_float32, save_keras
from fer_core.training.export.quantization import choose
from fer_core.training.terminal import shown_command
from fer_core.utils.files import atomic_folder, atomic_write
from fer_core.utils.processes import hardware

INTENDED_USE: Final = (
    "Naming the expression of a frontal face in pictures, webcam and video, for demonstration, teaching and research. "
    "An expression is not a feeling. Not for decisions about people; at work and in education the EU AI Act forbids it."
)
LIMITS: Final = (
    "Trained on 48x48 grey web images of posed and acted expressions with noisy labels; weaker on faces that are "
    "turned, covered, dark or blurred, and on groups that such images show seldom."
)
LIMITS_ELSEWHERE: Final = (
    "Trained on other data than FER-2013 with its official parts: weaker on faces that are unlike those, in who is "
    "shown, in light, pose and camera."
)
_PACKAGES: Final = ("keras", "tensorflow", "jax", "ai-edge-litert", "numpy", "opencv-python-headless")


@dataclass(frozen=True)
class Trained:
    """A finished training, ready to become a bundle.

    build: makes the same network anew, in float32. history: one record per epoch, as `fit` returns them. settings: as
    they stand in the card. reported: what the reproduced system published, with its "system"; None: no reproduction.
    tuning: the record of a search for settings.
    """

    name: str
    title: str
    architecture: str
    network: keras.Model
    build: Callable[[], keras.Model]
    history: list[dict[str, Any]]
    settings: dict[str, Any]
    dataset: str
    seed: int
    flagship: bool = False
    reported: dict[str, Any] | None = None
    tuning: dict[str, Any] | None = None


def export_bundle(trained: Trained, split: Split, models_dir: Path, precision: str = "auto") -> ModelCard:
    """Write `models_dir`/<name>/ and return its card. An existing bundle is replaced in one step, or not at all.

    Every part is evaluated once, through the very TFLite file and calibration that serve. Raises ModelError.
    """
    check_name(trained.name)
    network = as_float32(trained.build, trained.network)
    chosen, plain, quantization = choose(network, split.validation, precision)
    calibration = fit_calibration(Network(chosen.content).logits(split.validation.faces), split.validation.labels)
    card = ModelCard(
        name=trained.name,
        title=trained.title,
        architecture=trained.architecture,
        parameters=int(network.count_params()),
        multiply_adds=multiply_adds(plain.content),
        files={MODEL_NAME: file_entry(chosen.content)},
        training=_training_record(trained, split),
        evaluation={},
        calibration=calibration,
        input={"size": [FACE_SIZE, FACE_SIZE], "channels": "grey", "dtype": "uint8", "range": [0, 255]},
        flagship=trained.flagship,
        reproduces=trained.reported["system"] if trained.reported else None,
        reported=trained.reported,
        history=trained.history,
        quantization=quantization,
        intended_use=INTENDED_USE,
        limits=LIMITS if OFFICIAL_TEST in split.parts else LIMITS_ELSEWHERE,
    )
    card, packed = evaluated(card, chosen.content, split.parts, split.dataset_sha256)
    contents = {MODEL_NAME: chosen.content, PREDICTIONS_NAME: packed, "model.keras": save_keras(network)}
    write_bundle(card, contents, models_dir)
    return card


def evaluated(
    card: ModelCard, content: bytes, parts: Mapping[str, Faces], dataset_sha256: str
) -> tuple[ModelCard, bytes]:
    """`card` with every part measured by the TFLite file `content`, and the content of its predictions.npz."""
    model = EmotionModel(card, content)
    predictions = {name: (part.labels, model.predict_proba(part.faces)) for name, part in parts.items()}
    packed = pack_predictions(predictions, dataset_sha256)
    measured = {name: metrics(probabilities, labels) for name, (labels, probabilities) in predictions.items()}
    return replace(card, evaluation=measured, files=card.files | {PREDICTIONS_NAME: file_entry(packed)}), packed


def recalibrate(folder: Path, card: ModelCard, split: Split) -> ModelCard:
    """Write `card`, the bundle's own with another calibration, with all parts of `split` measured anew, and return it.

    What `evaluate` stored of real faces and corruptions is taken out: it was measured with other probabilities. Raises
    ModelError.
    """
    card = replace(card, real_faces={}, robustness={})
    card, packed = evaluated(card, read_file(card, folder, MODEL_NAME), split.parts, split.dataset_sha256)
    with atomic_write(folder / PREDICTIONS_NAME) as unfinished:
        Path(unfinished).write_bytes(packed)
    write_card(card, folder)
    return card


def write_bundle(card: ModelCard, contents: dict[str, bytes], models_dir: Path) -> Path:
    """Write `models_dir`/<name>/ with the charts for people, and return it. The old folder stays until all is written.

    contents: file name -> bytes. Raises OSError.
    """
    place = models_dir / card.name
    with atomic_folder(place) as new:
        for name, content in contents.items():
            (new / name).write_bytes(content)
        _draw(card, new)
        write_card(card, new)
        (new / README_NAME).write_text(readme_text(card), encoding="utf-8")
    return place


def _draw(card: ModelCard, folder: Path) -> None:
    if card.history:
        for metric in ("accuracy", "loss"):
            save_png(history_chart(card.history, metric, f"{card.title}: {metric}"), folder / f"{metric}.png")
    part = main_part(card.evaluation)
    if part:
        matrix = card.evaluation[part]["confusion_matrix"]
        save_png(confusion_chart(matrix, f"{card.title}: {part}"), folder / "confusion_matrix.png")


def _training_record(trained: Trained, split: Split) -> dict[str, Any]:
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "dataset": Path(trained.dataset).resolve().name,
        "dataset_sha256": split.dataset_sha256,
        "labels": split.labels,
        "split": split.description,
        **({"extra_data": list(split.extra)} if split.extra else {}),
        **({"aligned": split.aligned} if split.aligned is not None else {}),
        **({"fold": split.fold} if split.fold else {}),
        "faces": {"training": len(split.training), "validation": len(split.validation)},
        "settings": trained.settings,
        "seconds": round(sum(record["seconds"] for record in trained.history), 1),
        "hardware": hardware(),
        "backend": keras.backend.backend(),
        "versions": versions,
        "seed": trained.seed,
        "command": shown_command(),
        **({"tuning": trained.tuning} if trained.tuning else {}),
    }
