"""What a training prints and records of itself."""

import runpy
import sys
from pathlib import Path

import pytest

from fer_core.training import terminal


@pytest.mark.parametrize(
    ("argument", "shown"),
    [
        ("/home/me/fer2013.csv", "fer2013.csv"),
        ("C:\\Users\\me\\fer2013.csv", "fer2013.csv"),
        ("--data=/home/me/fer2013.csv", "--data=fer2013.csv"),
        ("72/8/20", "72/8/20"),
        ("--split=72/8/20", "--split=72/8/20"),
        ("/home/me/faces:2", "faces:2"),
        ("/home/me/faces/:2.5", "faces:2.5"),
        ("--extra-data=pictures/:3", "--extra-data=pictures:3"),
        ("pictures/", "pictures"),
        ("--epochs", "--epochs"),
        ("0.5", "0.5"),
    ],
)
def test_a_card_s_command_shows_no_path(argument: str, shown: str) -> None:
    assert terminal._shown(argument) == shown


def test_a_card_s_command_is_the_one_that_ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").touch()
    for file in (tmp_path / "train.py", tmp_path / "pack" / "mean.py", tmp_path / "pack" / "__main__.py"):
        file.write_text("from fer_core.training.terminal import shown_command\nshown = shown_command()\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "train.py"), "--data", "a/faces"])
    # as `python train.py`, `python -m pack.mean` and `python -m pack` do
    assert runpy.run_path(sys.argv[0], run_name="__main__")["shown"] == "python train.py --data faces"
    for module in ("pack.mean", "pack"):
        ran = runpy.run_module(module, run_name="__main__", alter_sys=True)
        assert ran["shown"] == f"python -m {module} --data faces"
