"""The receipt of a payout booked by the connector: once, on value date, and never beside somebody else's."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from assets.bank.cash_due import ask_for_receipts
from assets.bank.cash_sources import cash_sets
from assets.review.approval import approve, reject
from assets.review.decisions import resolve
from assets.road import walk
from assets.stages.day_stages import DAY_STAGES
from assets.stages.days import fetch_days
from assets.stages.resumption import POSTING_KIND
from assets.undo.reposting import repost
from assets.undo.reversals import apply_reversal, plan_reversal, require_cash_reversals
from emulators.faults import dropped
from ledger.bank_matching import Payment
from ledger.errors import InputRefused, TargetMisconfigured
from ledger.four_eyes import Decider
from tests.road.cash_rig import (
    BANK,
    CARD,
    CLEARING,
    FX,
    book,
    cash_in_books,
    cash_road,
    hand_in,
    item,
    posted,
    stage,
    verdict,
)
from tests.road.conftest import FIRST, of_account, sale

ONE, TWO = "24000000001", "24000000002"
RECEIVED = "2026-11-11,100.00,AMAZON PAYOUT"
HUNDRED = Decimal("100.00")


def receipt(amount: str, settlement_id: str = ONE) -> list[tuple]:
    """Return the lines of a receipt in dollars as the books hold it."""
    money = Decimal(amount)
    return [(BANK, "", "USD", money, money), (CLEARING, item(settlement_id), "USD", -money, -money)]


def states(road, settlement_id: str = ONE) -> list[list[str]]:
    """Return the states of the newest documents of each cash entry."""
    return [[str(one.state) for one in newest] for newest in cash_sets(road, settlement_id)]


def test_a_receipt_closes_the_item_on_its_value_date_and_is_read_back(world, monkeypatch) -> None:
    """Dr bank / Cr clearing[S], once, named by the proof; also with hidden base amounts first and lost records last."""
    road = cash_road(world)
    posted(world, road, ONE, sale())
    assert book(road, ONE).facts["cash"] == "waits for the bank"
    hand_in(world, road, RECEIVED)
    assert ask_for_receipts(road) == [ONE]
    assert any((one.kind, one.partition) == (POSTING_KIND, ONE) for one in road.stores.due.listing(road.connection))
    with monkeypatch.context() as hidden:
        hidden.setattr("resources.erp.peoplesoft.open_items._base", lambda row: (None, ""))
        with pytest.raises(TargetMisconfigured, match="MONETARY_AMOUNT"):
            book(road, ONE)
    assert set(world.items()) == {"cash_entries_failed"}
    creates = world.creates()
    result = book(road, ONE)
    assert all(one.passed for one in result.verdicts), result.verdicts
    assert cash_in_books(world) == [receipt("100.00")]
    [[entry]] = cash_sets(road, ONE)
    assert entry.journal.accounting_date == date(2026, 11, 11)
    for _ in range(2):
        book(road, ONE)
    proved = stage(road, "reconciliations", ONE)
    assert all(one.passed for one in proved.verdicts), proved.verdicts
    assert proved.facts["closed by"] == f"{entry.erp_id} of 2026-11-11"
    assert proved.facts["open item now"] == 0
    assert "exactly once" in verdict(proved, "cash_entry_in_books").sentence
    assert ask_for_receipts(road) == []
    assert world.creates() == creates + 1
    assert world.items() == {}
    world.reopen(world.home.with_name("without-records"))
    again = cash_road(world)
    posted(world, again, ONE, sale())
    hand_in(world, again, RECEIVED)
    book(again, ONE)
    assert (states(again), world.creates()) == ([["posted"]], creates + 1)


def test_a_lost_answer_another_worker_and_another_setting_book_nothing_twice(world) -> None:
    """Under `erp` what was sent is followed and nothing sent; a lease keeps a second worker away."""
    road = cash_road(world)
    posted(world, road, ONE, sale())
    assert book(world.small(), ONE).facts["cash"] == "the ERP's own bank process books the receipt"
    hand_in(world, road, RECEIVED)
    world.erp_faults.next("Create", dropped())
    book(road, ONE)
    assert states(road) == [["unclear"]]
    world.clock.advance(1000)
    book(world.small(bank_receipt="erp"), ONE)
    assert states(road) == [["approved"]]
    assert cash_in_books(world) == []
    book(road, ONE)
    assert cash_in_books(world) == [receipt("100.00")]
    later = FIRST + timedelta(days=7)
    world.take_in(road, TWO, sale("30.00", later + timedelta(hours=1), "111-0000002-0000002"), start=later, days=2)
    walk(road, TWO)
    hand_in(world, road, "2026-11-13,30.00,AMAZON PAYOUT")
    world.erp_faults.next("Create", dropped())
    book(road, TWO)
    [[entry]] = cash_sets(road, TWO)
    world.clock.advance(400)
    lease = world.stores.outbox.lease(entry.key, "elsewhere:run-2", 900)
    book(cash_road(world, run="run-3"), TWO)
    assert states(road, TWO) == [["unclear"]]
    world.stores.outbox.release(lease)
    book(cash_road(world, run="run-4"), TWO)
    assert states(road, TWO) == [["posted"]]
    book(cash_road(world, run="run-5", accounts="accounts:\n"), TWO)
    assert "stands in the books, and would not be booked now" in world.items()["cash_account"].sentence
    assert states(road, TWO) == [["posted"]]
    assert sorted(cash_in_books(world)) == sorted([receipt("100.00"), receipt("30.00", TWO)])


def test_an_item_that_the_bank_process_of_the_erp_has_closed_is_left_alone(world) -> None:
    """Never both: a person says that it is the receipt, or undoes it there and the entry goes by itself."""
    road = cash_road(world)
    posted(world, road, ONE, sale())
    hand_in(world, road, RECEIVED)
    key = next(one.key for one in world.books.journals() if one.source == "AMZ")
    theirs = world.books.people.receive(key, date(2026, 11, 11), item(ONE), BANK)
    result = book(road, ONE)
    assert not verdict(result, "cash_gate").passed
    assert not result.stops
    found = world.items()["cash_item_closed"]
    assert theirs.id in found.sentence
    assert cash_in_books(world) == []
    resolve(road, found, "keep", Decider("tester"), "it is the receipt")
    assert book(road, ONE).verdicts[0].is_waiting
    assert world.items() == {}
    assert cash_in_books(world) == []
    world.books.people.unpost(theirs)
    book(road, ONE)
    assert cash_in_books(world) == [receipt("100.00")]


def test_pooled_and_split_lines_and_a_charge_are_booked_each_its_part(world) -> None:
    """A pooled line by settlement, a split payout by line, a charge: Dr card in transit / Cr bank."""
    road = cash_road(world)
    posted(world, road, ONE, sale())
    later = FIRST + timedelta(days=7)
    world.take_in(road, TWO, sale("30.00", later + timedelta(hours=1), "111-0000002-0000002"), start=later, days=2)
    walk(road, TWO)
    hand_in(world, road, "2026-11-12,130.00,AMAZON PAYOUT")
    book(road, ONE), book(road, TWO)
    assert sorted(cash_in_books(world)) == sorted([receipt("100.00"), receipt("30.00", TWO)])
    three, end = "24000000003", later + timedelta(days=2)
    world.take_in(road, three, sale("70.00", end + timedelta(hours=1), "111-0000003-0000003"), start=end, days=2)
    walk(road, three)
    hand_in(world, road, "2026-11-14,45.00,AMAZON 1 OF 2", "2026-11-15,25.00,AMAZON 2 OF 2")
    book(road, three)
    booked = [one for one in cash_in_books(world) if one[1][1] == item(three)]
    assert sorted(booked) == sorted([receipt("25.00", three), receipt("45.00", three)])
    [documents] = cash_sets(road, three)
    assert [str(one.journal.accounting_date) for one in documents] == ["2026-11-14", "2026-11-15"]
    assert stage(road, "reconciliations", three).facts["open item now"] == 0
    rows = (sale("10.00"), of_account("Subscription Fee", "-70.00"), of_account("Successful charge", "60.00"))
    begin = end + timedelta(days=2)
    rows = [replace(one, posted=begin + timedelta(hours=1)) for one in rows]
    world.take_in(road, "24000000004", *rows, start=begin, days=2)
    four = "24000000004"
    walk(road, four)
    hand_in(world, road, "2026-11-14,-60.00,AMAZON CHARGE")
    result = book(road, four)
    assert all(one.passed for one in result.verdicts), result.verdicts
    money = Decimal("60.00")
    assert [one for one in cash_in_books(world) if one[0][0] == CARD] == [
        [(CARD, "", "USD", money, money), (BANK, "", "USD", -money, -money)]
    ]
    proved = stage(road, "reconciliations", four)
    assert all(one.passed for one in proved.verdicts), proved.verdicts


@pytest.mark.parametrize(
    "rows", [["2026-11-12,130.00,AMAZON PAYOUT"], ["2026-11-12,110.00,AMAZON", "2026-11-13,20.00,AMAZON"]]
)
def test_one_payout_of_two_settlements_closes_each_item_with_its_own_part(world, monkeypatch, rows) -> None:
    """Arrived in one line or in two: every item is closed whole, and the bank holds what it was paid."""
    road = cash_road(world)
    posted(world, road, ONE, sale())
    later = FIRST + timedelta(days=7)
    world.take_in(road, TWO, sale("30.00", later + timedelta(hours=1), "111-0000002-0000002"), start=later, days=2)
    walk(road, TWO)
    paid = Payment("P1", (ONE, TWO), Decimal("130.00"), "USD", date(2026, 11, 12))
    monkeypatch.setattr("assets.bank.matches._payments", lambda road: [paid])
    hand_in(world, road, *rows)
    for settlement_id in (ONE, TWO, ONE, TWO):
        book(road, settlement_id)
    booked = [line for entry in cash_in_books(world) for line in entry]
    assert sum(amount for account, _, _, amount, _ in booked if account == BANK) == Decimal("130.00")
    for settlement_id in (ONE, TWO):
        proved = stage(road, "reconciliations", settlement_id)
        assert all(one.passed for one in proved.verdicts), proved.verdicts
        assert proved.facts["open item now"] == 0


def test_a_payout_that_is_not_what_its_settlements_came_to_is_left_to_a_person(world, monkeypatch) -> None:
    """Nobody knows how much of it closes which item."""
    road = cash_road(world)
    posted(world, road, ONE, sale())
    later = FIRST + timedelta(days=7)
    world.take_in(road, TWO, sale("30.00", later + timedelta(hours=1), "111-0000002-0000002"), start=later, days=2)
    walk(road, TWO)
    paid = Payment("P1", (ONE, TWO), Decimal("129.00"), "USD", date(2026, 11, 12))
    monkeypatch.setattr("assets.bank.matches._payments", lambda road: [paid])
    hand_in(world, road, "2026-11-12,129.00,AMAZON PAYOUT")
    walk(road, ONE)
    assert (
        f"P1 pays several settlements, and not what they came to: {ONE}, {TWO}"
        in world.items()["cash_unclear"].sentence
    )
    assert cash_in_books(world) == []


def test_a_match_that_changes_after_posting_is_an_alarm(world) -> None:
    """The first line was put aside and another one chosen: nothing is sent, and a person undoes and books anew."""
    road = cash_road(world)
    posted(world, road, ONE, sale())
    hand_in(world, road, RECEIVED)
    book(road, ONE)
    hand_in(world, road, "2026-11-12,100.00,AMAZON PAYOUT")
    assert ask_for_receipts(road) == [ONE]
    result = book(road, ONE)
    assert not verdict(result, "cash_unchanged_since_posting").passed
    assert "now nothing" in world.items()["changed_after_posting"].sentence
    assert cash_in_books(world) == [receipt("100.00")]
    walk(road, ONE)
    assert "changed_after_posting" in world.items()
    resolve(road, world.items()["changed_after_posting"], "keep", Decider("tester"), "the first one is right")
    assert book(road, ONE).verdicts[-2].passed
    assert world.items() == {}


def test_a_receipt_is_undone_before_its_settlement_and_posted_again_with_it(world) -> None:
    """Dependents first, in one wish; posted again both are back. Undone alone, nothing books it by itself."""
    road = cash_road(world)
    posted(world, road, ONE, sale())
    with pytest.raises(InputRefused, match="no receipt to reverse"):
        require_cash_reversals(road, ONE)
    hand_in(world, road, RECEIVED)
    book(road, ONE)
    plan = plan_reversal(road, ONE)
    assert [one.journals.source.source_id for one in plan.before] == [f"{ONE}.cash.1"]
    apply_reversal(road, plan, "booked to the wrong account")
    walk(road, ONE)
    assert (states(road), world.states(road, ONE)) == ([["reversed"]], ["posted"])
    world.clock.advance(120)
    walk(road, ONE)
    assert (states(road), world.states(road, ONE)) == ([["reversed"]], ["reversed"])
    book(road, ONE)
    assert set(world.items()) == {"settlement_reversed"}
    repost(road, ONE, Decider("tester"), "mapping corrected")
    walk(road, ONE)
    assert (states(road), world.states(road, ONE)) == ([["posted"]], ["posted"])
    proved = stage(road, "reconciliations", ONE)
    assert all(one.passed for one in proved.verdicts), proved.verdicts
    assert proved.facts["open item now"] == 0
    assert world.items() == {}
    for plan in require_cash_reversals(road, ONE):
        apply_reversal(road, plan, "the wrong line")
    book(road, ONE)
    assert (states(road), world.states(road, ONE)) == ([["reversed"]], ["posted"])
    assert ask_for_receipts(road) == []
    walk(road, ONE)
    assert set(world.items()) == {"cash_reversed"}
    assert stage(road, "reconciliations", ONE).facts["open item now"] == 100
    repost(road, ONE, Decider("tester"), "it was right")
    book(road, ONE)
    assert states(road) == [["posted"]]
    assert world.items() == {}


def test_a_receipt_waits_for_approval_and_is_not_sent_while_its_settlement_is_undone(world) -> None:
    """Approved like any document; a reversal that was planned meanwhile keeps it from being sent."""
    road = cash_road(world, approval="required")
    world.take_in(road, ONE, sale())
    walk(road, ONE)
    approve(road, ONE, Decider("another"), "checked")
    walk(road, ONE)
    hand_in(world, road, RECEIVED)
    book(road, ONE)
    reject(road, ONE, Decider("another"), "not yet")
    book(road, ONE)
    assert states(road) == [["refused"]]
    resolve(road, world.items()["posting_refused"], "retry", Decider("third"), "now")
    book(road, ONE)
    assert states(road) == [["planned"]]
    approve(road, ONE, Decider("another"), "checked")
    assert states(road) == [["approved"]]
    apply_reversal(road, plan_reversal(road, ONE), "wrong")
    assert states(road) == [["refused"]]
    book(road, ONE)
    assert cash_in_books(world) == []


def test_what_only_a_person_can_book_stops_the_receipt_alone(world) -> None:
    """No account for the bank account, one that is dead, another sum: told once, and the settlement's proof goes on."""
    road = cash_road(world)
    posted(world, road, ONE, sale())
    by_hand(world, road, "2026-11-11,98.00,AMAZON PAYOUT")
    walk(road, ONE)
    assert "98.00 USD, which is -2.00 USD more than was paid" in world.items()["cash_unclear"].sentence
    resolve(road, world.items()["cash_unclear"], "retry", Decider("tester"), "once more")
    walk(road, ONE)
    resolve(road, world.items()["cash_unclear"], "keep", Decider("tester"), "booked by hand, less the bank's charge")
    gate = verdict(walk(road, ONE).results["cash_entries"], "cash_gate")
    assert (gate.passed, gate.is_waiting) == (False, True)
    assert "tester has left it to the books: booked by hand, less the bank's charge" in gate.sentence
    assert "cash_unclear" not in world.items()
    later = FIRST + timedelta(days=7)
    world.take_in(road, TWO, sale("30.00", later + timedelta(hours=1), "111-0000002-0000002"), start=later, days=2)
    walk(road, TWO)
    hand_in(world, road, "2026-11-13,30.00,AMAZON PAYOUT")
    for accounts, code in (
        ('accounts:\n  bank: {account: "100100", account_ending: "1111"}\n', "cash_account"),
        ("accounts:\n", "cash_account"),
        ('accounts:\n  bank: "400900"\n', "account_inactive"),
    ):
        walk(cash_road(world, accounts=accounts), TWO)
        found = world.items()
        assert code in found, accounts
        assert code != "cash_account" or "...6789 (USD)" in found[code].sentence
        assert walk(cash_road(world, accounts=accounts), TWO).stopped_at == ""
        assert [one.id for one in world.items().values()] == [one.id for one in found.values()]
    assert cash_in_books(world) == []
    assert states(road) == states(road, TWO) == []


