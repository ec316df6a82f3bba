"""The form of `Analysis.to_dict()`, for whoever reads it in another program: JSON Schema, with a version."""

import json
from typing import Any, Final

from fer_core.utils.files import PACKAGE

SCHEMA_VERSION: Final = 1
"""Goes up when a field changes its meaning or goes; a new field leaves it."""
SCHEMA: Final = PACKAGE / "analysis" / "analysis.schema.json"


def analysis_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of version SCHEMA_VERSION."""
    content: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return content
