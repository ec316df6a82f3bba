"""Files that appear whole or not at all."""

import os
import stat
from pathlib import Path

import pytest

from fer_core.utils.files import UNFINISHED, atomic_folder, atomic_write, remove_unfinished


def test_writes_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "new.txt"
    with atomic_write(path) as unfinished:
        unfinished.write_text("whole")
        assert unfinished.parent == tmp_path and unfinished.name.startswith(UNFINISHED)
        assert not path.exists()
    assert path.read_text() == "whole" and list(tmp_path.iterdir()) == [path]


def test_readers_see_the_old_file_until_the_end(tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_text("old")
    with atomic_write(path) as unfinished:
        unfinished.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("before", ["old", None], ids=["over an old file", "anew"])
def test_an_error_leaves_everything_as_it_was(tmp_path: Path, before: str | None, error: type) -> None:
    path = tmp_path / "file.txt"
    if before:
        path.write_text(before)
    with pytest.raises(error), atomic_write(path) as unfinished:
        unfinished.write_text("half")
        raise error
    assert {child.name: child.read_text() for child in tmp_path.iterdir()} == ({"file.txt": before} if before else {})


def test_a_failed_replacement_leaves_nothing_unfinished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"), atomic_write(path) as unfinished:
        unfinished.write_text("new")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664])
def test_keeps_the_permissions_of_an_existing_file(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")
    path.chmod(mode)
    with atomic_write(path) as unfinished:
        unfinished.write_text("new")
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_new_file_has_the_permissions_of_any_other(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with atomic_write(tmp_path / "file.txt") as unfinished:
            unfinished.write_text("new")  # mkstemp gives 0o600
        assert os.umask(umask) == umask  # and the process keeps its own
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file.txt").stat().st_mode) == 0o666 & ~umask


def test_says_where_no_file_can_be(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "absent" / "file.txt"):
        pytest.fail("there is nowhere to write to")


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "below" / "result"
    with atomic_folder(target) as folder:
        (folder / "a.txt").write_text("one")
        assert not target.exists()
    assert (target / "a.txt").read_text() == "one" and target.stat().st_mode & 0o111
    with pytest.raises(KeyError), atomic_folder(target) as folder:
        (folder / "a.txt").write_text("half")
        raise KeyError
    assert (target / "a.txt").read_text() == "one"
    with atomic_folder(target) as folder:
        (folder / "b.txt").write_text("two")
    assert [path.name for path in target.iterdir()] == ["b.txt"]
    assert [path.name for path in target.parent.iterdir()] == ["result"]


def test_what_killed_processes_leave_is_removed(tmp_path: Path) -> None:
    (tmp_path / "below" / f"{UNFINISHED}x-film").mkdir(parents=True)
    (tmp_path / "below" / f"{UNFINISHED}x-film" / "a.csv").write_text("half")
    (tmp_path / f"{UNFINISHED}y-summary.json").write_text("half")
    (tmp_path / "whole.json").write_text("whole")
    remove_unfinished(tmp_path)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["whole.json"]
    assert not list((tmp_path / "below").iterdir())
