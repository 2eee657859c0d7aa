"""Check an answer against Amazon's own Swagger 2.0 models.

In: operation, status, JSON body. Out: nothing, or an assertion that names what does not fit. Swagger 2.0 schemas are
JSON Schema draft 4 with local references, so the model itself is the reference root.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

# The checkers of the library know date-times only where another package is installed.
_FORMATS = jsonschema.FormatChecker()
_MODELS = Path(__file__).parent / "models"


@cache
def responses() -> dict[tuple[str, str], tuple[dict[str, Any], dict[str, Any] | None]]:
    """Return (operation, status) -> (model, schema or None) over all models."""
    found = {}
    for path in sorted(_MODELS.glob("*.json")):
        model = json.loads(path.read_text("utf-8"))
        for operations in model["paths"].values():
            for method, operation in operations.items():
                if method == "parameters":
                    continue
                for status, response in operation["responses"].items():
                    found[operation["operationId"], status] = (model, response.get("schema"))
    return found


def assert_fits(operation: str, status: int, body: Any) -> None:
    """Fail unless the model knows this status for the operation and the body fits its schema."""
    model, schema = responses()[operation, str(status)]
    assert schema is not None, f"{operation} {status} has no body in the model"
    root = {**schema, "definitions": model["definitions"]}
    errors = list(jsonschema.Draft4Validator(root, format_checker=_FORMATS).iter_errors(body))
    assert not errors, f"{operation} {status}: {[error.message for error in errors]}"


@_FORMATS.checks("date-time", raises=ValueError)
def instant_is_aware(text: object) -> bool:
    """Tell whether a text is a date-time with a zone, as RFC 3339 demands; what is no text is judged by its type."""
    return not isinstance(text, str) or datetime.fromisoformat(text).tzinfo is not None
