"""The command line: what it prints, what it refuses, and its exit codes."""

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Call
from PIL import Image

from fer_core import EMOTIONS, analyze, load_model
from fer_core.__main__ import main
from fer_core.card import CARD_NAME
from fer_core.images import sample_image
from fer_core.reports import ROW_FIELDS, neutralised, to_csv


@pytest.fixture
def astronaut(tmp_path: Path) -> Path:
    path = tmp_path / "pictures" / "astronaut.png"
    path.parent.mkdir()
    path.write_bytes(sample_image())
    return path


@pytest.fixture
def folder(astronaut: Path) -> Path:
    """Two pictures with faces (one is a face crop, below), one without, one that is none, and a text."""
    below = astronaut.parent / "below"
    below.mkdir()
    crop = np.asarray(Image.open(astronaut).convert("L").crop((152, 50, 296, 194)).resize((48, 48)))
    Image.fromarray(crop).save(below / "crop.PNG")
    Image.new("RGB", (200, 200), "white").save(astronaut.parent / "white.jpg")
    (astronaut.parent / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    (astronaut.parent / "notes.txt").write_text("not looked at")
    return astronaut.parent


def test_table(call: Call, astronaut: Path) -> None:
    code, out, err = call("classify", astronaut)
    (face,) = analyze(astronaut, [load_model("tiny", astronaut.parents[1] / "models")]).faces
    found = face.predictions["tiny"]
    assert (code, err) == (0, "")
    (line,) = out.splitlines()
    assert line.startswith(f"{astronaut}: face 1  tiny {found.label} {found.confidence:.0%}")


def test_json(call: Call, folder: Path) -> None:
    code, out, err = call("classify", folder, "--format", "json")
    pictures = json.loads(out)
    assert [Path(p["picture"]).name for p in pictures] == ["astronaut.png", "crop.PNG", "white.jpg"]
    assert [len(p["faces"]) for p in pictures] == [1, 1, 0] and pictures[0]["width"] == 512
    assert [p["faces"][0]["whole_picture"] for p in pictures[:2]] == [False, True]
    prediction = pictures[0]["faces"][0]["predictions"]["tiny"]
    assert list(prediction["probabilities"]) == list(EMOTIONS)
    assert sum(prediction["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    assert prediction["label"] == max(prediction["probabilities"], key=prediction["probabilities"].__getitem__)
    assert code == 1 and [line.split(": ")[0] for line in err.splitlines()] == [str(folder / "broken.jpg")]


def test_csv(call: Call, folder: Path) -> None:
    code, out, err = call("classify", folder, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert tuple(rows[0]) == ROW_FIELDS and code == 1 and "broken.jpg" in err
    assert [(Path(r["picture"]).name, r["face"], r["model"]) for r in rows] == [
        ("astronaut.png", "1", "tiny"),
        ("crop.PNG", "1", "tiny"),
        ("white.jpg", "", ""),
    ]
    assert [r["note"] for r in rows] == ["", "", "no face found"]
    assert sum(float(rows[0][emotion]) for emotion in EMOTIONS) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("form", ["table", "json", "csv"])
@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["astronaut.png"], 0),
        (["white.jpg"], 0),
        (["astronaut.png", "broken.jpg"], 1),
        (["astronaut.png", "nowhere.png"], 1),
        (["astronaut.png", "notes.txt"], 1),
        (["broken.jpg"], 2),
        (["broken.jpg", "nowhere.png"], 2),
    ],
    ids=lambda value: ", ".join(value) if isinstance(value, list) else None,
)
def test_exit_codes_and_every_refused_file_is_named(
    call: Call, folder: Path, form: str, names: list[str], code: int
) -> None:
    found, out, err = call("classify", *(folder / name for name in names), "--format", form)
    good = {"astronaut.png", "white.jpg"}
    assert found == code
    assert [line.split(": ")[0] for line in err.splitlines()] == [str(folder / n) for n in names if n not in good]
    assert "Traceback" not in out + err


def test_a_folder_without_pictures(call: Call, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("x")
    code, out, err = call("classify", tmp_path / "empty")
    assert code == 2 and out == "" and err.startswith("error: no pictures (.jpg")


@pytest.mark.parametrize("model", ["nope", "../models/nope", "x" * 300])
def test_unknown_model(call: Call, astronaut: Path, model: str) -> None:
    code, out, err = call("classify", astronaut, "--model", model)
    assert code == 2 and out == "" and "Known models: tiny" in err and len(err.splitlines()) == 1


def test_two_models_and_the_mark_of_disagreement(call: Call, bundle: Path, astronaut: Path) -> None:
    shutil.copytree(bundle, bundle.with_name("other"))
    code, out, _ = call("classify", astronaut, "--model", "tiny", "--model", "other", "--model", "tiny")
    assert code == 0 and out.count("tiny ") == out.count("other ") == 1 and "disagree" not in out


@pytest.mark.parametrize(("below", "unsure"), [(0, False), (1.01, True)])
def test_unsure_below(call: Call, astronaut: Path, below: float, unsure: bool) -> None:
    _, out, _ = call("classify", astronaut, "--unsure-below", below)
    assert ("(unsure)" in out) == unsure


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
    assert neutralised(text) == safe
    (row,) = csv.DictReader(io.StringIO(to_csv([{"picture": text}], ["picture"]), newline="")) if text != "" else [{}]
    assert row.get("picture", "") == str(safe)


# --- models


def test_models(call: Call) -> None:
    code, out, err = call("models")
    (line,) = out.splitlines()
    assert (code, err) == (0, "") and line.startswith("tiny ")
    assert all(word in line for word in ("compact", "1.47 M", "private_test", "%"))


@pytest.mark.parametrize("others", [True, False], ids=["with a good one", "alone"])
def test_models_names_a_broken_bundle(call: Call, bundle: Path, others: bool) -> None:
    if others:
        shutil.copytree(bundle, bundle.with_name("good"))
    (bundle / CARD_NAME).write_text("{")
    code, out, err = call("models")
    assert code == (1 if others else 2) and out.startswith("good " if others else "")
    assert err.startswith("model tiny is unavailable: ") and len(err.splitlines()) == 1


@pytest.mark.parametrize("command", ["models", "classify"])
def test_no_models(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["x.png"] if command == "classify" else []
    assert main([command, *given, "--models-dir", str(tmp_path / "none")]) == 2
    assert "o models under" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["classify"],
        ["evaluate"],
        ["nonsense"],
        ["classify", "x.png", "--format", "xml"],
        ["evaluate", "--data", "x", "--model", "a", "--ensemble", "b", "c"],
    ],
    ids=" ".join,
)
def test_wrong_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


def test_several_workers_say_what_one_says(call: Call, folder: Path) -> None:
    alone = call("classify", folder, "--format", "csv")
    together = call("classify", folder, "--format", "csv", "--workers", "2")
    assert alone[0] == together[0] == 1
    assert alone[1] == together[1]
    assert "broken.jpg" in alone[2]
    assert "broken.jpg" in together[2]


def test_no_worker_at_all_is_wrong_usage(call: Call, folder: Path) -> None:
    with pytest.raises(SystemExit, match="2"):
        call("classify", folder, "--workers", "0")
