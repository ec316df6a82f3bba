"""`--distribute mirrored`: two virtual devices of this processor learn what one does."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, Run

# Virtual devices have to be asked for before the backend starts, hence processes of their own. The losses are as shown.
PROGRAM = """
import os, runpy, sys
if os.environ["KERAS_BACKEND"] == "tensorflow":
    import tensorflow as tf
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def trained_losses(data: Path, models_dir: Path, backend: str, *options: str) -> tuple[list[float], str]:
    command = [sys.executable, "-c", f"import sys; sys.argv[0] = 'train_cnn.py'\n{PROGRAM}"]
    command += ["--data", str(data), "--models-dir", str(models_dir), "--arch", "seresnet-small", "--name", "net"]
    command += ["--epochs", "2", "--batch-size", "32", "--limit", "140", "--precision", "float32", *options]
    environment = {"KERAS_BACKEND": backend, "XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    card = json.loads((models_dir / "net" / "card.json").read_text())
    return [record["loss"] for record in card["history"]], done.stdout


@pytest.mark.skipif(not os.environ.get("FER_DEVICES"), reason="minutes long: FER_DEVICES=1 runs it")
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_two_devices_give_the_curve_of_one(trained: Run, tmp_path: Path, backend: str) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"needs {backend}")
    one, _ = trained_losses(trained.data, tmp_path / "one", backend)
    two, said = trained_losses(trained.data, tmp_path / "two", backend, "--distribute", "mirrored")
    assert re.search(r"^On 2 devices\.$", said, re.MULTILINE)
    assert len(one) == 2 and one != two, "the second run computes otherwise"
    assert two == pytest.approx(one, rel=0.01)


def test_several_hosts_are_refused_with_advice(trained: Run, tmp_path: Path) -> None:
    hosts = {"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 0}}
    command = [sys.executable, "train_cnn.py", "--data", str(trained.data), "--models-dir", str(tmp_path / "models")]
    done = subprocess.run(
        [*command, "--distribute", "mirrored"],
        cwd=ROOT,
        env=os.environ | {"TF_CONFIG": json.dumps(hosts)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and "TF_CONFIG names 2" in done.stderr and "one of them" in done.stderr
