"""A desk with one settlement's journals on it, an emulated PeopleSoft, and books that only the oracle reads."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from assets.posting.protocol import Desk, Driven, PostingPatience, drive
from emulators.faults import FaultPlan
from emulators.in_process import InProcessTransport
from emulators.peoplesoft.app import PeopleSoft as Emulator
from emulators.peoplesoft.app import build_app
from emulators.peoplesoft.books import WITHOUT_EFFECT
from emulators.peoplesoft.books import Journal as BookedJournal
from emulators.peoplesoft.demo_site import DEMO_PASSWORD, DEMO_USER, demo_site
from emulators.peoplesoft.site import Site
from ledger.accounts import AccountKey
from ledger.journal import Journal, JournalLine, JournalSet, SourceKey
from ledger.posting import PostingState
from ledger.references import reference
from resources.clock import ManualClock
from resources.erp.peoplesoft.client import PeopleSoft
from resources.erp.peoplesoft.profile import PeopleSoftProfile
from resources.transport.rings import build_client
from tests.road.control import CONTROL

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
SETTLEMENT = "24000000001"
SOURCE = SourceKey("A1SELLER", "peoplesoft:PSFT_EP:ACTUALS", "settlement", SETTLEMENT)
CLEARING = "110500"
SEGMENTS = {"department": "10000", "product": "AMZ", "operating_unit": "NA"}
RESTING = (PostingState.POSTED, PostingState.REFUSED, PostingState.REVIEW, PostingState.REVERSED, PostingState.PLANNED)


@cache
def _site() -> Site:
    return demo_site(START.date())


class _NoTrail:
    """A recorder that keeps nothing: the trail is proved elsewhere, and its disk writes take most of the time."""

    def record(self, exchange: object) -> str:
        return ""


def line(number: int, account: str, amount: str, ref: str = "", text: str = "") -> JournalLine:
    """Return one line of unit US001."""
    return JournalLine(number, AccountKey.of("US001", account=account, **SEGMENTS), Decimal(amount), ref, text)


def journals(*amounts: str, sales: str = "400100", day: date = date(2026, 11, 14)) -> JournalSet:
    """Return one balanced journal of two lines per amount, together one set."""
    made = tuple(
        Journal(
            source=SOURCE,
            revision=1,
            part=part,
            parts=len(amounts),
            unit="US001",
            accounting_date=day,
            currency="USD",
            rate_type="CRRNT",
            description=f"Amazon settlement {SETTLEMENT}",
            document_reference=reference(SETTLEMENT),
            lines=(line(1, CLEARING, amount, reference(SETTLEMENT)), line(2, sales, f"-{amount}", "", "revenue")),
        )
        for part, amount in enumerate(amounts, start=1)
    )
    return JournalSet(SOURCE, 1, made)


@dataclass
class Rig:
    """Everything around the protocol; `wrap` may put something between client and emulator."""

    folder: Path
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    faults: FaultPlan = field(default_factory=FaultPlan)
    password: str = DEMO_PASSWORD
    patience: PostingPatience = field(default_factory=PostingPatience)
    settings: dict = field(default_factory=dict)
    site: Site = field(default_factory=lambda: replace(_site()))

    def __post_init__(self) -> None:
        self.app: Emulator = build_app(self.site, self.clock, self.faults)
        self.stores = CONTROL.opened(self.folder / "home", self.clock)
        self._targets: dict[str, PeopleSoft] = {}

    def lose_control_database(self) -> None:
        """Go on with an empty control database beside the same ERP."""
        self.stores.close()
        self._targets.clear()
        self.stores = CONTROL.opened(self.folder / f"home-{self.clock.now():%H%M%S%f}", self.clock)

    def target(self, transport: httpx.BaseTransport | None = None) -> PeopleSoft:
        """Return a client; without a transport of its own the same one again, its WSDL read once."""
        if transport is None and self.password in self._targets:
            return self._targets[self.password]
        client = build_client(
            connection="amazon_us",
            clock=self.clock,
            user_agent="tests",
            recorder=_NoTrail(),
            transport=transport or InProcessTransport(self.app, self.clock),
        )
        profile = PeopleSoftProfile(base_url="https://peoplesoft.example", units=("US001",), **self.settings)
        password = self.password
        target = PeopleSoft(profile, client, lambda: (DEMO_USER, password), self.clock)
        return self._targets.setdefault(password, target) if transport is None else target

    def plan(self, wanted: JournalSet, *, approved: bool = True, again: bool = False):
        """Store a set."""
        return self.stores.outbox.plan(
            "amazon_us", wanted, approved=approved, mapping_hash="m", partition=SETTLEMENT, again=again
        )

    def desk(self, holder: str = "worker-1", **changes: Any) -> Desk:
        """Return a worker's desk."""
        given = {"outbox": self.stores.outbox, "target": self.target(), "clock": self.clock, "patience": self.patience}
        return Desk(**{**given, "holder": holder, "run": holder, **changes})

    def documents(self):
        """Return the newest revision."""
        return self.stores.outbox.documents(SOURCE)

    def run(self, desk: Desk | None = None) -> list[Driven]:
        """Drive every part once, as one run does."""
        desk = desk or self.desk()
        documents = self.documents()
        siblings = [one.journal for one in documents]
        return [drive(desk, one.key, siblings) for one in documents]

    def until_rest(self, runs_max: int = 40) -> list[str]:
        """Run at the moments the protocol asks for until nothing moves; return the states seen of part 1."""
        seen: list[str] = []
        for _ in range(runs_max):
            driven = self.run()
            seen.append(str(driven[0].document.state))
            if all(one.document.state in RESTING for one in driven):
                return seen
            moments = [one.again_at for one in driven if one.again_at is not None]
            assert moments, f"nothing moves and nobody looks again: {seen}"
            assert min(moments) > self.clock.now(), "asked for again in the past"
            self.clock.advance((min(moments) - self.clock.now()).total_seconds())
        raise AssertionError(f"no end: {seen}")

    # --- the oracle: reads only the emulator's books --------------------------------------------------------------

    def booked(self) -> list[BookedJournal]:
        """Return our journals that count in the books."""
        return booked(self.app)

    def assert_in_books(self, *totals: str) -> None:
        """Exactly these clearing amounts, one journal each, every journal balanced, no key twice."""
        assert_in_books(self.app, CLEARING, totals)


def booked(app: Emulator) -> list[BookedJournal]:
    """Return the connector's journals that count: not removed, not unposted, no reversals of unposting."""
    left_out = (*WITHOUT_EFFECT, "U")
    return [
        one
        for one in app.books.journals()
        if one.source == "AMZ" and one.key.unpost_seq == 0 and one.status not in left_out
    ]


def assert_in_books(app: Emulator, clearing: str, totals: tuple[str, ...] | list[str]) -> None:
    """Hold the books against what should be in them."""
    found = booked(app)
    assert app.books.duplicates() == {}
    assert len({one.key for one in found}) == len(found)
    cleared = []
    for one in found:
        lines = app.books.lines(one.key)
        assert sum(each.amount for each in lines) == 0, f"{one.key} is not balanced"
        cleared.append(sum((each.amount for each in lines if each.account == clearing), Decimal(0)))
    assert sorted(cleared) == sorted(Decimal(one) for one in totals)
