"""Charts that compare: their files, and that series differ without colour too."""

import itertools
import re

import pytest

from fer_core.charts.common import confusion_chart
from fer_core.charts.compare import (
    chart_file,
    curve_chart,
    interval_chart,
    robustness_chart,
)
from fer_core.charts.cost import NAME_HEIGHT, cost_chart, spread
from fer_core.charts.style import HEIGHT, series_styles
from fer_core.emotions import COLOURS, EMOTIONS


@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("svg", b"<svg")])
def test_chart_files(kind: str, start: bytes) -> None:
    rows = [{"x": 0, "y": 0, "curve": "a"}, {"x": 1, "y": 1, "curve": "a"}]
    assert chart_file(curve_chart(rows, "x", "y", chance=True), kind).startswith(start)


def test_lines_differ_by_colour_and_by_dashes() -> None:
    rows = [{"level": 0, "accuracy": 0.5, "model": name} for name in "abcde"]
    encoding = robustness_chart(rows, "degrees", "abcde").to_dict()["encoding"]
    for channel in ("color", "strokeDash"):
        scale = encoding[channel]["scale"]
        assert scale["domain"] == list("abcde") and len({str(value) for value in scale["range"]}) == 5


def test_a_curve_named_after_an_emotion_has_its_colour() -> None:
    rows = [{"x": 0, "y": 0, "curve": "sad 0.900"}]
    lines = curve_chart(rows, "x", "y").to_dict()["layer"][0]
    assert lines["encoding"]["color"]["scale"]["range"] == [COLOURS["sad"]]


def test_the_row_of_an_emotion_without_faces_is_empty_and_says_so() -> None:
    matrix = [[5] * 7 for _ in EMOTIONS]
    matrix[2] = [0] * 7
    spec = confusion_chart(matrix).to_dict()
    rows = spec["datasets"][spec["data"]["name"]]
    assert len(rows) == 42 and not [row for row in rows if row["truth"].startswith("fear")]
    assert "fear (no faces)" in spec["layer"][0]["encoding"]["y"]["scale"]["domain"]


def test_a_cell_without_faces_shows_the_ground() -> None:
    cells = confusion_chart([[5] * 7 for _ in EMOTIONS]).to_dict()["layer"][0]
    assert cells["encoding"]["opacity"]["scale"] == {"domain": [0, 1], "range": [0, 1]}


def test_names_of_models_that_are_equally_good_do_not_overlap() -> None:
    accuracies = [0.70, 0.7001, 0.7002, 0.7001, 0.66, 0.6601, 0.6, 0.6, 0.61]
    rows = [
        {"model": f"m{i}", "accuracy": a, "low": a - 0.015, "high": a + 0.015, "megabytes": 1.0, "millions": 50.0}
        for i, a in enumerate(accuracies)
    ]
    chart = cost_chart(rows, "millions", "million multiply-adds")
    axis = chart.to_dict()["layer"][2]["encoding"]["y"]
    places, (bottom, top) = sorted(axis["axis"]["values"]), axis["scale"]["domain"]
    pixels = [(high - low) / (top - bottom) * HEIGHT for low, high in itertools.pairwise(places)]
    assert len(places) == 9 and min(pixels) > NAME_HEIGHT - 0.01 and bottom <= places[0] and places[-1] <= top
    assert chart_file(chart, "png").startswith(b"\x89PNG")


def test_values_are_moved_apart_in_their_order() -> None:
    assert spread([3.0, 1.0, 1.0], 1.0, 0.0, 5.0) == [3.0, 1.0, 2.0]
    assert spread([5.0, 5.0, 5.0], 1.0, 0.0, 5.0) == [2.5, 3.5, 4.5]
    assert spread([0.0, 0.0], 1.0, 0.0, 5.0) == [0.5, 1.5]


def test_a_legend_outside_of_the_charts_has_their_colours_and_dashes() -> None:
    encoding = robustness_chart([], "degrees", ["a", "b"], legend=False).to_dict()["encoding"]
    assert encoding["color"]["legend"] is None and encoding["strokeDash"]["legend"] is None
    styles = series_styles(["a", "b"])
    assert [colour for colour, _ in styles.values()] == encoding["color"]["scale"]["range"]
    assert [dashes for _, dashes in styles.values()] == encoding["strokeDash"]["scale"]["range"]


def test_intervals_stand_in_the_order_of_the_rows() -> None:
    rows = [{"model": name, "value": v, "low": v - 0.1, "high": v + 0.1} for name, v in (("z", 0.7), ("a", 0.5))]
    spec = interval_chart(rows, "accuracy").to_dict()
    for layer in spec["layer"]:
        assert layer["encoding"]["y"]["sort"] == ["z", "a"]
    low, high = spec["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert low < 0.4 and high > 0.8


def test_severities_are_written_out() -> None:
    rows = [{"level": level, "accuracy": 0.5, "model": "a"} for level in (-96, -2.25, 0, 96)]
    drawn = re.findall(
        r">([^<>]+)</text>", chart_file(robustness_chart(rows, "grey levels added", "a"), "svg").decode()
    )
    assert {"\u221296", "\u22122.25", "0", "96"} <= set(drawn)
