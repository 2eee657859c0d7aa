"""Open a Fusion site for a connection: the client with all its rings, the door behind it, the target in front.

In: settings with names of secrets, and what all doors share (clock, buckets, token cache, recorder). Out: a `Fusion`.
Reads are repeated a bounded number of times; nothing that writes ever is.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx

from ledger.errors import TargetUnavailable
from resources.clock import Clock
from resources.erp.fusion.bearer import BearerAuth
from resources.erp.fusion.client import Fusion
from resources.erp.fusion.door import Door
from resources.erp.fusion.settings import FusionSettings
from resources.erp.sent_jobs import JobMemory
from resources.transport.access_tokens import TokenCache
from resources.transport.rate_limit import Buckets
from resources.transport.record import Recorder
from resources.transport.retry import RetryPolicy
from resources.transport.rings import build_client

RETRY = RetryPolicy(attempts_max=4, seconds_max=120)


def open_fusion(
    settings: FusionSettings,
    *,
    connection: str,
    user_agent: str,
    read_secret: Callable[[str], str],
    clock: Clock,
    tokens: TokenCache,
    memory: JobMemory,
    recorder: Recorder | None = None,
    buckets: Buckets | None = None,
    transport: httpx.BaseTransport | None = None,
) -> Fusion:
    """Return the target; no request is made yet.

    Raises:
        ConfigurationRefused: The file of certificates cannot be read.
    """
    client = build_client(
        connection=connection,
        clock=clock,
        user_agent=user_agent,
        recorder=recorder,
        auth=BearerAuth(settings, read_secret, clock, tokens),
        buckets=buckets,
        retry=RETRY,
        transport=transport,
        timeout=httpx.Timeout(settings.read_timeout_seconds, connect=settings.connect_timeout_seconds),
        unavailable=TargetUnavailable,
        certificates=Path(settings.certificates) if settings.certificates else None,
    )
    return Fusion(settings, Door(settings, client), memory, clock)
