"""A real browser on a running app: Debian's Chromium, headless, driven by Playwright."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NEEDS_CHROMIUM = "needs Chromium; Debian: apt-get install chromium"
PATIENCE = 180  # s: a machine may be busy with other things


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def healthy(url: str) -> bool:
    """Whether the app at this address responds to Streamlit's health check."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy knows this address
    with contextlib.suppress(OSError), opener.open(f"{url}/_stcore/health", timeout=5) as response:
        return bool(response.status == 200)
    return False


class Server:
    """The app in a process of its own, on a free port, with `environment` on top of this one's.

    within: a command that runs another one, in a network of its own, say; address: how the app is reached there.
    """

    def __init__(
        self, log: Path, *, within: Sequence[str] = (), address: str = "localhost", **environment: str
    ) -> None:
        port = free_port()
        options = ["--server.port", str(port), "--server.headless", "true", "--server.fileWatcherType", "none"]
        command = [*within, sys.executable, "-m", "streamlit", "run", str(ROOT / "streamlit_app.py"), *options]
        self._log = log.open("w")
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | environment, stdout=self._log, stderr=subprocess.STDOUT
        )
        self.url = f"http://{address}:{port}"

    def wait(self) -> None:
        until(lambda: healthy(self.url), "the server to respond")

    @property
    def threads(self) -> int:
        return len(list(Path(f"/proc/{self._process.pid}/task").iterdir()))

    @property
    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self._process.pid}/fd").iterdir()))

    @property
    def memory_mb(self) -> float:
        """Resident memory of the server."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))

    @property
    def udp_sockets(self) -> int:
        """WebRTC's: of all others a browser keeps some open for a while."""
        held = {_target(link) for link in Path(f"/proc/{self._process.pid}/fd").iterdir()}
        tables = (Path(f"/proc/{self._process.pid}/net/{kind}").read_text() for kind in ("udp", "udp6"))
        inodes = [line.split()[9] for table in tables for line in table.splitlines()[1:]]
        return sum(f"socket:[{inode}]" in held for inode in inodes)

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(PATIENCE)
        self._log.close()


def _target(link: Path) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""


@contextlib.contextmanager
def running(log: Path, **environment: str) -> Iterator[Server]:
    """A server that answers; in the end its log must not tell of an error in our own files."""
    server = Server(log, **environment)
    try:
        server.wait()
        yield server
    finally:
        server.stop()
    said = log.read_text()
    ours = [line for line in said.splitlines() if f'File "{ROOT}/' in line and ".venv" not in line]
    assert not ours and "a frame failed" not in said, said[-3000:]


def until(true: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, f"waited {patience} s for {what}"
        time.sleep(0.2)


def wait_until_run(page: Any) -> None:
    """Wait until the page is connected and its script has ended: what is seen before may be of the run before."""
    page.locator(
        '[data-testid="stApp"][data-test-connection-state="CONNECTED"][data-test-script-state="notRunning"]'
    ).wait_for()


def fake_camera(film: Path) -> list[str]:
    """Chromium's switches for a camera that shows a film and may be used unasked."""
    return [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]


@contextlib.contextmanager
def opened(
    url: str, *switches: str, camera: bool = False, program: str | None = CHROMIUM, **context_options: Any
) -> Iterator[Any]:
    """A page of a fresh Chromium (`program`) at `url`; camera: whether the origin may use it.

    Whatever is done with it, in the end it must not have asked any other host for anything.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox", *switches])
        try:
            context = browser.new_context(**{"viewport": {"width": 1280, "height": 1400}} | context_options)
            context.set_default_timeout(PATIENCE * 1000)
            if camera:
                context.grant_permissions(["camera"], origin="/".join(url.split("/")[:3]))
            page, asked = context.new_page(), list[str]()
            page.on("request", lambda request: asked.append(request.url))
            page.goto(url)
            yield page
        finally:
            browser.close()
    hosts = {urlsplit(address).hostname for address in asked}
    others = hosts - {None, "", "localhost", "127.0.0.1", urlsplit(url).hostname}
    assert asked and not others, f"the page asked other hosts: {others}"
