"""/openapi.json and /docs: sound, complete, without anything from elsewhere; every example on the page runs."""

import html
import os
import re
import subprocess
from pathlib import Path

import jsonschema
import pytest

from fer_core.client import Client
from fer_core.image import decode_image
from fer_core.serve.page import EXAMPLES
from fer_core.serve.problems import FACES, PARAMETER, PICTURE
from tests.support.bad_inputs import good
from tests.support.browser import until
from tests.support.service import Service
from tests.support.video_files import encode


@pytest.fixture(scope="module")
def page(service: Service) -> str:
    with service.client() as client:
        return str(client.request("GET", "/docs"))


def examples(page: str) -> list[str]:
    return [html.unescape(text) for text in re.findall(r"<pre>(.*?)</pre>", page, re.DOTALL)]


def test_the_description_is_sound_and_complete(client: Client) -> None:
    described = client.request("GET", "/openapi.json")
    assert described["openapi"].startswith("3.1")
    routes = {(path, method) for path, operations in described["paths"].items() for method in operations}
    assert routes == set(EXAMPLES)
    refused = described["paths"]["/v1/analyze"]["post"]["responses"]["422"]["description"]
    assert all(kind.title in refused for kind in (PICTURE, FACES, PARAMETER)), "they share a status"
    schemas = described["components"]["schemas"]
    for name, schema in schemas.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert "$defs" not in str(schema), name
    referred = set(re.findall(r"'#/components/schemas/(\w+)'", str(described)))
    assert referred <= set(schemas)


def test_the_page_loads_nothing(page: str) -> None:
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|\bsrc=", page)
    assert set(re.findall(r'href="([^"]+)"', page)) == {"openapi.json"}


def test_every_example_runs(page: str, service: Service, tmp_path: Path) -> None:
    (tmp_path / "picture.jpg").write_bytes(good("JPEG"))
    frame = decode_image(good())[:, :256]
    (tmp_path / "video.mp4").write_bytes(encode((frame for _ in range(3)), "mp4", 10))
    environment = {"PATH": os.environ["PATH"]}

    def run(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", f"set -o pipefail; {command.replace('curl ', 'curl --silent --show-error --fail ', 1)}"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    found = examples(page)
    assert len(found) == sum(map(len, EXAMPLES.values()))
    for example in sorted(found, key=lambda text: "-X DELETE" in text):  # that one last
        if example.endswith("/result"):
            until(lambda command=example: run(command).returncode == 0, "the job to be done")  # type: ignore[misc]
        done = run(example)
        assert done.returncode == 0, (example, done.stderr)
        if "/v1/video --data" in example:
            (environment["JOB"],) = re.findall(r'"job":"(\w+)"', done.stdout)
