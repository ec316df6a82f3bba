"""Results of the command, found and opened below one folder and nowhere else."""

import json
import shutil
from pathlib import Path

import pytest

from fer_core.cli.parser import main
from fer_core.errors import ImageError
from fer_core.video.edited import Edits, edited_file, list_results, open_result
from fer_core.video.elan import elan_document
from tests.conftest import Run
from tests.support import video_files


@pytest.fixture(scope="module")
def made(trained: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command made of a film of a second from 0.3 s on, in a folder `out`."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "films").mkdir()
    (folder / "films" / "a.b.mp4").write_bytes(video_files.astronaut(seconds=1))
    options = ["--models-dir", str(trained.models_dir), "--workers", "1", "--start", "0.3"]
    formats = "csv,parquet,eaf,srt,vtt,mp4"
    assert main(["video", str(folder / "films"), "--out", str(folder / "out"), "--formats", formats, *options]) == 0
    return folder / "out"


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(made, tmp_path / "out"))


def film_of(root: Path) -> Path:
    return root / list_results(root)[0]


@pytest.mark.parametrize("table", ["csv", "parquet"])
def test_a_result_is_opened_and_its_files_come_out_as_they_are(root: Path, table: str) -> None:
    (name,) = list_results(root)
    assert name.endswith("/a.b.mp4")
    for other in {"csv", "parquet"} - {table}:
        (root / name / f"a.b.{other}").unlink()
    opened = open_result(root, name)
    assert opened.annotated == (root / name / "a.b-emotions.mp4").resolve() and opened.starts == 0.3
    assert opened.recording.film == "a.b.mp4" and opened.recording.start == pytest.approx(0.3)
    for kind in ("srt", "vtt"):
        assert edited_file(opened.recording, Edits(), kind) == (root / name / f"a.b.{kind}").read_bytes()
    said = json.loads((root / name / "a.b.json").read_bytes())
    again = json.loads(edited_file(opened.recording, Edits(), "json"))
    assert again["by_model"] == said["by_model"] and again["frames"] == said["frames"]
    if table == "csv":
        lines = edited_file(opened.recording, Edits(), "csv").decode().splitlines()
        assert [line.rpartition(",")[0] for line in lines] == (root / name / "a.b.csv").read_text().splitlines()
    film = root.parent / "a.b.mp4"
    film.write_bytes(b"")
    written = elan_document(opened.recording.segments(), film, root.parent)
    theirs = (root / name / "a.b.eaf").read_bytes()
    assert written[written.index(b"<TIME_ORDER>") :] == theirs[theirs.index(b"<TIME_ORDER>") :]


def test_only_results_are_listed(root: Path, tmp_path: Path) -> None:
    (name,) = list_results(root)
    shutil.copytree(root / name, root / ".unfinished-1" / "a.b.mp4")
    (root / "c.mp4").mkdir()
    (root / "c.mp4" / "c.json").write_text("{}")
    (root / "link.mp4").symlink_to(root / name, target_is_directory=True)
    assert list_results(root) == [name] and list_results(tmp_path / "none") == []


@pytest.mark.parametrize("name", ["", "..", "../secret/s.mp4", "/etc", "none", "a\0b", "x" * 5000, "away/s.mp4"])
def test_nothing_outside_is_opened(root: Path, name: str) -> None:
    """Not by dots, not by an absolute path, not by a link; the names are not those that are listed."""
    secret = root.parent / "secret" / "s.mp4"
    secret.mkdir(parents=True)
    for path in film_of(root).iterdir():
        shutil.copy(path, secret / path.name.replace("a.b", "s"))
    (root / "away").symlink_to(root.parent / "secret", target_is_directory=True)
    assert list_results(root.parent / "secret") == ["s.mp4"], "it would be a result"
    with pytest.raises(ImageError) as refused:
        open_result(root, name)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 200


@pytest.mark.parametrize("ending", [".csv", ".json", "-emotions.mp4"])
def test_links_to_files_outside_are_not_followed(root: Path, ending: str) -> None:
    name, path = list_results(root)[0], film_of(root) / f"a.b{ending}"
    path.rename(root.parent / path.name)
    path.symlink_to(root.parent / path.name)
    (film_of(root) / "a.b.parquet").unlink()
    if ending == "-emotions.mp4":
        assert open_result(root, name).annotated is None
    else:
        with pytest.raises(ImageError):
            open_result(root, name)


@pytest.mark.parametrize("summary", ["", "[]", "{", "[" * 100_000], ids=["empty", "list", "cut off", "deep"])
def test_a_broken_summary_is_named_in_a_line(root: Path, summary: str) -> None:
    (film_of(root) / "a.b.json").write_text(summary)
    with pytest.raises(ImageError, match="its summary cannot be read"):
        open_result(root, list_results(root)[0])


@pytest.mark.parametrize("said", [{}, {"film": 1, "frames": "many", "sampling": []}, {"sampling": {"start": "x"}}])
def test_a_summary_that_says_less_will_do(root: Path, said: object) -> None:
    (film_of(root) / "a.b.json").write_text(json.dumps(said))
    opened = open_result(root, list_results(root)[0])
    assert opened.recording.film == "a.b.mp4" and opened.starts == 0
