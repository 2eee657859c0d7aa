"""The one door to Amazon's API for a connection: one operation called, one JSON object back.

In: an operation's name, its path, parameters or a body. Out: the answer's JSON object with amounts as Decimal, or its
bytes, or a sentence. All groups of operations of one connection share it, so that what one of them has proved (the
region is right) helps the others word their refusals. Reading may be repeated by the rings; a request that makes
something is sent once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import httpx

from ledger.errors import SourceUnavailable
from resources.amazon.answers import NOT_JSON
from resources.amazon.refusals import refusal
from resources.amazon.settings import SellingPartnerSettings


class Door:
    """Calls the operations of one connection.

    Args:
        settings: Whose account, where.
        client: The connection's client with all its rings.
    """

    def __init__(self, settings: SellingPartnerSettings, client: httpx.Client) -> None:
        self._settings = settings
        self._client = client
        self._is_region_proved = False

    @property
    def connection(self) -> str:
        """Return the connection's name, for sentences."""
        return self._settings.connection

    def get(
        self, operation: str, path: str, parameters: Mapping[str, str], *, is_for_settlements: bool = False
    ) -> Mapping[str, Any]:
        """Call one reading operation; what is for settlements does not wait for what is not.

        Raises:
            SourceRefused: A person has to act (authorisation, role, region), or there is nothing of that id.
            SourceUnavailable: Throttled or out of order beyond all attempts.
        """
        return self._object(operation, self.read(operation, path, parameters, is_for_settlements), "")

    def read(self, operation: str, path: str, parameters: Mapping[str, str], is_for_settlements: bool = False) -> bytes:
        """Call one reading operation and return its body as it came, for whoever keeps it before looking inside.

        Raises as `get`.
        """
        request = self._client.build_request(
            "GET",
            self._settings.api_address + path,
            params=parameters or None,
            headers={"accept": "application/json"},
            extensions={"operation": operation, "repeatable": True, "is_for_settlements": is_for_settlements},
        )
        return self._content(operation, request, 200, "")

    def post(
        self, operation: str, path: str, body: Mapping[str, Any], *, status: int, if_unclear: str
    ) -> Mapping[str, Any]:
        """Call one operation that makes something, once.

        Args:
            operation: Amazon's name of it.
            path: Below the region's host.
            body: Sent as JSON.
            status: The HTTP status of success.
            if_unclear: What to say when nobody knows whether Amazon took the request; a sentence.

        Raises:
            SourceRefused, SourceUnavailable: As `get`.
        """
        request = self._client.build_request(
            "POST",
            self._settings.api_address + path,
            json=body,
            headers={"accept": "application/json"},
            extensions={"operation": operation, "repeatable": False},
        )
        return self._object(operation, self._content(operation, request, status, if_unclear), if_unclear)

    def _content(self, operation: str, request: httpx.Request, status: int, if_unclear: str) -> bytes:
        try:
            response = self._client.send(request)
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise self._unavailable(operation, f"there was no answer ({type(error).__name__})", if_unclear) from None
        if response.status_code != status:
            raise self._refused(operation, response, if_unclear)
        return response.content

    def _object(self, operation: str, content: bytes, if_unclear: str) -> Mapping[str, Any]:
        try:
            body = json.loads(content, parse_float=Decimal)
        except NOT_JSON:
            body = None
        if not isinstance(body, dict):
            why = "the answer is no JSON object: a proxy or a maintenance page, most likely"
            raise self._unavailable(operation, why, if_unclear)
        self._is_region_proved = True
        return body

    def _refused(self, operation: str, response: httpx.Response, if_unclear: str) -> Exception:
        settings = self._settings
        proved = self._is_region_proved
        refused = refusal(settings.connection, operation, settings.region, response, is_region_proved=proved)
        # A 429 was counted and not carried out; behind any other fault the work may have been done.
        if if_unclear and isinstance(refused, SourceUnavailable) and response.status_code != 429:
            return SourceUnavailable(f"{refused} {if_unclear}")
        return refused

    def _unavailable(self, operation: str, why: str, if_unclear: str) -> SourceUnavailable:
        sentence = f"{operation} for connection {self._settings.connection} did not succeed: {why}. Run it again later."
        return SourceUnavailable(f"{sentence} {if_unclear}".rstrip())
