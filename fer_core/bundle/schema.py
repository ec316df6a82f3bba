"""Checks the content of card.json against card.schema.json, which stands beside this module."""

import functools
import json
import math
from typing import TYPE_CHECKING, Any, Final

from fer_core.utils.files import PACKAGE

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

SCHEMA: Final = PACKAGE / "bundle" / "card.schema.json"
_LONGEST: Final = 80  # characters of a value in a message


def find_fault(content: Any) -> str | None:
    """The first fault of a card's content (parsed JSON) in a line that names the field; None if there is none."""
    error = next(_validator().iter_errors(content), None)
    return _describe(error) if error else _find_uneven_curve(content)


@functools.cache
def _validator() -> "Validator":
    import jsonschema  # here: a tenth of a second, which `import fer_core` need not take

    base = jsonschema.Draft202012Validator
    # Python's JSON knows NaN and Infinity, and a limit lets NaN pass
    numbers = base.TYPE_CHECKER.redefine(
        "number", lambda checker, value: base.TYPE_CHECKER.is_type(value, "number") and -math.inf < value < math.inf
    )
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator: Validator = jsonschema.validators.extend(base, type_checker=numbers)(schema)
    return validator


def _describe(error: "ValidationError") -> str:
    """ "FIELD: Expected X. Received: Y.", where X is the description in the schema; or which fields are lacking."""
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path).lstrip(".")
    if error.validator == "required":
        missing = sorted(set(error.validator_value) - set(error.instance))
        return f"{path} lacks fields: {', '.join(missing)}.".lstrip()
    received = repr(error.instance)
    if len(received) > _LONGEST:
        received = f"{received[:_LONGEST]} …"
    return f"{path}: Expected {error.schema['description']}. Received: {received}.".removeprefix(": ")


def _find_uneven_curve(content: dict[str, Any]) -> str | None:
    """What a schema cannot say: a curve of accuracy over severity has as many of the one as of the other."""
    for kind, curve in content.get("robustness", {}).get("curves", {}).items():
        levels, accuracy = len(curve["levels"]), len(curve["accuracy"])
        if levels != accuracy:
            return f"robustness.curves.{kind}: Expected as many levels as accuracies. Received: {levels}, {accuracy}."
    return None
