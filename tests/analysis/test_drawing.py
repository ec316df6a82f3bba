"""Boxes and captions drawn on images: boxes at the faces, captions that fit, the image itself untouched."""

import numpy as np
import pytest

from fer_core import Box
from fer_core.analysis.drawing import Annotation, contrast, draw
from fer_core.emotions import COLOURS


def annotation(box: Box, colour: str = COLOURS["angry"]) -> Annotation:
    return Annotation(box, "1 angry 90%", "1", colour)


def drawn_on(width: int, height: int, *annotations: Annotation) -> np.ndarray:
    """Where the image was changed, (height, width) bool."""
    image = np.full((height, width, 3), 128, np.uint8)
    before = image.copy()
    changed = (draw(image, annotations) != image).any(axis=2)
    assert np.array_equal(image, before), "the image itself is not drawn on"
    return changed


def test_a_box_stands_around_the_face_and_its_inside_is_free() -> None:
    changed = drawn_on(640, 480, annotation(Box(200, 150, 160, 160)))
    assert changed[150, 200:360].all() and changed[309, 200:360].all()
    assert changed[150:310, 200].all() and changed[150:310, 359].all()
    assert not changed[155:305, 205:355].any()


@pytest.mark.parametrize(("side", "long"), [(160, True), (70, True), (24, False)])
def test_a_caption_hides_no_neighbours(side: int, long: bool) -> None:
    strip = drawn_on(640, 480, annotation(Box(300, 200, side, side)))[175:195]
    width = int(np.ptp(np.flatnonzero(strip.any(axis=0)))) + 1
    assert (width > 60) == long and width < 2.8 * max(side, 24)


ROW = [Box(20 + 75 * i, 200, 60, 60) for i in range(8)]
GRID = [Box(10 + 100 * (i % 6), 10 + 105 * (i // 6), 70, 70) for i in range(24)]
PAIR = [Box(300, 100, 90, 90), Box(310, 192, 90, 90)]  # one right below the other


@pytest.mark.parametrize("boxes", [ROW, GRID, PAIR], ids=["row", "grid", "pair"])
def test_captions_hide_neither_each_other_nor_another_face(boxes: list[Box]) -> None:
    colours = [f"#{200 - 5 * number:02X}{5 * number:02X}40" for number in range(len(boxes))]
    captions = [f"{number} surprise 90%" for number in range(len(boxes))]
    shorts = [str(number) for number in range(len(boxes))]
    faces = [Annotation(*given) for given in zip(boxes, captions, shorts, colours, strict=True)]
    image = draw(np.full((480, 640, 3), 128, np.uint8), faces)
    masks = [(image == [int(colour[i : i + 2], 16) for i in (1, 3, 5)]).all(axis=2) for colour in colours]
    for number, box in enumerate(boxes):
        inside = image[box.y + 3 : box.y + box.height - 3, box.x + 3 : box.x + box.width - 3]
        assert (inside == 128).all()
        strip = masks[number].copy()
        strip[box.y - 1 : box.y + box.height + 1, box.x - 1 : box.x + box.width + 1] = False
        rows, columns = np.nonzero(strip)
        own = np.s_[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        assert not any(mask[own].any() for other, mask in enumerate(masks) if other != number)


@pytest.mark.parametrize("box", [Box(0, 0, 30, 30), Box(610, 450, 30, 30), Box(0, 0, 640, 480)])
def test_faces_at_the_edge_are_drawn_inside(box: Box) -> None:
    assert drawn_on(640, 480, annotation(box)).any()


def test_the_box_has_the_colour_that_was_asked_for() -> None:
    drawn = draw(np.zeros((480, 640, 3), np.uint8), [annotation(Box(200, 150, 160, 160), "#D55E00")])
    assert drawn[309, 280].tolist() == [0xD5, 0x5E, 0x00]


def test_nothing_to_draw_gives_a_copy() -> None:
    image = np.full((8, 9, 3), 7, np.uint8)
    drawn = draw(image, [])
    assert np.array_equal(drawn, image) and not np.shares_memory(drawn, image)


@pytest.mark.parametrize("colour", [*COLOURS.values(), "#282828"])
def test_the_caption_can_be_read_on_its_strip(colour: str) -> None:
    drawn = draw(np.zeros((480, 640, 3), np.uint8), [annotation(Box(200, 150, 160, 160), colour)])
    ground = tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))
    strip = drawn[128:148, 204:300].reshape(-1, 3)
    assert max(contrast(tuple(map(int, pixel)), ground) for pixel in strip) >= 4.5
