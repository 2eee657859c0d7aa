"""What goes wrong in a simulation of orders: calls of the receivables, jobs, processes, and the client's rights.

In: nothing. Out: `KINDS`, in the manner of `fault_kinds.py`; the kinds that strike a process are the same.
"""

from __future__ import annotations

from emulators import faults as general
from emulators.fusion import mischief
from tests.simulation import fault_kinds, fusion_strikes
from tests.simulation.fault_kinds import BLIND, OUT, Draw, Shown, Struck, Wire
from tests.simulation.strikes import Lasting

_SENDS = (("createReceivablesInvoice", 1), ("createCreditMemo", 1), ("importBulkData", 1))
_SEARCH = (("receivablesInvoices", 7), ("receivablesCreditMemos", 5))
_CONTENT = (("receivablesInvoiceDistributions", 2), ("receivablesInvoiceLines", 2), ("receivablesCreditMemoLines", 1))
_JOBS = (("ESSJobStatusRF", 4), ("ESSExecutionDetailsRF", 1))
_CHECKS = (("ledgersLOV", 1), ("accountCombinationsLOV", 3), ("accountingPeriodStatusLOV", 1))
_READS = (*_SEARCH, *_CONTENT, *_JOBS)
_OUTAGES = (general.dropped(), general.html(502), general.status(503))
# What happens to settlements alone, or to files that only discovery writes.
_NOT_OF_ORDERS = (
    "journal edit error",
    "period closed",
    "clock crosses month end",
    "clock crosses a change of time",
    "mapping changed in mid-run",
)


def _unseen(draw: Draw) -> tuple[str, ...]:
    """Draw which reads show nothing: all of them, or one."""
    every = tuple(name for name, _ in _SEARCH)
    return draw.choice((every, (draw.choice(every),)))


_OF_ORDERS: tuple[Wire | Struck, ...] = (
    Wire("request lost", "erp", (*_SENDS, *_READS, *_CHECKS, ("token", 1)), lambda draw: general.dropped()),
    Wire("response lost", "erp", _SENDS, lambda draw: general.dropped(after=True)),
    Wire("committed, then a time-out", "erp", _SENDS, lambda draw: general.slow(draw.choice((181, 400, 3000)))),
    Wire("slow answer that still lands", "erp", _SENDS, lambda draw: mischief.commits_later(draw.uniform(1, 3500))),
    Wire("delivered twice", "erp", _SENDS, lambda draw: mischief.delivered_twice()),
    Wire("429 of Fusion", "erp", (*_SENDS, *_READS), lambda draw: mischief.throttled(draw.choice(("", "30")))),
    Wire("5xx of Fusion", "erp", (*_SENDS, *_READS), lambda draw: general.status(draw.choice((500, 503)))),
    Wire("5xx before it is taken in", "erp", (*_SENDS, *_READS), lambda draw: general.html(502)),
    Wire("5xx after it is taken in", "erp", _SENDS, lambda draw: general.html(draw.choice((500, 504)), after=True)),
    Wire("connection reset in Fusion's answer", "erp", (*_SENDS, *_READS), lambda draw: general.truncated()),
    Wire("token refused", "erp", (*_SENDS, *_READS), lambda draw: general.status(401)),
    Wire("read-back blind", "erp", _SEARCH, lambda draw: mischief.blind()),
    Wire("rows twice", "erp", _SEARCH, lambda draw: mischief.repeated()),
    Wire("rows backwards", "erp", _SEARCH, lambda draw: mischief.backwards()),
    Wire("job cancelled", "erp", _SENDS[2:], lambda draw: mischief.job_ends("CANCELLED")),
    Struck("job paused for long", lambda draw: fusion_strikes.JobSlow(draw.uniform(30, 12_000))),
    Struck("client revoked", lambda draw: fusion_strikes.ClientChanged("revoked")),
    Struck("data access taken away", lambda draw: fusion_strikes.ClientChanged("without data")),
    Struck("Fusion out for long", lambda draw: Lasting(draw.uniform(*OUT), draw.choice(_OUTAGES))),
    Struck("Fusion blind for long", lambda draw: Lasting(draw.uniform(*BLIND), mischief.blind(), _unseen(draw))),
)


def _is_of_orders(kind: Wire | Struck | Shown) -> bool:
    return isinstance(kind, Struck) and not kind.name.startswith("ERP ") and kind.name not in _NOT_OF_ORDERS


KINDS: tuple[Wire | Struck | Shown, ...] = (
    *(kind for kind in fault_kinds.KINDS if _is_of_orders(kind)),
    *_OF_ORDERS,
)
