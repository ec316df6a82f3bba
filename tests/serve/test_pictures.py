"""/v1/analyze and /v1/faces: the core's own results, in one form; refusals as problems."""

import io
import json
import struct
import urllib.request
from collections.abc import Callable
from typing import Any

import jsonschema
import numpy as np
import pytest

from fer_core import EMOTIONS, analyze, load_model
from fer_core.analysis import SCHEMA_VERSION, analysis_schema
from fer_core.client import Client, ServiceError
from fer_core.image import sample_image
from fer_core.limits import MAX_FILES, MAX_REQUEST_FACES
from tests.serve.conftest import MODELS
from tests.support.bad_inputs import ANY, CASES, LEFT_OUT, NO_FACE, REFUSED, SAME, UNAVAILABLE, WHOLE, Case, Files, good
from tests.support.service import Service

UPLOADS = [case for case in CASES if case.outcome != UNAVAILABLE]
FACES = np.random.default_rng(0).integers(0, 256, (70, 48, 48), dtype=np.uint8)


def npy(array: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=True)
    return out.getvalue()


def claiming(shape: bytes) -> bytes:
    """The .npy file of FACES with another shape in its header."""
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': %s, }" % shape
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + header.ljust(117) + b"\n" + FACES.tobytes()


def multipart(files: Files) -> tuple[bytes, str]:
    """A body with each file under its name (as RFC 7578 has them: UTF-8, quotes escaped), and its content type."""
    body = b""
    for name, data in files:
        shown = name.replace("\\", "\\\\").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A").encode()
        body += b'--edge\r\nContent-Disposition: form-data; name="picture"; filename="' + shown + b'"\r\n\r\n'
        body += data + b"\r\n"
    return body + b"--edge--\r\n", "multipart/form-data; boundary=edge"


def post(service: Service, files: Files, query: str = "") -> tuple[int, str, dict[str, Any]]:
    """Status, content type and content of the answer to a multipart request."""
    body, kind = multipart(files)
    request = urllib.request.Request(f"{service.url}/v1/analyze{query}", body, {"Content-Type": kind})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers["Content-Type"], json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], json.load(error)


def test_a_picture_gives_what_the_core_gives(client: Client) -> None:
    expected = analyze(sample_image(), MODELS).to_dict()
    assert client.analyze(sample_image()) == expected
    assert client.analyze(sample_image(), models=["cnn"], detector="haar", unsure_below=1) == (
        analyze(sample_image(), ["cnn"], detector="haar", threshold=1).to_dict()
    )


def test_an_answer_names_the_version_of_its_form(client: Client) -> None:
    answer = client.request("POST", "/v1/analyze", sample_image())
    assert answer["schema_version"] == SCHEMA_VERSION and answer["refused"] == []
    jsonschema.validate(answer["analyses"][0], analysis_schema())


@pytest.mark.parametrize("case", UPLOADS, ids=str)
def test_every_bad_input_has_a_typed_answer_and_the_next_request_works(
    service: Service, client: Client, case: Case
) -> None:
    status, kind, answer = post(service, case.files(), "?models=cnn")
    if case.outcome == LEFT_OUT:
        assert (status, kind) == (413, "application/problem+json") and str(MAX_FILES) in answer["detail"]
    elif case.outcome == REFUSED:
        assert (status, kind) == (422, "application/problem+json")
        assert case.said in answer["detail"] and answer["type"] == "urn:facial-emotions:problem:picture"
        assert all(case.said in problem["detail"] for problem in answer.get("refused", [answer]))
    else:
        assert (status, kind) == (200, "application/json") or case.outcome == ANY
        check_results(case, answer)
    assert client.analyze(good(), models="cnn")["faces"]


def check_results(case: Case, answer: dict[str, Any]) -> None:
    given = case.files()
    analyses = answer.get("analyses", [])
    assert len(analyses) + len(answer["refused"]) == len(given)
    for analysis in analyses:
        jsonschema.validate(analysis, analysis_schema())
    if case.outcome == NO_FACE:
        assert not any(analysis["faces"] for analysis in analyses)
    if case.outcome == SAME:
        (expected,) = analyze(good(), ["cnn"]).faces
        found = [face["predictions"]["cnn"]["label"] for analysis in analyses for face in analysis["faces"]]
        assert found == [expected.predictions["cnn"].label] * len(given)
        assert "SecretCamera" not in json.dumps(answer)
    if case.outcome == WHOLE:
        assert [face["whole_picture"] for face in analyses[0]["faces"]] == [True]


