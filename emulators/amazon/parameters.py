"""Parameters that an operation does not know.

In: a request and the names an operation has. Out: the request with those alone, or a 400, as the switch says. That
Amazon passes over unknown ones is seen by its clients: python-amazon-sp-api, in wide use, sends the marketplace of any
question under four names at once.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from emulators.amazon.answers import Refusal, invalid
from emulators.amazon.settings import Settings
from emulators.wsgi import Request


def with_known(request: Request, names: Set[str], settings: Settings, refusal: Refusal | None = None) -> Request:
    """Return the request with the parameters of these names.

    Raises:
        Refusal: 400 for another one, where such are refused.
    """
    unknown = set(request.query) - names
    if unknown and settings.unknown_parameters == "refused":
        raise refusal or invalid(f"Unknown parameter {min(unknown)}.")
    return replace(request, query={name: values for name, values in request.query.items() if name in names})
