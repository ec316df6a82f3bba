"""`python -m fer_core label`: every picture exactly once, whatever happens to the job."""

import contextlib
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from fer_core import EMOTIONS, analyze, load_model
from fer_core.cli.parser import main
from fer_core.image import decode_image, sample_image
from fer_core.labelling import local
from fer_core.labelling.parts import Parts
from fer_core.labelling.rows import Labeller, Settings
from fer_core.utils import processes
from tests.conftest import ROOT, Run
from tests.support.browser import until

Label = Callable[..., int]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two pictures with a face, one of them in a folder below; one without; one damaged; one not there; a text."""
    folder = tmp_path / "pictures"
    (folder / "below").mkdir(parents=True)
    (folder / "a.png").write_bytes(sample_image())
    small = cv2.resize(decode_image(sample_image()), (256, 256), interpolation=cv2.INTER_AREA)
    (folder / "below" / "b.JPG").write_bytes(cv2.imencode(".jpg", small[..., ::-1])[1].tobytes())
    (folder / "empty.png").write_bytes(cv2.imencode(".png", np.full((120, 160), 90, np.uint8))[1].tobytes())
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    (folder / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (folder / "notes.txt").write_text("no picture")
    return folder


@pytest.fixture
def label(trained: Run, tmp_path: Path) -> Label:
    def run(source: object, *options: object) -> int:
        fixed = ["--out", tmp_path / "out", "--models-dir", trained.models_dir, "--workers", 1]
        return main(["label", str(source), *map(str, [*fixed, *options])])

    return run


def job(tmp_path: Path) -> Path:
    (folder,) = (tmp_path / "out").iterdir()
    return folder


def rows(folder: Path) -> list[dict[str, Any]]:
    return [row for path in sorted(folder.glob("part-*.parquet")) for row in pq.read_table(path).to_pylist()]


def test_every_picture_has_its_row(pictures: Path, label: Label, tmp_path: Path, trained: Run) -> None:
    assert label(pictures) == 1, "one file is damaged and one is gone"
    found = {Path(row["source"]).name: row for row in rows(job(tmp_path))}
    assert {name: row["status"] for name, row in found.items()} == {
        "a.png": "face", "b.JPG": "face", "empty.png": "no face", "broken.jpg": "refused", "gone.png": "refused",
    }  # fmt: skip
    face = analyze(sample_image(), [load_model(trained.bundle)]).faces[0]
    row, answer = found["a.png"], face.predictions["tiny"]
    assert (row["width"], row["height"], row["face"]) == (512, 512, 1)
    assert tuple(row[f"box_{side}"] for side in ("x", "y", "width", "height")) == (
        face.box.x, face.box.y, face.box.width, face.box.height,
    )  # fmt: skip
    assert (row["tiny_label"], row["tiny_uncertain"]) == (answer.label, answer.is_uncertain)
    assert [row[f"tiny_{emotion}"] for emotion in EMOTIONS] == pytest.approx(answer.probabilities.tolist(), abs=1e-5)
    assert found["empty.png"]["tiny_label"] is None and found["empty.png"]["width"] == 160
    assert "cannot be opened" in found["gone.png"]["reason"] and found["gone.png"]["content_hash"] is None
    assert len(found["broken.jpg"]["content_hash"]) == 64 and found["broken.jpg"]["reason"]
    summary = json.loads((job(tmp_path) / "summary.json").read_text())
    assert summary["pictures"] == {"all": 5, "face": 2, "no face": 1, "refused": 2}
    assert summary["faces"] == 2 and sum(summary["models"]["tiny"]["labels"].values()) == 2
    assert summary["last_run"]["pictures"] == 5


def test_run_again_it_does_only_what_is_new(pictures: Path, label: Label, tmp_path: Path) -> None:
    label(pictures)
    before = rows(job(tmp_path))
    label(pictures)
    assert rows(job(tmp_path)) == before
    (pictures / "empty.png").write_bytes(sample_image())
    (pictures / "c.png").write_bytes(sample_image())
    (tmp_path / "nowhere.png").write_bytes(sample_image())
    label(pictures)
    fresh = rows(job(tmp_path))[len(before) :]
    assert sorted(Path(row["source"]).name for row in fresh) == ["c.png", "empty.png", "gone.png"]
    assert {row["status"] for row in fresh} == {"face"}
    summary = json.loads((job(tmp_path) / "summary.json").read_text())
    assert summary["pictures"] == {"all": 6, "face": 5, "no face": 0, "refused": 1}, "each once, as it is now"
    assert summary["faces"] == sum(summary["models"]["tiny"]["labels"].values()) == 5
    (pictures / "broken.jpg").write_bytes(sample_image())
    assert label(pictures) == 0, "none is refused any more"


def test_another_threshold_is_another_job(pictures: Path, label: Label, tmp_path: Path) -> None:
    label(pictures / "*.png")
    label(pictures / "*.png", "--unsure-below", 0.9)
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_another_detector_is_another_job_which_its_summary_names(label: Label, tmp_path: Path) -> None:
    folder = many(tmp_path / "many", 1)
    for detector in ("auto", "haar"):
        assert label(folder, "--detector", detector) == 0
    found = {
        json.loads(path.read_text())["detector"]: path.parent for path in (tmp_path / "out").glob("*/summary.json")
    }
    assert found.keys() == {"auto", "haar"}
    boxes = [tuple(rows(folder)[0][f"box_{side}"] for side in ("x", "y", "width")) for folder in found.values()]
    assert boxes[0] != boxes[1], "each is labelled by its own detector"


def test_batches_of_any_size_and_more_workers_give_the_same(pictures: Path, label: Label, tmp_path: Path) -> None:
    label(pictures, "--batch-size", 1)
    one = rows(job(tmp_path))
    shutil.rmtree(tmp_path / "out")
    label(pictures, "--batch-size", 2, "--workers", 2)
    assert rows(job(tmp_path)) == one


def many(folder: Path, count: int) -> Path:
    """`count` pictures, each of its own content."""
    folder.mkdir()
    sample = cv2.resize(decode_image(sample_image()), (200, 200), interpolation=cv2.INTER_AREA)[..., ::-1].copy()
    for number in range(count):
        sample[:2] = number % 256
        (folder / f"{number:03}.png").write_bytes(cv2.imencode(".png", sample)[1].tobytes())
    return folder


def each_once(folder: Path, count: int) -> bool:
    seen = Counter(row["source"] for row in rows(folder))
    return len(seen) == count and set(seen.values()) == {1}


@pytest.mark.parametrize("moment", ["starting", "at work"])
def test_a_worker_that_dies_loses_nothing(
    moment: str, label: Label, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, killed = many(tmp_path / "many", 20), []

    def kill() -> None:
        if not killed and (workers := multiprocessing.active_children()) and workers[0].pid:
            os.kill(workers[0].pid, signal.SIGKILL)
            killed.append(workers[0].pid)

    def bounded_map(pool: Executor, function: Any, items: list[Any], ahead: int) -> Iterator[Any]:
        if moment == "starting":
            pool.submit(function, [])  # starts the workers
            kill()
        for found in processes.bounded_map(pool, function, items, ahead):
            yield found
            kill()  # batches are under way, and more than those are left

    monkeypatch.setattr(local, "bounded_map", bounded_map)
    assert label(folder, "--workers", 2, "--batch-size", 1) == 0
    assert killed and each_once(job(tmp_path), 20)


def children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            number, _, rest = stat.read_text().partition(" ")
            if int(rest.rpartition(")")[2].split()[1]) == parent:
                found.append(int(number))
    return found


def alive(number: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
def test_a_job_that_is_killed_goes_on(label: Label, tmp_path: Path, trained: Run) -> None:
    folder = many(tmp_path / "many", 40)
    command = [sys.executable, "-m", "fer_core", "label", str(folder), "--out", str(tmp_path / "out")]
    command += ["--models-dir", str(trained.models_dir), "--workers", "1", "--batch-size", "2"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None and b"40 pictures, 0 of them" in process.stdout.readline()
    until(lambda: bool(children(process.pid)), "workers to start")
    workers = children(process.pid)
    time.sleep(1.5)  # some batches may be done by then, or none: both hold
    process.kill()
    process.wait()
    until(lambda: not any(map(alive, workers)), "the workers to end with the job")
    Parts(job(tmp_path), ["tiny"]).write([])  # nothing to write leaves nothing behind
    (job(tmp_path) / ".unfinished-half.parquet").write_bytes(b"PAR1 half of a part")
    assert label(folder) == 0
    assert each_once(job(tmp_path), 40) and not list(job(tmp_path).glob(".unfinished-*"))


def test_two_runs_at_once_are_told_apart(label: Label, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from fer_core.utils.locks import locked

    folder = many(tmp_path / "many", 2)
    assert label(folder) == 0
    with locked(job(tmp_path)):
        assert label(folder) == 2
    assert "Another run is writing" in capsys.readouterr().err


def test_a_damaged_part_is_named(label: Label, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = many(tmp_path / "many", 2)
    label(folder)
    (part,) = job(tmp_path).glob("part-*.parquet")
    part.write_bytes(part.read_bytes()[:100])
    assert label(folder) == 2 and part.name in capsys.readouterr().err
    part.unlink()
    assert label(folder) == 0 and each_once(job(tmp_path), 2)


def test_a_labeller_bears_any_bytes(trained: Run) -> None:
    labeller = Labeller(Settings((trained.bundle,)))
    for content in (b"", b"\x00" * 1000, sample_image()[:5000]):
        (row,) = labeller.rows("x", content)
        assert row["status"] == "refused" and row["reason"]
