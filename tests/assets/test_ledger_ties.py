"""Whose an entry is, what was paid out of a settlement by a moment, and what is not known yet: the parts of a tie."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from assets.ledger_ties import Tied, _ties_verdict
from assets.month_end.tie_amazon import Kept, Reading, _last_ends, _paid, _payable, amazon_side, readings
from assets.month_end.tie_books import Known, moves_of, owned
from assets.month_end.tie_place import Placed, TiePlace
from ledger.accounts import AccountKey
from ledger.journal import Journal, JournalLine, SourceKey
from ledger.ledger_tie import AtGoLive, By, Entry, tie
from ledger.month import Month
from ledger.posting import PostingState
from ledger.references import reference
from ledger.series import Carried, Place, SettlementHead
from resources.erp.target import LedgerEntry
from resources.store.outbox import OutboxDocument

OURS, SISTER = "24000000001", "24000000009"
CLEARING, RESERVE = AccountKey.of("US001", account="110500"), AccountKey.of("US001", account="110700")
END = datetime(2026, 11, 1, tzinfo=UTC)
D = Decimal


def document(
    erp_id: str, kind: str, source_id: str, connection: str = "amazon_us", reverses: str = ""
) -> OutboxDocument:
    """Return a posted document."""
    source = SourceKey("A1", "ps:ACTUALS", kind, source_id)
    lines = (JournalLine(1, CLEARING, D("5.00")), JournalLine(2, RESERVE, D("-5.00")))
    day = date(2026, 10, 20)
    journal = Journal(source, 1, 1, 1, "US001", day, "USD", "CRRNT", "", lines, reverses=reverses)
    return OutboxDocument(
        key=journal.key,
        connection=connection,
        partition=source_id,
        source=source,
        revision=1,
        part=1,
        parts=1,
        state=PostingState.POSTED,
        state_version=1,
        fingerprint=journal.fingerprint,
        set_fingerprint="",
        erp_id=erp_id,
        reason="",
        mapping_hash="",
        changed_at=END,
        sending_since=None,
        attempts=1,
        not_before=None,
        content=json.dumps(journal.content()),
    )


BOOKED, CASH = document("J1", "settlement", OURS), document("C1", "cash", OURS)
DOCUMENTS = (
    BOOKED,
    CASH,
    document("R1", "reversal", f"{OURS}.1", reverses=BOOKED.key),
    document("R2", "reversal", f"{OURS}.cash.1", reverses=CASH.key),
    document("A1", "accrual", "Amazon.com.USD.2026-10"),
    document("X1", "settlement", SISTER, "amazon_other"),
)
KNOWN = Known(
    "amazon_us",
    {one.key: one for one in DOCUMENTS},
    {one.erp_id: one for one in DOCUMENTS if one.erp_id},
    {reference(OURS): ("amazon_us", OURS), reference(SISTER): ("amazon_other", SISTER)},
)


def entry(erp_id: str, ref: str = "", account: AccountKey = CLEARING, amount: str = "5.00") -> LedgerEntry:
    """Return one entry of October."""
    return LedgerEntry(erp_id, account, date(2026, 10, 20), D(amount), "USD", ref, "ONL", "By hand", "10/2026")


def head(settlement_id: str = OURS, total: str = "100.00", end: datetime = END - timedelta(days=3), **more):
    """Return a settlement of two weeks."""
    return SettlementHead(settlement_id, "Amazon.com", "USD", end - timedelta(days=14), end, D(total), **more)


def placed(one: SettlementHead, series: str = "1", carried: tuple[Carried, ...] = ()) -> Placed:
    """Return it in a series."""
    return Placed(one, Place(series, None, False, carried=carried), one.end.date())


def place_of(*settlements: Placed) -> TiePlace:
    """Return the place of these settlements."""
    at = AtGoLive(date(2026, 9, 1))
    return TiePlace("US001", "USD", ("Amazon.com",), CLEARING, (CLEARING, RESERVE), settlements, at)


PLACE = place_of(placed(head()))


@pytest.mark.parametrize(
    "one, by, settlement_id",
    [
        (entry("J1", reference(OURS)), By.SETTLEMENT, OURS),
        (entry("R1", reference(OURS)), By.SETTLEMENT, OURS),
        (entry("C1", reference(OURS)), By.CASH, OURS),
        (entry("R2", reference(OURS)), By.CASH, OURS),
        (entry("A1"), By.ACCRUAL, ""),
        (entry("X1", reference(SISTER)), By.ELSEWHERE, ""),
        (entry("BANK", reference(SISTER)), By.ELSEWHERE, ""),
        (entry("BANK", reference(OURS)), By.OTHERS, OURS),
        (entry("BANK"), By.OTHERS, ""),
        # A reference names an open item on clearing and nowhere else.
        (entry("BANK", reference(OURS), RESERVE), By.OTHERS, ""),
    ],
)
def test_an_entry_is_ours_as_our_records_say(one: LedgerEntry, by: By, settlement_id: str) -> None:
    """By its document, whichever connection sent it; an entry of others by the item it stands on."""
    [found] = owned(PLACE, KNOWN, [one], {})
    assert (found.by, found.settlement_id) == (by, settlement_id)
    assert found.words == "ONL By hand"


def test_a_persons_word_counts_for_entries_of_others_alone() -> None:
    """Nobody takes a document of ours for right by dismissing it."""
    ours, others = owned(PLACE, KNOWN, [entry("J1"), entry("BANK")], {"J1": "a", "BANK": "jo: agreed"})
    assert (ours.accepted, others.accepted) == ("", "jo: agreed")


def test_items_are_what_stands_on_clearing() -> None:
    """Under the settlement of its reference; the reserve is no item."""
    moves = moves_of(
        PLACE, KNOWN, [entry("J1", reference(OURS)), entry("J1", "", RESERVE), entry("BANK")], Month(2026, 10)
    )
    assert [(one.document, one.settlement_id) for one in moves] == [("J1", OURS), ("BANK", "")]


def payout(status: str = "PAID", amount: str | None = "100.00", created=END, paid=None, ids=(OURS,)) -> dict:
    """Return a payout as it is kept."""
    moments = {name: at and at.replace(tzinfo=None) for name, at in (("created_at", created), ("paid_at", paid))}
    return {"status": status, "amount": amount and D(amount), "settlement_ids": list(ids), **moments}


BEFORE = END - timedelta(hours=1)


@pytest.mark.parametrize(
    "rows, total, paid, arrived",
    [
        ([], "100.00", "100.00", "100.00"),  # none was read: what the settlement came to, when it ended
        ([], "-20.00", "0", "0"),
        ([payout(created=BEFORE, paid=BEFORE)], "100.00", "100.00", "100.00"),
        ([payout(created=BEFORE, paid=END)], "100.00", "100.00", "0"),
        ([payout("IN_TRANSIT", created=BEFORE)], "100.00", "100.00", "0"),
        ([payout(created=END, paid=END)], "100.00", "0", "0"),  # after Amazon's midnight
        ([payout("FAILED", created=BEFORE)], "100.00", "0", "0"),
        ([payout("NO_PAYOUT", None, BEFORE)], "-20.00", "0", "0"),
        ([payout(amount="350.00", created=BEFORE, ids=(OURS, SISTER))], "100.00", "100.00", "0"),
        ([payout(created=None)], "100.00", "100.00", "0"),  # it says nowhere when: when the settlement ended
    ],
)
def test_what_left_amazons_balance_is_what_amazon_says(rows: list[dict], total: str, paid: str, arrived: str) -> None:
    """When it begins or when it arrives; a payout that broke never; one of several settlements gives each its own."""
    one = placed(head(total=total))
    assert _paid(one, rows, Reading(lambda _: END)) == D(paid)
    assert _paid(one, rows, Reading(lambda _: END, until_arrival=True)) == D(arrived)


def test_what_is_paid_out_of_a_settlement_can_be_received() -> None:
    """From its end on, and not while every payout of it broke."""
    assert _payable(placed(head()), [], END) == D("100.00")
    assert _payable(placed(head(total="-5.00")), [], END) == 0
    assert _payable(placed(head(end=END + timedelta(days=1))), [], END) == 0
    assert _payable(placed(head()), [payout("FAILED")], END) == 0
    assert _payable(placed(head()), [payout("FAILED"), payout()], END) == D("100.00")


def test_a_month_ends_at_one_of_two_midnights() -> None:
    """That of UTC, and that where the marketplace is; no source says which one counts."""
    first, second, *late = readings(Month(2026, 10))
    utc, local = first.midnight, second.midnight
    assert [one.until_arrival for one in (first, second, *late)] == [False, False, True, True]
    assert utc("Amazon.com") == END
    assert local("Amazon.com") == datetime(2026, 11, 1, 7, tzinfo=UTC)
    assert local("Amazon.co.jp") == datetime(2026, 10, 31, 15, tzinfo=UTC)
    assert local("Amazon.de") == datetime(2026, 10, 31, 23, tzinfo=UTC)


def test_a_series_that_fell_asleep_is_not_waited_for() -> None:
    """Of two that are awake both must have their settlement; a settlement of fees alone counts for its series."""
    old, fees = head("24000000003", end=END - timedelta(days=60)), head("24000000002", end=END - timedelta(days=1))
    unnamed = SettlementHead(fees.settlement_id, "", "USD", fees.start, fees.end, D(0))
    awake = place_of(placed(head()), placed(unnamed), placed(old, "2"))
    assert _last_ends(awake, "Amazon.com", END) == [END - timedelta(days=1)]
    both = place_of(placed(head()), placed(head("24000000003", end=END - timedelta(days=9)), "2"))
    assert sorted(_last_ends(both, "Amazon.com", END)) == [END - timedelta(days=9), END - timedelta(days=3)]


def test_a_payout_that_came_back_is_told_once(books) -> None:
    """The later settlement carries it: it is nothing that was earned there, and not on its way any more."""
    later = head("24000000002", "180.00", END)
    back = Carried(5, D("100.00"), "transfer_returned", OURS)
    place = place_of(placed(head()), placed(later, carried=(back,)))
    utc = readings(Month(2026, 10))[0]
    booked = amazon_side(books.road, place, {"24000000002": [("J2", D("80.00"))]}, Kept(), utc)
    first, second = booked.settled
    assert (first.paid, first.returned) == (D("100.00"), D("100.00"))
    assert second.earned == D("80.00")
    waiting = amazon_side(books.road, place, {}, Kept(), utc)
    assert [one.returned for one in waiting.settled] == [D(0), D(0)]
    assert waiting.settled[1].earned == D("180.00")
    assert "not in the books by the month's end" in waiting.settled[1].words


def tied(stated: str, wanting: str = "", *others: Entry) -> Tied:
    """Return a tie of books that hold 300.00 since go-live, and what others booked since."""
    opening = Entry("OPENING", date(2026, 9, 1), D("300.00"), By.OTHERS)
    books = sum((one.amount for one in (opening, *others)), D(0))
    at = AtGoLive(date(2026, 9, 1), owed=D("300.00"))
    return Tied(PLACE, (), books, tie(books, D(0), (opening, *others), at, (), D(stated), D(0), D(0)), wanting)


def test_a_tie_waits_for_what_is_wanting_and_for_nothing_else() -> None:
    """What is left over may be what is wanting. An entry of others is wrong whatever comes."""
    fine, waits = _ties_verdict([tied("300.00")]), _ties_verdict([tied("0.00", "nothing is kept")])
    assert fine.passed
    assert (waits.passed, waits.is_waiting) == (False, True)
    assert "nothing is kept" in waits.sentence
    assert "unexplained" not in waits.sentence
    other = Entry("MANUAL", date(2026, 10, 5), D("-9.00"), By.OTHERS)
    wrong = _ties_verdict([tied("0.00", "nothing is kept", other), tied("300.00")])
    assert (wrong.passed, wrong.is_waiting) == (False, False)
    assert wrong.sentence.endswith("nothing is kept; not explained is entries of others -9.00.")
    assert [row["line"] for row in wrong.rows] == ["general ledger", "waits", "entries of others"]
    differs = _ties_verdict([tied("299.00")])
    assert (differs.passed, differs.is_waiting) == (False, False)
    assert "unexplained 1.00" in differs.sentence
