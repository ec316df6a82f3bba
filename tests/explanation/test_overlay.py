"""Maps as pictures: colours by sign, one scale, and the face still to be seen."""

import numpy as np

from fer_core.explanation import explanation_image, overlay, runner_up
from tests.support.patterns import RANDOM

GREY = np.full((48, 48), 128, np.uint8)


def test_colours_tell_for_from_against() -> None:
    one = np.zeros((48, 48), np.float32)
    one[:, :16], one[:, 32:] = 2, -2
    image = overlay(GREY, one, 2.0, side=96)
    assert image.shape == (96, 96, 3) and image.dtype == np.uint8
    left, middle, right = image[48, 8].astype(int), image[48, 48], image[48, -8].astype(int)
    assert left[0] > left[2] + 60 and right[2] > right[0] + 60 and middle.tolist() == [128] * 3


def test_a_weaker_map_has_a_weaker_colour_on_the_same_scale() -> None:
    strong, weak = (overlay(GREY, np.full((48, 48), value), 2.0)[9, 9].astype(int) for value in (2.0, 0.5))
    assert abs(strong - 128).sum() > 3 * abs(weak - 128).sum() > 0


def test_nothing_leaves_the_face_as_it_is() -> None:
    assert np.array_equal(overlay(GREY, np.zeros((48, 48)), 0.0)[..., 0], np.full((288, 288), 128))


def test_the_picture_has_the_face_and_two_reasons() -> None:
    maps = np.random.default_rng(0).normal(size=(7, 48, 48))
    probabilities = np.array([0.1, 0, 0, 0.5, 0.3, 0.1, 0], np.float32)
    assert runner_up(probabilities) == (3, 4)
    image = explanation_image(RANDOM[0], maps, probabilities)
    assert image.shape[1] == 3 * 288 and image.shape[2] == 3
    face, first, second = np.split(image[:288], 3, axis=1)
    assert np.ptp(face.astype(int), axis=2).max() == 0
    assert np.ptp(first.astype(int), axis=2).max() > 50 and not np.array_equal(first, second)
