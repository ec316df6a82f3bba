"""A stream that can only go over the relay: visitor, app and the machine between them in networks of their own."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import video_files
from browser import CHROMIUM, NEEDS_CHROMIUM, Server, opened, until
from test_deploy import DEPLOY, HOST, Nginx, free_port, needs_coturn, needs_nginx, replaced
from test_live_browser import film, start

from fer_core.model import list_models

pytest.importorskip("playwright.sync_api", reason="needs playwright")

# addresses for documentation (RFC 5737): no machine has them, and the relay does not deny them
FRONT, VISITOR = "198.51.100.1", "198.51.100.2"
BACK, APP = "203.0.113.1", "203.0.113.2"


def networks_can_be_made() -> bool:
    able = os.geteuid() == 0 and shutil.which("ip") and shutil.which("unshare")
    return bool(able) and subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode == 0


pytestmark = [
    needs_nginx,
    needs_coturn,
    pytest.mark.skipif(not networks_can_be_made(), reason="needs Linux, its command ip, and the rights of root"),
    pytest.mark.skipif(CHROMIUM is None, reason=NEEDS_CHROMIUM),
    pytest.mark.skipif(not list_models(), reason="needs a bundle under models/"),
]


@dataclass(frozen=True)
class Networks:
    """The commands that run another one in the network of the visitor, and of the app."""

    visitor: tuple[str, ...]
    app: tuple[str, ...]


def ip(command: str) -> None:
    subprocess.run(["ip", *command.split()], check=True, capture_output=True)


@pytest.fixture
def networks() -> Iterator[Networks]:
    """Visitor and app, each joined by a cable to this machine, which passes nothing on from one to the other."""
    names = {"visitor": f"fv{os.getpid()}", "app": f"fa{os.getpid()}"}
    try:
        for name, here, there in ((names["visitor"], FRONT, VISITOR), (names["app"], BACK, APP)):
            ip(f"netns add {name}")
            ip(f"link add {name} type veth peer name cable netns {name}")
            ip(f"address add {here}/30 dev {name}")
            ip(f"link set {name} up")
            ip(f"-n {name} address add {there}/30 dev cable")
            ip(f"-n {name} link set cable up")
            ip(f"-n {name} link set lo up")
        ip(f"-n {names['app']} route add {FRONT}/32 via {BACK}")  # the relay's address; not the visitor's
        yield Networks(*(("ip", "netns", "exec", name) for name in names.values()))
    finally:
        for name in names.values():
            subprocess.run(["ip", "netns", "delete", name], capture_output=True)
            subprocess.run(["ip", "link", "delete", name], capture_output=True)


def test_a_stream_goes_over_the_relay(networks: Networks, tmp_path: Path) -> None:
    port = free_port()
    text = replaced((DEPLOY / "turnserver.conf").read_text(), "listening-port=3478", f"listening-port={port}")
    (tmp_path / "turnserver.conf").write_text(text)
    options = ["--realm=emotions.test", "--static-auth-secret=north", f"--listening-ip={FRONT}", f"--relay-ip={FRONT}"]
    options += [f"--pidfile={tmp_path}/pid", "--log-file=stdout", "--simple-log"]
    turn = {"FER_TURN_URLS": f"turn:{FRONT}:{port}", "FER_TURN_SECRET": "north"}
    camera, program = tmp_path / "film.mjpeg", tmp_path / "chromium"
    camera.write_bytes(video_files.mjpeg(film(), rate=15))
    program.write_text(f'#!/bin/sh\nexec {" ".join(networks.visitor)} {CHROMIUM} "$@"\n')
    program.chmod(0o755)
    (tmp_path / "nginx").mkdir()
    switches = [
        f"--host-resolver-rules=MAP {HOST} {FRONT}",
        "--ignore-certificate-errors",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={camera}",
    ]
    with (tmp_path / "relay.txt").open("w") as log:
        command = ["turnserver", "-c", str(tmp_path / "turnserver.conf"), *options]
        relay = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    server = Server(
        tmp_path / "app.txt", within=networks.app, address=APP, STREAMLIT_BROWSER_SERVER_ADDRESS=HOST, **turn
    )
    nginx = Nginx(tmp_path / "nginx", [server], FRONT)
    try:
        server.wait()
        until(nginx.answers, "nginx to answer")
        url = f"https://{HOST}:{nginx.port}/live"
        with opened(url, *switches, camera=True, program=str(program), ignore_https_errors=True) as page:
            page.get_by_role("heading", name="Live", exact=True).wait_for()
            start(page)
            video = page.frame_locator('iframe[src*="streamlit_webrtc"]').locator("video")

            def frames() -> list[int]:
                return list(
                    video.evaluate_all("all => all.map(video => video.getVideoPlaybackQuality().totalVideoFrames)")
                )

            until(lambda: max(frames(), default=0) > 30, "the stream to play")
            relay.terminate()
            relay.wait(15)

            def stalled() -> bool:
                last = frames()
                page.wait_for_timeout(2000)
                return frames() in (last, [])

            until(stalled, "the stream to end, unless it goes another way than over the relay", patience=20)
    finally:
        nginx.stop()
        server.stop()
        relay.kill()
