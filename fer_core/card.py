"""The model card: what a bundle says of itself. Schema, reading, writing and checking of `card.json`."""

import hashlib
import json
import os
import platform
import re
import tempfile
from collections.abc import Callable
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from fer_core.emotions import EMOTIONS
from fer_core.errors import ModelError

CARD_NAME: Final = "card.json"
MODEL_NAME: Final = "model.tflite"
PREDICTIONS_NAME: Final = "predictions.npz"
_INPUT_SIZE: Final = [48, 48]  # what predict_proba hands to every network
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class ModelCard:
    """Everything that is known of a model. Rates are fractions (0-1), never percent.

    files: name -> {sha256, bytes}. input: size, channels, range, margin. training: dataset, dataset_sha256, labels,
    split, settings, seconds, hardware, versions, seed, command. history: one record per epoch. calibration:
    {temperature}, and {scale, bias} where they help (`fer_core.calibration`). evaluation: part -> metrics as
    `fer_core.evaluation.metrics` gives them. reported: what the reproduced system published, and on what data; its
    `own_protocol` is what was reached here on that system's own protocol
    (`fer_core.training.own_protocol`).
    """

    name: str
    title: str
    architecture: str
    parameters: int
    multiply_adds: int
    files: dict[str, dict[str, Any]]
    training: dict[str, Any]
    evaluation: dict[str, dict[str, Any]]
    calibration: dict[str, Any]
    emotions: tuple[str, ...] = EMOTIONS
    input: dict[str, Any] = field(default_factory=dict)
    flagship: bool = False
    reproduces: str | None = None
    reported: dict[str, Any] | None = None
    history: list[dict[str, Any]] = field(default_factory=list)
    quantisation: dict[str, Any] = field(default_factory=dict)
    robustness: dict[str, Any] = field(default_factory=dict)
    intended_use: str = ""
    limits: str = ""

    def to_json(self) -> str:
        """The text of card.json."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"


def read_card(folder: Path) -> ModelCard:
    """Read and check `folder`/card.json. Raises ModelError with the reason in one line.

    The card's name is the folder's, whatever the file says: a copied or renamed bundle is a model of its own.
    """
    path = folder / CARD_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(f"{folder.name}: there is no {CARD_NAME} in this bundle.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{folder.name}: {CARD_NAME} is damaged ({error}).") from error
    if not isinstance(content, dict):
        raise ModelError(f"{folder.name}: {CARD_NAME} must hold one JSON object.")
    known = {f.name for f in fields(ModelCard)}
    try:
        card = ModelCard(**{key: value for key, value in content.items() if key in known})
    except TypeError as error:
        needed = {f.name for f in fields(ModelCard) if f.default is MISSING and f.default_factory is MISSING}
        missing = sorted(needed - set(content))
        raise ModelError(f"{folder.name}: {CARD_NAME} lacks fields: {', '.join(missing)}.") from error
    _check(card, folder.name)
    return replace(card, name=folder.resolve().name, emotions=EMOTIONS)


def write_card(card: ModelCard, folder: Path) -> None:
    """Write `folder`/card.json."""
    (folder / CARD_NAME).write_text(card.to_json(), encoding="utf-8")


def change_card(folder: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Replace the content of `folder`/card.json by `change` of it: a reader sees the old or the new card, never half.

    What this version does not know stays. Raises ModelError where the card cannot be read.
    """
    read_card(folder)
    path = folder / CARD_NAME
    content = change(json.loads(path.read_text(encoding="utf-8")))
    handle, making = tempfile.mkstemp(prefix=f".{CARD_NAME}.", dir=folder)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
        os.chmod(making, path.stat().st_mode & 0o777)
        os.replace(making, path)
    finally:
        Path(making).unlink(missing_ok=True)


def file_entry(content: bytes) -> dict[str, Any]:
    """The card's line for a file: its SHA-256 and size in bytes."""
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def read_file(card: ModelCard, folder: Path, name: str) -> bytes:
    """The bytes of one of the bundle's files, checked against the card's hash. Raises ModelError."""
    entry = card.files.get(name)
    if entry is None:
        raise ModelError(f"{folder.name}: the card names no {name}.")
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise ModelError(f"{folder.name}: {name} is missing.") from error
    if not content:
        raise ModelError(f"{folder.name}: {name} is empty.")
    if file_entry(content)["sha256"] != entry["sha256"]:
        raise ModelError(f"{folder.name}: {name} is damaged: its SHA-256 is not the one in the card.")
    return content


def hardware() -> str:
    """Processor and the cores that this process may use, as far as the system tells."""
    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name}, {cores} core{'' if cores == 1 else 's'}"


def _check(card: ModelCard, name: str) -> None:
    def expect(good: bool, problem: str) -> None:
        if not good:
            raise ModelError(f"{name}: {CARD_NAME}: {problem}.")

    for field_name, kind in (
        ("name", str), ("title", str), ("architecture", str), ("files", dict), ("training", dict), ("evaluation", dict),
        ("calibration", dict), ("history", list), ("input", dict), ("robustness", dict), ("quantisation", dict),
    ):  # fmt: skip
        value = getattr(card, field_name)
        expect(isinstance(value, kind), f"{field_name} must be {kind.__name__}, got {type(value).__name__}")
    expect(isinstance(card.parameters, int) and card.parameters > 0, "parameters must be a positive integer")
    expect(
        isinstance(card.emotions, list | tuple) and tuple(card.emotions) == EMOTIONS,
        f"emotions must be {', '.join(EMOTIONS)} in this order, got {card.emotions}",
    )
    size = card.input.get("size", _INPUT_SIZE)
    expect(size == _INPUT_SIZE, f"input.size must be {_INPUT_SIZE}, got {size}")
    for part, found in card.evaluation.items():
        accuracy = found.get("accuracy") if isinstance(found, dict) else None
        expect(isinstance(accuracy, int | float), f"evaluation: {part} has no accuracy")
    _check_calibration(card.calibration, expect)
    for file_name, entry in card.files.items():
        good_name = bool(_FILE_NAME.fullmatch(file_name)) and ".." not in file_name
        expect(good_name, f"files: {file_name!r} is not a plain file name")
        sha = entry.get("sha256") if isinstance(entry, dict) else None
        expect(isinstance(sha, str) and bool(_SHA256.fullmatch(sha)), f"files: {file_name} has no SHA-256")
        expect(isinstance(entry.get("bytes"), int), f"files: {file_name} has no size in bytes")


def _check_calibration(calibration: dict[str, Any], expect: Callable[[bool, str], None]) -> None:
    def within(value: Any, low: float, high: float) -> bool:
        return isinstance(value, int | float) and low < value < high

    temperature = calibration.get("temperature")
    expect(within(temperature, 0.01, 100), f"calibration.temperature must be between 0.01 and 100, got {temperature}")
    expect(("scale" in calibration) == ("bias" in calibration), "calibration.scale and calibration.bias go together")
    for key, low, high in (("scale", 0.01, 100), ("bias", -100, 100)):
        values = calibration.get(key, [1] * len(EMOTIONS))
        good = isinstance(values, list) and len(values) == len(EMOTIONS) and all(within(v, low, high) for v in values)
        expect(good, f"calibration.{key} must be {len(EMOTIONS)} numbers between {low} and {high}, got {values}")
