"""What clients and the system may do to the service: a typed answer each, and the next request works."""

import contextlib
import json
import logging
import os
import re
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import uvicorn

from fer_core.bundle import bundle_folder
from fer_core.client import Client, ServiceError
from fer_core.image import sample_image
from fer_core.limits import MAX_REQUEST_BYTES
from fer_core.serve.app import create_app
from fer_core.serve.engine import Engine
from fer_core.serve.run import bound, server_config
from fer_core.serve.settings import Settings
from tests.support.bad_inputs import CASES, UNAVAILABLE, good
from tests.support.browser import until
from tests.support.service import Service, serving

SECRET = "holiday-with-anna.png"


def raw(port: int, sent: bytes, patience: float = 20, half: bool = False) -> bytes:
    """What comes back for bytes that may be no HTTP, until the connection is closed or silent for `patience`."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
        with contextlib.suppress(OSError):  # it may be closed while we still send
            connection.sendall(sent)
            if half:
                connection.shutdown(socket.SHUT_WR)
        received = b""
        with contextlib.suppress(OSError):
            while chunk := connection.recv(65536):
                received += chunk
        return received


HEAD = b"POST /v1/analyze HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
MULTIPART = HEAD + b"Content-Type: multipart/form-data; boundary=edge\r\nContent-Length: %d\r\n\r\n%s"
FIELD = b'--edge\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--edge--\r\n'
NONSENSE: dict[str, tuple[bytes, int]] = {
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200) + b"\r\n\r\n", 400),
    "a line alone": (b"hello\r\n\r\n", 400),
    "no host": (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
    "a path with a NUL": (b"GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a long address": (b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a flood of headers": (HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(20_000)) + b"\r\n", 400),
    "a long header": (HEAD + b"X: " + b"y" * 1_000_000 + b"\r\n\r\n", 400),
    "a length that is none": (HEAD + b"Content-Length: ten\r\n\r\n", 400),
    "a negative length": (HEAD + b"Content-Length: -1\r\n\r\n", 400),
    "two lengths": (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
    "a chunk size that is none": (CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n", 400),
    "a negative chunk": (CHUNKED + b"-1\r\nabc\r\n0\r\n\r\n", 400),
    "a chunk longer than its size": (CHUNKED + b"1\r\nabc\r\n0\r\n\r\n", 400),
    "an endless chunk extension": (CHUNKED + b"1;" + b"x" * 1_000_000 + b"\r\na\r\n0\r\n\r\n", 400),
    "another coding": (HEAD + b"Transfer-Encoding: gzip\r\n\r\nabc", 400),
    "a body that is said to be too long": (HEAD + b"Content-Length: %d\r\n\r\n" % (MAX_REQUEST_BYTES + 1), 413),
    "multipart without an end": (MULTIPART % (20, b"--edge\r\nContent-Dispo"), 400),
    "multipart without files": (
        MULTIPART % (len(FIELD), FIELD),
        400,
    ),
    "multipart without a boundary": (HEAD + b"Content-Type: multipart/form-data\r\nContent-Length: 1\r\n\r\nx", 400),
    "another multipart": (HEAD + b"Content-Type: multipart/mixed; boundary=a\r\nContent-Length: 1\r\n\r\nx", 415),
    "a GET": (b"GET /v1/analyze HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 405),
    "a method that is none": (b"BREW /v1/analyze HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 405),
    "an upgrade": (
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n",
        200,
    ),
}


@pytest.mark.parametrize(("sent", "status"), NONSENSE.values(), ids=NONSENSE)
def test_nonsense_has_a_typed_answer(service: Service, client: Client, sent: bytes, status: int) -> None:
    answer = raw(service.port, sent)
    first, _, rest = answer.partition(b"\r\n")
    assert first.split()[:2] == [b"HTTP/1.1", str(status).encode()], answer[:300]
    if status >= 400:
        assert b"content-type: application/problem+json" in rest.lower()
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["status"] == status
    assert client.analyze(good())["faces"]


def test_a_thousand_idle_connections_keep_nobody_out(service: Service, client: Client) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 1300
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip("needs more open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    with contextlib.ExitStack() as idle:
        for number in range(1000):
            connection = idle.enter_context(socket.create_connection(("127.0.0.1", service.port), timeout=20))
            connection.sendall(b"" if number % 2 else b"POST /v1/analyze HT")
        assert client.analyze(good())["faces"]
    assert client.analyze(good())["faces"]


def test_answers_are_sent_at_once() -> None:
    """Else the second part of each waits 40 ms for the client to acknowledge the first."""
    with bound("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            # what asyncio goes by
            assert accepted.proto == socket.IPPROTO_TCP


class Local:
    """The service in this process, so that a test can reach into it. lines: of its log."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._listening = bound("127.0.0.1", 0)
        self._listening.setsockopt(
            socket.SOL_SOCKET, socket.SO_SNDBUF, 4096
        )  # a client that reads nothing is seen soon
        self.port = self._listening.getsockname()[1]
        with contextlib.suppress(FileNotFoundError):
            self.folder = bundle_folder("cnn")

    def start(self, scratch: Path) -> None:
        settings = Settings((bundle_folder("cnn"),), "", 1, scratch)
        self._server = uvicorn.Server(server_config(lambda: create_app(settings)))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listening]}, daemon=True)
        self._thread.start()
        until(lambda: self._server.started, "the service to start")
        log = logging.getLogger("fer_core.serve")
        log.handlers = [handler := logging.Handler()]
        handler.emit = lambda record: self.lines.append(record.getMessage())  # type: ignore[method-assign]

    def client(self) -> Client:
        return Client(f"http://127.0.0.1:{self.port}")

    @property
    def connections(self) -> int:
        return len(self._server.server_state.connections)

    @property
    def waiting(self) -> float:
        with self.client() as client:
            text = client.request("GET", "/metrics")
        return next(float(line.split()[1]) for line in text.splitlines() if line.startswith("fer_waiting_pictures "))

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(60)
        self._listening.close()
        assert not self._thread.is_alive()


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Local]:
    """With limits that a test need not wait for long."""
    monkeypatch.setattr("fer_core.serve.protocol.HEADER_SECONDS", 0.5)
    monkeypatch.setattr("fer_core.serve.protocol.ANSWER_SECONDS", 0.5)
    monkeypatch.setattr("fer_core.serve.intake.BODY_SECONDS", 0.5)
    monkeypatch.setattr("fer_core.serve.engine.MAX_WAITING", 3)
    threads, service = cv2.getNumThreads(), Local()
    service.start(tmp_path)
    try:
        yield service
    finally:
        service.stop()
        cv2.setNumThreads(threads)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch, local: Local) -> Iterator[threading.Event]:
    """Pictures are worked on until the event is set."""
    from fer_core.serve import engine

    go, usual = threading.Event(), engine.analyze

    def waiting(*arguments: Any, **options: Any) -> Any:
        assert go.wait(60)
        return usual(*arguments, **options)

    monkeypatch.setattr(engine, "analyze", waiting)
    yield go
    go.set()


