"""The forms of the service's answers, as components of /openapi.json; that of an analysis is `analysis.schema.json`."""

import json
from typing import Any, Final

from fer_core.analysis import analysis_schema
from fer_core.emotions import EMOTIONS
from fer_core.serve.jobs import STATES
from fer_core.serve.problems import KINDS

_TEXT: Final[dict[str, Any]] = {"type": "string"}
_NAMES: Final[dict[str, Any]] = {"type": "array", "items": _TEXT}
_COUNT: Final[dict[str, Any]] = {"type": "integer", "minimum": 0}
_VERSION: Final[dict[str, Any]] = {"type": "integer", "description": "of the form of the answer"}
_ROW: Final = {"type": "array", "items": {"type": "number"}, "minItems": len(EMOTIONS), "maxItems": len(EMOTIONS)}

_SCHEMAS: Final[dict[str, Any]] = {
    "Analyses": {
        "type": "object",
        "required": ["schema_version", "analyses", "refused"],
        "properties": {
            "schema_version": _VERSION,
            "analyses": {"type": "array", "items": {"$ref": "#/components/schemas/Analysis"}},
            "refused": {"type": "array", "items": {"$ref": "#/components/schemas/Problem"}},
        },
    },
    "Probabilities": {
        "type": "object",
        "required": ["schema_version", "emotions", "faces", "probabilities"],
        "properties": {
            "schema_version": _VERSION,
            "emotions": {"type": "array", "items": {"$ref": "#/components/schemas/Emotion"}},
            "faces": _COUNT,
            "probabilities": {
                "description": "model -> a row for each face, in the order of `emotions`",
                "type": "object",
                "additionalProperties": {"type": "array", "items": _ROW},
            },
        },
    },
    "Job": {
        "type": "object",
        "required": ["schema_version", "job", "state", "progress", "models", "detector"],
        "properties": {
            "schema_version": _VERSION,
            "job": _TEXT,
            "state": {"enum": list(STATES)},
            "progress": {"type": "number", "minimum": 0, "maximum": 1},
            "models": _NAMES,
            "detector": _TEXT,
            "detail": {"type": "string", "description": "why it failed"},
            "notes": _NAMES,
            "summary": {
                "description": "seconds, frames, faces; shares: model -> emotion -> seconds for which it was shown",
                "type": "object",
            },
        },
    },
    "Models": {
        "type": "object",
        "required": ["models", "unavailable"],
        "properties": {
            "models": {"type": "array", "items": {"type": "object", "required": ["name", "title", "version"]}},
            "unavailable": {"description": "name -> reason", "type": "object", "additionalProperties": _TEXT},
        },
    },
    "Problem": {
        "description": "RFC 9457",
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"enum": [kind.type for kind in KINDS]},
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "a sentence for people"},
            "picture": {"type": "string", "description": "the file that it is about"},
            "refused": {"type": "array", "items": {"$ref": "#/components/schemas/Problem"}},
        },
    },
}


def schemas() -> dict[str, Any]:
    """Name -> JSON Schema, which may refer to the others."""
    text = json.dumps(analysis_schema()).replace("#/$defs/", "#/components/schemas/")
    analysis = json.loads(text)
    return {"Analysis": analysis, **analysis.pop("$defs"), **_SCHEMAS}
