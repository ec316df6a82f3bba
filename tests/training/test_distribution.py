"""`--distribute mirrored`: two virtual devices of this processor learn what one does."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support import tiny

# Virtual devices have to be asked for before the backend starts, hence processes of their own. The network is a small
# one without dropout: masks are drawn on each device for itself. The losses are as the card has them.
PROGRAM = """
import os, sys
if os.environ["KERAS_BACKEND"] == "tensorflow":
    import tensorflow as tf
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2)
import train_cnn
from tests.support.small_network import small
from dataclasses import replace
from fer_core.training.recipes import RECIPES
from fer_core.training.run import run_main
RECIPES["compact"] = replace(RECIPES["compact"], build=small)
sys.exit(run_main(train_cnn.train))
"""


def trained_losses(data: Path, models_dir: Path, backend: str, *options: str) -> tuple[list[float], str]:
    command = [sys.executable, "-c", PROGRAM, "--data", str(data), "--models-dir", str(models_dir), "--name", "net"]
    command += ["--epochs", "3", "--batch-size", "14", "--dropout", "0", "--precision", "float32", *options]
    environment = {"KERAS_BACKEND": backend, "XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    card = json.loads((models_dir / "net" / "card.json").read_text())
    return [record["loss"] for record in card["history"]], done.stdout


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_two_devices_give_the_curve_of_one(tmp_path: Path, backend: str) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"needs {backend}")
    data = tiny.fer_csv(tmp_path)
    one, _ = trained_losses(data, tmp_path / "one", backend)
    two, said = trained_losses(data, tmp_path / "two", backend, "--distribute", "mirrored")
    assert re.search(r"^On 2 devices\.$", said, re.MULTILINE)
    assert len(one) == 3
    assert two == pytest.approx(one, rel=0.01)


def test_several_hosts_are_refused_with_advice(
    tmp_path: Path, train: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hosts = {"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 0}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(hosts))
    run = ("train_cnn", "--data", tiny.fer_csv(tmp_path), "--models-dir", tmp_path / "models")
    assert train(*run, "--distribute", "mirrored") == 2
    said = capsys.readouterr().err
    assert "TF_CONFIG names 2" in said and "one of them" in said
