"""The deployment's nginx before replicas of the app and before the service, without a container engine."""

import contextlib
import http.client
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from fer_core.bundle.registry import list_models
from fer_core.image import sample_image
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
    wait_until_run,
)
from tests.support.deploy import DEPLOY, replaced
from tests.support.service import serving

PlaywrightError = pytest.importorskip("playwright.sync_api", reason="needs playwright").Error
HOST = "emotions.test"
needs_nginx = pytest.mark.skipif(not shutil.which("nginx"), reason="needs nginx; Debian: apt-get install nginx-light")


class Nginx:
    """Debian's nginx with deploy/nginx.conf; only addresses are other ones."""

    def __init__(
        self, folder: Path, replicas: list[Server], address: str = "127.0.0.1", service: str = "127.0.0.1:9"
    ) -> None:
        self.address, self.port = address, free_port()
        text = (DEPLOY / "nginx.conf").read_text()
        text = replaced(text, "listen 443 ssl;", f"listen {address}:{self.port} ssl;")
        text = replaced(text, "listen 80;", f"listen {address}:{free_port()};")
        text = replaced(text, "server api:8502;", f"server {service};")
        server = re.search(r"server app:8501( .*;)", text)
        assert server
        lines = [f"server {replica.url.removeprefix('http://')}{server[1]}" for replica in replicas]
        text = replaced(text, server[0], "\n".join(lines).replace("localhost", "127.0.0.1"))
        (folder / "nginx.conf").write_text(text)
        (folder / "certificates").mkdir()
        subprocess.run(
            f"openssl req -x509 -newkey rsa -nodes -subj /CN={HOST} -keyout privkey.pem -out fullchain.pem".split(),
            cwd=folder / "certificates",
            check=True,
            capture_output=True,
        )
        self._log = folder / "log.txt"
        self._out = self._log.open("w")
        command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
        self._process = subprocess.Popen(command, stdout=self._out, stderr=subprocess.STDOUT)

    def answers(self) -> bool:
        assert self._process.poll() is None, self._log.read_text()
        with contextlib.suppress(OSError), socket.create_connection((self.address, self.port), timeout=1):
            return True
        return False

    def replicas_of(self, page: Any) -> set[str]:
        """Where the requests of a visitor were answered so far: addresses."""
        route = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "replica")
        return set(re.findall(rf" {route} .*?(127\.0\.0\.1:\d+)$", self._log.read_text(), re.MULTILINE))

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)
        self._out.close()


@pytest.fixture
def replicas(tmp_path: Path) -> Iterator[list[Server]]:
    """Two, with what compose.yaml sets."""
    settings = {"STREAMLIT_BROWSER_SERVER_ADDRESS": HOST, "STREAMLIT_SERVER_COOKIE_SECRET": "one for both"}
    compose = (DEPLOY / "compose.yaml").read_text()
    assert all(f"{name}: " in compose for name in settings)
    started = [Server(tmp_path / f"replica-{number}.txt", **settings) for number in range(2)]
    try:
        for server in started:
            server.wait()
        yield started
    finally:
        for server in started:
            server.stop()


@pytest.fixture
def nginx(tmp_path: Path, replicas: list[Server]) -> Iterator[Nginx]:
    folder = tmp_path / "nginx"
    folder.mkdir()
    running = Nginx(folder, replicas)
    try:
        until(running.answers, "nginx to answer")
        yield running
    finally:
        running.stop()


def classify(page: Any, name: str) -> None:
    """Uploads the sample under a name, once the page is there and at rest, and waits for its results."""
    wait_until_run(page)
    picture = {"name": name, "mimeType": "image/png", "buffer": sample_image()}
    page.locator('input[type="file"]').first.set_input_files(picture)
    try:
        page.get_by_role("heading", name=name).wait_for()
        page.get_by_text("happy").first.wait_for()
    except PlaywrightError as error:
        raise AssertionError(f"{name} has no results; the page says: {page.inner_text('body')}") from error


