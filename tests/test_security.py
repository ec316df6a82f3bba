"""What SECURITY.md promises and no other test holds: settings, floors, and that nobody else is contacted."""

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlparse

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from fer_core.bundle.registry import list_models
from fer_core.image import MAX_IMAGE_BYTES, MAX_VIDEO_BYTES
from tests.support.browser import CHROMIUM, NEEDS_CHROMIUM, opened, running

ROOT = Path(__file__).resolve().parent.parent
OWN = {"localhost", "127.0.0.1", "::1", "0.0.0.0", "a local socket", "None", ""}
FLOORS = {
    "keras": "3.15.1",
    "Pillow": "12.3",
    "starlette": "1.3.1",
    "python-multipart": "0.0.27",
    "aiortc": "1.15",
    "streamlit-webrtc": "0.76.2",
}
"""Versions that left a known hole or leak behind."""
SETTINGS = {
    ("server", "maxUploadSize"): MAX_VIDEO_BYTES // 2**20,
    ("server", "enableXsrfProtection"): True,
    ("server", "enableStaticServing"): False,
    ("browser", "gatherUsageStats"): False,
    ("client", "showErrorDetails"): "none",
}


def requirements() -> dict[str, Requirement]:
    """All of requirements.txt, with those of requirements-app.txt that it includes, and of the service."""
    names = ("requirements-app.txt", "requirements.txt", "requirements-serve.txt")
    files = [(ROOT / name).read_text("utf-8") for name in names]
    lines = (line.split("#")[0].strip() for text in files for line in text.splitlines() if not line.startswith("-r"))
    return {found.name: found for found in map(Requirement, filter(None, lines))}


def test_requirements_for_training_include_those_of_the_app() -> None:
    assert "-r requirements-app.txt" in (ROOT / "requirements.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize(("name", "floor"), FLOORS.items(), ids=FLOORS)
def test_dependencies_keep_their_floors(name: str, floor: str) -> None:
    asked = next(s.version for s in requirements()[name].specifier if s.operator == ">=")
    assert Version(asked) >= Version(floor)


@pytest.mark.parametrize("name", requirements())
def test_what_is_installed_is_what_was_asked_for(name: str) -> None:
    assert requirements()[name].specifier.contains(version(name), prereleases=True)


@pytest.mark.parametrize(("place", "value"), SETTINGS.items(), ids=map(".".join, SETTINGS))
def test_the_server_s_settings(place: tuple[str, str], value: object) -> None:
    section, name = place
    assert tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))[section][name] == value


def test_the_widgets_hold_their_own_limits() -> None:
    page = (ROOT / "pages/parts/classify/sources.py").read_text("utf-8")
    assert page.count("max_upload_size=limit") == page.count("st.file_uploader(") == 2
    assert MAX_IMAGE_BYTES < MAX_VIDEO_BYTES


@pytest.mark.parametrize(
    "pattern",
    [r"\bpickle\b(?!=)", r"allow_pickle=True", r"safe_mode=False", r"unsafe_allow_html=True", r"\beval\(", r"\bexec\("],
)
def test_no_code_from_data(pattern: str) -> None:
    sources = [*ROOT.glob("*.py"), *ROOT.glob("fer_core/**/*.py"), *ROOT.glob("pages/**/*.py")]
    found = [p.name for p in sources if re.search(pattern, p.read_text("utf-8").replace("allow_pickle=False", ""))]
    assert not found


def watching(log: Path) -> dict[str, str]:
    """The environment of a process whose addresses are to be written into `log`."""
    return {"PYTHONPATH": str(Path(__file__).parent / "watched"), "FER_WATCH_LOG": str(log)}


def test_the_watch_sees_even_a_short_connection(tmp_path: Path) -> None:
    log = tmp_path / "addresses.txt"
    code = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('192.0.2.1', 9))"
    subprocess.run([sys.executable, "-c", code], env=os.environ | watching(log), check=True)
    assert log.read_text() == "socket.connect 192.0.2.1\n"


@pytest.mark.skipif(CHROMIUM is None, reason=NEEDS_CHROMIUM)
@pytest.mark.skipif(not list_models(), reason="needs a bundle under models/")
def test_a_default_run_contacts_nobody_else(tmp_path: Path) -> None:
    pytest.importorskip("playwright.sync_api", reason="needs playwright")
    log, asked = tmp_path / "addresses.txt", set[str]()
    with running(tmp_path / "log.txt", **watching(log)) as server, opened("about:blank") as page:
        page.on("request", lambda request: asked.add(urlparse(request.url).hostname or ""))
        page.on("websocket", lambda socket: asked.add(urlparse(socket.url).hostname or ""))
        page.goto(server.url)
        page.get_by_role("button", name="Photo").click()
        page.get_by_text("Face 1", exact=True).wait_for()
        page.goto(f"{server.url}/live")
        page.frame_locator('iframe[src*="streamlit_webrtc"]').get_by_role("button", name="START").wait_for()
        page.goto(f"{server.url}/compare")
        page.get_by_role("heading", name="Compare models").wait_for()
    seen = [line.split(" ", 1) for line in log.read_text().splitlines()] if log.exists() else []
    assert [(event, address) for event, address in seen if address not in OWN] == []
    assert asked <= OWN and "localhost" in asked
