"""What goes wrong in a simulation of Fusion: its own kinds beside those of Amazon, of processes and of people.

In: nothing. Out: `KINDS`, in the manner of `fault_kinds.py`, whose kinds of the wire to PeopleSoft have others of the
same name here where Fusion can fail alike.
"""

from __future__ import annotations

from emulators import faults as general
from emulators.fusion import mischief
from tests.simulation import fault_kinds, fusion_strikes
from tests.simulation.fault_kinds import BLIND, OUT, Draw, Shown, Struck, Wire
from tests.simulation.fusion_side import FusionAskedToPost
from tests.simulation.strikes import Lasting

# Most worlds load one file, some two.
_LOAD = (("importBulkData", 1), ("importBulkData", 2))
_SEARCH = (("journalBatches", 30), ("journalHeaders", 6), ("journalLines", 6))
_JOBS = (("ESSJobStatusRF", 6), ("ESSExecutionDetailsRF", 2), ("DocumentIdsByFilePrefixRF", 2))
_CHECKS = (("ledgersLOV", 2), ("accountCombinationsLOV", 6), ("accountingPeriodStatusLOV", 4))
_READS = (*_SEARCH, *_JOBS)
_POST = (("submitESSJobRequest", 1),)
_OUTAGES = (general.dropped(), general.html(502), general.status(503))


def _unseen(draw: Draw) -> tuple[str, ...]:
    """Draw which reads show nothing: all of them, or one."""
    every = tuple(name for name, _ in _SEARCH)
    return draw.choice((every, (draw.choice(every),)))


_OF_FUSION: tuple[Wire | Struck, ...] = (
    Wire("request lost", "erp", (*_LOAD, *_READS, *_CHECKS, *_POST, ("token", 2)), lambda draw: general.dropped()),
    Wire("response lost", "erp", _LOAD, lambda draw: general.dropped(after=True)),
    Wire("committed, then a time-out", "erp", _LOAD, lambda draw: general.slow(draw.choice((181, 400, 3000)))),
    Wire("slow answer that still lands", "erp", _LOAD, lambda draw: mischief.commits_later(draw.uniform(1, 3500))),
    Wire("same file delivered twice", "erp", _LOAD, lambda draw: mischief.delivered_twice()),
    Wire("posting asked for twice", "erp", _POST, lambda draw: mischief.delivered_twice(), FusionAskedToPost),
    Wire("posting refused", "erp", _POST, lambda draw: mischief.rejected(), FusionAskedToPost),
    Wire("answer to posting lost", "erp", _POST, lambda draw: general.dropped(after=True), FusionAskedToPost),
    Wire("ReqstId -1", "erp", _LOAD, lambda draw: mischief.rejected()),
    Wire("429 of Fusion", "erp", (*_LOAD, *_READS), lambda draw: mischief.throttled(draw.choice(("", "30")))),
    Wire("5xx of Fusion", "erp", (*_LOAD, *_READS, *_CHECKS), lambda draw: general.status(draw.choice((500, 503)))),
    Wire("5xx before the load", "erp", (*_LOAD, *_READS, *_CHECKS), lambda draw: general.html(502)),
    Wire("5xx after the load", "erp", _LOAD, lambda draw: general.html(draw.choice((500, 504)), after=True)),
    Wire("connection reset in Fusion's answer", "erp", (*_LOAD, *_READS), lambda draw: general.truncated()),
    Wire("token refused", "erp", (*_LOAD, *_READS), lambda draw: general.status(401)),
    Wire("read-back blind", "erp", _SEARCH, lambda draw: mischief.blind()),
    Wire("rows twice", "erp", _SEARCH, lambda draw: mischief.repeated()),
    Wire("rows backwards", "erp", _SEARCH, lambda draw: mischief.backwards()),
    Wire("load ended in error", "erp", _LOAD, lambda draw: mischief.load_fails()),
    Wire("import ended in error", "erp", _LOAD, lambda draw: mischief.import_fails()),
    Wire("parent succeeded, no batch", "erp", _LOAD, lambda draw: mischief.import_lost()),
    Wire("job cancelled", "erp", _LOAD, lambda draw: mischief.job_ends(draw.choice(("CANCELLED", "EXPIRED")))),
    Wire("posting job cancelled", "erp", _POST, lambda draw: mischief.job_ends("CANCELLED"), FusionAskedToPost),
    Struck("file accepted, job lost", lambda draw: fusion_strikes.JobLost(is_loaded=draw.random() < 0.5), "on_its_way"),
    Struck("job succeeded with rejected lines", lambda draw: fusion_strikes.LinesRejected(), "early"),
    Struck("job paused for long", lambda draw: fusion_strikes.JobSlow(draw.uniform(30, 12_000))),
    Struck("token revoked in mid-import", lambda draw: fusion_strikes.TokensRevoked(), "on_its_way"),
    Struck("client revoked", lambda draw: fusion_strikes.ClientChanged("revoked")),
    Struck("data access taken away", lambda draw: fusion_strikes.ClientChanged("without data")),
    Struck("batch posted late", lambda draw: fusion_strikes.PostedLater(draw.uniform(30, 15_000))),
    Struck("Fusion out for long", lambda draw: Lasting(draw.uniform(*OUT), draw.choice(_OUTAGES))),
    Struck("Fusion blind for long", lambda draw: Lasting(draw.uniform(*BLIND), mischief.blind(), _unseen(draw))),
)


def _is_shared(kind: Wire | Struck | Shown) -> bool:
    return kind.side == "amazon" if isinstance(kind, Wire) else not kind.name.startswith("ERP ")


KINDS: tuple[Wire | Struck | Shown, ...] = (
    *(kind for kind in fault_kinds.KINDS if _is_shared(kind)),
    *_OF_FUSION,
)
