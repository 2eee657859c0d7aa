"""What goes wrong in a simulation, one name per kind, as data: who fails, at which of its calls, and how.

In: nothing. Out: `KINDS`. A kind of the wire is a fault of an emulator at some call of an operation; a kind of the
process or of people strikes at some effect of some worker, drawn by the seed (`strikes.py` says what then happens); a
kind of the list is how Amazon shows its pages from the start.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from emulators import faults as general
from emulators.faults import Fault
from emulators.peoplesoft import mischief
from tests.simulation import strikes
from tests.simulation.beginnings import Moments
from tests.simulation.erp_side import ErpSide
from tests.simulation.strikes import Strike

Draw = random.Random


@dataclass(frozen=True)
class Wire:
    """A fault of one emulator: operations with the number of the last call that may be hit, and what happens.

    `erp` names the ERP's side where not every one has the operations.
    """

    name: str
    side: str
    operations: tuple[tuple[str, int], ...]
    fault: Callable[[Draw], Fault]
    erp: type[ErpSide] | None = None


@dataclass(frozen=True)
class Struck:
    """Something that happens at an effect, most often while a worker holds a document: there money moves.

    `most_often` names the moments that it is mostly drawn from; what waits for the send by itself is drawn early.
    `meets_documents` says that it can strike while a document is held: among many seeds it then has to.
    """

    name: str
    strike: Callable[[Draw], Strike]
    most_often: str = "leased"
    meets_documents: bool = True

    def effect(self, draw: Draw, moments: Moments, wanted: str = "") -> int:
        """Draw the number of the effect from which on it happens; `wanted` are other moments than most often."""
        drawn = draw.choice(("early", "later", *(self.most_often,) * 5))
        return draw.choice(getattr(moments, wanted if wanted and self.most_often == "leased" else drawn))


@dataclass(frozen=True)
class Shown:
    """A way in which Amazon shows its list: settings of the emulator."""

    name: str
    settings: dict[str, Any]


_CREATE = (("Create", 2),)
_READS = (("X_JRNL_BY_REF", 8), ("X_JRNL_BY_KEY", 6), ("X_CONTROL", 3), ("X_JRNL_LINES", 3))
_CHECKS = (("X_CHARTFIELD_VALUES", 12), ("X_PERIOD_OPEN", 3))
_LIST = (("getReports", 4), ("getReportDocument", 3))
_DOWNLOAD = (("download", 3),)
# How long what lasts goes on, in seconds: from some looks to longer than anybody waits before a person is told.
OUT = (2_700, 25_000)
BLIND = (1_800, 24_000)
_OUTAGES = (general.dropped(), general.html(502), general.html(503), general.status(500))


def _unseen(draw: Draw) -> tuple[str, ...]:
    """Draw which reads show nothing: all of them, those by key, or one."""
    every = tuple(name for name, _ in _READS)
    return draw.choice((every, every, ("X_JRNL_BY_KEY", "X_JRNL_LINES"), (draw.choice(every),)))


def _frozen(draw: Draw) -> strikes.Frozen:
    return strikes.Frozen(draw.uniform(901, 5000), draw.random() < 0.5, draw.random() < 0.5)


KINDS: tuple[Wire | Struck | Shown, ...] = (
    Wire("request lost", "erp", (*_CREATE, *_READS, *_CHECKS), lambda draw: general.dropped()),
    Wire("request to Amazon lost", "amazon", (*_LIST, *_DOWNLOAD, ("token", 2)), lambda draw: general.dropped()),
    Wire("response lost", "erp", _CREATE, lambda draw: general.dropped(after=True)),
    Wire("committed, then a time-out", "erp", _CREATE, lambda draw: general.slow(draw.choice((121, 200, 329)))),
    Wire("slow answer that still lands", "erp", _CREATE, lambda draw: mischief.commits_later(draw.uniform(1, 325))),
    Wire("delivered twice", "erp", _CREATE, lambda draw: mischief.delivered_twice()),
    Wire("429 without its rate", "amazon", _LIST, lambda draw: general.status(429)),
    Wire("429 with its rate", "amazon", _LIST, lambda draw: general.named("throttled")),
    Wire("5xx of Amazon", "amazon", (*_LIST, *_DOWNLOAD), lambda draw: general.status(draw.choice((500, 502, 503)))),
    Wire("5xx before the save", "erp", (*_CREATE, *_READS, *_CHECKS), lambda draw: general.html(502)),
    Wire("5xx after the save", "erp", _CREATE, lambda draw: general.html(draw.choice((500, 504)), after=True)),
    Wire("SOAP fault with HTTP 200", "erp", _CREATE, lambda draw: general.status(200)),
    Wire("gateway error with HTTP 200", "erp", _CREATE, lambda draw: mischief.gateway_error(after=draw.random() < 0.5)),
    Wire("connection reset in the body", "amazon", (*_DOWNLOAD, ("getReports", 2)), lambda draw: general.truncated()),
    Wire("connection reset in the ERP's answer", "erp", (*_CREATE, *_READS), lambda draw: general.truncated()),
    Wire("truncated gzip", "amazon", _DOWNLOAD, lambda draw: general.shortened(draw.choice((20, 60, None)))),
    Wire("expired link", "amazon", _DOWNLOAD, lambda draw: general.named("link_expired")),
    Wire("token expired in mid-page", "amazon", (("getReports", 4),), lambda draw: general.named("token_expired")),
    Wire("read-back blind", "erp", _READS, lambda draw: mischief.blind()),
    Wire("rows twice", "erp", _READS, lambda draw: mischief.repeated()),
    Wire("rows backwards", "erp", _READS, lambda draw: mischief.backwards()),
    Shown("pages reordered", {"reports_order": "shuffled"}),
    Shown("pages repeated", {"repeated_pages": frozenset({1, 3})}),
    Shown("empty page with a token", {"empty_pages": frozenset({1, 3})}),
    Struck("journal edit error", lambda draw: strikes.EditError(), "early"),
    Struck("period closed", lambda draw: strikes.PeriodClosed(after_create=draw.random() < 0.5)),
    Struck("clock crosses month end", lambda draw: strikes.ClockCrosses("2026-11-01T04:00:00+00:00")),
    Struck("clock crosses a change of time", lambda draw: strikes.ClockCrosses("2026-11-01T06:00:00+00:00")),
    Struck("process killed", lambda draw: strikes.Killed(is_after=draw.random() < 0.5)),
    Struck("lease holder frozen", lambda draw: _frozen(draw)),
    Struck("two operators at once", lambda draw: strikes.SecondOperator(whole=draw.random() < 0.7)),
    Struck("control database busy", lambda draw: strikes.Busy(draw.choice((1, 1, 2, 5)))),
    Struck("disk full", lambda draw: strikes.DiskFull(draw.choice((1, 2, 6))), "files", meets_documents=False),
    Struck("mapping changed in mid-run", lambda draw: strikes.MappingChanged(back=draw.random() < 0.5)),
    Struck("backfill of posted partitions", lambda draw: strikes.Backfill(), meets_documents=False),
    Struck(
        "control database restored from yesterday",
        lambda draw: strikes.Restored(draw.uniform(60, 80_000)),
        meets_documents=False,
    ),
    Struck(
        "control database lost",
        lambda draw: strikes.Restored(draw.uniform(60, 80_000), from_nothing=True),
        meets_documents=False,
    ),
    Struck("ERP out for long", lambda draw: strikes.Lasting(draw.uniform(*OUT), draw.choice(_OUTAGES))),
    Struck("ERP blind for long", lambda draw: strikes.Lasting(draw.uniform(*BLIND), mischief.blind(), _unseen(draw))),
)
