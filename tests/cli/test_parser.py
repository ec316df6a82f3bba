"""`main`: wrong usage, commands without models, the same options wherever they mean the same."""

import subprocess
import sys
from pathlib import Path

import pytest

from fer_core.analysis.results import UNSURE_BELOW
from fer_core.cli.parser import build_parser, main
from fer_core.detection import DEFAULT_DETECTOR, DETECTORS
from tests.conftest import ROOT


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


@pytest.mark.parametrize("prog", ["facial-emotions", "python -m fer_core"])
def test_the_usage_names_the_program_as_it_was_started(prog: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"], prog)
    said = capsys.readouterr().out
    assert said.startswith(f"usage: {prog} [-h] COMMAND")
    assert all(f"\n    {command}" in said for command in COMMANDS)


def test_the_package_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "fer_core", "models", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=True)
    assert done.stdout.startswith("usage: python -m fer_core models [-h]")


COMMANDS = {
    "app": [],
    "classify": ["x.png"],
    "label": ["x", "--out", "y"],
    "video": ["x.mp4"],
    "evaluate": ["--data", "x"],
    "models": [],
    "benchmark": [],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_a_folder_of_models(command: str) -> None:
    args = build_parser("x").parse_args([command, *COMMANDS[command], "--models-dir", "elsewhere"])
    assert args.models_dir == Path("elsewhere")


@pytest.mark.parametrize("command", ["classify", "label"])
def test_unsure_has_one_default(command: str) -> None:
    assert build_parser("x").parse_args([command, *COMMANDS[command]]).unsure_below == UNSURE_BELOW


@pytest.mark.parametrize("workers", ["0", "-1", "x", "1.5"])
@pytest.mark.parametrize("command", ["classify", "label"])
def test_workers_are_counted_from_one(command: str, workers: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([command, *COMMANDS[command], "--workers", workers])
    assert "argument --workers: Expected " in capsys.readouterr().err


@pytest.mark.parametrize("command", ["classify", "label", "benchmark"])
def test_the_detector_is_one_choice(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = build_parser("x")
    assert parser.parse_args([command, *COMMANDS[command]]).detector == DEFAULT_DETECTOR
    for name in DETECTORS:
        assert parser.parse_args([command, *COMMANDS[command], "--detector", name]).detector == name
    with pytest.raises(SystemExit, match="2"):
        parser.parse_args([command, *COMMANDS[command], "--detector", "nope"])
    said = capsys.readouterr().err
    assert all(name in said for name in DETECTORS)


@pytest.mark.parametrize("command", ["models", "classify", "label", "video", "benchmark"])
def test_a_folder_of_the_environment_without_models_is_named(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.png").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FER_MODELS_DIR", str(tmp_path / "nowhere"))
    given = {"label": ["x.png", "--out", "y"], "classify": ["x.png"], "video": ["x.mp4"]}.get(command, [])
    assert main([command, *given]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("the folder that FER_MODELS_DIR names does not exist.")
