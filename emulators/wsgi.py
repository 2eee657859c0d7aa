"""Request in, response out: the little that every emulator needs on top of plain WSGI, without a framework.

In: a WSGI environ. Out: `Request`, `Response`, a `Router` from method and path pattern to a named operation, and
`application(handler)`, which makes a WSGI callable of a function. The same callable runs in process
(`emulators.in_process`) and on a port (`emulators.serve`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from emulators.faults import ConnectionDropped, Fault

# A body larger than this is refused unread: no emulated operation takes one.
BODY_BYTES_MAX = 32 * 1024 * 1024

WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request: header names in lower case, query values as lists in order of arrival."""

    method: str
    path: str
    host: str
    scheme: str = "http"
    prefix: str = ""
    query: dict[str, list[str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """Return a header's value by its name in any case, or None."""
        return self.headers.get(name.lower())

    def first(self, name: str) -> str | None:
        """Return the first value of a query parameter, or None."""
        values = self.query.get(name)
        return values[0] if values else None


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer; `length_declared` may promise more bytes than `body` holds (a truncated answer)."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    length_declared: int | None = None

    def with_headers(self, *headers: tuple[str, str]) -> Response:
        """Return the same answer with more headers."""
        return replace(self, headers=(*self.headers, *headers))


def json_response(status: int, value: Any, *headers: tuple[str, str]) -> Response:
    """Answer a JSON document."""
    body = json.dumps(value, ensure_ascii=False).encode("utf-8")
    return Response(status, body, (("Content-Type", "application/json"), *headers))


def text_response(status: int, text: str, content_type: str = "text/plain; charset=UTF-8") -> Response:
    """Answer text (plain, HTML, XML) in UTF-8."""
    return Response(status, text.encode("utf-8"), (("Content-Type", content_type),))


def proxy_page(status: int) -> Response:
    """Answer the HTML page that a proxy shows when what is behind it does not answer."""
    phrase = HTTPStatus(status).phrase
    page = f"<html><head><title>{status} {phrase}</title></head><body><h1>{status} {phrase}</h1></body></html>\n"
    return text_response(status, page, "text/html")


def request_of(environ: dict[str, Any]) -> Request:
    """Read a WSGI environ into a `Request`; the body is read whole."""
    headers = {key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")}
    for key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(key):
            headers[key.replace("_", "-").lower()] = environ[key]
    return Request(
        method=environ["REQUEST_METHOD"],
        path=_path_of(environ),
        host=headers.get("host", environ.get("SERVER_NAME", "")),
        scheme=environ.get("wsgi.url_scheme", "http"),
        prefix=environ.get("SCRIPT_NAME", ""),
        query=parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True),
        headers=headers,
        body=_body_of(environ),
    )


def _path_of(environ: dict[str, Any]) -> str:
    path = environ.get("PATH_INFO", "") or "/"
    try:
        # WSGI servers hand over the bytes of the path as Latin-1 (PEP 3333); httpx's transport hands over plain text.
        return path.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return path


def _body_of(environ: dict[str, Any]) -> bytes:
    declared = environ.get("CONTENT_LENGTH") or ""
    if declared.isdigit():
        return environ["wsgi.input"].read(min(int(declared), BODY_BYTES_MAX))
    # In process there is no socket to wait on: a stream without a length is read to its end.
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        return environ["wsgi.input"].read(BODY_BYTES_MAX)
    return b""


def respond(response: Response, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Send a `Response` the WSGI way."""
    phrase = HTTPStatus(response.status).phrase if response.status in HTTPStatus._value2member_map_ else "Unknown"
    names = {name.lower() for name, _ in response.headers}
    headers = list(response.headers)
    if "content-length" not in names:
        declared = len(response.body) if response.length_declared is None else response.length_declared
        headers.append(("Content-Length", str(declared)))
    start_response(f"{response.status} {phrase}", headers)
    return [response.body]


def application(handler: Callable[[Request], Response]) -> WsgiApplication:
    """Make a WSGI callable of a function from request to response."""

    def run(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return respond(handler(request_of(environ)), start_response)

    return run


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: HTTP method, path pattern such as `/things/{thingId}`, name, handler."""

    method: str
    pattern: re.Pattern[str]
    operation: str
    handler: Callable[..., Response]


class Router:
    """Find the operation of a request by method and path."""

    def __init__(self) -> None:
        self._routes: list[Route] = []

    def add(self, method: str, path: str, operation: str, handler: Callable[..., Response]) -> None:
        """Add an operation; `{name}` in the path matches one segment and is handed to the handler by that name."""
        pattern = re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path)) + r"\Z")
        self._routes.append(Route(method, pattern, operation, handler))

    def find(self, request: Request) -> tuple[Route, dict[str, str]] | None:
        """Return the route and its path parameters, or None."""
        for route in self._routes:
            match = route.pattern.match(request.path)
            if match and route.method == request.method:
                return route, match.groupdict()
        return None

    def operations(self) -> list[str]:
        """List the names of all operations."""
        return [route.operation for route in self._routes]


def with_fault(
    fault: Fault | None,
    work: Callable[[], Response],
    *,
    error: Callable[[int], Response],
    sleep: Callable[[float], None],
) -> Response:
    """Run one operation under a fault of `emulators.faults`, or straight through when there is none.

    Args:
        fault: What `FaultPlan.take` returned.
        work: The operation itself.
        error: Makes the service's own error body for a status, used by `faults.status`.
        sleep: Waits on the emulator's clock, used by `faults.slow`.

    Raises:
        ConnectionDropped: For `faults.dropped`.
        ValueError: For a kind that this function does not know.
    """
    if fault is None:
        return work()
    if fault.kind == "status":
        return error(fault.status)
    done = work() if fault.after else None
    if fault.kind == "dropped":
        raise ConnectionDropped("The emulated server closed the connection without an answer.")
    if fault.kind == "html":
        return proxy_page(fault.status)
    if fault.kind == "blank":
        return Response(fault.status)
    if fault.kind == "slow" and done is not None:
        sleep(fault.seconds)
        return done
    if fault.kind == "truncated" and done is not None:
        kept = len(done.body) // 2 if fault.bytes_kept is None else fault.bytes_kept
        return replace(done, body=done.body[:kept], length_declared=len(done.body))
    if fault.kind == "shortened" and done is not None:
        kept = len(done.body) // 2 if fault.bytes_kept is None else fault.bytes_kept
        return replace(done, body=done.body[:kept])
    raise ValueError(f"Unknown fault {fault.kind!r}: this emulator cannot show it.")
