"""OAuth2 client credentials: fetch an access token, share it, renew it, and put it on every call.

In: names of two secrets and a way to read them. Out: an `httpx.Auth` that is a generator without I/O of its own: the
token request is yielded like any other and passes through the same rings. A read answered 401 is repeated once with a
fresh token; a write never is, its token is only forgotten. Sources:
docs.oracle.com/en-us/iaas/Content/Identity/access/working-with-oauth-20-client-credentials.htm, RFC 6749 sections 2.3.1
(credentials in header or form), 4.4 and 5.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Generator
from datetime import timedelta

import httpx

from ledger.errors import ConnectorError, TargetError, TargetMisconfigured, TargetUnavailable
from resources.clock import Clock
from resources.erp.fusion.settings import FusionSettings
from resources.transport.access_tokens import PASSING_ERRORS, TokenCache, living_token, object_of, token_in

TOKEN_OPERATION = "token"
_TOKEN_LENGTH_MAX = 16_384


class BearerAuth(httpx.Auth):
    """The outermost ring: a bearer token on every call.

    Args:
        settings: Whose token, from which endpoint.
        read_secret: Returns a secret by name; called at every exchange, so a rotated secret is used at once.
        clock: Tells when a token is about to end.
        cache: Where tokens outlive this process.
    """

    requires_response_body = True

    def __init__(
        self, settings: FusionSettings, read_secret: Callable[[str], str], clock: Clock, cache: TokenCache
    ) -> None:
        self._settings = settings
        self._read_secret = read_secret
        self._clock = clock
        self._cache = cache

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign the call, fetching a token first when none is cached.

        Raises:
            TargetMisconfigured: A secret is missing, or the endpoint says no and only a person can change it.
            TargetUnavailable: The endpoint has a fault that may pass. In both cases the call itself was not sent.
        """
        key = token_key(self._settings, self._secret(self._settings.client_id_secret))
        token = living_token(self._cache, key, self._clock.now())
        if token is None:
            token = yield from self._exchange(key)
        request.headers["authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code != 401:
            return
        self._cache.forget(key)
        if request.extensions.get("repeatable") is not True:
            return
        token = yield from self._exchange(key)
        request.headers["authorization"] = f"Bearer {token}"
        if (yield request).status_code == 401:
            self._cache.forget(key)

    def _exchange(self, key: str) -> Generator[httpx.Request, httpx.Response, str]:
        requested_at = self._clock.now()
        response = yield self._token_request()
        token, seconds = token_of(self._settings, response)
        self._cache.put(key, token, requested_at + timedelta(seconds=seconds))
        return token

    def _token_request(self) -> httpx.Request:
        settings = self._settings
        form = {"grant_type": "client_credentials", "scope": settings.scope}
        client_id, client_secret = (
            self._secret(name) for name in (settings.client_id_secret, settings.client_secret_secret)
        )
        timeout = httpx.Timeout(settings.read_timeout_seconds, connect=settings.connect_timeout_seconds)
        headers = {"accept": "application/json"}
        if settings.credentials_in == "form":
            form |= {"client_id": client_id, "client_secret": client_secret}
        else:
            pair = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
            headers["authorization"] = f"Basic {pair}"
        return httpx.Request(
            "POST",
            settings.token_url,
            data=form,
            headers=headers,
            extensions={
                "operation": TOKEN_OPERATION,
                # An exchange changes nothing: older access tokens go on living.
                "repeatable": True,
                "is_passing": lambda response: _error_of(response) in PASSING_ERRORS,
                "timeout": timeout.as_dict(),
            },
        )

    def _secret(self, name: str) -> str:
        try:
            return self._read_secret(name)
        except TargetError:
            raise
        except ConnectorError as error:
            raise TargetMisconfigured(f"Fusion cannot be called: {error}") from None


def token_key(settings: FusionSettings, client_id: str) -> str:
    """Return the cache key of a token: a hash of client, endpoint and scope, of no secret."""
    parts = [client_id, settings.token_url, settings.scope]
    return "fusion:" + hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def token_of(settings: FusionSettings, response: httpx.Response) -> tuple[str, int]:
    """Read the answer of the token endpoint: access token and seconds it lives.

    Raises:
        TargetMisconfigured: A person has to act, or the answer is no token answer.
        TargetUnavailable: The endpoint's own fault.
    """
    if response.status_code != 200:
        raise _refusal(settings, response)
    found = token_in(object_of(response), _TOKEN_LENGTH_MAX)
    if found is None:
        raise TargetMisconfigured(
            f"{_head(response)}: the answer holds no usable access token. Check token_url in the Fusion settings: is "
            "it that of the identity domain?"
        )
    return found


def _refusal(settings: FusionSettings, response: httpx.Response) -> TargetError:
    error, status = _error_of(response), response.status_code
    if error in PASSING_ERRORS or status >= 500 or status in (408, 429):
        return TargetUnavailable(f"{_head(response)}: the identity domain has a fault of its own. Run it again later.")
    cures = {
        "invalid_client": (
            f"client id and client secret do not fit. Store the present ones: connector secrets set "
            f"{settings.client_secret_secret} (and {settings.client_id_secret})"
        ),
        "invalid_scope": "the scope is unknown to it. Copy scope letter by letter from the identity domain.",
        "unauthorized_client": "this client may not use the client-credentials grant. Allow it in the identity domain.",
        "unsupported_grant_type": "it knows no client-credentials grant. Check token_url in the Fusion settings.",
    }
    unknown = (
        f"it refuses without a known reason. Check token_url and scope in the Fusion settings and the secrets "
        f"{settings.client_id_secret} and {settings.client_secret_secret}."
    )
    named = f", {error}" if error in cures else ""
    return TargetMisconfigured(f"{_head(response)}{named}: {cures.get(error, unknown)}")


def _head(response: httpx.Response) -> str:
    return f"No access token for Fusion (HTTP {response.status_code})"


def _error_of(response: httpx.Response) -> str:
    error = object_of(response).get("error")
    return error if isinstance(error, str) else ""
