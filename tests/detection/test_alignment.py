"""Crops of faces: where they lie in their image."""

import cv2
import numpy as np
import pytest

from fer_core import analyze
from fer_core.detection import crop_face, crop_frame
from fer_core.image import FACE_SIZE, decode_image, sample_image, to_grey

ASTRONAUT = decode_image(sample_image())


@pytest.mark.parametrize("degrees", [0, 25, -40])
@pytest.mark.parametrize("levelled", [True, False])
def test_the_frame_is_where_the_crop_was_taken(degrees: float, levelled: bool) -> None:
    turn = cv2.getRotationMatrix2D((225, 110), degrees, 1.0)
    image = np.asarray(cv2.warpAffine(ASTRONAUT, turn, (512, 512), borderMode=cv2.BORDER_REFLECT), np.uint8)
    (face,) = analyze(image, ()).faces
    eyes = face.eyes if levelled else None
    frame = crop_frame(face.box, eyes)
    crop = crop_face(image, face.box, eyes=eyes)
    differs = {}
    for across, down in ((0, 0), (0.7, 0), (-0.7, 0), (0, 0.7), (0, -0.7)):
        moved = frame.to_image
        moved[:, 2] += (across * frame.side / FACE_SIZE, down * frame.side / FACE_SIZE)
        taken = cv2.warpAffine(to_grey(image), moved, (FACE_SIZE, FACE_SIZE), flags=cv2.WARP_INVERSE_MAP)
        differs[across, down] = np.abs(taken.astype(int) - crop).mean()
    assert min(differs, key=lambda at: differs[at]) == (0, 0), "0.7 pixels of the crop away it fits less"
    assert not levelled or np.degrees(frame.angle) == pytest.approx(-degrees, abs=12)