def asked(local: Local) -> dict[str, Any]:
    with local.client() as client:
        return client.analyze(good())


def test_slow_headers_end_the_connection(local: Local) -> None:
    started = time.monotonic()
    assert raw(local.port, b"GET /healthz HTTP/1.1\r\nHost: loc", patience=30) == b""
    assert raw(local.port, b"", patience=30) == b""
    assert time.monotonic() - started < 30
    assert asked(local)["faces"]


def test_a_slow_body_is_a_problem(local: Local) -> None:
    answer = raw(local.port, HEAD + b"Content-Length: 1000\r\n\r\nten bytes.", patience=30)
    assert answer.startswith(b"HTTP/1.1 408 ") and b"not complete within 0.5 seconds" in answer
    assert asked(local)["faces"]


def test_a_body_that_breaks_off_ends_nothing_else(local: Local) -> None:
    assert raw(local.port, HEAD + b"Content-Length: 1000\r\n\r\nten bytes.", half=True)[:12] in (b"", b"HTTP/1.1 400")
    assert asked(local)["faces"]


MANY_FACES = 3000  # their answer is larger than what the system takes for a client that does not read
ASKING = b"POST /v1/faces HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (MANY_FACES * 48 * 48)


@contextlib.contextmanager
def asking_for_much(local: Local, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A connection on which an answer has begun to come; the network need not work for it."""

    async def at_once(_: Engine, faces: np.ndarray[Any, Any], models: list[str]) -> dict[str, np.ndarray[Any, Any]]:
        return {name: np.full((len(faces), 7), 1 / 7, np.float32) for name in models}

    monkeypatch.setattr(Engine, "faces", at_once)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(60)
        connection.connect(("127.0.0.1", local.port))
        connection.sendall(ASKING + bytes(MANY_FACES * 48 * 48))
        assert connection.recv(12) == b"HTTP/1.1 200"
        yield connection


def test_an_answer_that_nobody_reads_ends_the_connection(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    with asking_for_much(local, monkeypatch) as connection:
        until(lambda: local.connections == 0, "the connection to end")
        received = 0
        with contextlib.suppress(ConnectionResetError):
            while chunk := connection.recv(65536):
                received += len(chunk)
    assert received < MANY_FACES * 7 * len("0.1429,"), "the answer was cut"
    assert asked(local)["faces"]


def test_an_answer_that_is_read_slowly_comes_whole(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fer_core.serve.protocol.ANSWER_BYTES", 1024)
    with asking_for_much(local, monkeypatch) as connection:
        received = b""
        for _ in range(8):  # longer than the limit altogether
            time.sleep(0.2)
            received += connection.recv(16384)
        while not received.endswith(b"}"):
            received += connection.recv(65536)
    body = received.partition(b"\r\n\r\n")[2]
    assert len(json.loads(body)["probabilities"]["cnn"]) == MANY_FACES


def test_a_full_queue_is_told_and_empties(local: Local, held: threading.Event) -> None:
    with ThreadPoolExecutor(3) as pool:
        answers = [pool.submit(asked, local) for _ in range(3)]
        until(lambda: local.waiting == 3, "three to wait")
        with local.client() as client:
            for path in ("/v1/analyze", "/v1/faces"):
                with pytest.raises(ServiceError, match="queue is full") as refused:
                    client.request("POST", path, good())
                assert refused.value.problem["status"] == 429 and (refused.value.retry_after or 0) >= 1
            with pytest.raises(ServiceError) as unready:
                client.request("GET", "/readyz")
            assert unready.value.problem["status"] == 503
            assert client.request("GET", "/healthz") == {"status": "ok"}
        held.set()
        assert all(answer.result()["faces"] for answer in answers)
    until(lambda: local.waiting == 0, "the queue to be empty")
    assert asked(local)["faces"]


def test_a_client_that_goes_away_frees_its_place(local: Local, held: threading.Event) -> None:
    picture = good()
    sent = HEAD + b"Content-Length: %d\r\n\r\n" % len(picture) + picture
    connections = [socket.create_connection(("127.0.0.1", local.port)) for _ in range(3)]
    for number, connection in enumerate(connections, start=1):
        connection.sendall(sent)
        until(lambda number=number: local.waiting == number, "it to wait")  # type: ignore[misc]
    connections[2].close()  # the only one that is not worked on yet
    until(lambda: local.waiting == 2, "its place to be free")
    held.set()
    for connection in connections[:2]:
        assert connection.recv(12) == b"HTTP/1.1 200"
        connection.close()
    until(lambda: "POST /v1/analyze 499" in "\n".join(local.lines), "the log to tell")


def test_what_fails_inside_is_told_without_what_was_sent(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError(SECRET)

    with monkeypatch.context() as patch, local.client() as client:
        patch.setattr("fer_core.serve.engine.analyze", broken)
        with pytest.raises(ServiceError) as failed:
            client.request("POST", "/v1/analyze", good(), models="cnn")
        assert failed.value.problem["status"] == 500 and "log" in failed.value.problem["detail"]
    assert asked(local)["faces"]
    log = "\n".join(local.lines)
    assert "RuntimeError" in log and "in broken" in log and SECRET not in log and "models=cnn" not in log


def test_the_log_tells_nothing_of_what_was_sent(service: Service, client: Client) -> None:
    with pytest.raises(ServiceError):
        client.request("GET", f"/v1/video/{SECRET}", name=SECRET)
    client.request("POST", "/v1/analyze", sample_image(), secret=SECRET)
    until(lambda: "GET /v1/video/{job} 404" in service.log, "the log to tell")
    requests = [line for line in service.log.splitlines() if re.search(r" (GET|POST) ", line)]
    assert requests and SECRET not in service.log and not any("127.0.0.1" in line for line in requests)


def test_models_that_cannot_be_used_are_named_and_the_others_serve(bundle: Path, tmp_path: Path) -> None:
    """The bad inputs 58 to 65, all at once beside a sound bundle."""
    import shutil

    damaged = [case for case in CASES if case.outcome == UNAVAILABLE]
    for case in damaged:
        copy = Path(shutil.copytree(bundle, bundle.parent / f"broken{case.number}"))
        assert case.damage
        case.damage(copy)
    with serving(tmp_path, "--models-dir", bundle.parent) as running, running.client() as client:
        answer = client.request("GET", "/v1/models")
        assert [model["name"] for model in answer["models"]] == ["tiny"]
        assert set(answer["unavailable"]) == {f"broken{case.number}" for case in damaged}
        for case in damaged:
            assert case.said in answer["unavailable"][f"broken{case.number}"]
        assert client.analyze(good())["models"] == ["tiny"]


def workers_of(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


needs_proc = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc")


@needs_proc
def test_a_killed_worker_loses_its_own_requests_alone_and_stopping_drains(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", 2, "--model", "cnn") as running:
        first = workers_of(running.process.pid)
        assert len(first) == 2
        stop, done, lost = threading.Event(), [], []

        def visit() -> None:
            while not stop.is_set():
                try:
                    with running.client() as client:  # a connection each, so that both processes get some
                        done.append(client.analyze(good())["models"])
                except OSError as error:
                    lost.append(error)

        with ThreadPoolExecutor(4) as pool:
            visits = [pool.submit(visit) for _ in range(4)]
            until(lambda: len(done) > 8, "answers")
            os.kill(first[0], signal.SIGKILL)
            until(lambda: len(set(workers_of(running.process.pid)) - {first[0]}) == 2, "another worker")
            count = len(done)
            until(lambda: len(done) > count + 8, "answers again")
            stop.set()
            for visit_done in visits:
                visit_done.result()
        assert len(lost) <= 4 and all(models == ["cnn"] for models in done)
        with running.client() as client:  # over all processes, also the one that is gone
            counted = client.request("GET", "/metrics").splitlines()
        answers_of = next(
            line for line in counted if line.startswith('fer_requests_total{route="/v1/analyze",status="200"}')
        )
        assert len(done) <= float(answers_of.split()[-1]) <= len(done) + len(lost)
        assert "fer_waiting_pictures 0.0" in counted
        assert f"Child process [{first[0]}] died" in running.log

        with ThreadPoolExecutor(8) as pool:
            asked_now = [pool.submit(answered, running.client) for _ in range(8)]
            until(lambda: any(future.running() for future in asked_now), "a request to be under way")
            time.sleep(0.05)
            assert running.stop() == 0
            answers = [future.result() for future in asked_now]
        assert all(answer in ("answered", "refused") for answer in answers) and "answered" in answers


def answered(client: Callable[[], Client]) -> str:
    """Whether a picture was answered, or not taken at all; a cut answer raises."""
    with client() as own:
        try:
            return "answered" if own.analyze(good())["faces"] else "nothing"
        except ConnectionRefusedError:
            return "refused"
