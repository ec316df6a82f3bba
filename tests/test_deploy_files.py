"""The deployment's files among themselves: the image, what it may do, its settings, nginx's patience."""

import inspect
import re

import uvicorn
import yaml

from tests.conftest import ROOT
from tests.support.deploy import DEPLOY


def test_nginx_lets_a_connection_go_before_the_app_hangs_up() -> None:
    """A request on a connection that the app is closing fails, and max_fails=1 sends its visitors elsewhere."""
    upstream = (DEPLOY / "nginx.conf").read_text().split("upstream replicas {")[1].split("}")[0]
    kept = re.search(r"^ *keepalive_timeout (\d+)s;", upstream, re.MULTILINE)
    hangs_up = inspect.signature(uvicorn.Config).parameters["timeout_keep_alive"].default
    assert kept and int(kept[1]) < hangs_up


def test_the_service_in_the_image_may_write_nothing_and_runs_without_rights() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    for name in ("app", "api"):
        assert services[name]["read_only"] is True and services[name]["tmpfs"] == ["/tmp"]
        assert services[name]["cap_drop"] == ["ALL"] and "ports" not in services[name]
    assert "USER app" in (ROOT / "Dockerfile").read_text()


def test_the_image_gets_what_the_app_needs() -> None:
    text = (ROOT / "Dockerfile").read_text()
    copied = [name for line in re.findall(r"^COPY (.+)$", text, re.MULTILINE) for name in line.split()[:-1]]
    admitted = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert set(copied) == set(admitted) and all((ROOT / name).exists() for name in copied)
    needed = "".join((ROOT / name).read_text() for name in ("requirements-app.txt", "requirements-serve.txt"))
    assert {"requirements-app.txt", "requirements-serve.txt"} <= set(copied)
    assert "streamlit-webrtc" in needed and "fastapi" in needed and "tensorflow" not in needed


def test_every_setting_of_compose_has_its_line_in_the_example() -> None:
    compose, example = (DEPLOY / "compose.yaml").read_text(), (DEPLOY / "settings.env.example").read_text()
    used = set(re.findall(r"\$\{(\w+)", compose))
    assert used == set(re.findall(r"^(\w+)=", example, re.MULTILINE))
