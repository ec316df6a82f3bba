"""Rows, dicts and images as files: nothing that a spreadsheet would run, names that any file system takes."""

import csv
import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest

from fer_core.analysis.export import csv_lines, escape_formula, images_file, images_file_name, to_csv, to_json
from fer_core.image.decode import decode_image


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1.png", "'=1+1.png"),
        ("+1.png", "'+1.png"),
        ("-1.png", "'-1.png"),
        ("@SUM(A1).png", "'@SUM(A1).png"),
        ("\t=1.png", "'\t=1.png"),
        ("\r=1.png", "'\r=1.png"),
        ("\n=1.png", "'\n=1.png"),
        ("\0=1.png", "'=1.png"),
        ("a=1.png", "a=1.png"),
        ("a\n=1.png", "a\n=1.png"),
        ("a\r=1.png", "a\r=1.png"),
        ("<script>.png", "<script>.png"),
        ("../../x.png", "../../x.png"),
        ("😀.png", "😀.png"),
        ("", ""),
        (-0.5, -0.5),
        (True, True),
    ],
)
def test_spreadsheets_run_nothing(text: Any, safe: Any) -> None:  # 53-56
    assert escape_formula(text) == safe
    (row,) = csv.DictReader(io.StringIO(to_csv([{"picture": text}], ["picture"]), newline="")) if text != "" else [{}]
    assert row.get("picture", "") == str(safe)


def test_lines_come_as_rows_do() -> None:
    given = iter([{"a": 1}, {"a": 2, "b": "x,y"}])
    lines = csv_lines(given, ["a", "b"])
    assert next(lines) == "a,b" and next(lines) == "1,"
    assert next(given) == {"a": 2, "b": "x,y"}, "the second row has not been asked for"
    assert to_csv([{"a": 1}, {"a": 2, "b": "x,y"}], ["a", "b"]) == 'a,b\n1,\n2,"x,y"\n'


def test_json_keeps_the_letters_of_names() -> None:
    assert "Zoë" in to_json([{"picture": "Zoë"}])
    assert json.loads(to_json({"picture": str(i)} for i in range(2))) == [{"picture": "0"}, {"picture": "1"}]


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("holiday.jpg", "holiday"),
        ("../../x.png", "x"),
        ("C:\\me\\a b.png", "a_b"),
        ("<script>.png", "script"),
        ("x" * 300, "x" * 60),
        ("", "picture"),
        ("😀.png", "picture"),
    ],
)
def test_the_name_of_one_image(name: str, stem: str) -> None:
    assert images_file_name([name]) == (f"{stem}-emotions.png", "image/png")


def test_one_image_is_a_png_and_several_are_a_zip() -> None:
    images = [np.full((4, 5, 3), value, np.uint8) for value in (10, 200)]
    assert np.array_equal(decode_image(images_file(["a.jpg"], iter(images[:1]))), images[0])
    names = ["a.jpg", "../day one/a.jpg"]
    assert images_file_name(names) == ("emotions.zip", "application/zip")
    archive = zipfile.ZipFile(io.BytesIO(images_file(names, iter(images))))
    assert archive.namelist() == ["01-a-emotions.png", "day_one/02-a-emotions.png"]
    for entry, image in zip(archive.namelist(), images, strict=True):
        assert np.array_equal(decode_image(archive.read(entry)), image)
