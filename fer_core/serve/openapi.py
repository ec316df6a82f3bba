"""/openapi.json: what FastAPI tells of the routes, with bodies, answers, problems and examples."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from fer_core.image import FACE_SIZE
from fer_core.limits import MAX_FILES, MAX_IMAGE_BYTES, MAX_REQUEST_BYTES, MAX_REQUEST_FACES, MAX_VIDEO_BYTES
from fer_core.serve.problems import KINDS, MEDIA_TYPE
from fer_core.serve.schemas import schemas

_BINARY: Final[dict[str, Any]] = {"type": "string", "format": "binary"}
_TEXT: Final[dict[str, Any]] = {"type": "string"}

BODIES: Final[dict[tuple[str, str], dict[str, Any]]] = {
    ("/v1/analyze", "post"): {
        "description": f"JPEG, PNG, WebP or BMP: one as it is, or up to {MAX_FILES} as files of a form; at most "
        f"{MAX_IMAGE_BYTES // 2**20} MB each and {MAX_REQUEST_BYTES // 2**20} MB together.",
        "content": {
            "application/octet-stream": {"schema": _BINARY},
            "multipart/form-data": {
                "schema": {"type": "object", "properties": {"picture": {"type": "array", "items": _BINARY}}}
            },
        },
    },
    ("/v1/faces", "post"): {
        "required": False,  # without one there are no faces, and that is no error
        "description": f"Grey faces of {FACE_SIZE}x{FACE_SIZE} pixels, a byte (0-255) a pixel, row by row, one face "
        f"after another; or a .npy file (N, {FACE_SIZE}, {FACE_SIZE}) uint8. At most {MAX_REQUEST_FACES}.",
        "content": {"application/octet-stream": {"schema": _BINARY}},
    },
    ("/v1/video", "post"): {
        "description": f"MP4, WebM, MOV or AVI of at most {MAX_VIDEO_BYTES // 2**20} MB, as it is.",
        "content": {"application/octet-stream": {"schema": _BINARY}},
    },
}
ANSWERS: Final[dict[tuple[str, str], tuple[str, str, dict[str, Any]]]] = {
    ("/v1/analyze", "post"): ("200", "application/json", {"$ref": "#/components/schemas/Analyses"}),
    ("/v1/faces", "post"): ("200", "application/json", {"$ref": "#/components/schemas/Probabilities"}),
    ("/v1/video", "post"): ("202", "application/json", {"$ref": "#/components/schemas/Job"}),
    ("/v1/video/{job}", "get"): ("200", "application/json", {"$ref": "#/components/schemas/Job"}),
    ("/v1/video/{job}/result", "get"): ("200", "text/csv", _TEXT),
    ("/v1/models", "get"): ("200", "application/json", {"$ref": "#/components/schemas/Models"}),
    ("/metrics", "get"): ("200", "text/plain", _TEXT),
}


def openapi(app: FastAPI, token: bool) -> dict[str, Any]:
    """The description. token: whether one is asked."""
    described = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    described.setdefault("components", {})["schemas"] = schemas()
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            _complete(operation, path, method)
    if token:
        described["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        described["security"] = [{"token": []}]
    return described


def _complete(operation: dict[str, Any], path: str, method: str) -> None:
    if body := BODIES.get((path, method)):
        operation["requestBody"] = {"required": True} | body
    if answer := ANSWERS.get((path, method)):
        status, media_type, schema = answer
        operation["responses"][status]["content"] = {media_type: {"schema": schema}}
    problem = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    titles: dict[int, list[str]] = {}
    for kind in KINDS:
        titles.setdefault(kind.status, []).append(kind.title)
    for status_code, said in titles.items():
        operation["responses"][str(status_code)] = {"description": "; ".join(said)} | problem
