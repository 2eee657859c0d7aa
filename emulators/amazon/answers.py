"""The answers that all SP-API operations share: error bodies, request ids, date-times.

In: status, code, message, details. Out: `emulators.wsgi.Response`. Shapes are those of Amazon's Swagger models
(`ErrorList`); codes and sentences are those seen in production.
"""

from __future__ import annotations

from datetime import UTC, datetime

from emulators.wsgi import Response, json_response

# Words seen in production for 400, 403 and 429; the others are Amazon's own words elsewhere and not confirmed here.
_CODES = {
    400: "InvalidInput",
    401: "Unauthorized",
    403: "Unauthorized",
    404: "NotFound",
    410: "Gone",
    415: "UnsupportedMediaType",
    429: "QuotaExceeded",
    500: "InternalFailure",
    503: "ServiceUnavailable",
}
_MESSAGES = {
    400: "Invalid input",
    401: "Access to requested resource is denied.",
    403: "Access to requested resource is denied.",
    404: "The resource specified does not exist.",
    410: "The operation is no longer available.",
    415: "The request's Content-Type is not supported.",
    429: "You exceeded your quota for the requested resource.",
    500: "We encountered an internal error. Please try again.",
    503: "Service is temporarily unavailable. Please try again.",
}

TOKEN_EXPIRED = "The access token you provided has expired."
TOKEN_INVALID = "The access token you provided is revoked, malformed or invalid."
TOKEN_MISSING = "Access token is missing in the request header."


class Refusal(Exception):
    """An operation ends here with an error answer; the message is for the caller's eyes and holds no secret."""

    def __init__(self, status: int, details: str = "", message: str | None = None, code: str | None = None) -> None:
        super().__init__(message or _MESSAGES.get(status, "Error"))
        self.status = status
        self.details = details
        self.message = message or _MESSAGES.get(status, "Error")
        self.code = code or _CODES.get(status, "InternalFailure")

    def response(self) -> Response:
        """Return the error answer."""
        return error(self.status, self.details, self.message, self.code)


def error(status: int, details: str = "", message: str | None = None, code: str | None = None) -> Response:
    """Answer Amazon's error body, `details` always present and empty where Amazon says nothing."""
    word = code or _CODES.get(status, "InternalFailure")
    entry = {"code": word, "message": message or _MESSAGES.get(status, "Error"), "details": details}
    return json_response(status, {"errors": [entry]}, ("x-amzn-ErrorType", word))


def invalid(details: str, message: str = "Invalid input") -> Refusal:
    """Make the 400 for a parameter; `details` names it."""
    return Refusal(400, details, message)


def date_time(instant: datetime, shape: str) -> str:
    """Write an instant in one of the two shapes Amazon uses: `offset` (+00:00) or `millis` (.000Z)."""
    utc = instant.astimezone(UTC)
    if shape == "millis":
        return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"
    return utc.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def read_date_time(text: str, parameter: str) -> datetime:
    """Read an ISO 8601 instant of a request.

    Raises:
        Refusal: 400, when it is none or has no zone.
    """
    try:
        # Strict on purpose: an offset whose "+" was not percent-encoded arrives with a blank and is no date-time.
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(f"Invalid date-time in parameter {parameter}.") from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return instant.astimezone(UTC)
