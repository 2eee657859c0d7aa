"""Turn Amazon's error answers into sentences that say what happened, why, and who has to do what.

In: connection, operation, an answer. Out: `SourceRefused` for what only a person can change, `SourceUnavailable`
for what may pass. The HTTP status decides first, never `code` alone; the causes of a 403 are told apart by `details`
(https://github.com/amzn/selling-partner-api-models/issues/1433, .../826, .../230).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from ledger.errors import SourceError, SourceRefused, SourceUnavailable
from resources.amazon.marketplaces import REGIONS
from resources.transport.redact import redact_text

FINANCE_ROLE = "Finance and Accounting"
# The role that Amazon's role mappings give an operation, where it is not the one above.
_ROLES: Mapping[str, str] = {
    "getMarketplaceParticipations": "Selling Partner Insights",
    "searchOrders": "Inventory and Order Tracking",
    "getOrder": "Inventory and Order Tracking",
}
_QUOTE_LENGTH_MAX = 300


@dataclass(frozen=True)
class ErrorAnswer:
    """The first error of an answer: `code`, `message`, `details` as Amazon wrote them, "" where it wrote nothing."""

    status: int
    code: str = ""
    message: str = ""
    details: str = ""

    @property
    def is_token_expired(self) -> bool:
        """Tell whether a fresh access token would cure it."""
        return self.status == 403 and "expired" in self.details.lower()

    @property
    def is_token_rejected(self) -> bool:
        """Tell whether Amazon did not take the access token, for whatever reason."""
        words = self.details.lower()
        return self.status == 403 and any(word in words for word in ("expired", "revoked", "malformed", "invalid"))


def error_answer(response: httpx.Response) -> ErrorAnswer:
    """Read `{"errors": [{"code", "message", "details"}]}`; an answer that is something else has no words."""
    try:
        first = json.loads(response.content)["errors"][0]
        words = [first.get(name) for name in ("code", "message", "details")]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        words = []
    return ErrorAnswer(response.status_code, *(word if isinstance(word, str) else "" for word in words))


def refusal(
    connection: str, operation: str, region: str, response: httpx.Response, *, is_region_proved: bool = False
) -> SourceError:
    """Return the error for an answer that is not a success.

    Args:
        connection: Name of the connection.
        operation: Amazon's name of the operation.
        region: na, eu or fe.
        response: The answer, read.
        is_region_proved: The same token already worked for another operation on the same host.
    """
    answer = error_answer(response)
    head = (
        f"Amazon did not answer {operation} for connection {connection} (HTTP {answer.status}{_request_id(response)})"
    )
    if answer.status == 403:
        sentence = f"{head}: {_cause_of_403(answer, operation, region, is_region_proved)}"
        return SourceRefused(sentence, status=403, code=answer.code)
    if answer.status == 429 or answer.status >= 500:
        cause = "its quota is used up" if answer.status == 429 else "it has a fault of its own at the moment"
        return SourceUnavailable(f"{head}: {cause}, after all attempts. Run it again later.")
    return SourceRefused(f"{head}: {_cause_of_other(answer)}", status=answer.status, code=answer.code)


def _cause_of_403(answer: ErrorAnswer, operation: str, region: str, is_region_proved: bool) -> str:
    details = answer.details.lower()
    if "expired" in details:
        return (
            "the access token counts as expired although it was renewed just now. Check this machine's clock; if it is"
            " right, ask Amazon's support with the request id."
        )
    if "missing" in details:
        return (
            "the access token did not arrive in the header x-amz-access-token. Something between this machine and"
            " Amazon takes it out: check proxies, and `api_url` in the connection's settings."
        )
    if "region" in details or "endpoint" in details:
        return _wrong_region(region)
    if answer.is_token_rejected:
        return (
            "the access token is revoked, malformed or invalid. If the seller withdrew the authorisation, let them"
            " authorise the application again and store the new refresh token: connector secrets set <name>."
        )
    role = _ROLES.get(operation, FINANCE_ROLE)
    lacking = (
        f'the application lacks the role "{role}" for this seller. Add the role to the application in the developer'
        " profile, then let the seller authorise it again."
    )
    if details:
        return f"access is denied ({_quoted(answer.details)}). Most often {lacking}"
    if is_region_proved:
        return lacking
    return f"access is denied without a reason. Either {lacking} Or {_wrong_region(region)}"


def _wrong_region(region: str) -> str:
    known = REGIONS[region]
    return (
        f"the seller account does not belong to region {region} ({known.title}, {known.api_url}). Correct `region` in"
        " the connection's settings."
    )


def _cause_of_other(answer: ErrorAnswer) -> str:
    words = "; ".join(_quoted(word) for word in (answer.message, answer.details) if word)
    said = f" Amazon says: {words}." if words else ""
    if answer.status == 404:
        return f"there is nothing of that id. Amazon keeps reports for 90 days; import an older file by hand.{said}"
    if answer.status == 400:
        return f"the request was not understood.{said} Please report this as a fault of the connector."
    if 300 <= answer.status < 400:
        return "it sends us elsewhere, and redirects are not followed. Check `api_url` in the connection's settings."
    return f"it refuses the request.{said} Check the connection's settings."


def _request_id(response: httpx.Response) -> str:
    value = response.headers.get("x-amzn-requestid", "")
    return f", request {value[:80]}" if value.isascii() and value.isprintable() and value else ""


def _quoted(text: str) -> str:
    # Somebody else's words: no line breaks, no secrets, no novels.
    return redact_text(" ".join(text.split()))[:_QUOTE_LENGTH_MAX].rstrip(".")
