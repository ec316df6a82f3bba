"""The benchmark's arithmetic and the made pictures: goals, ratios, counts; no time is held to anything here."""

import numpy as np
import pytest

from benchmarks.detection import by_place
from benchmarks.synthetic_scenes import KINDS, Kind, scene, scenes
from fer_core.benchmark.images import crowd_of_fifty, one_face
from fer_core.benchmark.networks import bare_call
from fer_core.benchmark.run import live_line
from fer_core.benchmark.timing import missing, print_rows, ratios, row, times
from fer_core.bundle.card import MODEL_NAME, read_card, read_file
from fer_core.bundle.graph import multiply_adds
from fer_core.bundle.registry import bundle_folder, list_models
from fer_core.detection.boxes import Box, overlap
from fer_core.detection.haar import find_faces
from fer_core.image.decode import decode_image

FACES = np.random.default_rng(0).integers(0, 256, (5, 48, 48), dtype=np.uint8)


@pytest.mark.parametrize(
    ("values", "goal", "at_least", "reached"),
    [
        ([1, 2, 3], 2, False, True),
        ([1, 2, 3], 1.9, False, False),
        ([1, 2, 3], 2, True, True),
        ([1, 2, 3], 3, True, False),
    ],
    ids=["within", "over", "enough", "too little"],
)
def test_a_goal(values: list[float], goal: float, at_least: bool, reached: bool) -> None:
    found = row("a figure", "ms", values, goal, at_least)
    assert found.median == 2 and found.reached is reached
    assert found.p95 == pytest.approx(1.1 if at_least else 2.9)


def test_rows_without_goal_or_figure(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [row("known", "ms", [4.0]), missing("unknown", "s", 2.5, "needs a browser")]
    assert [found.reached for found in rows] == [None, None]
    print_rows(rows)
    out = capsys.readouterr().out
    assert "4.00" in out and "<= 2.5" in out and "needs a browser" in out and "MISSED" not in out


def test_actions_take_turns() -> None:
    calls: list[str] = []
    spent = times(lambda: calls.append("a"), lambda: calls.append("b"), repeats=3)
    assert calls == ["a", "b"] * 4 and [len(own) for own in spent] == [3, 3]
    assert ratios([2.0, 9.0], [1.0, 3.0]) == [2.0, 3.0]
    calls.clear()
    spent = times(lambda: calls.append("a"), lambda: calls.append("b"), repeats=2, turn=3)
    assert calls == [*"ab", *"aaaabbbb", *"aaaabbbb"] and [len(own) for own in spent] == [2, 2]


@pytest.mark.parametrize("name", list_models())
def test_multiply_adds_are_those_of_the_card(name: str) -> None:
    folder = bundle_folder(name)
    card = read_card(folder)
    content = read_file(card, folder, MODEL_NAME)
    assert multiply_adds(content) == pytest.approx(card.multiply_adds, rel=0.02)
    bare_call(content, FACES)()


def test_timed_pictures_hold_their_faces() -> None:
    picture = decode_image(one_face())
    assert picture.shape == (720, 1280, 3) and len(find_faces(picture)) == 1
    assert len(find_faces(crowd_of_fifty())) == 50


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.size[0] < 2000], ids=lambda kind: kind.name)
def test_made_pictures(kind: Kind) -> None:
    (first,) = scenes(kind, FACES, 1)
    again, _ = scenes(kind, FACES, 2)
    assert np.array_equal(first.image, again.image) and first.faces == again.faces
    width, height = kind.size
    assert first.image.shape == (height, width, 3) and first.image.dtype == np.uint8
    assert len(first.faces) <= kind.counts[1]
    for index, box in enumerate(first.faces):
        assert box.x >= 0 and box.y >= 0 and box.x + box.width <= width and box.y + box.height <= height
        assert not any(overlap(box, other) for other in first.faces[:index])


def test_a_face_is_pasted_where_it_is_said_to_be() -> None:
    white, black = np.full((1, 48, 48), 255, np.uint8), np.zeros((1, 48, 48), np.uint8)
    kind = Kind("one", (200, 150), (60, 60))
    images = [scene(kind, face, np.random.default_rng(3)).image.astype(int) for face in (white, black)]
    (box,) = scene(kind, white, np.random.default_rng(3)).faces
    differs = np.argwhere(np.abs(images[0] - images[1]).sum(axis=2) > 0)
    assert differs.min(axis=0).tolist() >= [box.y, box.x]
    assert differs.max(axis=0).tolist() <= [box.y + box.height, box.x + box.width]
    assert images[0][box.y + 30, box.x + 30].tolist() == [255] * 3


@pytest.mark.parametrize(
    ("found", "hits"),
    [
        ([], 0),
        ([Box(0, 0, 10, 10)], 1),
        ([Box(0, 0, 10, 10), Box(1, 0, 10, 10)], 1),
        ([Box(6, 0, 10, 10)], 0),
        ([Box(-9, -9, 28, 28)], 0),
        ([Box(40, 0, 20, 20), Box(0, 0, 10, 10)], 2),
    ],
    ids=["none", "one", "one face counts once", "too far", "too wide", "both"],
)
def test_matching(found: list[Box], hits: int) -> None:
    assert by_place(found, (Box(0, 0, 10, 10), Box(41, 0, 20, 20))) == hits


@pytest.mark.parametrize(("median", "shown"), [(2.917, "2.92"), (None, "-")])
def test_a_row_of_the_live_path_is_shown_also_without_a_figure(median: float | None, shown: str) -> None:
    found = {
        "what": "seconds to follow",
        "goal": "at most 1",
        "median": median,
        "p95": None,
        "reached": median is not None,
    }
    assert live_line(found).split() == [
        "seconds",
        "to",
        "follow",
        shown,
        "at",
        "most",
        "1",
        "reached" if median else "MISSED",
    ]
