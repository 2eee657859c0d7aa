"""Login with Amazon: refresh tokens and client credentials in, access tokens out, and what is said of one later.

In: form posts to `/auth/o2/token`. Out: the token answers and errors of OAuth 2 as Amazon gives them
(https://developer-docs.amazon.com/sp-api/docs/connecting-to-the-selling-partner-api). Access tokens issued are kept in
the emulator's state under their SHA-256, so that they live through a restart and no token lies in the file.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

from emulators.amazon.answers import TOKEN_EXPIRED, TOKEN_INVALID, TOKEN_MISSING, Refusal
from emulators.amazon.settings import Settings
from emulators.amazon.world import Application, Grant, World
from emulators.clock import Clock
from emulators.state import State
from emulators.wsgi import Request, Response, json_response

# How every access token of this emulator begins; a scan for leaked secrets looks for it.
ACCESS_TOKEN_START = "Atza|demo-access-"

_STATUSES = {"invalid_grant": 400, "invalid_client": 401, "invalid_request": 400}
_DESCRIPTIONS = {
    "invalid_grant": "The request has an invalid grant parameter : refresh_token",
    "invalid_client": "Client authentication failed",
    "invalid_request": "The request is missing a required parameter or otherwise malformed",
    "unauthorized_client": "The client is not authorized to request authorization using this method",
    "invalid_scope": "The requested scope is invalid, unknown or malformed",
    "unsupported_grant_type": "The authorization grant type is not supported by the authorization server",
    "access_denied": "The resource owner or authorization server denied the request",
    "server_error": "The authorization server encountered an unexpected condition",
    "temporarily_unavailable": "The authorization server is currently unable to handle the request",
}
_SCOPES = frozenset({"sellingpartnerapi::notifications", "sellingpartnerapi::migration"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a valid access token stands for."""

    client_id: str
    seller_id: str
    roles: frozenset[str]


class Login:
    """The token endpoint and the memory of what it gave out."""

    def __init__(self, world: World, state: State, clock: Clock, settings: Settings) -> None:
        self._world = world
        self._state = state
        self._clock = clock
        self._settings = settings

    def error(self, name: str) -> Response:
        """Answer one of OAuth's errors by name; a fault plan asks for them with `faults.named(name)`."""
        status = _STATUSES.get(name) or self._settings.login_statuses[name]
        return json_response(status, {"error": name, "error_description": _DESCRIPTIONS[name]}, *_NO_STORE)

    def issue(self, request: Request) -> Response:
        """Exchange a refresh token or client credentials for an access token."""
        form = _form_of(request)
        if form is None or "grant_type" not in form:
            return self.error("invalid_request")
        if form["grant_type"] not in ("refresh_token", "client_credentials"):
            return self.error("unsupported_grant_type")
        if not form.get("client_id") or not form.get("client_secret"):
            return self.error("invalid_request")
        application = self._world.applications.get(form["client_id"])
        if application is None or form["client_secret"] not in application.client_secrets:
            return self.error("invalid_client")
        if form["grant_type"] not in application.grant_types:
            return self.error("unauthorized_client")
        if form["grant_type"] == "refresh_token":
            return self._for_seller(application, form)
        return self._grantless(application, form)

    def _for_seller(self, application: Application, form: dict[str, str]) -> Response:
        if "scope" in form or not form.get("refresh_token"):
            return self.error("invalid_request")
        grant = self._world.grants.get(form["refresh_token"])
        if grant is None or grant.is_revoked or grant.client_id != application.client_id:
            return self.error("invalid_grant")
        body = {"access_token": self._new_token(application, grant), "refresh_token": grant.refresh_token}
        return self._answer(body)

    def _grantless(self, application: Application, form: dict[str, str]) -> Response:
        if "refresh_token" in form or not form.get("scope"):
            return self.error("invalid_request")
        if form["scope"] not in _SCOPES:
            return self.error("invalid_scope")
        return self._answer({"access_token": self._new_token(application, None)})

    def _answer(self, body: dict[str, str]) -> Response:
        lasting = {"token_type": "bearer", "expires_in": self._settings.access_token_seconds}
        return json_response(200, {**body, **lasting}, *_NO_STORE)

    def _new_token(self, application: Application, grant: Grant | None) -> str:
        number = self._state.count_up("access_tokens")
        seed = f"{application.client_id}/{grant.refresh_token if grant else ''}/{number}"
        token = ACCESS_TOKEN_START + hashlib.sha256(seed.encode()).hexdigest()
        token = (token + "A" * self._settings.access_token_length)[
            : max(len(token), self._settings.access_token_length)
        ]
        expires = self._clock.now() + timedelta(seconds=self._settings.access_token_seconds)
        record = {"client_id": application.client_id, "expires": expires.timestamp()}
        record["grant"] = _digest(grant.refresh_token) if grant else ""
        self._state.put("access_token", _digest(token), record)
        return token

    def caller(self, token: str | None) -> Caller:
        """Tell whom an access token stands for.

        Raises:
            Refusal: 403; its details tell a missing token from an expired one and from all other kinds of wrong.
        """
        if not token:
            raise Refusal(403, TOKEN_MISSING)
        record = self._state.get("access_token", _digest(token))
        grant = self._grant_of(record["grant"]) if record else None
        if record is None or grant is None or grant.is_revoked:
            raise Refusal(403, TOKEN_INVALID)
        if self._clock.now() >= datetime.fromtimestamp(record["expires"], UTC):
            raise Refusal(403, TOKEN_EXPIRED)
        return Caller(record["client_id"], grant.seller_id, grant.roles)

    def seller_of(self, token: str | None) -> str:
        """Return the seller an access token was given out for, expired or not; empty when it is none of ours."""
        record = self._state.get("access_token", _digest(token)) if token else None
        grant = self._grant_of(record["grant"]) if record else None
        return grant.seller_id if grant else ""

    def _grant_of(self, digest: str) -> Grant | None:
        grants = self._world.grants.values()
        return next((grant for grant in grants if _digest(grant.refresh_token) == digest), None)

    def expire_all(self) -> None:
        """Let every access token given out so far be expired from now on."""
        now = self._clock.now().timestamp()
        for digest, record in self._state.items("access_token"):
            self._state.put("access_token", digest, {**record, "expires": min(record["expires"], now)})


_NO_STORE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))


def _form_of(request: Request) -> dict[str, str] | None:
    kind = (request.header("content-type") or "").partition(";")[0].strip().lower()
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
