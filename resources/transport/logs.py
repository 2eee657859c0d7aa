"""Keep secrets out of the log lines that the HTTP libraries write by themselves.

httpx logs every URL at level INFO, presigned links with their signature included, and httpcore logs headers at DEBUG
(`https://www.python-httpx.org/logging/`). In: nothing. Out: filters on their loggers, put there once per process.
"""

from __future__ import annotations

import logging

from resources.transport.redact import redact_text, redact_url

_HTTPCORE_LOGGERS = ("httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks")


class _RedactedLines(logging.Filter):
    """Rewrite a line before any handler sees it."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.args and isinstance(record.args, tuple):
            record.args = tuple(_shown(value) for value in record.args)
        else:
            record.msg, record.args = redact_text(record.getMessage()), ()
        return True


class _NoLines(logging.Filter):
    """Drop a line: it may hold raw headers, and our own trail holds the same redacted."""

    def filter(self, record: logging.LogRecord) -> bool:
        return False


def _shown(value: object) -> object:
    return value if isinstance(value, int | float) else redact_url(str(value))


def guard_wire_logs() -> None:
    """Put the filters in place; calling it again changes nothing."""
    _add(logging.getLogger("httpx"), _RedactedLines)
    for name in _HTTPCORE_LOGGERS:
        _add(logging.getLogger(name), _NoLines)


def _add(logger: logging.Logger, kind: type[logging.Filter]) -> None:
    if not any(isinstance(present, kind) for present in logger.filters):
        logger.addFilter(kind())
