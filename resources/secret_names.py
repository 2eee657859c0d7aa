"""Names of secrets as settings say them: what is a secret itself by its looks is refused, and never said again.

In: a text from a settings file. Out: the same text, or a sentence that does not repeat it. A value pasted where its
name belongs would be shown by every sentence that names the secret, and archived with the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator

from resources.transport.redact import redact_text

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,99}\Z")
# A word of a name is no longer than this; a token or a key is one long run of letters and digits.
_WORD_MAX = 24
_AMAZON_ID = "amzn1."
_ISSUED = "If it is the secret itself, take it out of the file and have a new one issued: it may have been seen."


def secret_name(text: str) -> str:
    """Return the name of a secret; raise ValueError, without the text, for what is none or is a secret by its looks."""
    words = re.split(r"[_./-]", text)
    if not NAME.match(text) or text.startswith(_AMAZON_ID) or any(len(one) > _WORD_MAX for one in words):
        raise ValueError(f"this is no name of a secret in the vault, such as amazon_us_refresh_token. {_ISSUED}")
    return text


SecretName = Annotated[str, AfterValidator(secret_name)]


def secrets_in(value: Any, location: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield where in a nested value a text holds a secret by its looks: a token, a key, a password in an address."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from secrets_in(inner, (*location, key))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from secrets_in(inner, (*location, at))
    elif isinstance(value, str) and redact_text(value) != value:
        yield location


HOLDS_A_SECRET = f"holds what looks like a secret; the file names secrets, the vault holds them. {_ISSUED}"
