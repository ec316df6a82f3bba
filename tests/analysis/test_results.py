"""What a prediction, a face and an analysis say: labels, doubt, captions, and their JSON and CSV forms."""

from dataclasses import replace

import numpy as np
import pytest

from fer_core import EMOTIONS, Analysis, Box, Face, Prediction, analyze
from fer_core.analysis.export import ROW_FIELDS
from fer_core.analysis.results import annotate
from fer_core.detection.quality import DARK
from fer_core.emotions import COLOURS
from fer_core.image import decode_image, sample_image
from tests.support.stub_models import BrightnessModel

SURE = np.array([0.9, 0.02, 0.02, 0.02, 0.02, 0.01, 0.01], np.float32)
UNSURE = np.array([0.05, 0.1, 0.2, 0.25, 0.2, 0.1, 0.1], np.float32)


def face(*probabilities: np.ndarray) -> Face:
    predictions = {f"model {i}": Prediction(p) for i, p in enumerate(probabilities)}
    return Face(1, Box(3, 4, 9, 8), np.zeros((48, 48), np.uint8), predictions)


def analysis(*faces: Face, notes: tuple[str, ...] = ()) -> Analysis:
    return Analysis(np.zeros((20, 30, 3), np.uint8), faces, ("model 0",), "a.png", notes)


@pytest.mark.parametrize(
    ("probabilities", "threshold", "label", "confidence", "uncertain"),
    [
        (SURE, 0.5, "angry", 0.9, False),
        (UNSURE, 0.5, "happy", 0.25, True),
        (UNSURE, 0.25, "happy", 0.25, False),
        (SURE, 1.0, "angry", 0.9, True),
    ],
)
def test_prediction(
    probabilities: np.ndarray, threshold: float, label: str, confidence: float, uncertain: bool
) -> None:
    prediction = Prediction(probabilities, threshold)
    assert (prediction.label, prediction.is_uncertain) == (label, uncertain)
    assert prediction.confidence == pytest.approx(confidence)


@pytest.mark.parametrize(
    ("probabilities", "caption", "colour"),
    [
        ((SURE,), "1 angry 90%", COLOURS["angry"]),
        ((SURE, SURE), "1 angry 90%", COLOURS["angry"]),
        ((SURE, UNSURE), "1 angry 47%?", "#282828"),
        ((UNSURE,), "1 happy 25%?", COLOURS["happy"]),
        ((), "1", "#282828"),
    ],
    ids=["one", "two that agree", "two that disagree", "unsure", "no model"],
)
def test_caption_and_colour(probabilities: tuple[np.ndarray, ...], caption: str, colour: str) -> None:
    found = face(*probabilities)
    assert found.caption == found.annotation.caption == caption
    assert (found.annotation.short_caption, found.annotation.colour) == ("1", colour)
    assert found.models_disagree == (len({int(p.argmax()) for p in probabilities}) > 1)


def test_the_verdict_of_several_models_is_the_mean_of_their_probabilities() -> None:
    verdict = face(SURE, UNSURE, UNSURE).with_threshold(0.3).verdict
    assert verdict is not None and verdict.probabilities == pytest.approx((SURE + 2 * UNSURE) / 3, abs=1e-6)
    assert (verdict.label, verdict.is_uncertain, verdict.threshold) == ("angry", False, 0.3)
    assert face(SURE).verdict is not None and face().verdict is None


def test_another_threshold_changes_nothing_but_doubt() -> None:
    before = analysis(face(SURE, UNSURE))
    after = before.with_threshold(0.95)
    assert [p.is_uncertain for p in after.faces[0].predictions.values()] == [True, True]
    assert [p.is_uncertain for p in before.faces[0].predictions.values()] == [False, True]
    assert after.image is before.image and after.faces[0].caption == "1 angry 47%?"


def test_json_form() -> None:
    found = analysis(face(SURE), notes=("Only its first frame is used.",)).to_dict()
    assert {key: found[key] for key in found if key != "faces"} == {
        "picture": "a.png",
        "width": 30,
        "height": 20,
        "models": ["model 0"],
        "notes": ["Only its first frame is used."],
    }
    assert found["faces"] == [
        {
            "face": 1,
            "box": {"x": 3, "y": 4, "width": 9, "height": 8},
            "eyes": None,
            "whole_picture": False,
            "models_disagree": False,
            "hints": [],
            "predictions": {
                "model 0": {
                    "label": "angry",
                    "confidence": 0.9,
                    "unsure": False,
                    "probabilities": dict(zip(EMOTIONS, [0.9, 0.02, 0.02, 0.02, 0.02, 0.01, 0.01], strict=True)),
                }
            },
        }
    ]


def test_eyes_in_json_but_not_in_csv() -> None:
    found = replace(face(SURE), eyes=((5.04, 6.0), (9.25, 6.96)))
    assert found.to_dict()["eyes"] == [[5.0, 6.0], [9.2, 7.0]]
    assert not any("eye" in column for row in found.to_rows() for column in row)


def test_rows() -> None:
    rows = analysis(face(SURE, UNSURE), notes=("One.", "Two.")).to_rows()
    assert [tuple(row) for row in rows] == [ROW_FIELDS] * 2
    assert [(row["model"], row["label"], row["note"]) for row in rows] == [
        ("model 0", "angry", "One.; Two."),
        ("model 1", "happy", "One.; Two."),
    ]
    assert analysis(notes=("One.",)).to_rows() == [{"picture": "a.png", "note": "no face found; One."}]


def test_annotated_is_a_copy_with_every_face() -> None:
    image = decode_image(sample_image())
    found = analyze(image, [BrightnessModel()])
    assert np.array_equal(found.annotated(), annotate(image, found.faces))
    assert not np.array_equal(found.annotated(), image) and np.array_equal(image, decode_image(sample_image()))


def test_hints_stand_in_every_result() -> None:
    image = decode_image(sample_image())
    dark, fine = (analyze(pixels, [BrightnessModel()]) for pixels in (image // 4, image))
    assert dark.faces[0].hints == (DARK,) and fine.faces[0].hints == ()
    assert [row["hints"] for row in (*dark.to_rows(), *fine.to_rows())] == [DARK, ""]
    assert [a.to_dict()["faces"][0]["hints"] for a in (dark, fine)] == [[DARK], []]
