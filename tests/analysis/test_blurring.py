"""Hidden faces: no detector finds them, those that are to stay stay."""

import numpy as np
import pytest
from numpy.typing import NDArray

from fer_core.analysis import Blur, analyze, hide_faces
from fer_core.benchmark.frames import crowd_frame, portrait_frame
from fer_core.bundle import EmotionModel
from fer_core.detection import DETECTORS, Box, iou, load_detector

PICTURES = {"portrait": portrait_frame, "crowd": crowd_frame}


@pytest.mark.parametrize(("name", "detector"), [*(("portrait", name) for name in DETECTORS), ("crowd", "auto")])
def test_no_detector_finds_a_face_in_the_copy(name: str, detector: str, model: EmotionModel) -> None:
    analysis = analyze(PICTURES[name](), [model], detector=detector)
    assert analysis.faces
    copy = analysis.blurred(Blur())
    assert not any(load_detector(other).detect(copy) for other in DETECTORS)
    for face in analysis.faces:
        assert few_colours(analysis.image, face.box) > 500 > few_colours(copy, face.box)


def few_colours(image: NDArray[np.uint8], box: Box) -> int:
    inside = image[box.y : box.y + box.height, box.x : box.x + box.width]
    return len(np.unique(inside.reshape(-1, 3), axis=0))


def test_the_chosen_face_stays(model: EmotionModel) -> None:
    analysis = analyze(crowd_frame(), [model])
    chosen = analysis.faces[1].box
    copy = analysis.blurred(Blur(keep=(2,)))
    found = load_detector().detect(copy)
    assert [iou(chosen, face.box) > 0.5 for face in found] == [True]
    middle = (slice(chosen.y + 10, chosen.y + chosen.height - 10), slice(chosen.x + 10, chosen.x + chosen.width - 10))
    np.testing.assert_array_equal(copy[middle], analysis.image[middle])


def test_what_was_missed_is_hidden_too() -> None:
    image = crowd_frame()
    copy, further = hide_faces(image, [])
    assert len(further) >= 3 and not load_detector().detect(copy)
    assert load_detector().detect(image), "the picture itself stays as it is"


def test_a_picture_without_faces_stays_as_it_is() -> None:
    plain = np.full((120, 160, 3), 90, np.uint8)
    copy, further = hide_faces(plain, [])
    assert further == [] and (copy == plain).all()


@pytest.mark.parametrize(
    "box", [Box(0, 0, 160, 120), Box(150, 110, 40, 40), Box(-20, -30, 25, 31), Box(200, 300, 9, 9)]
)
def test_boxes_at_the_edge(box: Box) -> None:
    image = np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)
    copy, _ = hide_faces(image, [box])
    assert copy.shape == image.shape


def test_where_nothing_helps_nothing_is_shown() -> None:
    image = portrait_frame()
    copy, _ = hide_faces(image, [], draw=lambda _: image)  # whatever is hidden, the face is drawn again
    assert not load_detector().detect(copy)
