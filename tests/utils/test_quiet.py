"""What TensorFlow and LiteRT say at their start stays away from stderr; what anybody else says does not."""

import os
import subprocess
import sys

import pytest

from fer_core.utils.quiet import quiet_start
from tests.conftest import ROOT

START_UP = (
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR",
    "I0000 00:00:1.2   3 cudart_stub.cc:31] Could not find cuda drivers on your machine, GPU will not be used.",
    "E0000 00:00:1.2   3 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error: UNKNOWN ERROR (303)",
    "INFO: Created TensorFlow Lite XNNPACK delegate for CPU.",
)
OTHERS = (
    "E0000 00:00:1.2   3 cuda_platform.cc:52] failed call to cuInit: the driver is too old (803)",
    "W0000 00:00:1.2   3 memory.cc:1] Out of memory",
    "ERROR: Could not open the model.",
)


@pytest.fixture(autouse=True)
def usual_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")


def write(*lines: str) -> None:
    """To file descriptor 2, as a library in C++ does."""
    os.write(2, "".join(f"{line}\n" for line in lines).encode())


def test_only_the_known_lines_are_dropped(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet_start():
        write(*START_UP[:2], OTHERS[0], *START_UP[2:], *OTHERS[1:])
    write("after")
    assert capfd.readouterr().err.splitlines() == [*OTHERS, "after"]


def test_an_error_loses_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="bad"), quiet_start():
        write(START_UP[3], OTHERS[2])
        raise ValueError("bad")
    write("after")
    assert capfd.readouterr().err.splitlines() == [OTHERS[2], "after"]


def test_who_asks_for_all_of_it_gets_it(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    with quiet_start():
        write(*START_UP)
    assert capfd.readouterr().err.splitlines() == list(START_UP)


@pytest.mark.parametrize(("level", "kept"), [(None, "2"), ("1", "1")])
def test_training_starts_quietly_and_keeps_a_user_s_level(level: str | None, kept: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    environment |= {"TF_CPP_MIN_LOG_LEVEL": level} if level else {}
    code = "import os, train_cnn; print(os.environ['TF_CPP_MIN_LOG_LEVEL'])"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout == f"{kept}\n"
    assert level or done.stderr == ""
