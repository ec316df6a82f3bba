"""The model card, card.json: what a bundle says of itself. Its form is in card.schema.json."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from fer_core.bundle.schema import find_fault
from fer_core.emotions import EMOTIONS
from fer_core.errors import ModelError
from fer_core.utils.files import atomic_write

CARD_NAME: Final = "card.json"
MODEL_NAME: Final = "model.tflite"
HEAD_NAME: Final = "head.npz"
PREDICTIONS_NAME: Final = "predictions.npz"
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,59}")
_JSON_KEYS: Final = {"quantization": "quantisation"}  # fields that are called otherwise in card.json


@dataclass(frozen=True)
class ModelCard:
    """Everything that is known of a model. Rates are fractions (0-1), never percent.

    recommended: listed first. purpose: what it is for, as it follows "for", in a line. flagship: listed next.
    files: name -> {sha256, bytes}. input: size, channels, range, margin. training: dataset, dataset_sha256, labels,
    split, settings, seconds, hardware, versions, seed, command. history: one record per epoch. calibration:
    {temperature}, and {scale, bias} where they help (`fer_core.bundle.calibrated`). quantization: what was chosen,
    among which candidates. evaluation: part -> metrics as
    `fer_core.evaluation.metrics` gives them. real_faces: what it reaches on pictures, end to end (`evaluate
    --find-faces --store`): data, source, sha256, detector, n, found, accuracy, accuracy_interval, balanced_accuracy,
    per_emotion {recall, support}, of_found. reported: what the reproduced system published, and on what data; its
    `own_protocol` is what was reached here on that system's own protocol
    (`fer_core.training.published_protocol`). base: {name, sha256}: the bundle whose features this one's head.npz works
    on, and the hash of its network; null for a bundle with a network of its own. adaptation: how that head was fitted
    (`fer_core.adaptation`).
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
    recommended: bool = False
    purpose: str = ""
    flagship: bool = False
    reproduces: str | None = None
    reported: dict[str, Any] | None = None
    history: list[dict[str, Any]] = field(default_factory=list)
    quantization: dict[str, Any] = field(default_factory=dict)
    robustness: dict[str, Any] = field(default_factory=dict)
    real_faces: dict[str, Any] = field(default_factory=dict)
    base: dict[str, Any] | None = None
    adaptation: dict[str, Any] = field(default_factory=dict)
    intended_use: str = ""
    limits: str = ""

    def to_json(self) -> str:
        """The text of card.json."""
        return _as_text({_JSON_KEYS.get(key, key): value for key, value in asdict(self).items()})


def read_card(folder: Path) -> ModelCard:
    """Read and check `folder`/card.json. Raises ModelError with the reason in one line.

    The card's name is the folder's, whatever the file says: a copied or renamed bundle is a model of its own.
    """
    path = folder / CARD_NAME
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text)
    except FileNotFoundError as error:
        raise ModelError(f"{folder.name}: there is no {CARD_NAME} in this bundle.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{folder.name}: {CARD_NAME} is damaged ({error}).") from error
    if (fault := _fault_of(text)) is not None:
        raise ModelError(f"{folder.name}: {CARD_NAME}: {fault}")
    known = {_JSON_KEYS.get(f.name, f.name): f.name for f in fields(ModelCard)}
    card = ModelCard(**{known[key]: value for key, value in content.items() if key in known})
    return replace(card, name=folder.resolve().name, emotions=EMOTIONS)


@lru_cache(maxsize=128)
def _fault_of(text: str) -> str | None:
    """`find_fault` of a card's text: 2 ms, and every run of a page reads all cards."""
    return find_fault(json.loads(text))


def write_card(card: ModelCard, folder: Path) -> None:
    """Write `folder`/card.json in one step."""
    _write(folder, card.to_json())


def change_card(folder: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Replace the content of `folder`/card.json by `change` of it: a reader sees the old or the new card, never half.

    What this version does not know stays. Raises ModelError where the card cannot be read.
    """
    read_card(folder)
    _write(folder, _as_text(change(json.loads((folder / CARD_NAME).read_text(encoding="utf-8")))))


def check_name(name: str) -> None:
    """Raise ModelError unless `name` can be a folder under models/."""
    if not _NAME.fullmatch(name):
        raise ModelError(f"A model's name is made of 1 to 60 letters, digits, - and _. Received: {name!r}.")


def file_entry(content: bytes) -> dict[str, Any]:
    """The card's line for a file: its SHA-256 and size in bytes."""
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def network_entry(card: ModelCard) -> dict[str, Any]:
    """The line of the file that runs: the network, or the head of a bundle that is adapted from another; {} without."""
    return card.files.get(HEAD_NAME if card.base else MODEL_NAME, {})


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


def _as_text(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _write(folder: Path, text: str) -> None:
    with atomic_write(folder / CARD_NAME) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
