"""analysis.schema.json is the form of `Analysis.to_dict()`, no less and no more."""

import json
from typing import Any

import jsonschema
import numpy as np
import pytest

from fer_core.analysis import SCHEMA_VERSION, Analysis, Face, Prediction, analysis_schema, analyze
from fer_core.detection import Box
from fer_core.emotions import EMOTIONS
from fer_core.image import decode_image, sample_image
from tests.support.stub_models import BrightnessModel

SCHEMA = analysis_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
PIXELS = np.zeros((40, 30, 3), np.uint8)


def face(**changes: Any) -> Face:
    one = Prediction(np.full(7, 1 / 7, np.float32))
    given = {"number": 1, "box": Box(0, 0, 5, 6), "crop": PIXELS[..., 0], "predictions": {"a": one, "b": one}}
    return Face(**(given | changes))


MARKED = face(hints=("small",), eyes=((1, 2), (3.26, 4)), whole_picture=True)
ANALYSES = {
    "the sample": lambda: analyze(sample_image(), [BrightnessModel("a"), BrightnessModel("b", 0)]),
    "haar, which tells no eyes": lambda: analyze(sample_image(), [BrightnessModel()], detector="haar"),
    "no face": lambda: Analysis(PIXELS, (), ("a",), "x.png", ("A note.",)),
    "no model": lambda: analyze(decode_image(sample_image()), []),
    "all marks": lambda: Analysis(
        PIXELS, (face(hints=("small",), eyes=((1, 2), (3.26, 4)), whole_picture=True),), ("a",)
    ),
}


def test_the_schema_is_one_and_names_its_version() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"] == f"urn:facial-emotions:analysis:{SCHEMA_VERSION}"
    assert SCHEMA["$defs"]["Emotion"]["enum"] == list(EMOTIONS)
    assert SCHEMA["$defs"]["Prediction"]["properties"]["probabilities"]["required"] == list(EMOTIONS)


@pytest.mark.parametrize("make", ANALYSES.values(), ids=ANALYSES)
def test_every_analysis_has_the_form(make: Any) -> None:
    content = json.loads(json.dumps(make().to_dict()))
    VALIDATOR.validate(content)
    described = SCHEMA["$defs"]
    assert set(content) == set(SCHEMA["properties"]) == set(SCHEMA["required"])
    for found in content["faces"]:
        assert set(found) == set(described["Face"]["properties"]) == set(described["Face"]["required"])
        assert set(found["box"]) == set(described["Box"]["properties"])
        for prediction in found["predictions"].values():
            assert set(prediction) == set(described["Prediction"]["properties"])


@pytest.mark.parametrize(
    "damage",
    [
        {"width": 0},
        {"faces": [{}]},
        {"models": "cnn"},
        {"faces": [face().to_dict() | {"eyes": [1, 2]}]},
        {"faces": [face().to_dict() | {"predictions": {"a": {"label": "bored"}}}]},
    ],
    ids=str,
)
def test_another_form_is_told(damage: dict[str, Any]) -> None:
    content = analyze(sample_image(), [BrightnessModel()]).to_dict()
    assert not VALIDATOR.is_valid(content | damage)
