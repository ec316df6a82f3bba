"""card.schema.json: in step with ModelCard and the constants, and checked against whole and broken cards."""

import json
import subprocess
import sys
from dataclasses import MISSING, fields
from typing import Any

import jsonschema
import pytest

from fer_core import EMOTIONS, ModelCard
from fer_core.bundle.schema import SCHEMA, find_fault
from fer_core.image import FACE_SIZE

CONTENT = json.loads(SCHEMA.read_text(encoding="utf-8"))
METRICS = CONTENT["properties"]["evaluation"]["additionalProperties"]["properties"]
WHOLE: dict[str, Any] = {
    "name": "a", "title": "A", "architecture": "b", "parameters": 1, "multiply_adds": 2, "files": {}, "training": {},
    "evaluation": {"test": {"accuracy": 0.5}}, "calibration": {"temperature": 1},
}  # fmt: skip
CURVES = {
    "n": 1,
    "of": 2,
    "accuracy": 0.5,
    "curves": {"blur": {"unit": "px", "levels": [0, 1], "accuracy": [0.5, 0.4]}},
}

REAL_FACES = {
    "data": "mine",
    "sha256": "0" * 64,
    "detector": "auto",
    "n": 2,
    "found": 1.0,
    "accuracy": 0.5,
    "accuracy_interval": [0.1, 0.9],
    "balanced_accuracy": 0.5,
    "per_emotion": {"happy": {"recall": 0.5, "support": 2}},
}


def test_the_schema_is_a_schema_and_names_the_fields_of_a_card() -> None:
    jsonschema.Draft202012Validator.check_schema(CONTENT)
    needed = {f.name for f in fields(ModelCard) if f.default is MISSING and f.default_factory is MISSING}
    assert set(CONTENT["required"]) == needed
    spelled = {"quantization": "quantisation"}
    assert set(CONTENT["properties"]) == {spelled.get(f.name, f.name) for f in fields(ModelCard)}


def test_the_schema_repeats_the_constants() -> None:
    properties = CONTENT["properties"]
    assert properties["emotions"]["const"] == list(EMOTIONS)
    assert ", ".join(EMOTIONS) in properties["emotions"]["description"]
    assert METRICS["per_class"]["propertyNames"]["enum"] == list(EMOTIONS)
    assert properties["input"]["properties"]["size"]["const"] == [FACE_SIZE, FACE_SIZE]
    real = properties["real_faces"]["then"]["properties"]["per_emotion"]
    assert real["propertyNames"]["enum"] == list(EMOTIONS)
    sevens = (*(properties["calibration"]["properties"][key] for key in ("scale", "bias")), METRICS["confusion_matrix"])
    for array in (*sevens, METRICS["confusion_matrix"]["items"]):
        assert array["minItems"] == array["maxItems"] == len(EMOTIONS)


def descriptions(schema: Any) -> list[bool]:
    """Of every part of a schema that can fail: whether it says what is expected."""
    if isinstance(schema, list):
        return [said for part in schema for said in descriptions(part)]
    if not isinstance(schema, dict):
        return []
    own = ["description" in schema] if schema.keys() & {"type", "const", "enum", "pattern"} - {"properties"} else []
    if "pattern" in schema and len(schema) == 1:  # inside a `not`: the schema around it speaks
        own = []
    return [*own, *(said for part in schema.values() for said in descriptions(part))]


def test_every_part_of_the_schema_says_what_is_expected() -> None:
    found = descriptions(CONTENT)
    assert len(found) > 40 and all(found)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"robustness": {}},
        {"robustness": CURVES},
        {"reported": None},
        {"reported": {"system": "x"}},
        {"new": [1]},
        {"real_faces": {}},
        {"real_faces": REAL_FACES},
    ],
    ids=str,
)
def test_a_whole_card_has_no_fault(more: dict[str, Any]) -> None:
    assert find_fault(WHOLE | more) is None


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"parameters": True}, "parameters: Expected a positive integer. Received: True."),
        ({"flagship": "yes"}, "flagship: Expected true or false. Received: 'yes'."),
        ({"recommended": 1}, "recommended: Expected true or false. Received: 1."),
        ({"purpose": None}, "purpose: Expected a text. Received: None."),
        ({"history": [{}, {"learning_rate": "low"}]}, "history[1].learning_rate: Expected a number. Received: 'low'."),
        (
            {"evaluation": {"test": {"accuracy": float("inf")}}},
            "evaluation.test.accuracy: Expected a number. Received: inf.",
        ),
        ({"robustness": {"n": 3}}, "robustness lacks fields: accuracy, curves, of."),
        (
            {"robustness": CURVES | {"curves": {"blur": {"unit": "px", "levels": [0, 1], "accuracy": [1]}}}},
            "robustness.curves.blur: Expected as many levels as accuracies. Received: 2, 1.",
        ),
        (
            {"real_faces": {"data": "mine"}},
            "real_faces lacks fields: accuracy, accuracy_interval, balanced_accuracy, detector, found, n, per_emotion, "
            "sha256.",
        ),
        (
            {"real_faces": REAL_FACES | {"found": 99}},
            "real_faces.found: Expected a number between 0 and 1. Received: 99.",
        ),
        ({"title": "A\n" + "x" * 10_000, "limits": 3}, "limits: Expected a text. Received: 3."),
        ({"limits": ["x" * 10_000]}, f"limits: Expected a text. Received: ['{'x' * 78} …."),
    ],
    ids=lambda value: None if isinstance(value, dict) else value[:30],
)
def test_a_fault_is_named_in_a_line(more: dict[str, Any], fault: str) -> None:
    assert find_fault(WHOLE | more) == fault


def test_jsonschema_is_imported_with_the_first_card() -> None:
    program = "import sys, fer_core, fer_core.bundle; assert 'jsonschema' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)
