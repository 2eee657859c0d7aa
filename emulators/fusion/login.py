"""The identity domain: client credentials in, access tokens out, and whom a token stands for later.

In: form posts to `/oauth2/v1/token`, credentials by Basic header or in the form. Out: OAuth's answers and errors.
Tokens issued are kept under their SHA-256, so that they live through a restart and no token lies in the file.
Source: https://docs.oracle.com/en-us/iaas/Content/Identity/access/working-with-oauth-20-client-credentials.htm and
https://docs.oracle.com/en/cloud/saas/financials/25d/farfa/Retrieving_Bearer_Token_Using_IDCS.html.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote_plus

from emulators.clock import Clock
from emulators.fusion.answers import json_answer
from emulators.fusion.site import Client, Site
from emulators.fusion.store import Store
from emulators.wsgi import Request, Response

# How every access token of this emulator begins; a scan for leaked secrets looks for it.
ACCESS_TOKEN_START = base64.urlsafe_b64encode(b'{"alg":"RS256","kid":"demo-fusion"}').decode().rstrip("=") + "."

_ERRORS = {
    "invalid_client": (401, "Client authentication failed."),
    "invalid_scope": (400, "Invalid scope."),
    "unsupported_grant_type": (400, "The grant type is not supported."),
    "invalid_request": (400, "A mandatory parameter is missing, or the request is malformed."),
}
_NO_STORE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))


class Login:
    """The token endpoint and the memory of what it gave out."""

    def __init__(self, site: Site, store: Store, clock: Clock) -> None:
        self._site = site
        self._store = store
        self._clock = clock

    def issue(self, request: Request) -> Response:
        """Exchange client credentials for an access token; there is no refresh token in this grant."""
        form = _form_of(request)
        if form is None or not form.get("grant_type"):
            return self._error("invalid_request")
        if form["grant_type"] != "client_credentials":
            return self._error("unsupported_grant_type")
        client_id, secret = basic_credentials(request) or (form.get("client_id", ""), form.get("client_secret", ""))
        client = self._site.client(client_id)
        if client is None or client.is_revoked or secret != client.secret:
            return self._error("invalid_client")
        if form.get("scope") != client.scope:
            return self._error("invalid_scope")
        seconds = self._site.timing.token_seconds
        body = {"access_token": self._new_token(client, seconds), "token_type": "Bearer", "expires_in": seconds}
        return json_answer(200, body).with_headers(*_NO_STORE)

    def caller(self, request: Request) -> Client | None:
        """Return the client behind a bearer token, or None for a missing, unknown, expired or revoked one."""
        named = basic_credentials(request)
        if named is not None and self._site.switches.is_basic_accepted:
            client = self._site.client(named[0])
            return client if client and client.secret == named[1] and not client.is_revoked else None
        scheme, _, token = (request.header("Authorization") or "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        row = self._store.get("TOKEN", _digest(token.strip()))
        if row is None or self._clock.now() >= datetime.fromisoformat(row["EXPIRES_AT"]):
            return None
        client = self._site.client(row["CLIENT_ID"])
        return None if client is None or client.is_revoked else client

    def expire_all(self) -> None:
        """Let every access token given out so far be expired from now on."""
        self._store.run("UPDATE TOKEN SET EXPIRES_AT = ?", [self._clock.now().astimezone(UTC).isoformat()])

    def _new_token(self, client: Client, seconds: int) -> str:
        number = self._store.count_up("access_token")
        expires = self._clock.now() + timedelta(seconds=seconds)
        claims = {"sub": client.client_id, "jti": number, "exp": int(expires.timestamp())}
        body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        signature = hashlib.sha256(f"{client.client_id}/{client.secret}/{number}".encode()).hexdigest()
        token = f"{ACCESS_TOKEN_START}{body}.{signature}"
        row = {"DIGEST": _digest(token), "CLIENT_ID": client.client_id, "EXPIRES_AT": expires.isoformat()}
        self._store.insert("TOKEN", row)
        return token

    def _error(self, name: str) -> Response:
        status, text = _ERRORS[name]
        ecid = f"demo{self._store.count_up('ecid'):08d}"
        answer = json_answer(status, {"error": name, "error_description": text, "ecid": ecid})
        return answer.with_headers(*_NO_STORE)


def basic_credentials(request: Request) -> tuple[str, str] | None:
    """Return name and password of an HTTP Basic header (both form-encoded by RFC 6749, 2.3.1), or None."""
    scheme, _, encoded = (request.header("Authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote_plus(name), unquote_plus(password)


def _form_of(request: Request) -> dict[str, str] | None:
    kind = (request.header("Content-Type") or "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return None
    try:
        fields = parse_qs(request.body.decode("utf-8"), keep_blank_values=True)
    except UnicodeDecodeError:
        return None
    if any(len(values) > 1 for values in fields.values()):
        return None
    return {name: values[0] for name, values in fields.items()}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
