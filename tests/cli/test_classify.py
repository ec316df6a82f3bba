"""`classify`: what it prints as table, JSON and CSV, what it refuses, and its exit codes."""

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fer_core import EMOTIONS, analyze, load_model
from fer_core.analysis.export import ROW_FIELDS
from tests.conftest import ROOT, Call


def test_table(call: Call, astronaut: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(astronaut.parent)
    code, out, err = call("classify", astronaut.name)
    (face,) = analyze(astronaut, [load_model("tiny", astronaut.parents[1] / "models")]).faces
    found = face.predictions["tiny"]
    assert (code, err) == (0, "")
    header, rule, line, *_ = out.splitlines()
    assert header.split() == ["Picture", "Face", "tiny", "Note"] and set(rule) == {"-", " "}
    assert line.split()[:4] == [astronaut.name, "1", found.label, f"{found.confidence:.0%}"]
    assert header.index("tiny") == line.index(found.label)
    assert out.splitlines()[3:] == ["", "1 file: 1 read; 1 face"]


def test_the_table_ends_with_totals(call: Call, folder: Path) -> None:
    code, out, _ = call("classify", folder, "--unsure-below", "1.01")
    rows, totals, labels = out.split("\n\n")
    faces = [line.split() for line in rows.splitlines()[2:] if "no face found" not in line]
    assert code == 1 and totals == "4 files: 3 read, 1 refused, 1 without a face; 2 faces"
    header, _, *lines = (line.split() for line in labels.splitlines())
    assert header == ["tiny"] and lines[-1] == ["unsure", "2"]
    counted = {label: int(count) for label, count in lines[:-1]}
    assert list(counted) == list(EMOTIONS)
    assert counted == {emotion: [face[2] for face in faces].count(emotion) for emotion in EMOTIONS}


def test_a_name_cannot_move_the_cursor(call: Call, astronaut: Path) -> None:
    odd = astronaut.rename(astronaut.with_name("a\x1b[2J.png"))
    _, out, _ = call("classify", odd)
    assert "\x1b" not in out and r"a\x1b[2J.png" in out


@pytest.mark.parametrize("form", ["table", "csv"])
def test_a_name_that_the_output_cannot_encode_is_written_in_escapes(
    call: Call, astronaut: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    named, written = astronaut.with_name("\u0444.png"), io.BytesIO()
    astronaut.rename(named)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="cp1252"))
    code, _, _ = call("classify", named, "--format", form)
    sys.stdout.flush()
    assert code == 0 and rb"\u0444.png" in written.getvalue()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_moves_on_stderr_at_a_terminal_only(
    call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = call("classify", folder, "--format", "csv")
    assert "\r" not in plain[2]
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", terminal := Terminal())
        patch.setenv("COLUMNS", "80")
        shown = call("classify", folder, "--format", "csv")
    assert shown[:2] == plain[:2]
    assert all(f"{done}/4" in terminal.getvalue() for done in range(5))
    assert f"\r{folder / 'broken.jpg'}: " in terminal.getvalue()


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
    other = Path(shutil.copy(astronaut, astronaut.with_name("other.png")))
    code, out, _ = call("classify", astronaut, other, "--model", "tiny", "--model", "other", "--model", "tiny")
    assert code == 0 and out.splitlines()[0].split() == ["Picture", "Face", "tiny", "other", "Note"]
    assert "models disagree" not in out.splitlines()[2]
    assert out.splitlines()[-1] == "The models disagree on 0 of 2 faces."


@pytest.mark.parametrize(("below", "unsure"), [(0, False), (1.01, True)])
def test_unsure_below(call: Call, astronaut: Path, below: float, unsure: bool) -> None:
    _, out, _ = call("classify", astronaut, "--unsure-below", below)
    assert ("(unsure)" in out) == unsure


@pytest.mark.parametrize("workers", [1, 2])
def test_the_mean_of_two_models(call: Call, bundle: Path, astronaut: Path, workers: int) -> None:
    shutil.copytree(bundle, bundle.with_name("other"))
    code, out, err = call("classify", astronaut, "--model", "tiny+other", "--workers", workers, "--format", "json")
    (face,) = json.loads(out)[0]["faces"]
    assert (code, err) == (0, "") and face["predictions"].keys() == {"tiny+other"}


def test_several_workers_say_what_one_says(call: Call, folder: Path) -> None:
    alone = call("classify", folder, "--format", "csv")
    together = call("classify", folder, "--format", "csv", "--workers", "2")
    assert alone[0] == together[0] == 1
    assert alone[1] == together[1]
    assert "broken.jpg" in alone[2]
    assert "broken.jpg" in together[2]


def test_another_detector(call: Call, astronaut: Path) -> None:
    boxes = {}
    for detector in ("auto", "haar"):
        code, out, _ = call("classify", astronaut, "--detector", detector, "--format", "json")
        (face,) = json.loads(out)[0]["faces"]
        (expected,) = analyze(astronaut, [], detector=detector).faces
        assert code == 0 and face["box"] == expected.box.to_dict()
        boxes[detector] = face["box"]
    assert boxes["auto"] != boxes["haar"]


def test_no_worker_at_all_is_wrong_usage(call: Call, folder: Path) -> None:
    with pytest.raises(SystemExit, match="2"):
        call("classify", folder, "--workers", "0")


@pytest.mark.parametrize("workers", [1, 2])
def test_the_runtime_says_nothing_of_itself(bundle: Path, astronaut: Path, workers: int) -> None:
    command = [sys.executable, "-m", "fer_core", "classify", astronaut, astronaut, "--workers", workers]
    command += ["--models-dir", bundle.parent]
    done = subprocess.run([*map(str, command)], cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
    assert done.stderr == "" and done.stdout
