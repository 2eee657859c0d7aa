"""What the operations of Amazon's model financesV0 share: amounts, spans of time, page sizes, the payload.

In: requests and values. Out: checked arguments and JSON in PascalCase, as the model has it
(https://github.com/amzn/selling-partner-api-models, models/finances-api-model/financesV0.json).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from emulators.amazon.answers import invalid, read_date_time
from emulators.amazon.transaction_json import money
from emulators.wsgi import Request, Response, json_response

SPAN_MAX = timedelta(days=180)
_NOT_YET = timedelta(minutes=2)


def old_money(amount: Decimal, currency: str) -> dict[str, Any]:
    """Write an amount."""
    written = money(amount, currency)
    return {"CurrencyCode": written["currencyCode"], "CurrencyAmount": written["currencyAmount"]}


def payload(content: dict[str, Any], token: str | None) -> Response:
    """Answer inside a payload, with the token for the next page."""
    return json_response(200, {"payload": content | ({} if token is None else {"NextToken": token})})


def page_size(request: Request, *, usual: int) -> int:
    """Return how many results a page shall have.

    Raises:
        Refusal: 400 unless it is from 1 to 100.
    """
    text = request.first("MaxResultsPerPage")
    if text is None:
        return usual
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 100:
        raise invalid("MaxResultsPerPage must be from 1 to 100.")
    return int(text)


def span_of(
    request: Request, after_name: str, before_name: str, asked: datetime, *, before_alone: bool
) -> tuple[datetime | None, datetime]:
    """Return first moment and end of a span; the end is two minutes before the first page where none is given.

    Raises:
        Refusal: 400 for moments of the last two minutes, in wrong order, or an end without a beginning.
    """
    latest = asked - _NOT_YET
    after_text, before_text = request.first(after_name), request.first(before_name)
    after = None if after_text is None else read_date_time(after_text, after_name)
    before = latest if before_text is None else read_date_time(before_text, before_name)
    if before_text is not None and after is None and not before_alone:
        raise invalid(f"{before_name} needs {after_name}.")
    if before > latest or (after is not None and (after > latest or after >= before)):
        raise invalid(f"{after_name} must be before {before_name}, and both more than two minutes ago.")
    return after, before
