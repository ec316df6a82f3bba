"""What a training prints and records of itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fer_core.training import terminal
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("argument", "shown"),
    [
        ("/home/me/fer2013.csv", "fer2013.csv"),
        ("C:\\Users\\me\\fer2013.csv", "fer2013.csv"),
        ("--data=/home/me/fer2013.csv", "--data=fer2013.csv"),
        ("72/8/20", "72/8/20"),
        ("--split=72/8/20", "--split=72/8/20"),
        ("--epochs", "--epochs"),
        ("0.5", "0.5"),
    ],
)
def test_a_card_s_command_shows_no_path(argument: str, shown: str) -> None:
    assert terminal._shown(argument) == shown


def test_a_card_s_command_is_the_one_that_ran(tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").touch()
    for file in (tmp_path / "train.py", tmp_path / "pack" / "mean.py", tmp_path / "pack" / "__main__.py"):
        file.write_text("from fer_core.training.terminal import shown_command\nprint(shown_command())\n")
    said = {"train.py": "train.py", "-m pack.mean": "-m pack.mean", "-m pack": "-m pack"}
    for given, shown in said.items():
        command = [sys.executable, *given.split(), "--data", "a/faces"]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)])}
        ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        assert ran.stdout == f"python {shown} --data faces\n"
