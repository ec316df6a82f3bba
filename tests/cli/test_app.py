"""`app`: which script is started, with which options and models; Streamlit itself stands aside."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from fer_core.cli.parser import main
from fer_core.utils import files
from tests.conftest import ROOT


class Started(Exception):
    """Stands in for the process that exec puts in the place of this one."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.command, self.environment = command, environment


@pytest.fixture(autouse=True)
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def execve(_: str, command: list[str], environment: dict[str, str]) -> Any:
        raise Started(command, environment)

    monkeypatch.setattr(os, "name", "posix")
    monkeypatch.setattr(os, "execve", execve)


def started(*arguments: str) -> Started:
    with pytest.raises(Started) as caught:
        main(["app", *arguments])
    return caught.value


RUN = [sys.executable, "-m", "streamlit", "run"]


@pytest.mark.parametrize(
    ("given", "passed_on"),
    [
        ([], []),
        (["--server.port", "8502"], ["--server.port", "8502"]),
        (["--server.headless=true", "--m", "x"], ["--server.headless=true", "--m", "x"]),
        (["--", "--server.port", "8502"], ["--server.port", "8502"]),
        (["--server.port", "8502", "--models-dir", "elsewhere"], ["--server.port", "8502"]),
    ],
    ids=" ".join,
)
def test_options_go_to_streamlit(given: list[str], passed_on: list[str]) -> None:
    assert started(*given).command == [*RUN, str(ROOT / "streamlit_app.py"), *passed_on]


def test_only_another_folder_of_models_is_passed_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FER_MODELS_DIR", raising=False)
    assert "FER_MODELS_DIR" not in started().environment
    monkeypatch.chdir(tmp_path)
    assert started("--models-dir", "mine").environment["FER_MODELS_DIR"] == str(tmp_path.resolve() / "mine")


def test_an_installed_package_has_the_app_inside(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(files, "APP_FOLDERS", (tmp_path / "site-packages", tmp_path / "app"))
    assert main(["app"]) == 2 and "streamlit_app.py is neither in" in capsys.readouterr().err
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "streamlit_app.py").touch()
    assert started().command == [*RUN, str(tmp_path / "app" / "streamlit_app.py")]
