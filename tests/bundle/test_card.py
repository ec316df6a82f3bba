"""The model card: written and read back, and every fault of one named in a line."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from fer_core import EMOTIONS, ModelCard, ModelError, read_card
from fer_core.bundle.card import CARD_NAME, MODEL_NAME, file_entry, read_file, write_card

CONTENT = b"not really a network"
CARD = ModelCard(
    name="cnn",
    title="Ein CNN für Gesichter 😀",
    architecture="compact",
    parameters=123,
    multiply_adds=456,
    files={MODEL_NAME: file_entry(CONTENT)},
    training={"dataset": "fer2013.csv", "seed": 0},
    evaluation={"test": {"n": 10, "accuracy": 0.5, "accuracy_interval": [0.2, 0.8]}},
    calibration={"temperature": 1.25},
    input={"size": [48, 48]},
    recommended=True,
    purpose="To be tested.",
    flagship=True,
    reproduces="a system",
    reported={"validation_accuracy": 0.5},
    history=[{"epoch": 1, "loss": 1.0}],
    quantization={"chosen": "int8"},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "cnn"
    place.mkdir()
    write_card(CARD, place)
    (place / MODEL_NAME).write_bytes(CONTENT)
    return place


def test_round_trip(folder: Path) -> None:
    assert read_card(folder) == CARD
    assert json.loads((folder / CARD_NAME).read_text(encoding="utf-8"))["emotions"] == list(EMOTIONS)


def test_only_what_every_card_must_say_is_required(folder: Path) -> None:
    optional = {"emotions", "input", "flagship", "reproduces", "reported", "history", "quantization", "robustness"}
    optional |= {"intended_use", "limits", "recommended", "purpose", "real_faces"}
    content = json.loads(CARD.to_json())
    left_out = {*optional, "quantisation"}
    short = {key: value for key, value in content.items() if key not in left_out} | {"of_tomorrow": 1}
    (folder / CARD_NAME).write_text(json.dumps(short))
    card = read_card(folder)
    assert {f.name for f in fields(ModelCard)} - set(short) == optional and "quantisation" not in short
    assert (card.emotions, card.flagship, card.history) == (EMOTIONS, False, [])
    assert (card.recommended, card.purpose) == (False, "")


def test_the_key_in_the_file_is_the_one_that_cards_have_always_had(folder: Path) -> None:
    content = json.loads((folder / CARD_NAME).read_text(encoding="utf-8"))
    assert content["quantisation"] == {"chosen": "int8"} and "quantization" not in content


def test_a_card_that_cannot_be_written_whole_leaves_the_old_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        write_card(replace(CARD, title="Other"), folder)
    assert read_card(folder) == CARD and len(list(folder.iterdir())) == 2


def test_a_bundle_is_called_as_its_folder(folder: Path) -> None:
    copied = folder.rename(folder.with_name("copy-of-cnn"))
    assert read_card(copied).name == "copy-of-cnn"


def changed(**values: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda card: card | values


def without(*names: str) -> Callable[[dict[str, Any]], Any]:
    return lambda card: {key: value for key, value in card.items() if key not in names}


def one_file(name: str, entry: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda card: card | {"files": card["files"] | {name: entry}}


GOOD_ENTRY = file_entry(b"x")
FAULTS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "a list": (lambda card: [card], r"card.json: Expected one JSON object\. Received: \[\{.*…"),
    "no title": (without("title"), r"lacks fields: title\."),
    "three fields missing": (
        without("calibration", "files", "parameters"),
        r"lacks fields: calibration, files, parameters\.",
    ),
    "title is a number": (changed(title=3), r"title: Expected a text\. Received: 3\."),
    "files is a list": (changed(files=[MODEL_NAME]), r"files: Expected an object\. Received: \['model.tflite'\]\."),
    "evaluation is null": (changed(evaluation=None), r"evaluation: Expected an object\. Received: None\."),
    "history is a dict": (changed(history={}), r"history: Expected a list.*Received: \{\}\."),
    "parameters is text": (changed(parameters="many"), "parameters: Expected a positive integer"),
    "no parameters": (changed(parameters=0), "parameters: Expected a positive integer"),
    "63 six labels": (
        changed(emotions=list(EMOTIONS[:6])),
        "emotions: Expected angry, disgust, fear, happy, sad, surprise, neutral in this order",
    ),
    "63 eight labels": (changed(emotions=[*EMOTIONS, "contempt"]), "emotions: Expected angry"),
    "63 another order": (changed(emotions=sorted(EMOTIONS)), "emotions: Expected angry"),
    "63 labels are a text": (changed(emotions=", ".join(EMOTIONS)), "emotions: Expected angry"),
    "no temperature": (changed(calibration={}), r"calibration lacks fields: temperature\."),
    "temperature 0": (
        changed(calibration={"temperature": 0}),
        r"calibration.temperature: Expected a number between 0.01 and 100\. Received: 0\.",
    ),
    "temperature nan": (changed(calibration={"temperature": float("nan")}), "calibration.temperature: .*: nan"),
    "temperature is text": (changed(calibration={"temperature": "1"}), "calibration.temperature: Expected a number"),
    "scale without bias": (
        changed(calibration={"temperature": 1, "scale": [1] * 7}),
        "calibration: .* scale and bias stand together",
    ),
    "six scales": (
        changed(calibration={"temperature": 1, "scale": [1] * 6, "bias": [0] * 7}),
        "calibration.scale: Expected 7 numbers between 0.01 and 100",
    ),
    "scale 0": (
        changed(calibration={"temperature": 1, "scale": [1] * 6 + [0], "bias": [0] * 7}),
        r"calibration.scale\[6\]: Expected a number between 0.01 and 100\. Received: 0\.",
    ),
    "bias is nan": (
        changed(calibration={"temperature": 1, "scale": [1] * 7, "bias": [float("nan")] * 7}),
        r"calibration.bias\[0\]: Expected a number between -100 and 100\. Received: nan\.",
    ),
    "62 other input size": (
        changed(input={"size": [64, 64]}),
        r"input.size: Expected \[48, 48\]\. Received: \[64, 64\]\.",
    ),
    "a file outside": (one_file("../../x", GOOD_ENTRY), r"files: Expected a plain file name\. Received: '../../x'\."),
    "a file at a full path": (one_file("/etc/passwd", GOOD_ENTRY), "files: Expected a plain file name"),
    "a file on a drive": (one_file("C:\\x", GOOD_ENTRY), "files: Expected a plain file name"),
    "a file without a name": (one_file("", GOOD_ENTRY), "files: Expected a plain file name"),
    "a file with a line break": (one_file("x\n", GOOD_ENTRY), "files: Expected a plain file name"),
    "a file in a folder above": (one_file("a..b", GOOD_ENTRY), "files: Expected a plain file name"),
    "no hash": (one_file("x", {"bytes": 3}), r"files.x lacks fields: sha256\."),
    "hash of another kind": (one_file("x", {"sha256": "abc", "bytes": 3}), "files.x.sha256: Expected a SHA-256"),
    "entry is text": (one_file("x", "abc"), "files.x: Expected an object with sha256 and bytes"),
    "no size": (one_file("x", {"sha256": "0" * 64}), r"files.x lacks fields: bytes\."),
    "a part without accuracy": (changed(evaluation={"test": {}}), r"evaluation.test lacks fields: accuracy\."),
    "a part is a number": (changed(evaluation={"test": 0.7}), "evaluation.test: Expected an object.*: 0.7"),
}


@pytest.mark.parametrize(("change", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_refuses_a_card_with_the_reason(folder: Path, change: Callable[[dict[str, Any]], Any], said: str) -> None:
    (folder / CARD_NAME).write_text(json.dumps(change(json.loads(CARD.to_json()))))
    with pytest.raises(ModelError, match=said) as caught:
        read_card(folder)
    assert str(caught.value).startswith("cnn: card.json") and len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no card.json"),
        (b"", "damaged"),
        (b"{", "damaged"),
        (CARD.to_json().encode()[:-40], "damaged"),
        (b"\xff\xfe\x00", "damaged"),
        (b"[" * 100_000, "damaged"),
        (b"null", "one JSON object"),
    ],
    ids=["missing", "empty", "a brace", "cut", "not UTF-8", "deeply nested", "null"],
)
def test_refuses_a_damaged_card(folder: Path, content: bytes | None, said: str) -> None:
    (folder / CARD_NAME).unlink()
    if content is not None:
        (folder / CARD_NAME).write_bytes(content)
    with pytest.raises(ModelError, match=f"cnn: .*{said}"):
        read_card(folder)


def test_file_entry_is_size_and_hash() -> None:
    assert file_entry(b"abc") == {"sha256": hashlib.sha256(b"abc").hexdigest(), "bytes": 3}


def test_read_file_gives_the_bytes(folder: Path) -> None:
    assert read_file(CARD, folder, MODEL_NAME) == CONTENT


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(CONTENT[:-1]), "SHA-256 is not the one in the card"),
        (lambda path: path.write_bytes(CONTENT + b"\0"), "SHA-256"),
        (lambda path: path.write_bytes(b"N" + CONTENT[1:]), "SHA-256"),
    ],
    ids=["58 missing", "59 empty", "60 cut", "longer", "61 a byte changed"],
)
def test_read_file_refuses_what_the_card_does_not_know(folder: Path, damage: Callable[[Path], Any], said: str) -> None:
    damage(folder / MODEL_NAME)
    with pytest.raises(ModelError, match=f"cnn: model.tflite .*{said}"):
        read_file(CARD, folder, MODEL_NAME)


def test_read_file_refuses_a_name_that_the_card_lacks(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"the card names no model\.tflite"):
        read_file(replace(CARD, files={}), folder, MODEL_NAME)
