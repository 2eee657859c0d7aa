"""The storage host behind report documents: presigned links that live for minutes, and what lies behind them.

In: a document of the world. Out: a link with the query of AWS Signature Version 4
(https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html), and the answer to a GET of it: bytes as
stored, or the S3 error page in XML with 403 or 404. It looks at no SP-API header, as Amazon's storage does not.
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from emulators.amazon.marketplaces import REGIONS
from emulators.amazon.settings import Settings
from emulators.amazon.world import Document, Seller
from emulators.clock import Clock
from emulators.state import State
from emulators.wsgi import Request, Response, text_response

# Signs the emulator's own links; worth nothing anywhere else.
_SIGNING_KEY = b"demo-storage-signing-key"

STORAGE_HOST_SUFFIX = ".s3.amazonaws.com"


class Storage:
    """Makes links and honours them.

    Args:
        find: Returns the document of (seller id, document id), or None.
    """

    def __init__(
        self, find: Callable[[str, str], Document | None], state: State, clock: Clock, settings: Settings
    ) -> None:
        self._find = find
        self._state = state
        self._clock = clock
        self._settings = settings

    def link(self, request: Request, seller: Seller, document_id: str, *, names_encoding: bool) -> str:
        """Return a fresh presigned link; `names_encoding` makes the storage answer `Content-Encoding: gzip`."""
        region = REGIONS[seller.region]
        path = f"/{quote(seller.seller_id)}/{quote(document_id)}"
        now = self._clock.now().astimezone(UTC)
        credential = f"demo-key-{self._state.count_up('links')}/{now:%Y%m%d}/{region.aws_region}/s3/aws4_request"
        fields = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Date": now.strftime("%Y%m%dT%H%M%SZ"),
            "X-Amz-SignedHeaders": "host",
            "X-Amz-Expires": str(self._settings.document_url_seconds),
            "X-Amz-Credential": credential,
        }
        if names_encoding:
            fields["response-content-encoding"] = "gzip"
        fields["X-Amz-Signature"] = _signature(path, fields)
        return f"{self._base(request, seller)}{path}?{urlencode(fields)}"

    def _base(self, request: Request, seller: Seller) -> str:
        if self._settings.storage_base is not None:
            return self._settings.storage_base.rstrip("/")
        if request.host.partition(":")[0] == REGIONS[seller.region].host:
            return f"https://demo-documents-{seller.region}{STORAGE_HOST_SUFFIX}"
        return f"{request.scheme}://{request.host}{request.prefix}/storage"

    def fetch(self, request: Request) -> Response:
        """Answer a GET of a presigned link."""
        fields = {name: values[0] for name, values in request.query.items()}
        signature = fields.pop("X-Amz-Signature", "")
        if request.method != "GET" or not hmac.compare_digest(signature, _signature(_quoted(request.path), fields)):
            return _refused(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
        started = datetime.strptime(fields["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        expires = started + timedelta(seconds=int(fields["X-Amz-Expires"]))
        if self._clock.now() >= expires:
            return self.expired(expires)
        seller_id, _, document_id = request.path.strip("/").partition("/")
        document = self._find(seller_id, document_id)
        if document is None:
            return _refused(404, "NoSuchKey", "The specified key does not exist.")
        return _content(document, names_encoding="response-content-encoding" in fields)

    def expired(self, since: datetime | None = None) -> Response:
        """Answer what a link gets after its time, now unless an instant is given."""
        now = self._clock.now()
        return _refused(
            403,
            "AccessDenied",
            "Request has expired",
            ("X-Amz-Expires", str(self._settings.document_url_seconds)),
            ("Expires", (since or now).strftime("%Y-%m-%dT%H:%M:%SZ")),
            ("ServerTime", now.strftime("%Y-%m-%dT%H:%M:%SZ")),
        )


def stored_bytes(document: Document) -> bytes:
    """Return a document's bytes as they lie in storage: gzip-compressed or plain, the same at every call."""
    return gzip.compress(document.content, mtime=0) if document.is_gzip else document.content


def _content(document: Document, *, names_encoding: bool) -> Response:
    body = stored_bytes(document)
    headers = [("Content-Type", document.content_type), ("ETag", f'"{hashlib.md5(body).hexdigest()}"')]
    if document.is_gzip and names_encoding:
        headers.append(("Content-Encoding", "gzip"))
    return Response(200, body, tuple(headers))


def _refused(status: int, code: str, message: str, *more: tuple[str, str]) -> Response:
    parts = [("Code", code), ("Message", message), *more, ("RequestId", "DEMO0000000000"), ("HostId", "demo")]
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in parts)
    return text_response(status, f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>', "application/xml")


def _quoted(path: str) -> str:
    return quote(path, safe="/")


def _signature(path: str, fields: dict[str, str]) -> str:
    signed = "\n".join([path, *(f"{name}={fields[name]}" for name in sorted(fields))])
    return hmac.new(_SIGNING_KEY, signed.encode(), hashlib.sha256).hexdigest()
