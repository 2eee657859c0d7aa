"""The one door to a Fusion site: a resource read page by page, or one operation of `erpintegrations` called once.

In: a resource's path, conditions, or a body. Out: rows with numbers as Decimal, or the JSON object of an answer. This
is the only place that knows what a status or a broken connection means: a write that may have arrived is unclear, a
write that never left and every failed read is unavailable, a refused permission is a person's matter. Nothing is
repeated here: the retry ring repeats what is flagged repeatable, and a write never is. Sources:
docs.oracle.com/en/cloud/saas/public-sector-compliance-regulation-common/20c/psrst/Setting_the_REST_Framework_Version.html,
docs.oracle.com/en/cloud/saas/financials/24c/farfa/op-erpintegrations-post.html.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from ledger.errors import (
    SourceUnavailable,
    TargetError,
    TargetMisconfigured,
    TargetRefused,
    TargetUnavailable,
    TargetUnclear,
)
from resources.erp.fusion import faults
from resources.erp.fusion.bearer import TOKEN_OPERATION
from resources.erp.fusion.faults import Fault
from resources.erp.fusion.filters import Condition, expression
from resources.erp.fusion.rows import Row, read_object
from resources.erp.fusion.settings import FusionSettings
from resources.transport import soap

INTEGRATIONS = "erpintegrations"
ACCEPT = "application/json, application/vnd.oracle.adf.error+json"
_ITEM = "application/vnd.oracle.adf.resourceitem+json"
_ACTION = "application/vnd.oracle.adf.action+json"
# Raised before a byte of the request has left: httpx docs, "Exceptions".
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)
_MISPLACED = frozenset({403, 404, 405, 406, 415})
_PASSING = frozenset({408, 425, 429})


class Truncated(TargetUnavailable):
    """More rows than `rows_max`: narrow the question."""


class Door:
    """Calls one site; `client` has all its rings, auth included."""

    def __init__(self, settings: FusionSettings, client: httpx.Client) -> None:
        self._settings = settings
        self._client = client

    def rows(
        self,
        path: str,
        conditions: Sequence[Condition] = (),
        *,
        key: str,
        with_links: bool = False,
        at_most: int | None = None,
        newest_first: bool = False,
        is_any: bool = False,
        fields: str = "",
    ) -> list[Row]:
        """Return all rows of a collection, or the first `at_most`, each once and in the order of `key`.

        All conditions must hold, with `is_any` one of them. `fields` names what is answered of a row, "" for all of it.

        `key` is an attribute that is unique in the collection: pages are no snapshot, so only an order by such a one
        keeps them apart. Pages advance by the count that came back, whatever was asked for.

        Raises Truncated beyond `rows_max`, InputRefused, TargetUnavailable, TargetMisconfigured.
        """
        parameters = {"orderBy": f"{key}:{'desc' if newest_first else 'asc'}"}
        if conditions:
            parameters["q"] = expression(conditions, self._settings.framework_version, is_any=is_any)
        if not with_links:
            parameters["onlyData"] = "true"
        if fields:
            parameters["fields"] = fields
        found: dict[str, Row] = {}
        offset = 0
        while True:
            limit = min(self._settings.page_size, at_most - offset if at_most else self._settings.page_size)
            page = self.read(path, {**parameters, "limit": str(limit), "offset": str(offset)})
            items, has_more = _page(path, page)
            found |= {_identity(row, key): row for row in (Row(path, item) for item in items)}
            offset += len(items)
            if not has_more or (at_most is not None and offset >= at_most):
                return list(found.values())
            if not items:
                raise TargetUnavailable(f"Fusion's {path} says that more rows follow, but answers none.")
            if len(found) >= self._settings.rows_max:
                raise Truncated(
                    f"Fusion's {path} holds more than {self._settings.rows_max} rows of what was asked. Raise rows_max "
                    "of the Fusion settings."
                )

    def first_page(self, path: str) -> list[Row]:
        """Return the first page of a collection, for what need not be whole; raises as `rows`."""
        page = self.read(path, {"onlyData": "true", "limit": str(self._settings.page_size)})
        return [Row(path, item) for item in _page(path, page)[0]]

    def found(self, path: str, finder: str, variables: Mapping[str, str], fields: str = "") -> list[Row]:
        """Return the rows of a finder: one page, as finders of single things answer; `fields` and raises as `rows`."""
        given = ",".join(f"{name}={value}" for name, value in variables.items())
        only = {"fields": fields} if fields else {}
        page = self.read(path, {"finder": f"{finder};{given}", "onlyData": "true", **only})
        return [Row(path, item) for item in _items(path, page)]

    def read(self, path: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Return the JSON object of one GET; raises TargetUnavailable, TargetMisconfigured."""
        request = self._request("GET", path, f"GET {path.partition('/')[0]}", parameters=parameters)
        try:
            response = self._client.send(request)
        except (httpx.HTTPError, OSError, SourceUnavailable) as error:
            raise TargetUnavailable(
                f"Fusion's {path} at {self._settings.root_url} could not be read ({type(error).__name__}). Run it "
                "again later; where that does not help, check base_url of the Fusion settings."
            ) from None
        if response.status_code == 200:
            return read_object(path, response.content)
        raise self._unread(path, _fault(response))

    def write(self, what: str, body: Mapping[str, str]) -> dict[str, Any]:
        """Call one operation of `erpintegrations`, once; `what` names the document in sentences.

        Raises TargetUnavailable and TargetMisconfigured when nothing was taken, TargetRefused for a parsed no,
        TargetUnclear when it may have been taken.
        """
        return self._posted(what, INTEGRATIONS, body["OperationName"], body)

    def create(self, what: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create one row of a collection, once; raises as `write`."""
        return self._posted(what, path, f"POST {path}", body)

    def act(self, what: str, path: str, operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Call one action of a row, once; raises as `write`."""
        request = self._request("POST", path, operation, body=body, media_type=_ACTION)
        return self._written(what, operation, self._sent(what, request))

    def call_soap(self, what: str, service: str, operation: str, values: Mapping[str, object]) -> soap.Answer:
        """Call one operation of a SOAP service, once; return an answer with 200 or 500, which may be a fault.

        Raises as `write` for everything else; TargetMisconfigured also for a service that is other than expected.
        """
        address = f"{self._settings.root_url}{service}"
        described = soap.WSDLS.read(self._client, f"{address}?WSDL", operation=f"WSDL {operation}")
        body = soap.to_bytes(described.envelope(operation, values))
        headers = {"content-type": "text/xml; charset=utf-8", "soapaction": f'"{described.action(operation)}"'}
        request = self._client.build_request(
            "POST", address, content=body, headers=headers, extensions=self._extensions(operation, is_repeatable=False)
        )
        response = self._sent(what, request)
        if response.status_code not in (200, 500):
            raise self._unwritten(what, operation, _fault(response), "html" in _content_type(response))
        return soap.Answer(response.status_code, response.headers, response.content)

    def _posted(self, what: str, path: str, operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
        response = self._sent(what, self._request("POST", path, operation, body=body))
        return self._written(what, operation, response)

    def _sent(self, what: str, request: httpx.Request) -> httpx.Response:
        """Send a request that writes, once; raises TargetUnavailable, TargetMisconfigured, TargetUnclear."""
        try:
            return self._client.send(request)
        except (TargetUnavailable, TargetMisconfigured):
            raise  # The auth ring or the rate limit: the request itself never left.
        except _NEVER_LEFT as error:
            raise self._never_left(what, error) from None
        except Exception as error:  # Whatever it was, a recorder that failed included: the request may have arrived.
            if _is_of_token(error) or isinstance(error, SourceUnavailable):
                raise self._never_left(what, error) from None
            raise TargetUnclear(
                f"{what} was sent, but no answer could be read ({type(error).__name__}): Fusion is asked for it by "
                "name before anything else is sent."
            ) from None

    def _written(self, what: str, operation: str, response: httpx.Response) -> dict[str, Any]:
        if response.status_code in (200, 201):
            try:
                return read_object(operation, response.content)
            except TargetUnavailable as error:
                raise TargetUnclear(
                    f"{what} was sent, and the answer leaves open whether it was taken: {error} Fusion is asked for "
                    "it by name before anything else is sent."
                ) from None
        raise self._unwritten(what, operation, _fault(response), "html" in _content_type(response))

    def _unwritten(self, what: str, operation: str, fault: Fault, is_page: bool) -> TargetError:
        if fault.status == 401 and not is_page:
            return TargetUnavailable(
                f"{what} was not sent: Fusion refused the access token ({fault}). A later run fetches a new one."
            )
        if fault.status == 429:
            return TargetUnavailable(
                f"{what} was not taken: Fusion asks for fewer calls (HTTP 429). A later run sends it."
            )
        if fault.status in _MISPLACED and not is_page:
            return TargetMisconfigured(f"{what} was not taken: {fault}. {self._privilege(operation)}")
        if 400 <= fault.status < 500 and fault.is_parsed and fault.status not in _PASSING:
            return TargetRefused(
                f"{what} was refused by Fusion, nothing was loaded: {fault}. Correct what is named and prepare the "
                "document again; the correction is a new revision.",
                code=fault.code or None,
                messages=(fault.sentence,),
            )
        return TargetUnclear(
            f"{what} was sent and the answer leaves open whether it was taken: {fault}. Fusion is asked for it by name "
            "before anything else is sent."
        )

    def _unread(self, path: str, fault: Fault) -> TargetError:
        if fault.status in _PASSING or fault.status >= 500 or fault.status == 404:
            return TargetUnavailable(f"Fusion's {path} could not be read: {fault}. Run it again later.")
        if fault.status == 401:
            return TargetMisconfigured(
                f"Fusion's {path} was refused: it does not accept the token that the identity domain has just given "
                f"({fault}). Check base_url, token_url and scope of the Fusion settings: are they of one instance? And "
                f"whether a Fusion user stands for the client of {self._settings.client_id_secret} and "
                f"{self._settings.client_secret_secret}."
            )
        if fault.status == 403:
            return TargetMisconfigured(f"Fusion's {path} was refused: {fault}. {self._privilege(path)}")
        return TargetMisconfigured(
            f"Fusion's {path} could not be asked: {fault}. Check base_url, rest_version and framework_version of the "
            "Fusion settings."
        )

    def _privilege(self, of: str) -> str:
        return (
            f"Check the secrets {self._settings.client_id_secret} and {self._settings.client_secret_secret}, and the "
            f"job roles of the Fusion user that stands for this client: it needs access to {of.partition('/')[0]}."
        )

    def _never_left(self, what: str, error: Exception) -> TargetUnavailable:
        return TargetUnavailable(
            f"{what} was not sent: Fusion at {self._settings.root_url} could not be reached ({type(error).__name__}). "
            "A later run sends it."
        )

    def _request(
        self,
        method: str,
        path: str,
        operation: str,
        parameters: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        media_type: str = _ITEM,
    ) -> httpx.Request:
        headers = {"accept": ACCEPT, "rest-framework-version": str(self._settings.framework_version)}
        if body is not None:
            headers["content-type"] = media_type
        return self._client.build_request(
            method,
            self._settings.url(path),
            params=parameters,
            json=body,
            headers=headers,
            extensions=self._extensions(operation, is_repeatable=body is None),
        )

    def _extensions(self, operation: str, *, is_repeatable: bool) -> dict[str, Any]:
        timeout = httpx.Timeout(self._settings.read_timeout_seconds, connect=self._settings.connect_timeout_seconds)
        return {"operation": operation, "repeatable": is_repeatable, "timeout": timeout.as_dict()}


def _page(path: str, page: Mapping[str, Any]) -> tuple[list[dict[str, Any]], bool]:
    items, has_more = _items(path, page), page.get("hasMore")
    if not isinstance(has_more, bool):
        raise TargetUnavailable(f"Fusion's {path} answered JSON that is no collection: hasMore is missing.")
    return items, has_more


def _items(path: str, page: Mapping[str, Any]) -> list[dict[str, Any]]:
    items = page.get("items")
    if not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
        raise TargetUnavailable(f"Fusion's {path} answered JSON that is no collection: items is missing.")
    if page.get("count", len(items)) != len(items):
        raise TargetUnavailable(f"Fusion's {path} counts {page['count']} rows but answered {len(items)}.")
    return items


def _identity(row: Row, key: str) -> str:
    """Return what tells a row from all others: its key, and its own link where links came with it."""
    if not row.text(key):
        raise TargetUnavailable(f"Fusion's {row.resource} answers a row without {key}, which pages are ordered by.")
    links = row.values.get("links")
    own = [str(one.get("href")) for one in links if isinstance(one, dict) and one.get("rel") == "self"] if links else []
    return " ".join((row.text(key), *own))


def _fault(response: httpx.Response) -> Fault:
    return faults.read_fault(response.status_code, _content_type(response), response.content)


def _content_type(response: httpx.Response) -> str:
    return response.headers.get("content-type", "").lower()


def _is_of_token(error: Exception) -> bool:
    """Tell whether a connection broke on the way to the token endpoint, before the call itself."""
    request = getattr(error, "_request", None)
    return isinstance(request, httpx.Request) and request.extensions.get("operation") == TOKEN_OPERATION
