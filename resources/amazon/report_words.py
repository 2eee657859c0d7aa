"""Read the few words with which Amazon explains a report it could not make.

In: a document as downloaded. Out: one line, short and redacted; seen are a JSON object with `errorDetails` and plain
text. Whatever else it is, nothing of it is worth an error of its own.
"""

from __future__ import annotations

import gzip
import json
import zlib

from resources.amazon.download import Download
from resources.transport.redact import redact_text

_BYTES_MAX = 8 * 1024
_LENGTH_MAX = 300


def words_of(document: Download) -> str:
    """Return the document's words on one line, "" when there are none that can be read."""
    try:
        with document.path.open("rb") as raw:
            if document.compression == "GZIP":
                with gzip.open(raw) as unpacked:
                    content = unpacked.read(_BYTES_MAX)
            else:
                content = raw.read(_BYTES_MAX)
        text = content.decode("utf-8", "replace")
    except (OSError, EOFError, zlib.error):
        return ""
    printable = "".join(letter if letter.isprintable() else " " for letter in _details(text))
    return redact_text(" ".join(printable.split()))[:_LENGTH_MAX].rstrip(". ")


def _details(text: str) -> str:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return text
    details = body.get("errorDetails") if isinstance(body, dict) else None
    return details if isinstance(details, str) else text
