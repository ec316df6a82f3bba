"""A stream that can only go over the relay: visitor, app and the machine between them in networks of their own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fer_core.bundle.registry import list_models
from tests.browser.test_deploy import HOST, Nginx, needs_nginx
from tests.browser.test_live import filmed, start
from tests.support.browser import (
    CHROMIUM,
    NEEDS_CHROMIUM,
    PATIENCE,
    Server,
    fake_camera,
    free_port,
    opened,
    until,
)
from tests.support.deploy import DEPLOY, needs_coturn, replaced

pytest.importorskip("playwright.sync_api", reason="needs playwright")

# addresses for documentation (RFC 5737): no machine has them, and the relay does not deny them
FRONT, VISITOR = "198.51.100.1", "198.51.100.2"
BACK, APP = "203.0.113.1", "203.0.113.2"


def ip(command: str, check: bool = True) -> bool:
    return subprocess.run(["ip", *command.split()], check=check, capture_output=True).returncode == 0


def networks_can_be_made() -> bool:
    if sys.platform != "linux" or not shutil.which("ip"):
        return False
    name = f"ft{os.getpid()}"
    able = ip(f"netns add {name}", check=False) and ip(f"link add {name} type veth peer name cable netns {name}", False)
    remove(name)
    return able


def remove(name: str) -> None:
    """A network and its cable, where they exist."""
    ip(f"netns delete {name}", check=False)
    ip(f"link delete {name}", check=False)


pytestmark = [
    needs_nginx,
    needs_coturn,
    pytest.mark.skipif(CHROMIUM is None, reason=NEEDS_CHROMIUM),
    pytest.mark.skipif(not list_models(), reason="needs a bundle under models/"),
]


@dataclass(frozen=True)
class Networks:
    """The commands that run another one in the network of the visitor, and of the app."""

    visitor: tuple[str, ...]
    app: tuple[str, ...]


@pytest.fixture
def networks() -> Iterator[Networks]:
    """Visitor and app, each joined by a cable to this machine. Neither has a route to the other."""
    if not networks_can_be_made():
        pytest.skip("needs Linux, its command ip, and the right to make networks")
    names = ("fer-visitor", "fer-app")  # fixed: what a killed run left behind goes first
    try:
        for name, here, there in ((names[0], FRONT, VISITOR), (names[1], BACK, APP)):
            remove(name)
            ip(f"netns add {name}")
            ip(f"link add {name} type veth peer name cable netns {name}")
            ip(f"address add {here}/30 dev {name}")
            ip(f"link set {name} up")
            ip(f"-n {name} address add {there}/30 dev cable")
            ip(f"-n {name} link set cable up")
            ip(f"-n {name} link set lo up")
        ip(f"-n {names[1]} route add {FRONT}/32 via {BACK}")  # the relay's address; not the visitor's
        yield Networks(*(("ip", "netns", "exec", name) for name in names))
    finally:
        for name in names:
            remove(name)


@pytest.fixture
def relay(tmp_path: Path, networks: Networks) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """coturn with deploy/turnserver.conf on the address that both networks reach, and its port."""
    port = free_port()
    text = replaced((DEPLOY / "turnserver.conf").read_text(), "listening-port=3478", f"listening-port={port}")
    (tmp_path / "turnserver.conf").write_text(text)
    command = ["turnserver", "-c", str(tmp_path / "turnserver.conf"), "--realm=emotions.test"]
    command += ["--static-auth-secret=north", f"--listening-ip={FRONT}", f"--relay-ip={FRONT}"]
    command += [f"--pidfile={tmp_path}/pid", "--log-file=stdout", "--simple-log"]
    with (tmp_path / "relay.txt").open("w") as log:
        running = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield running, port
        finally:
            running.kill()
            running.wait(PATIENCE)


@pytest.fixture
def app(tmp_path: Path, networks: Networks, relay: tuple[subprocess.Popen[bytes], int]) -> Iterator[Server]:
    settings = {"FER_TURN_URLS": f"turn:{FRONT}:{relay[1]}", "FER_TURN_SECRET": "north"}
    log = tmp_path / "app.txt"
    server = Server(log, within=networks.app, address=APP, STREAMLIT_BROWSER_SERVER_ADDRESS=HOST, **settings)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


@pytest.fixture
def nginx(tmp_path: Path, app: Server) -> Iterator[Nginx]:
    (tmp_path / "nginx").mkdir()
    running = Nginx(tmp_path / "nginx", [app], FRONT)
    try:
        until(running.answers, "nginx to answer")
        yield running
    finally:
        running.stop()


def test_a_stream_goes_over_the_relay(
    networks: Networks, relay: tuple[subprocess.Popen[bytes], int], nginx: Nginx, tmp_path: Path
) -> None:
    program = tmp_path / "chromium"
    program.write_text(f'#!/bin/sh\nexec {" ".join(networks.visitor)} {CHROMIUM} "$@"\n')
    program.chmod(0o755)
    switches = [
        f"--host-resolver-rules=MAP {HOST} {FRONT}",
        "--ignore-certificate-errors",
        *fake_camera(filmed(tmp_path)),
    ]
    url = f"https://{HOST}:{nginx.port}/live"
    with opened(url, *switches, camera=True, program=str(program), ignore_https_errors=True) as page:
        page.get_by_role("heading", name="Live", exact=True).wait_for()
        start(page)
        video = page.frame_locator('iframe[src*="streamlit_webrtc"]').locator("video")

        def frames() -> int:
            """Shown so far; 0 where the page has taken the stream away."""
            shown = video.evaluate_all("all => all.map(video => video.getVideoPlaybackQuality().totalVideoFrames)")
            return max(shown, default=0)

        until(lambda: frames() > 10, "the stream to play")
        process, _ = relay
        process.terminate()
        process.wait(PATIENCE)

        def ended() -> bool:
            counts = []
            for _ in range(4):
                counts.append(frames())
                page.wait_for_timeout(1000)
            return len(set(counts)) == 1

        until(ended, "the stream to end, unless it goes another way than over the relay")