def by_hand(world, road, *rows: str) -> None:
    """Hand lines in and let a person choose the settlement for each."""
    hand_in(world, road, *rows)
    for day in sorted({date.fromisoformat(row[:10]) for row in rows}):
        list(fetch_days(road, DAY_STAGES["bank_deposits"], [day]))
    for one in road.stores.review.listing(road.connection):
        resolve(road, one, "choose", Decider("tester"), f"{ONE}: it says so")


def converted(monkeypatch, settlement_id: str = ONE) -> None:
    """Let Amazon have changed the payout of a settlement into dollars, as the older API tells it."""
    paid = Payment("P1", (settlement_id,), Decimal("1262.00"), "USD", date(2026, 11, 10), "4B03616UONXSAWP")
    monkeypatch.setattr("assets.bank.matches._payments", lambda road: [paid])


def carried_at(world, base: Decimal) -> None:
    """Let the books hold the item of the posted settlement, and what stands against it, at another base amount."""
    key = next(one.key for one in world.books.journals() if one.source == "AMZ")
    for line in world.books.table.lines(key):
        sign = 1 if line["ACCOUNT"] == CLEARING else -1
        world.books.people.change_line(key, int(line["JOURNAL_LINE"]), MONETARY_AMOUNT=str(sign * base))


def in_base(world) -> dict[str, Decimal]:
    """Return what all cash entries come to by account, in the base currency."""
    sums: dict[str, Decimal] = {}
    for account, _, _, _, base in (line for entry in cash_in_books(world) for line in entry):
        sums[account] = sums.get(account, Decimal(0)) + base
    return sums


