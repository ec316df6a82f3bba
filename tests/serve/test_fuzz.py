"""Requests made from /openapi.json, sound ones and others: no answer that it does not describe, and none of 5xx."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fer_core.client import Client
from tests.support.bad_inputs import good
from tests.support.service import Service

pytest.importorskip("schemathesis", reason="needs schemathesis")
SECONDS = os.environ.get("FER_FUZZ_SECONDS", "6")
NOT_TOLD = "positive_data_acceptance"
"""A schema cannot say which bytes are a picture, so most that fit it are refused."""


def test_the_service_answers_as_it_is_described(service: Service, client: Client, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{service.url}/openapi.json"]
    options = ["--max-time", SECONDS, "--exclude-checks", NOT_TOLD, "--continue-on-failure", "--no-color"]
    done = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert client.analyze(good())["faces"]