def test_of_several_pictures_the_good_ones_are_read(service: Service) -> None:
    status, _, answer = post(service, [("a.png", good()), ("b.txt", b"text"), ("c.png", good())])
    assert status == 200 and [analysis["picture"] for analysis in answer["analyses"]] == ["a.png", "c.png"]
    (refused,) = answer["refused"]
    assert refused["picture"] == "b.txt" and refused["detail"].startswith("b.txt is not a supported image")


@pytest.mark.parametrize("body", [FACES.tobytes(), npy(FACES)], ids=["bare pixels", "npy"])
def test_faces_give_what_the_network_gives(client: Client, body: bytes) -> None:
    answer = client.request("POST", "/v1/faces", body, models="cnn")
    assert answer["emotions"] == list(EMOTIONS) and answer["faces"] == len(FACES)
    expected = load_model("cnn").predict_proba(FACES)
    assert np.abs(np.array(answer["probabilities"]["cnn"]) - expected).max() < 1e-3


def test_no_faces_are_no_error(client: Client) -> None:
    assert client.faces(b"", models="cnn") == {"cnn": []}


REFUSALS: dict[str, tuple[str, Callable[[], bytes], dict[str, str], int, str]] = {
    "a byte too many": ("/v1/faces", lambda: bytes(2305), {}, 422, "2304 bytes a face"),
    "another dtype": ("/v1/faces", lambda: npy(FACES.astype(np.float32)), {}, 422, "float32"),
    "another shape": ("/v1/faces", lambda: npy(FACES[0]), {}, 422, "(48, 48) uint8"),
    "columns first": ("/v1/faces", lambda: npy(np.asfortranarray(FACES)), {}, 422, "Fortran order"),
    "a pickle": ("/v1/faces", lambda: npy(np.array([{}, print], dtype=object)), {}, 422, "Received: (2,) object"),
    "a cut array": ("/v1/faces", lambda: npy(FACES)[:-1], {}, 422, "161279 bytes of pixels"),
    "an array whose shape is code": ("/v1/faces", lambda: claiming(b"(10**9, 48, 48)"), {}, 422, "cannot be read"),
    "an array that claims 1e9 faces": ("/v1/faces", lambda: claiming(b"(1000000000, 48, 48)"), {}, 422, "header says"),
    "a header without an end": ("/v1/faces", lambda: b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65535, {}, 422, "be read"),
    "too many faces": ("/v1/faces", lambda: bytes(2304 * (MAX_REQUEST_FACES + 1)), {}, 413, "4096 faces"),
    "an unknown model": ("/v1/faces", lambda: b"", {"models": "../cnn"}, 422, "expected some of cnn, everyday"),
    "a model that is not served": ("/v1/analyze", good, {"models": "cnn,vgg"}, 422, "Received: vgg"),
    "an unknown detector": ("/v1/analyze", good, {"detector": "x"}, 422, "detector: expected one of"),
    "a threshold above 1": ("/v1/analyze", good, {"unsure_below": "2"}, 422, "unsure_below: "),
    "an address as picture": ("/v1/analyze", lambda: b"http://127.0.0.1/a.png", {}, 422, "not a supported image"),
    "a path as picture": ("/v1/analyze", lambda: b"/etc/passwd", {}, 422, "not a supported image"),
    "an unknown address": ("/v2/analyze", good, {}, 404, "Not Found"),
}


@pytest.mark.parametrize(("path", "body", "query", "status", "said"), REFUSALS.values(), ids=REFUSALS)
def test_refusals_are_problems(
    client: Client, path: str, body: Callable[[], bytes], query: dict[str, str], status: int, said: str
) -> None:
    with pytest.raises(ServiceError) as refused:
        client.request("POST", path, body(), **query)
    problem = refused.value.problem
    assert problem["status"] == status and said in problem["detail"]
    assert set(problem) >= {"type", "title", "status", "detail"}
    assert problem["type"].startswith("urn:facial-emotions:problem:")
