"""Fetch a report document from Amazon's storage: whole, once more if it was not, exactly as it lies there.

In: a way to get a fresh link, and the file to write. Out: the bytes as received (still compressed when they are), their
SHA-256, what compression and which charset they have. The link is presigned and lives five minutes: it is used at once,
without any of our own headers, and never kept. An expired link is answered with an S3 error in XML; a fresh one cures
it (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from ledger.errors import DocumentDamaged, SourceRefused, SourceUnavailable
from resources.amazon.gzip_check import Damage, GzipCheck
from resources.amazon.reports import DocumentLink
from resources.amazon.settings import SellingPartnerSettings, is_loopback

LINKS_MAX = 3
DOWNLOADS_MAX = 2
_PIECE_BYTES = 256 * 1024
_ERROR_BYTES_MAX = 64 * 1024


@dataclass(frozen=True)
class Download:
    """A document on disk: raw bytes as received, `bytes` of them.

    `compression` is "GZIP" or ""; `charset` is what the storage said, None when it said nothing.
    """

    path: Path
    bytes: int
    sha256: str
    compression: str
    charset: str | None


class _Expired(Exception):
    """The link's five minutes are over."""


class DocumentFetcher:
    """Fetches documents for one connection.

    Args:
        client: The connection's client; its auth is left off here.
        settings: Bounds, and the name of the connection for sentences.
        fresh_link: Asks Amazon for a new link to a document.
    """

    def __init__(
        self, client: httpx.Client, settings: SellingPartnerSettings, fresh_link: Callable[[str], DocumentLink]
    ) -> None:
        self._client = client
        self._settings = settings
        self._fresh_link = fresh_link

    def fetch(self, document_id: str, to: Path) -> Download:
        """Write a document to `to`, which appears only when it is whole.

        Raises:
            DocumentDamaged: Cut short or changed on the way, twice.
            SourceUnavailable: The storage did not answer, or every link was expired on arrival.
            SourceRefused: The storage says no for another reason.
        """
        downloads, damage = 0, ""
        for _ in range(LINKS_MAX):
            link = self._fresh_link(document_id)
            try:
                return self._download(link, to)
            except _Expired:
                continue
            except Damage as error:
                downloads, damage = downloads + 1, str(error)
                if downloads == DOWNLOADS_MAX:
                    break
        if damage:
            raise DocumentDamaged(
                f"{self._what(document_id)} came damaged {downloads} times: {damage}. Nothing was kept;"
                " run it again later."
            )
        raise SourceUnavailable(
            f"{self._what(document_id)} could not be fetched: {LINKS_MAX} fresh links had expired when they were used."
            " Check this machine's clock and its line to Amazon, then run it again."
        )

    def _download(self, link: DocumentLink, to: Path) -> Download:
        # identity: what arrives is what lies there, and Content-Length counts it.
        request = self._client.build_request(
            "GET",
            self._checked(link),
            headers={"accept": "*/*", "accept-encoding": "identity"},
            extensions={"operation": "download", "repeatable": True, "streamed": True},
        )
        try:
            response = self._client.send(request, auth=None, stream=True)
        except httpx.HTTPError as error:
            raise self._unavailable(link, f"no answer ({type(error).__name__})") from None
        try:
            if response.status_code != 200:
                self._refuse(link, response)
            return self._write(link, response, to)
        except (httpx.TransportError, httpx.StreamError, ConnectionError) as error:
            raise Damage(f"the connection broke off ({type(error).__name__})") from None
        finally:
            response.close()

    def _checked(self, link: DocumentLink) -> str:
        # A link is followed only over TLS, or to the very machine that was configured as Amazon (an emulator).
        url, api = urlsplit(link.url), urlsplit(self._settings.api_address)
        is_own = url.hostname is not None and is_loopback(url.hostname) and api.hostname == url.hostname
        if url.scheme == "https" and url.hostname and not url.username:
            return link.url
        if url.scheme == "http" and is_own:
            return link.url
        raise SourceRefused(
            f"{self._what(link.report_document_id)} was not fetched: its link does not begin with https://."
            " Check `api_url` in the connection's settings."
        )

    def _write(self, link: DocumentLink, response: httpx.Response, to: Path) -> Download:
        descriptor, name = tempfile.mkstemp(prefix=".download-", dir=to.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                received = _Received(self._settings, link.compression, response.headers)
                for piece in response.iter_raw(_PIECE_BYTES):
                    received.take(piece)
                    file.write(piece)
                received.finish()
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, to)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        charset = _charset_of(response.headers.get("content-type", ""))
        return Download(to, received.count, received.sha256.hexdigest(), received.compression, charset)

    def _refuse(self, link: DocumentLink, response: httpx.Response) -> None:
        """Raise what an answer without a document means."""
        status, text = response.status_code, _error_text(response)
        # An expired signature says "Request has expired" under AccessDenied; expired credentials say ExpiredToken.
        if status in (400, 403) and ("request has expired" in text or "expiredtoken" in text):
            raise _Expired
        if status == 429 or status >= 500:
            raise self._unavailable(link, f"HTTP {status} after all attempts")
        raise SourceRefused(
            f"{self._what(link.report_document_id)} was refused by Amazon's storage (HTTP {status}). Amazon keeps"
            " documents for 90 days; if it is older, download the file in Seller Central and import it.",
            status=status,
        )

    def _unavailable(self, link: DocumentLink, why: str) -> SourceUnavailable:
        return SourceUnavailable(
            f"{self._what(link.report_document_id)} could not be fetched from Amazon's storage: {why}."
            " Run it again later."
        )

    def _what(self, document_id: str) -> str:
        return f"Report document {document_id[:120]!r} of connection {self._settings.connection}"


class _Received:
    """Counts, hashes and checks a body while it passes."""

    def __init__(self, settings: SellingPartnerSettings, compression: str, headers: httpx.Headers) -> None:
        self.count = 0
        self.sha256 = hashlib.sha256()
        # A storage that names gzip as Content-Encoding speaks of the same compression, not of a second one.
        is_packed = compression == "GZIP" or headers.get("content-encoding", "").lower() == "gzip"
        self.compression = "GZIP" if is_packed else ""
        self._gzip = GzipCheck(settings.document_unpacked_bytes_max) if is_packed else None
        self._bytes_max = settings.document_bytes_max
        self._declared = headers.get("content-length", "")

    def take(self, piece: bytes) -> None:
        self.count += len(piece)
        if self.count > self._bytes_max:
            raise Damage(f"it is larger than {self._bytes_max} bytes, more than a settlement can have")
        self.sha256.update(piece)
        if self._gzip is not None:
            self._gzip.feed(piece)

    def finish(self) -> None:
        if self._declared.isascii() and self._declared.isdigit() and self.count != int(self._declared):
            raise Damage(f"{self.count} bytes came of {self._declared} announced")
        if self._gzip is not None:
            self._gzip.finish()


def _charset_of(content_type: str) -> str | None:
    header = Message()
    header["content-type"] = content_type
    charset = header.get_content_charset()
    return charset if charset and charset.isascii() and charset.isprintable() and len(charset) <= 40 else None


def _error_text(response: httpx.Response) -> str:
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > _ERROR_BYTES_MAX:
            break
    return body.decode("utf-8", "replace").lower()
