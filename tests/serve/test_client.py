"""fer_core.client: what it needs, what it sends, and connections that end while they are idle."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from fer_core.client import Client, ServiceError
from tests.support.bad_inputs import good
from tests.support.browser import ROOT
from tests.support.service import Service


def test_it_brings_the_standard_library_alone() -> None:
    code = (
        "import sys, importlib.util as u\n"
        "spec = u.spec_from_file_location('client', 'fer_core/client.py')\n"
        "import types; errors = types.ModuleType('fer_core.errors'); errors.FerError = Exception\n"
        "sys.modules['fer_core'] = types.ModuleType('fer_core'); sys.modules['fer_core.errors'] = errors\n"
        "module = u.module_from_spec(spec); spec.loader.exec_module(module)\n"
        "print({n.split('.')[0] for n in sys.modules} - sys.stdlib_module_names - {'fer_core', '__main__'})"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()", done.stdout


def test_a_path_and_its_bytes_give_the_same(client: Client, tmp_path: Path) -> None:
    (tmp_path / "Ünï.png").write_bytes(good())
    assert client.analyze(tmp_path / "Ünï.png") == client.analyze(good()) | {"picture": "Ünï.png"}
    faces = np.zeros((3, 48, 48), np.uint8)
    assert [len(rows) for rows in client.faces(faces.tobytes(), models=("cnn",)).values()] == [3]
    assert {model["name"] for model in client.models()} == {"cnn", "everyday"}


def test_a_refusal_is_the_sentence_and_the_next_request_works(client: Client) -> None:
    with pytest.raises(ServiceError, match="is not a supported image") as refused:
        client.analyze(b"text")
    assert refused.value.problem["status"] == 422 and refused.value.retry_after is None
    assert client.analyze(good())["faces"]


def test_a_connection_that_ended_while_idle_is_opened_anew(service: Service) -> None:
    with service.client() as client:
        client.models()
        assert client._connection.sock
        client._connection.sock.shutdown(2)
        assert client.models()


def test_what_is_no_answer_of_the_service_is_an_error_too() -> None:
    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(502)
            self.send_header("Content-Length", "11")
            self.end_headers()
            self.wfile.write(b"bad gateway")

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with Client(f"http://127.0.0.1:{server.server_port}") as client:
            with pytest.raises(ServiceError, match="bad gateway") as failed:
                client.models()
        assert failed.value.problem["status"] == 502
        server.shutdown()