@needs_nginx
@pytest.mark.skipif(CHROMIUM is None, reason=NEEDS_CHROMIUM)
@pytest.mark.skipif(not list_models(), reason="needs a bundle under models/")
def test_two_replicas_behind_nginx_and_one_of_them_stops(nginx: Nginx, replicas: list[Server], tmp_path: Path) -> None:
    url = f"https://{HOST}:{nginx.port}"
    switches = [
        f"--host-resolver-rules=MAP {HOST} 127.0.0.1",
        "--ignore-certificate-errors",
        "--disable-features=WebRtcHideLocalIpsWithMdns",
        *fake_camera(filmed(tmp_path)),
    ]
    with opened(url, *switches, camera=True, ignore_https_errors=True) as first:
        classify(first, "before.png")
        own = nginx.replicas_of(first)
        assert len(own) == 1, "a visitor's requests go to one replica"

        # further visitors come until one is sent to the other replica; that one streams
        def visitor() -> Any:
            context = first.context.browser.new_context(
                ignore_https_errors=True, permissions=["camera"], viewport={"width": 1280, "height": 1400}
            )
            context.set_default_timeout(PATIENCE * 1000)
            page = context.new_page()
            page.goto(f"{url}/live")
            page.get_by_role("heading", name="Live", exact=True).wait_for()
            return page

        second = visitor()
        for _ in range(20):
            if nginx.replicas_of(second) != own:
                break
            second.context.close()
            second = visitor()
        other = nginx.replicas_of(second)
        assert len(other) == 1 and other != own
        start(second)
        video = second.frame_locator('iframe[src*="streamlit_webrtc"]').locator("video")
        until(lambda: video.evaluate("video => video.currentTime") > 1, "the stream to play")

        (address,) = own
        next(server for server in replicas if server.url.endswith(address.split(":")[1])).stop()
        played = video.evaluate("video => video.currentTime")
        until(lambda: other <= nginx.replicas_of(first), "the first visitor's browser to come back")
        classify(first, "after.png")
        until(lambda: video.evaluate("video => video.currentTime") > played + 3, "the other's stream to go on")
        assert nginx.replicas_of(second) == other
        assert second.get_by_text("Press START").count() == 0


@needs_nginx
@pytest.mark.skipif("everyday" not in list_models(), reason="needs the bundles in models/")
def test_programs_reach_the_service_at_v1_and_nothing_else_of_it(tmp_path: Path) -> None:
    """As compose.yaml starts it, with the app's place empty."""
    token = "0123456789abcdef"
    command = yaml.safe_load(replaced_settings((DEPLOY / "compose.yaml").read_text()))["services"]["api"]["command"]
    assert command[:4] == ["python", "-m", "fer_core", "serve"]
    options = [option for option in command[4:] if option not in ("--port", "8502")]
    folder = tmp_path / "nginx"
    folder.mkdir()
    nowhere = [SimpleNamespace(url="http://127.0.0.1:9")]
    with serving(tmp_path, *options, FER_API_TOKEN=token) as service:
        nginx = Nginx(folder, nowhere, service=f"127.0.0.1:{service.port}")  # type: ignore[arg-type]
        try:
            until(nginx.answers, "nginx to answer")
            trusting = ssl.create_default_context(cafile=str(folder / "certificates" / "fullchain.pem"))
            trusting.check_hostname = False

            def asked(path: str, shown: str, body: bytes | None = None) -> tuple[int, bytes]:
                connection = http.client.HTTPSConnection("127.0.0.1", nginx.port, timeout=30, context=trusting)
                connection.request("POST" if body else "GET", path, body, {"Authorization": f"Bearer {shown}"})
                answer = connection.getresponse()
                content = answer.status, answer.read()
                connection.close()
                return content

            status, content = asked("/v1/analyze", token, sample_image())
            assert status == 200 and b'"happy"' in content
            assert asked("/v1/analyze", "wrong", sample_image())[0] == 401
            assert asked("/v1/analyze", token, bytes(65 * 2**20))[0] == 413
            for path in ("/metrics", "/readyz", "/docs"):
                assert asked(path, token)[0] == 502, "the app's, which is not there"
        finally:
            nginx.stop()


def replaced_settings(text: str) -> str:
    """compose.yaml with the defaults of its settings."""
    return re.sub(r"\$\{\w+(?::-(\w*))?[^}]*\}", lambda found: found[1] or "x", text)
