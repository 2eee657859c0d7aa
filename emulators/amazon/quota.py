"""Token buckets: how often one application may call one operation for one seller.

In: application, seller, operation, now. Out: whether the call may pass, and the rate to announce. A bucket starts full,
gains `rate` tokens a second up to `burst`, and a call takes one
(https://developer-docs.amazon.com/sp-api/docs/usage-plans-and-rate-limits-in-the-sp-api). Buckets live in the
emulator's state: a restart does not refill them.
"""

from __future__ import annotations

from collections.abc import Mapping

from emulators.clock import Clock
from emulators.state import State


class Quota:
    """The buckets of every (application, seller, operation)."""

    def __init__(self, state: State, clock: Clock, usage_plans: Mapping[str, tuple[float, int]]) -> None:
        self._state = state
        self._clock = clock
        self._plans = usage_plans

    def take(self, client_id: str, seller_id: str, operation: str) -> bool:
        """Take one token; False when the bucket is empty. An operation without a plan is not limited."""
        plan = self._plans.get(operation)
        if plan is None:
            return True
        rate, burst = plan
        key = f"{client_id}|{seller_id}|{operation}"
        now = self._clock.now().timestamp()
        with self._state.transaction():
            tokens, since = self._state.get("bucket", key, [float(burst), now])
            tokens = min(float(burst), tokens + max(0.0, now - since) * rate)
            # A hair of tolerance: waiting exactly 1 / rate seconds must be enough in binary arithmetic as well.
            passes = tokens >= 1.0 - 1e-6
            self._state.put("bucket", key, [tokens - 1.0 if passes else tokens, now])
        return passes

    def rate_text(self, operation: str) -> str | None:
        """Return the rate as the header `x-amzn-RateLimit-Limit` writes it, or None."""
        plan = self._plans.get(operation)
        return None if plan is None else f"{plan[0]:g}"
