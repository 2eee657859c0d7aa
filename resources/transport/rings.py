"""Build the one HTTP client of a connection from rings.

In: what differs between systems (auth, limits, retry policy, recorder). Out: an `httpx.Client` whose requests pass,
outside in: auth, retry, rate limit, last check, record, receive, socket. A request says what it is with `extensions`:

    operation   its name in the remote system's own words; names the bucket and the record
    repeatable  True when sending it twice does no harm; anything else is sent once
    streamed    True when the caller reads the body piece by piece; then it is neither recorded nor bounded here
"""

from __future__ import annotations

import random
import ssl
from pathlib import Path

import httpx

from ledger.errors import ConfigurationRefused, ConnectorError, SourceUnavailable
from resources.clock import Clock
from resources.transport.last_check import LastCheckTransport
from resources.transport.logs import guard_wire_logs
from resources.transport.rate_limit import Buckets, Limits, RateLimitTransport
from resources.transport.receive import RESPONSE_BYTES_MAX, ReceiveTransport
from resources.transport.record import Recorder, RecordTransport
from resources.transport.retry import RetryPolicy, RetryTransport

TIMEOUT = httpx.Timeout(60.0, connect=15.0)


def build_client(
    *,
    connection: str,
    clock: Clock,
    user_agent: str,
    recorder: Recorder | None = None,
    auth: httpx.Auth | None = None,
    limits: Limits | None = None,
    buckets: Buckets | None = None,
    retry: RetryPolicy | None = None,
    transport: httpx.BaseTransport | None = None,
    timeout: httpx.Timeout | None = None,
    wait_seconds_max: float = 900,
    unavailable: type[ConnectorError] = SourceUnavailable,
    jitter: random.Random | None = None,
    certificates: Path | None = None,
    response_bytes_max: int = RESPONSE_BYTES_MAX,
) -> httpx.Client:
    """Return a client with all rings around its socket.

    TLS certificates are verified, redirects are not followed, and neither proxies nor credentials are taken from the
    environment.

    Args:
        connection: Name of the connection, for records and sentences.
        clock: Time for every ring.
        user_agent: Sent with every request.
        recorder: Keeps the exchanges; None keeps nothing.
        auth: Outermost ring; its own requests pass through all others.
        limits: Names the bucket of a request; needs `buckets`.
        buckets: Token buckets shared by all users of a quota.
        retry: How often repeatable requests are repeated; None never repeats.
        transport: Stands in for the socket (an application in process).
        timeout: Seconds to connect, read, write.
        wait_seconds_max: Longest wait for a rate limit.
        unavailable: Error class raised when that wait would be longer, and when nothing was sent for another reason.
        jitter: Source of the random part of waits.
        certificates: PEM file of further authorities to trust, for servers inside a company.
        response_bytes_max: Largest body read, unpacked.

    Raises:
        ConfigurationRefused: `certificates` cannot be read.
    """
    assert limits is None or buckets is not None, "limits need buckets"
    guard_wire_logs()
    ring: httpx.BaseTransport = ReceiveTransport(transport or _socket(certificates), response_bytes_max)
    if recorder is not None:
        ring = RecordTransport(ring, recorder, connection, clock)
    ring = LastCheckTransport(ring, unavailable)
    if limits is not None and buckets is not None:
        ring = RateLimitTransport(ring, buckets, limits, clock, wait_seconds_max, unavailable, connection)
    if retry is not None:
        ring = RetryTransport(ring, retry, clock, jitter)
    return httpx.Client(
        transport=ring,
        auth=auth,
        headers={"user-agent": user_agent},
        timeout=timeout or TIMEOUT,
        follow_redirects=False,
        trust_env=False,
    )


def _socket(certificates: Path | None) -> httpx.HTTPTransport:
    context = httpx.create_ssl_context(trust_env=False)
    if certificates is not None:
        try:
            context.load_verify_locations(cafile=str(certificates))
        except OSError as error:
            why = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
            raise ConfigurationRefused(
                f"{certificates}: the certificates to trust cannot be read: {why}. Name a PEM file with those of your"
                " own authority."
            ) from None
    return httpx.HTTPTransport(verify=context, trust_env=False, retries=0)