def test_a_converted_payout_closes_the_item_at_what_it_was_carried_at(world, monkeypatch) -> None:
    """1,000 GBP carried at 1,270 USD, bank 1,262 USD: Dr bank 1,262, Dr fx_realised 8 / Cr clearing 1,270."""
    road = cash_road(world)
    world.take_in(road, ONE, sale("1000.00"), currency="GBP")
    walk(road, ONE)
    carried_at(world, Decimal("1270.00"))
    with monkeypatch.context() as amazon:
        converted(amazon)
        hand_in(world, road, "2026-11-11,1262.00,AMAZON 4B03616UONXSAWP")
        result = book(road, ONE)
    assert all(one.passed for one in result.verdicts), result.verdicts
    assert states(road) == [["posted", "posted"]]
    pounds, carried, bank = Decimal("1000"), Decimal("1270"), Decimal("1262")
    assert sorted(cash_in_books(world)) == sorted(
        [
            [(FX, "", "GBP", pounds, carried), (CLEARING, item(ONE), "GBP", -pounds, -carried)],
            [(BANK, "", "USD", bank, bank), (FX, "", "USD", -bank, -bank)],
        ]
    )
    assert in_base(world) == {BANK: bank, FX: Decimal("8"), CLEARING: -carried}
    proved = stage(road, "reconciliations", ONE)
    assert all(one.passed for one in proved.verdicts), proved.verdicts
    assert verdict(proved, "clearing_item_closed").passed


def test_pounds_that_arrive_as_pounds_take_over_what_the_item_was_carried_at(world) -> None:
    """No currency is changed at such a receipt: the bank account carries on what clearing was carried at."""
    road = cash_road(world, currency="GBP")
    world.take_in(road, ONE, sale("1000.00"), currency="GBP")
    walk(road, ONE)
    carried_at(world, Decimal("1270.00"))
    hand_in(world, road, "2026-11-11,400.00,AMAZON PAYOUT 1", "2026-11-11,600.00,AMAZON PAYOUT 2")
    result = book(road, ONE)
    assert all(one.passed for one in result.verdicts), result.verdicts
    assert in_base(world) == {BANK: Decimal("1270"), CLEARING: Decimal("-1270")}
    apply_reversal(road, plan_reversal(road, ONE), "wrong")
    book(road, ONE)
    assert in_base(world) == {BANK: Decimal(0), CLEARING: Decimal(0)}
    assert states(road) == [["reversed", "reversed"]]
