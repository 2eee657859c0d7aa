"""Journals, findings and a start of time for the tests of the stores."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from ledger.accounts import AccountKey
from ledger.errors import Finding
from ledger.journal import JournalFrame, JournalSet, Movement, SourceKey, build_journals
from resources.clock import ManualClock

START = datetime(2026, 10, 14, 8, 30, tzinfo=UTC)
CLEARING = AccountKey.of("US001", account="110500")


def new_clock() -> ManualClock:
    """Return a clock that stands at the start of time."""
    return ManualClock(START)


def source(settlement_id: str = "11111111111", ledger: str = "US001-ACTUALS") -> SourceKey:
    """Return the source of a settlement's documents."""
    return SourceKey("A1SELLER", ledger, "settlement", settlement_id)


def journals(*amounts: str, settlement_id: str = "11111111111", ledger: str = "US001-ACTUALS") -> JournalSet:
    """Return a set with one part per amount, each of one movement."""
    movements = [
        Movement(CLEARING, AccountKey.of("US001", account=f"4000{number:02d}"), Decimal(amount), "USD")
        for number, amount in enumerate(amounts)
    ]
    frame = JournalFrame(
        source(settlement_id, ledger), 1, "US001", "USD", "CRRNT", f"Amazon {settlement_id}", settlement_id, lines_max=2
    )
    return build_journals(movements, frame, date(2026, 10, 14))


def finding(code: str = "unmapped", origin: str = "row 7", sentence: str = "Row 7 has no account.") -> Finding:
    """Return a finding."""
    return Finding(code, sentence, "Map it.", origin=origin, amount=Decimal("12.30"), details={"rows": [7]})
