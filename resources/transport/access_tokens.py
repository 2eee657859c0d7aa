"""Access tokens of OAuth2, whoever issues them: kept by key, renewed before their end, read from an answer.

In: the answer of a token endpoint. Out: a token with the seconds it lives, or nothing where the answer holds none that
can be used; and the caches that runs and processes share tokens by (RFC 6749, section 5).
"""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from typing import Protocol

import httpx

from resources.vault import SecretText

# Amazon's own SDK renews 30 s before the end; half a minute more covers a slow line.
RENEWED_BEFORE_SECONDS = 60
# The only two OAuth errors that may pass by themselves.
PASSING_ERRORS = frozenset({"server_error", "temporarily_unavailable"})
_LIFE_SECONDS_MAX = 86_400


class TokenCache(Protocol):
    """Access tokens by key, shared by runs and processes. Values are secrets: a lasting cache seals them."""

    def get(self, key: str) -> tuple[str, datetime] | None: ...

    def put(self, key: str, token: str, expires_at: datetime) -> None: ...

    def forget(self, key: str) -> None: ...


class MemoryTokenCache:
    """A cache of one process, shared by its threads."""

    def __init__(self) -> None:
        self._tokens: dict[str, tuple[SecretText, datetime]] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> tuple[str, datetime] | None:
        """Return token and end of its life, or None."""
        with self._lock:
            held = self._tokens.get(key)
        return None if held is None else (held[0].reveal(), held[1])

    def put(self, key: str, token: str, expires_at: datetime) -> None:
        """Keep a token."""
        with self._lock:
            self._tokens[key] = (SecretText(token), expires_at)

    def forget(self, key: str) -> None:
        """Drop a token, if there is one."""
        with self._lock:
            self._tokens.pop(key, None)


def living_token(cache: TokenCache, key: str, now: datetime) -> str | None:
    """Return the cached token of a key, None where there is none or it is about to end."""
    held = cache.get(key)
    if held is None or held[1] - now <= timedelta(seconds=RENEWED_BEFORE_SECONDS):
        return None
    return held[0]


def object_of(response: httpx.Response) -> dict:
    """Return the JSON object that an answer holds; an empty one for anything else."""
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def token_in(body: dict, length_max: int) -> tuple[str, int] | None:
    """Return the access token in an answer and the seconds it lives; None where it holds no usable one."""
    token, seconds = body.get("access_token"), body.get("expires_in")
    is_token = isinstance(token, str) and 0 < len(token) <= length_max
    if not is_token or not token.isascii() or not token.isprintable() or " " in token:
        return None
    is_seconds = isinstance(seconds, int) and not isinstance(seconds, bool) and seconds > 0
    # Without a word on its life a token serves this one call and is fetched anew for the next.
    return token, min(seconds, _LIFE_SECONDS_MAX) if is_seconds else 1
