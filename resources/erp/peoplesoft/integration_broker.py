"""The two ways over the wire: a service operation of the component interface, and a query.

In: what is asked. Out: a judged `Reply` or rows. This is the only place that knows what a broken connection means: a
write that may have reached PeopleSoft and was not answered is unclear; a write that never left, and every read, is
unavailable. Credentials are fetched for each call, put on the request, and never kept or shown. Nothing is repeated
here: the retry ring repeats only what is flagged repeatable, and a Create never is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx

from ledger.errors import SourceUnavailable, TargetMisconfigured, TargetUnavailable, TargetUnclear
from resources.erp.peoplesoft import queries, reply
from resources.erp.peoplesoft.profile import PeopleSoftProfile
from resources.erp.peoplesoft.queries import Row
from resources.erp.peoplesoft.record_fields import HEADER_FIELDS_SENT, KEY_FIELDS, LINE_FIELDS_SENT
from resources.transport import soap

Credentials = Callable[[], tuple[str, str]]

# Raised before a byte of the request has left: httpx docs, "Exceptions".
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)


class IntegrationBroker:
    """One site's listening connectors."""

    def __init__(self, profile: PeopleSoftProfile, client: httpx.Client, credentials: Credentials) -> None:
        self._profile = profile
        self._client = client
        self._credentials = credentials
        self._wsdl: soap.Wsdl | None = None

    def wsdl(self) -> soap.Wsdl:
        """Return the site's WSDL, read once per run and checked for everything that will be used.

        Raises TargetUnavailable, or TargetMisconfigured naming the missing operation or element.
        """
        if self._wsdl is None:
            self._wsdl = self.read_wsdl()
        return self._wsdl

    def read_wsdl(self) -> soap.Wsdl:
        """Read the WSDL again and check it."""
        profile = self._profile
        wsdl = soap.WSDLS.read(self._client, profile.wsdl_url, auth=self._basic("basic", "both"), operation="WSDL")
        header = [name for name in HEADER_FIELDS_SENT if name not in profile.fields_not_sent]
        line = [name for name in (*LINE_FIELDS_SENT, "ACCOUNT") if name not in profile.fields_not_sent]
        wsdl.require(
            profile.operation("Create"),
            [
                *((profile.header_property(name),) for name in (*header, *profile.header_constants)),
                *((profile.lines_collection, profile.line_property(name)) for name in (*line, *profile.line_constants)),
            ],
        )
        if profile.read_back == "ci_get":
            wsdl.require(profile.operation("Get"), [(profile.header_property(name),) for name in KEY_FIELDS])
        return wsdl

    def create(self, values: Mapping[str, object], name: str, message_id: str) -> reply.Reply:
        """Send one Create, once, and judge its answer; `name` is the journal in sentences.

        Raises TargetMisconfigured or TargetUnavailable when nothing was sent, TargetUnclear when it may have arrived.
        """
        self._require_elements(values)
        request = self._request("Create", values, is_repeatable=False, message_id=message_id)
        try:
            answer = soap.receive(self._client, request, auth=self._basic("basic", "both"))
        except (*_NEVER_LEFT, SourceUnavailable, TargetUnavailable) as error:
            raise TargetUnavailable(
                f"Journal {name} was not sent: PeopleSoft at {self._profile.root_url} could not be reached "
                f"({type(error).__name__}). A later run sends it."
            ) from None
        except Exception as error:  # Whatever it was, a recorder that failed included: the request may have arrived.
            raise TargetUnclear(
                f"Journal {name} was sent, but no answer could be read ({type(error).__name__}): PeopleSoft is "
                "asked for it by key before anything else is sent."
            ) from None
        return self._judged("Create", answer)

    def get(self, values: Mapping[str, object]) -> reply.Reply:
        """Read one component by its keys; raises TargetUnavailable or TargetMisconfigured."""
        request = self._request("Get", values, is_repeatable=True)
        try:
            answer = soap.receive(self._client, request, auth=self._basic("basic", "both"))
        except (httpx.HTTPError, OSError, SourceUnavailable) as error:
            raise self._unread("The component interface", error) from None
        return self._judged("Get", answer)

    def ask(self, purpose: str, **values: str) -> list[Row]:
        """Run one query and return all its rows.

        Raises queries.Truncated when there may be more rows, TargetUnavailable, TargetMisconfigured.
        """
        query = self._profile.queries[purpose]
        request = self._client.build_request(
            "GET",
            self._profile.query_url(query.name),
            params=queries.parameters(self._profile, purpose, values),
            headers={"Accept": "application/json"},
            extensions=self._extensions("ExecuteQuery", is_repeatable=True),
        )
        try:
            answer = soap.receive(self._client, request, auth=self._basic("ws_security", "basic", "both"))
        except (httpx.HTTPError, OSError, SourceUnavailable) as error:
            raise self._unread(f"Query {query.name}", error) from None
        if answer.status in (401, 403):
            raise TargetMisconfigured(
                f"Query {query.name} was refused with {answer.status}: check {self._secret_names()}, and that the "
                "user may call ExecuteQuery."
            )
        if answer.status in (408, 429) or answer.status >= 500:
            raise TargetUnavailable(f"Query {query.name} could not be run: the server answered {answer.status}.")
        return queries.read_rows(self._profile, purpose, answer.body)

    def _request(
        self, method: str, values: Mapping[str, object], *, is_repeatable: bool, message_id: str = ""
    ) -> httpx.Request:
        profile, wsdl = self._profile, self.wsdl()
        operation = profile.operation(method)
        envelope = wsdl.envelope(operation, values)
        if profile.auth in ("ws_security", "both"):
            soap.with_username_token(envelope, *self._credentials())
        action = profile.action(method, wsdl.action(operation))
        headers = {"Content-Type": "text/xml;charset=UTF-8", "SOAPAction": action}
        if message_id and profile.is_message_id_sent:
            headers["ExternalMessageID"] = message_id.replace(" ", "-")[:70]
        return self._client.build_request(
            "POST",
            profile.soap_url,
            content=soap.to_bytes(envelope),
            headers=headers,
            extensions=self._extensions(operation, is_repeatable),
        )

    def _judged(self, method: str, answer: soap.Answer) -> reply.Reply:
        profile = self._profile
        asked = reply.Asked(
            request_root=self.wsdl().request_root(profile.operation(method)),
            component_interface=profile.component_interface,
            fault_classes=profile.fault_classes,
            duplicate_texts=profile.duplicate_texts,
            absent_texts=profile.absent_texts,
        )
        secrets = () if profile.auth == "anonymous" else self._credentials()
        return reply.read_reply(answer.status, answer.headers, answer.body, asked).without(secrets)

    def _require_elements(self, values: Mapping[str, object]) -> None:
        """Fail closed before sending when this very journal uses a property that the WSDL does not have."""
        paths = {(name,) for name, value in values.items() if isinstance(value, str)}
        for name, rows in values.items():
            if isinstance(rows, list):
                paths |= {(name, field) for row in rows for field in row}
        self.wsdl().require(self._profile.operation("Create"), paths)

    def _extensions(self, operation: str, is_repeatable: bool) -> dict[str, object]:
        timeout = httpx.Timeout(self._profile.read_timeout_seconds, connect=self._profile.connect_timeout_seconds)
        return {"operation": operation, "repeatable": is_repeatable, "timeout": timeout.as_dict()}

    def _basic(self, *modes: str) -> httpx.BasicAuth | None:
        """Return HTTP Basic for these modes of `auth`; a query has no other way to say who asks."""
        return httpx.BasicAuth(*self._credentials()) if self._profile.auth in modes else None

    def _secret_names(self) -> str:
        return f"the secrets {self._profile.user_secret} and {self._profile.password_secret}"

    def _unread(self, what: str, error: Exception) -> TargetUnavailable:
        return TargetUnavailable(f"{what} at {self._profile.root_url} could not be read ({type(error).__name__}).")
