"""Who is let in, and where the service listens at all."""

import http.client
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fer_core.cli.parser import main
from fer_core.client import Client, ServiceError
from fer_core.serve.access import OPEN, is_local
from tests.support.bad_inputs import good
from tests.support.browser import ROOT
from tests.support.service import Service, serving

TOKEN = "0123456789abcdef-0123456789abcdef"
PROTECTED = (
    "/v1/models",
    "/v1/analyze",
    "/v1/video/x",
    "/metrics",
    "/anything",
    "//v1/models",
    "/healthz/../v1/models",
)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True), ("127.9.9.9", True), ("localhost", True), ("LOCALHOST", True), ("::1", True),
        ("[::1]", True), ("0.0.0.0", False), ("::", False), ("", False), ("192.168.0.1", False),
        ("localhost.example.org", False),
        ("127.0.0.1.example.org", False), ("2130706433", False), ("::ffff:192.168.0.1", False),
    ],
)  # fmt: skip
def test_what_is_this_machine_s_own(host: str, local: bool) -> None:
    assert is_local(host) is local


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--host", "0.0.0.0"], "a token is needed"),
        (["--host", "::"], "a token is needed"),
        (["--host", ""], "a token is needed"),
        (["--host", "0.0.0.0", "--token-file", "short.txt"], "the token is too short"),
        (["--token-file", "empty.txt"], "its first line is empty"),
        (["--token-file", "missing.txt"], "missing.txt cannot be read"),
        (["--port", "99999"], "cannot listen at"),
        (["--model", "nothing"], "There is no model 'nothing'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_it_does_not_start(
    options: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FER_API_TOKEN", raising=False)
    Path("short.txt").write_text("secret\n")
    Path("empty.txt").write_text("\n")
    assert main(["serve", *options]) == 2
    assert said in capsys.readouterr().err


def test_without_the_extra_it_says_what_to_install() -> None:
    code = "import sys; sys.modules['uvicorn'] = None; from fer_core.cli.parser import main; sys.exit(main(['serve']))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "uvicorn is missing" in line and "pip install" in line


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Open to other machines, so with a token."""
    with serving(
        tmp_path_factory.mktemp("guarded"), "--host", "0.0.0.0", "--model", "cnn", FER_API_TOKEN=TOKEN
    ) as running:
        yield running


@pytest.mark.parametrize("token", ["", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "ü" * 10])
@pytest.mark.parametrize("path", PROTECTED)
def test_without_the_token_nothing_is_told(guarded: Service, path: str, token: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", guarded.port, timeout=30)
    connection.putrequest("POST", path)
    if token:
        connection.putheader("Authorization", f"Bearer {token}".encode())
    connection.putheader("Content-Length", "0")
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
    assert b"needs a token" in answer.read()
    connection.close()


def test_with_the_token_all_is(guarded: Service) -> None:
    with guarded.client() as client:
        assert client.analyze(good())["faces"] and client.models()[0]["name"] == "cnn"
        assert "fer_requests_total" in client.request("GET", "/metrics")
    with guarded.client(token="") as client:
        for path in OPEN:
            client.request("GET", path)
        assert "$TOKEN" in client.request("GET", "/docs")
        assert client.request("GET", "/openapi.json")["security"] == [{"token": []}]
    assert TOKEN not in guarded.log


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "localhost:8502"}, 200),
        ({"Host": "127.0.0.1"}, 200),
        ({"Host": "[::1]:8502"}, 200),
        ({"Host": "127.0.0.1", "Origin": "http://localhost:3000"}, 200),
        ({"Host": "evil.example.org"}, 403),
        ({"Host": "127.0.0.1.evil.example.org"}, 403),
        ({"Host": "127.0.0.1", "Origin": "https://evil.example.org"}, 403),
        ({"Host": "127.0.0.1", "Origin": "null"}, 403),
        ({"Host": "["}, 403),
    ],
    ids=str,
)
def test_without_a_token_no_web_page_of_others_gets_in(service: Service, headers: dict[str, str], status: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    connection.request("GET", "/v1/models", headers=headers)
    answer = connection.getresponse()
    assert answer.status == status
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
    connection.close()


def test_no_origin_is_allowed_to_read(guarded: Service) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", guarded.port, timeout=30)
    headers = {"Origin": "https://page.example.org", "Access-Control-Request-Method": "POST"}
    connection.request("OPTIONS", "/v1/analyze", headers=headers | {"Authorization": f"Bearer {TOKEN}"})
    answer = connection.getresponse()
    assert answer.status == 405
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
    connection.close()


def test_a_wrong_method_names_all_that_are_taken(service: Service) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    for path, allowed in (("/v1/video/x", "DELETE, GET"), ("/v1/analyze", "POST"), ("/v1/video/x/result", "GET")):
        connection.request("PATCH", path)
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Allow"]) == (405, allowed)
        answer.read()
    connection.close()


def test_the_client_says_why(guarded: Service) -> None:
    with Client(f"http://127.0.0.1:{guarded.port}", token="wrong") as client, pytest.raises(ServiceError) as refused:
        client.models()
    assert refused.value.problem["status"] == 401 and "needs a token" in str(refused.value)
