"""Which films are asked for, and where their results go."""

from pathlib import Path

import pytest

from fer_core import DatasetError
from fer_core.video.films import list_films


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("a/film.mp4", "a/deep/other.MOV", "a/notes.txt", "b/film.mp4", "out/job/film.mp4/film.mp4"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("sources", "places"),
    [
        (["a"], ["deep/other.MOV", "film.mp4"]),
        (["."], ["a/deep/other.MOV", "a/film.mp4", "b/film.mp4"]),
        (["a/film.mp4"], ["film.mp4"]),
        (["a/film.mp4", "./a/film.mp4", "a"], ["deep/other.MOV", "film.mp4"]),
        (["a/film.mp4", "b/film.mp4"], ["a/film.mp4", "b/film.mp4"]),
        (["a/film.mp4", "b/film.mp4", "a/notes.txt"], ["a/film.mp4", "b/film.mp4", "notes.txt"]),
        (["*/film.mp4"], ["a/film.mp4", "b/film.mp4"]),
        (["a/**/*"], ["deep/other.MOV", "film.mp4"]),
        (["nowhere.mp4"], ["nowhere.mp4"]),
    ],
)
def test_films_and_their_places(sources: list[str], places: list[str], root: Path) -> None:
    assert [str(film.place) for film in list_films(sources, leave_out=root / "out")] == places


@pytest.mark.parametrize(
    ("sources", "words"),
    [(["a", "b"], "would have one result"), (["*.mp4"], "no films"), (["out"], "no films")],
)
def test_refused(sources: list[str], words: str, root: Path) -> None:
    with pytest.raises(DatasetError, match=words):
        list_films(sources, leave_out=root / "out")


def test_three_of_one_name_are_refused_as_two_are(root: Path) -> None:
    (root / "c").mkdir()
    (root / "c" / "film.mp4").touch()
    with pytest.raises(DatasetError, match="would have one result"):
        list_films(["a", "b", "c"], leave_out=root / "out")
