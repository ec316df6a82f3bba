"""`video ... --out`: every film's result whole or not at all, whatever happens to the job."""

import csv
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from fer_core.cli.parser import main
from fer_core.video.tables import VIDEO_FIELDS
from tests.conftest import ROOT, Run
from tests.support import video_files

Command = Callable[..., int]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two films, one of them in a folder below; one of no bytes; one cut off."""
    folder = tmp_path_factory.mktemp("films")
    (folder / "below").mkdir()
    (folder / "a.mp4").write_bytes(video_files.astronaut("mp4", seconds=1))
    (folder / "below" / "b.avi").write_bytes(video_files.astronaut("avi", seconds=0.5))
    (folder / "cut.mp4").write_bytes((folder / "a.mp4").read_bytes()[:9000])
    (folder / "empty.mp4").write_bytes(b"")
    return folder


@pytest.fixture
def video(trained: Run, tmp_path: Path) -> Command:
    def run(*arguments: object) -> int:
        fixed = ["--out", tmp_path / "out", "--models-dir", trained.models_dir, "--workers", 1]
        return main(["video", *map(str, [*arguments, *fixed])])

    return run


def job(tmp_path: Path) -> Path:
    (folder,) = (tmp_path / "out").iterdir()
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, but for the summary and the lock."""
    left_out = ("summary.json", ".lock")
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in left_out)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def summary(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return found


def test_each_film_has_its_result_and_the_rest_is_named(
    films: Path, video: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert video(films) == 1
    printed = capsys.readouterr()
    assert "2 done, 0 done before, 2 refused" in printed.out
    assert [line.split(" ")[0] for line in sorted(printed.err.splitlines())] == ["cut.mp4", "empty.mp4"]
    folder = job(tmp_path)
    whole = summary(folder)
    assert whole["films"] == {"all": 4, "done": 2, "refused": 2} and whole["frames"] == 15
    assert [film["result"] for film in whole["each"]] == ["a.mp4", "below/b.avi", None, None]
    table = folder / "a.mp4" / "a.csv"
    rows = list(csv.DictReader(table.open(encoding="utf-8")))
    assert len(rows) == 10 and tuple(rows[0]) == VIDEO_FIELDS
    typed = pq.read_table(folder / "a.mp4" / "a.parquet").to_pylist()
    for row, same in zip(rows, typed, strict=True):
        assert [float(row[name]) for name in ("time", "x", "happy", "raw_sad", "left_eye_x")] == pytest.approx(
            [same[name] for name in ("time", "x", "happy", "raw_sad", "left_eye_x")], abs=1e-4
        )
        assert (row["model"], row["label"], row["unsure"]) == (same["model"], same["label"], str(same["unsure"]))
    assert {path.suffix for path in table.parent.iterdir()} == {".csv", ".parquet", ".eaf", ".srt", ".vtt", ".json"}
    said = json.loads((table.parent / "a.json").read_text(encoding="utf-8"))
    assert said["faces"] == 1 and said["by_model"]["tiny"]["seconds"] == pytest.approx(1.0)
    assert "1 " in (table.parent / "a.vtt").read_text(encoding="utf-8")

    before = contents(folder)
    assert video(films) == 1 and "0 done, 2 done before, 2 refused" in capsys.readouterr().out
    assert contents(folder) == before
    assert video(films, "--fresh") == 1 and "2 done, 0 done before" in capsys.readouterr().out
    assert contents(folder) == before


def test_what_changes_is_done_anew(
    films: Path, video: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = Path(shutil.copy(films / "a.mp4", tmp_path / "film.mp4"))
    assert video(source, "--formats", "csv") == 0
    shutil.copy(films / "below" / "b.avi", source)  # another film under the same name
    assert video(source, "--formats", "csv") == 0
    assert "1 done, 0 done before" in capsys.readouterr().out
    folder = job(tmp_path)
    assert len((folder / "film.mp4" / "film.csv").read_text(encoding="utf-8").splitlines()) == 6
    assert video(source, "--formats", "srt,mp4") == 0 and "1 done, 0 done before" in capsys.readouterr().out
    files = {path.name for path in (folder / "film.mp4").iterdir()}
    assert files == {"film.csv", "film.srt", "film.json", "film-emotions.mp4"}, "what was there stays"
    assert video(source, "--every", 2) == 0
    assert len(list((tmp_path / "out").iterdir())) == 2, "other settings are another job"


def test_hidden_faces_are_another_job(films: Path, video: Command, tmp_path: Path) -> None:
    assert video(films / "below" / "b.avi", "--every", 3) == 0
    assert video(films / "below" / "b.avi", "--every", 3, "--blur-faces") == 0
    plain, hidden = sorted((tmp_path / "out").iterdir(), key=lambda folder: len(list((folder / "b.avi").iterdir())))
    assert not list(plain.rglob("*.mp4")) and (hidden / "b.avi" / "b-emotions.mp4").exists()
    assert json.loads((hidden / "b.avi" / "b.json").read_text(encoding="utf-8"))["blur"] == {"keep": []}


def test_a_killed_job_goes_on(films: Path, video: Command, tmp_path: Path, trained: Run) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for number in range(6):
        shutil.copy(films / "a.mp4", many / f"{number}.mp4")
    arguments = ["video", str(many), "--models-dir", str(trained.models_dir), "--workers", "1", "--out"]
    command = [sys.executable, "-m", "fer_core", *arguments, str(tmp_path / "out")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while time.monotonic() < end and not list((tmp_path / "out").glob("*/*.mp4")):
        time.sleep(0.02)  # one film is done, and hardly all
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert video(many) == 0
    assert main([*arguments, str(tmp_path / "whole")]) == 0
    (whole,) = (tmp_path / "whole").iterdir()
    assert contents(job(tmp_path)) == contents(whole) and len(contents(whole)) == 6 * 6


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--csv", "x.csv"], "--formats"),
        (["--formats", "csv,doc"], "Expected some of csv"),
        (["--start", "9", "--end", "3"], "an end after it"),
        (["--blur-faces", "--formats", "csv"], "name mp4"),
        (["--keep-face", "1"], "--blur-faces"),
    ],
)
def test_wrong_usage(
    arguments: list[str], words: str, films: Path, video: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert video(films / "a.mp4", *arguments) == 2
    assert words in capsys.readouterr().err


def test_several_films_need_a_folder_for_their_results(films: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["video", str(films)]) == 2
    assert "--out DIR" in capsys.readouterr().err
