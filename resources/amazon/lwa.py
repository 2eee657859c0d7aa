"""Login with Amazon: exchange a refresh token for an access token, share it, renew it, and put it on every call.

In: names of three secrets and a way to read them. Out: an `httpx.Auth` that is a generator without I/O of its own: the
token exchange is yielded like any other request and passes through the same rings. Rule:
https://developer-docs.amazon.com/sp-api/docs/connecting-to-the-selling-partner-api. A call answered 403 "expired" is
repeated once with a fresh token; every other 403 is final.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Generator, Mapping
from datetime import timedelta

import httpx

from ledger.errors import SourceError, SourceRefused, SourceUnavailable
from resources.amazon.refusals import error_answer
from resources.amazon.settings import SellingPartnerSettings
from resources.clock import Clock
from resources.transport.access_tokens import PASSING_ERRORS, TokenCache, living_token, object_of, token_in

_TOKEN_LENGTH_MAX = 8192


class AccessTokenAuth(httpx.Auth):
    """The outermost ring: `x-amz-access-token` and `x-amz-date` on every API call.

    Args:
        settings: Whose token, from which endpoint.
        read_secret: Returns a secret by name; called at every exchange, so a rotated secret is used at once.
        clock: Tells when a token is about to end.
        cache: Where tokens outlive this process.
        user_agent: Sent with the token exchange too.
        timeout: Of the token exchange.
    """

    requires_response_body = True

    def __init__(
        self,
        settings: SellingPartnerSettings,
        read_secret: Callable[[str], str],
        clock: Clock,
        cache: TokenCache,
        user_agent: str,
        timeout: httpx.Timeout,
    ) -> None:
        self._settings = settings
        self._read_secret = read_secret
        self._clock = clock
        self._cache = cache
        self._user_agent = user_agent
        self._timeout = timeout

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign the call, fetching a token first when none is cached.

        Raises:
            SourceRefused: The token endpoint says no, and only a person can change it.
            SourceUnavailable: The token endpoint has a fault that may pass.
        """
        key = token_key(self._settings, self._read_secret(self._settings.client_id_secret))
        token = living_token(self._cache, key, self._clock.now())
        if token is None:
            token = yield from self._exchange(key)
        self._sign(request, token)
        response = yield request
        if response.status_code != 403:
            return
        answer = error_answer(response)
        if answer.is_token_rejected:
            # Also when it is revoked: after a new authorisation the next run must not find the old token.
            self._cache.forget(key)
        if answer.is_token_expired:
            token = yield from self._exchange(key)
            self._sign(request, token)
            yield request

    def _sign(self, request: httpx.Request, token: str) -> None:
        request.headers["x-amz-access-token"] = token
        request.headers["x-amz-date"] = self._clock.now().strftime("%Y%m%dT%H%M%SZ")

    def _exchange(self, key: str) -> Generator[httpx.Request, httpx.Response, str]:
        requested_at = self._clock.now()
        response = yield self._token_request()
        token, seconds = token_of(self._settings, response)
        self._cache.put(key, token, requested_at + timedelta(seconds=seconds))
        return token

    def _token_request(self) -> httpx.Request:
        settings = self._settings
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self._read_secret(settings.refresh_token_secret),
            "client_id": self._read_secret(settings.client_id_secret),
            "client_secret": self._read_secret(settings.client_secret_secret),
        }
        return httpx.Request(
            "POST",
            settings.token_address,
            data=form,
            headers={
                "content-type": "application/x-www-form-urlencoded;charset=UTF-8",
                "user-agent": self._user_agent,
                "accept": "application/json",
            },
            extensions={
                "operation": "token",
                # An exchange changes nothing at Amazon: older access tokens go on living.
                "repeatable": True,
                "is_passing": lambda response: _oauth_error(response) in PASSING_ERRORS,
                "timeout": self._timeout.as_dict(),
            },
        )


def token_key(settings: SellingPartnerSettings, client_id: str) -> str:
    """Return the cache key of a token: a hash of application, seller, region and endpoint, of no secret."""
    parts = [client_id, settings.seller_id, settings.region, settings.token_address]
    return "amazon:" + hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def token_of(settings: SellingPartnerSettings, response: httpx.Response) -> tuple[str, int]:
    """Read the answer of the token endpoint: access token and seconds it lives.

    Raises:
        SourceRefused: A person has to act, or the answer is no token answer.
        SourceUnavailable: The endpoint's own fault.
    """
    if response.status_code != 200:
        raise _token_refusal(settings, response)
    found = token_in(object_of(response), _TOKEN_LENGTH_MAX)
    if found is None:
        raise SourceRefused(
            f"{_head(settings, response)}: the answer holds no usable access token. Check `token_url` in the"
            " connection's settings: is it Amazon's?"
        )
    return found


def _token_refusal(settings: SellingPartnerSettings, response: httpx.Response) -> SourceError:
    error = _oauth_error(response)
    head = f"{_head(settings, response)}{f', {error}' if error in _CURES or error in PASSING_ERRORS else ''}"
    if error in PASSING_ERRORS or response.status_code >= 500 or response.status_code == 429:
        return SourceUnavailable(f"{head}: Login with Amazon has a fault of its own. Run it again later.")
    names = {
        "refresh": settings.refresh_token_secret,
        "client_id": settings.client_id_secret,
        "client_secret": settings.client_secret_secret,
        "seller": settings.seller_id,
    }
    sentence = _CURES.get(error, _UNKNOWN).format(**names)
    return SourceRefused(f"{head}: {sentence}", status=response.status_code, code=error if error in _CURES else None)


_UNKNOWN = (
    "the token endpoint refuses without a known reason. Check `token_url` and the three secrets of this connection."
)
_CURES: Mapping[str, str] = {
    "invalid_grant": (
        "the refresh token is wrong, revoked, or belongs to another application. Let seller {seller} authorise the"
        " application again and store the new one: connector secrets set {refresh}"
    ),
    "invalid_client": (
        "client id and client secret do not fit, most often because the secret was rotated. Copy the present ones from"
        " the developer console: connector secrets set {client_secret} (and {client_id})"
    ),
    "invalid_request": (
        "a field of the exchange is missing or malformed. Store the three secrets again, whole and without quotes:"
        " connector secrets set {refresh}, {client_id}, {client_secret}"
    ),
    "unauthorized_client": (
        "this application may not exchange refresh tokens. Check in the developer console that it is a Selling Partner"
        " API application, and that {client_id} names it"
    ),
    "unsupported_grant_type": "the token endpoint takes no refresh tokens. Check `token_url` in the settings.",
    "invalid_scope": "the scope is unknown to it. Check `token_url` in the settings.",
    "access_denied": "the seller or Amazon denied access. Let seller {seller} authorise the application again.",
}


def _head(settings: SellingPartnerSettings, response: httpx.Response) -> str:
    return f"No access token for connection {settings.connection} (HTTP {response.status_code})"


def _oauth_error(response: httpx.Response) -> str:
    error = object_of(response).get("error")
    return error if isinstance(error, str) else ""
