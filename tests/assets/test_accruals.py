"""What a month accrues: which transactions its books do not hold yet, what it waits for, and what stops it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import duckdb
import pytest

from assets.journals import planned_journals
from assets.month_end.accrual_posting import post_accrual
from assets.month_end.accrual_proof import earned_name, events_verdict
from assets.month_end.accrued_months import accruals_beside
from assets.posting.accounting_dates import settled_dates
from assets.settlements.posted_lines import posted_lines
from assets.stages.month_names import month_of_name
from assets.stages.statements import statement
from ledger.accrual import EarnedLine, accrued, month_of_accrual
from ledger.errors import UndoneMeanwhile
from ledger.journal import JournalSet
from ledger.mapping import Combination, Context, Resolved, resolve
from ledger.movements import SettlementBooks
from ledger.posting import PostingState
from ledger.references import reference
from ledger.reversal import Posted, reversal_of
from resources.amazon.transaction import Transaction
from tests.assets.accrual_rig import GB, OCTOBER, Accruals, at, told

HELD, LATER = "111-0000002-0000002", "111-0000003-0000003"


@pytest.fixture
def accruals(stores, tmp_path) -> Accruals:
    """Return an empty connection that accrues from 1 October on."""
    return Accruals(stores, tmp_path, f"c{uuid4().hex}")


def booked(accrual) -> dict[str, Decimal]:
    """Return what is accrued, by category."""
    return {row["category"]: Decimal(row["amount"]) for row in accrual.rows}


def test_what_is_in_no_settlement_of_the_books_is_accrued_and_reversed(accruals, row):
    """A sale of an open settlement, one that is held back; not the one that a posted settlement paid."""
    accruals.take_in("1", [row("principal", "100", posted=at("10-27 12"))], at("10-26 05"), at("10-28 00"))
    accruals.post("1")
    accruals.tell(
        told("paid", "10-27 12"),
        told("held", "10-28 12", status="DEFERRED", order=HELD),
        told("open", "10-30 12", order=LATER),
        told("november", "11-01 12", order="111-0000009-0000009"),
    )
    accrual = accruals.accrual()
    assert accruals.accrued_orders() == [HELD, LATER]
    assert booked(accrual) == {"revenue": Decimal("200"), "referral_fee": Decimal("-30")}
    accrues, reverses = accrual.journals.journals
    assert (accrues.accounting_date, reverses.accounting_date) == (date(2026, 10, 31), date(2026, 11, 1))
    amounts = {line.account.account: line.amount for line in accrues.lines}
    assert amounts == {"110950": Decimal("170"), "400100": Decimal("-200"), "600100": Decimal("30")}
    assert {line.account.account: -line.amount for line in reverses.lines} == amounts


DEFERRED, RELEASE = "DEFERRED_TRANSACTION_ID", "RELEASE_TRANSACTION_ID"
LINKS = [
    # names on the deferral, on the release, is its settlement of October
    ({}, {DEFERRED: "deferral"}, True),
    ({}, {RELEASE: "deferral"}, True),
    ({RELEASE: "release"}, {DEFERRED: "?"}, True),
    ({DEFERRED: "release"}, {RELEASE: "?"}, True),
    ({}, {DEFERRED: "deferral"}, False),
]


@pytest.mark.parametrize("on_deferral, on_release, is_booked", LINKS)
def test_a_release_is_found_whichever_of_the_two_names_the_other(accruals, row, on_deferral, on_release, is_booked):
    """No source says on which transaction the other one's id stands, nor under which name."""
    released = "10-29 12" if is_booked else "10-30 12"
    accruals.take_in("1", [row("principal", "100", posted=at("10-29 12"))], at("10-28 05"), at("10-30 00"))
    accruals.post("1")
    accruals.tell(
        told("deferral", "10-28 12", status="DEFERRED_RELEASED", **on_deferral),
        told("release", released, **on_release),
    )
    accrual = accruals.accrual()
    assert booked(accrual) == ({} if is_booked else {"revenue": Decimal("100"), "referral_fee": Decimal("-15")})


@pytest.mark.parametrize(
    "named, is_accrued",
    [("1", False), ("2", True), ("77", False), ("", False)],
    ids=["its own", "another that is not posted", "an id of another kind", "none"],
)
def test_a_settlement_is_known_by_its_id_else_by_its_rows(accruals, row, named, is_accrued):
    """An id that no registered settlement has says nothing: then order and second decide."""
    for number, first in (("1", "10-26 05"), ("2", "10-28 05")):
        rows = [row("principal", "100", posted=at("10-27 12"))] if number == "1" else [row("subscription", "-1")]
        accruals.take_in(number, rows, at(first), at(first) + timedelta(days=2))
    accruals.post("1")
    accruals.tell(told("paid", "10-27 12", SETTLEMENT_ID=accruals.own(named) if named in ("1", "2") else named))
    assert bool(accruals.accrual().rows) is is_accrued


def test_a_settlement_dated_into_november_is_not_in_the_books_of_october(accruals, row):
    """Its period was closed, or it is split: what October earned of it is accrued."""
    accruals.take_in("1", [row("principal", "100", posted=at("10-27 12"))], at("10-26 05"), at("10-28 00"))
    accruals.post("1", on=date(2026, 11, 2))
    accruals.tell(told("paid", "10-27 12"))
    assert booked(accruals.accrual())["revenue"] == Decimal("100")


def test_what_was_sold_before_go_live_or_settled_by_hand_is_not_accrued(accruals, row):
    """It is in the books already."""
    accruals.take_in("1", [row("principal", "100", posted=at("10-26 12"))], at("10-20 00"), at("10-27 00"))
    accruals.lines(accruals.own("1"))
    accruals.tell(told("by hand", "10-26 12"), told("before", "10-26 02", status="DEFERRED", order=HELD))
    assert accruals.accrual().journals.journals == ()


def test_reserves_and_debts_are_no_earnings(accruals):
    """They move money; the debt of another marketplace is only a guess of ours, and stops until it is named."""
    accruals.tell(
        told("reserve", "10-28 12", ("ReserveEvent", "-50"), kind="Adjustment", order=""),
        told("card", "10-28 12", ("DebtPayment", "20"), kind="DebtRecovery", order=""),
    )
    assert accruals.accrual().journals.journals == ()


def test_a_month_waits_until_every_day_of_its_transactions_is_told_for_good(accruals):
    """A day that is missing, and one that Amazon may still add to, are named with the command that fetches them."""
    accruals.tell(last=date(2026, 10, 30))
    [missing] = accruals.events().waits_for
    assert "2026-10-31, 2026-11-01 are not here: connector fetch financial_events --from 2026-10-31" in missing
    accruals.tell()
    accruals.stage_day(date(2026, 11, 1), (), is_final=False)
    [young] = accruals.events().waits_for
    assert "2026-11-01 were last fetched within 72 hours" in young
    accruals.stage_day(date(2026, 11, 1), ())
    assert accruals.events().waits_for == ()


@pytest.mark.parametrize("state", [PostingState.REVIEW, PostingState.IMPORTING])
def test_a_month_waits_while_it_is_not_certain_what_its_books_hold(accruals, row, state):
    """A document that may be in the books is neither in them nor not."""
    accruals.tell(told("paid", "10-27 12"))
    accruals.take_in("1", [row("principal", "100", posted=at("10-27 12"))], at("10-26 05"), at("10-28 00"))
    accruals.post("1", state=state)
    found = accruals.events().waits_for
    assert f"Settlements {accruals.own('1')} have documents dated by 2026-10-31" in found[0]


def test_every_leaf_that_is_not_mapped_stops_the_accrual_with_its_cure(accruals):
    """Nothing is made of the others either: half an accrual would be wrong."""
    accruals.tell(
        told("sold", "10-27 12"),
        told("new", "10-27 12", ("MoonLanding/Base", "-3"), ("ProductCharges/OurPricePrincipal", "9"), order=HELD),
        told("moved", "10-27 12", ("DebtAdjustment", "-2"), kind="DebtRecovery", order=""),
    )
    accrual = accruals.accrual()
    assert accrual.journals.journals == ()
    assert {one.code for one in accrual.findings} == {"unmapped_label", "needs_naming"}
    assert all("under event_leaves in mapping.yaml" in one.cure for one in accrual.findings)
    accruals.mapping += """
event_leaves:
  - {transaction_type: Shipment, leaf_path: "MoonLanding/Base", category: referral_fee}
  - {transaction_type: DebtRecovery, leaf_path: DebtAdjustment, category: cross_account_debt}
"""
    assert booked(accruals.accrual()) == {"revenue": Decimal("109"), "referral_fee": Decimal("-18")}


@pytest.mark.parametrize("is_accrued", [True, False])
def test_the_books_of_the_first_month_that_is_accrued_are_what_it_earned(accruals, row, is_accrued):
    """What was earned before is settled in it and taken back by nothing: it is counted from the transactions."""
    november = OCTOBER.following
    accruals.take_in("1", [row("principal", "100", posted=at("11-03 12"))], at("10-26 05"), at("11-04 00"))
    accruals.post("1", on=date(2026, 11, 4))

    def sale(name: str, posted: str, amount: str, **more) -> Transaction:
        return told(name, posted, ("ProductCharges/OurPricePrincipal", amount), **more)

    accruals.tell(
        sale("settled", "10-28 12", "100", status="DEFERRED_RELEASED"),
        sale("held", "10-29 12", "40", status="DEFERRED", order=HELD),
        sale("release", "11-03 12", "100", **{DEFERRED: "settled"}),
        sale("sold", "11-28 12", "7", order=LATER),
        last=date(2026, 12, 1),
    )
    if is_accrued:
        october = accruals.accrual()
        accruals.step(october.journals, october.name, PostingState.POSTED)
    accrual = accruals.accrual(november)
    verdict = events_verdict(accruals.road, accruals.events(november), accrual)
    [revenue] = [one for one in verdict.rows if one["category"] == "revenue"]
    assert {key: revenue[key] for key in ("settlements", "accrued", "transactions", "rest")} == {
        "settlements": "100.00",
        "accrued": "47.00",
        "transactions": "7.00",
        "rest": "0.00",
    }
    taken = {"taken back": "-140.00", "not accrued": "0.00"}
    assert {key: revenue[key] for key in taken} == (
        taken if is_accrued else {"taken back": "0.00", "not accrued": "-140.00"}
    )
    assert ("2026-10 has no accrual in the books" in verdict.sentence) is not is_accrued
    assert verdict.passed


def test_what_was_sold_before_go_live_counts_in_the_month_its_part_is_booked_in(accruals, row):
    """A settlement that was cut at the month's end before accruals began: each part holds its own releases."""
    november = OCTOBER.following
    accruals.policy["month_end"] = "split"
    rows = [row("principal", "100", posted=at("10-28 12")), row("principal", "50", posted=at("11-03 12"))]
    accruals.take_in("1", rows, at("10-26 05"), at("11-04 00"))
    accruals.post("1")
    accruals.policy["month_end"] = "accrue"
    one = {"SETTLEMENT_ID": accruals.own("1")}
    accruals.tell(
        told("old", "10-28 12", ("ProductCharges/OurPricePrincipal", "100"), **{DEFERRED: "before"}, **one),
        told("older", "11-03 12", ("ProductCharges/OurPricePrincipal", "50"), **{DEFERRED: "long before"}, **one),
        told("sold", "11-28 12", ("ProductCharges/OurPricePrincipal", "7"), order=LATER),
        last=date(2026, 12, 1),
    )
    accrual = accruals.accrual(november)
    [revenue] = events_verdict(accruals.road, accruals.events(november), accrual).rows
    shown = ("settlements", "sold before go-live", "accrued", "transactions", "rest")
    assert [revenue[name] for name in shown] == ["50.00", "-50.00", "7.00", "7.00", "0.00"]


@pytest.mark.parametrize("is_posted", [True, False])
def test_a_proof_reads_the_lines_that_were_posted_and_not_those_of_a_changed_mapping(accruals, row, is_posted):
    """A plan with another mapping makes newer lines; before anything is posted those that count now are read."""
    accruals.take_in("1", [row("principal", "100", posted=at("10-05 12"))], at("10-04 05"), at("10-06 00"))
    state = PostingState.POSTED if is_posted else PostingState.APPROVED
    accruals.post("1", state=state)
    own, warehouse = accruals.own("1"), accruals.stores.warehouse
    before = warehouse.current(accruals.connection, "mapped_lines", own)
    accruals.mapping = accruals.mapping.replace(' revenue: "400100"', ' revenue: "400150"')
    accruals.documents("1")
    now = warehouse.current(accruals.connection, "mapped_lines", own)
    read = posted_lines(accruals.road, own)
    assert before.id != now.id
    assert read.id == (before.id if is_posted else now.id)


@pytest.mark.parametrize(
    "kind, leaf, category",
    [("DebtRecovery", "DebtAdjustment", "cross_account_debt"), ("Shipment", "MoonLanding/Base", "not classified")],
)
def test_debt_between_marketplaces_is_no_earning_before_the_mapping_says_so(accruals, kind, leaf, category):
    """A guess is enough to leave it out of what was earned, as settlements do; what nobody knows stays in sight."""
    leaf_row = {"transaction_type": kind, "leaf_path": leaf}
    assert earned_name(leaf_row, accruals.road.load_mapping()) == category


def test_without_an_account_for_accruals_nothing_is_accrued(accruals):
    """The finding says where to add one."""
    accruals.mapping = accruals.mapping.replace('  accrued: "110950"\n', "")
    accruals.tell(told("sold", "10-27 12"))
    [finding] = accruals.accrual().findings
    assert (finding.code, finding.cure) == ("unmapped_category", "Add one under accounts, accrued in mapping.yaml.")


def test_transactions_without_marketplace_belong_to_the_only_one_of_their_currency(accruals):
    """Or to the one that the mapping names; else they stop, because nobody knows whose they are."""
    nameless = {"kind": "ServiceFee", "order": "", "marketplace": ""}
    fee = told("fee", "10-27 12", ("Subscription/Base", "-39.99"), **nameless)
    accruals.tell(told("sold", "10-27 12"), fee)
    assert booked(accruals.accrual())["subscription_fee"] == Decimal("-39.99")
    other = told("pounds", "10-27 12", marketplace=GB, currency="GBP", order=HELD)
    nameless = {"kind": "ServiceFee", "order": "", "marketplace": ""}
    blank = told("fee in pounds", "10-27 12", ("Subscription/Base", "-25"), currency="GBP", **nameless)
    accruals.tell(told("sold", "10-27 12"), fee, other, blank)
    assert [(one.marketplace, one.currency) for one in accruals.events().places] == [
        ("Amazon.co.uk", "GBP"),
        ("Amazon.com", "USD"),
    ]
    accruals.mapping = accruals.mapping.replace("marketplace_for_blank: Amazon.com\n", "")
    accruals.tell(blank)
    [finding] = accruals.events().findings
    assert (finding.code, "Say in marketplace_for_blank" in finding.cure) == ("no_marketplace", True)


LABELS = {
    "ProductCharges/OurPricePrincipal": (1, 20000),
    "Promotions/OurPricePrincipal": (-900, -1),
    "Tax/OurPriceTax": (1, 900),
    "Tax/MarketplaceFacilitatorTax-Principal": (-900, -1),
    "AmazonFees/Commission/Base": (-900, -1),
}


@pytest.mark.parametrize("marketplace, place", [("Amazon.com", "ATVPDKIKX0DER"), ("Amazon.de", "A1PA6795UKMFR9")])
def test_the_set_based_form_books_what_the_pure_rules_book(accruals, marketplace, place):
    """Orders of random lines, with pass-through tax in America and VAT in gross amounts in Germany."""
    draws = random.Random(7)
    labels = [one for one in LABELS if marketplace == "Amazon.com" or not one.startswith("Tax/")]
    lines: list[tuple[str, str, Decimal]] = []
    for number in range(60):
        order = f"111-{number // 3:07d}-0000001"
        for path in sorted(draws.sample(labels, 2)):
            lines.append((order, path, Decimal(draws.randint(*LABELS[path])) / 100))
    accruals.tell(
        *(
            told(f"T{number:03d}", "10-27 12", (path, str(amount)), order=order, marketplace=place)
            for number, (order, path, amount) in enumerate(lines)
        )
    )
    accrual = accruals.accrual()
    mapping = accruals.road.load_mapping()
    earned = []
    for order, path, amount in lines:
        one = Combination("Shipment", "", path, marketplace, "SKU-1", "AFN", OCTOBER.last, amount > 0, is_event=True)
        found = resolve(one, mapping, accruals.road.policy, Context("USD", (marketplace,)))
        assert isinstance(found, Resolved)
        earned.append(EarnedLine(order, amount, found))
    expected: dict[tuple[str, bool], Decimal] = {}
    for one in accrued(earned, SettlementBooks("USD", accrual.account, reference(accrual.name))):
        for account, amount in ((one.debit, one.amount), (one.credit, -one.amount)):
            key = str(account), account != accrual.account and amount > 0
            expected[key] = expected.get(key, Decimal(0)) + amount
    [first, _] = accrual.journals.journals
    by_side: dict[tuple[str, bool], Decimal] = {}
    for line in first.lines:
        key = str(line.account), line.account != accrual.account and line.amount > 0
        by_side[key] = by_side.get(key, Decimal(0)) + line.amount
    assert by_side == {key: amount for key, amount in expected.items() if amount}


@pytest.mark.parametrize(
    "state, day",
    [
        (PostingState.APPROVED, "2026-11-01"),
        (PostingState.POSTED, "2026-11-01"),
        (None, "2026-10-30"),
        (PostingState.REFUSED, "2026-10-30"),
    ],
)
def test_nothing_of_a_settlement_is_dated_into_a_month_that_has_its_accrual(accruals, row, state, day):
    """It moves to the next month, marked as late; an accrual that was refused holds nothing back."""
    accruals.tell(told("paid", "10-27 12"))
    accrual = accruals.accrual()
    if state is not None:
        accruals.step(accrual.journals, accrual.name, state)
    accruals.take_in("1", [row("principal", "100", posted=at("10-27 12"))], at("10-26 05"), at("10-30 12"))
    [journal] = accruals.documents("1")
    assert journal.accounting_date.isoformat() == day
    assert journal.original_period == ("2026-10" if day > "2026-10-31" else "")
    wanted = planned_journals(accruals.road, accruals.own("1")).journals
    assert settled_dates(accruals.road, wanted, []) == wanted
    months = [one.source_id for one in accruals_beside(accruals.road, wanted)]
    assert months == [f"US-USD-{day[:7]}"]


def test_what_goes_into_the_books_while_an_accrual_is_made_has_it_made_anew(accruals, row):
    """It is stored first, then the books are looked at once more: nothing is sent, and the next run is asked for."""
    accruals.tell(told("paid", "10-27 12"))
    events, accrual = accruals.events(), accruals.accrual()
    accruals.take_in("1", [row("principal", "100", posted=at("10-27 12"))], at("10-26 05"), at("10-28 00"))
    accruals.post("1")
    result = post_accrual(accruals.road, events, accrual.source, accrual)
    [verdict] = result.verdicts
    assert (verdict.check, verdict.is_waiting) == ("gate", True)
    assert [str(one.state) for one in accruals.stores.outbox.documents(accrual.source)] == ["planned", "planned"]
    assert accrual.name in {one.partition for one in accruals.stores.due.listing(accruals.connection)}


def test_a_settlement_is_not_sent_into_a_month_whose_accrual_was_planned_meanwhile(accruals, row):
    """Its date was chosen before; the step that stores the intent to send sees the accrual."""
    accruals.take_in("1", [row("principal", "100", posted=at("10-27 12"))], at("10-26 05"), at("10-28 00"))
    accruals.post("1", state=PostingState.APPROVED)
    source = planned_journals(accruals.road, accruals.own("1")).journals.source
    [document] = accruals.stores.outbox.documents(source)
    accruals.tell(told("paid", "10-27 12"))
    accrual = accruals.accrual()
    accruals.step(accrual.journals, accrual.name, PostingState.APPROVED)
    lease = accruals.stores.outbox.lease(document.key, "worker", 900)
    beside = list(accruals_beside(accruals.road, planned_journals(accruals.road, accruals.own("1")).journals))
    with pytest.raises(UndoneMeanwhile, match="beside which it must not stand"):
        accruals.stores.outbox.step(
            document.key, PostingState.SENDING, "sent", lease=lease, erp_id="X", unless_begun=beside
        )


def test_what_undoes_a_settlement_leaves_an_accrued_month_and_a_cash_entry_does_not(accruals, row):
    """The reversal takes earnings out of the month; the receipt only moves them to the bank."""
    accruals.take_in("1", [row("principal", "100", posted=at("10-27 12"))], at("10-26 05"), at("10-28 00"))
    accruals.documents("1")
    wanted = planned_journals(accruals.road, accruals.own("1")).journals
    accruals.tell(told("held", "10-28 12", status="DEFERRED", order=HELD))
    accrual = accruals.accrual()
    accruals.step(accrual.journals, accrual.name, PostingState.POSTED)
    [journal] = wanted.journals
    undone = reversal_of([Posted(journal, "JOURNAL 1")])
    cash = replace(wanted.source, kind="cash")
    receipt = JournalSet(cash, 1, (replace(journal, source=cash),))
    dates = [settled_dates(accruals.road, one, []).journals[0].accounting_date for one in (undone, receipt)]
    assert dates == [date(2026, 11, 1), journal.accounting_date]


def test_an_accruals_name_leads_to_its_month_and_a_settlements_to_none():
    """Review items, due rows and documents are kept under it; a row for it asks for its month."""
    assert month_of_name("US-USD-2026-10") == ("accruals", OCTOBER)
    assert month_of_name("24758260539") is None
    assert month_of_accrual("US-USD-2026-13") is None


def test_what_clears_the_item_of_a_billed_order_is_no_earning_of_its_settlement(tmp_path):
    """Its fees are, and so is the sale of an order that was not billed."""
    path = str(tmp_path / "movements.parquet")
    with duckdb.connect() as duck:
        duck.execute(
            "CREATE TABLE movements AS SELECT * FROM (VALUES"
            " ('line', 'revenue', 'A', '', 'A', 95.00), ('line', 'referral_fee', 'A', '', 'SETTLED', -15.00),"
            " ('line', 'revenue', 'B', '', 'SETTLED', 20.00), ('carry', 'reserve_movement', '', '', 'SETTLED', -5.00)"
            ") AS rows(kind, category, order_id, debit_reference, credit_reference, clearing_amount)"
        )
        duck.execute("ALTER TABLE movements ADD COLUMN posted_at TIMESTAMP")
        duck.execute(f"COPY movements TO '{path}'")
        bound = {"movements": [path], "month": None, "zone": "UTC", "billed": ["A"]}
        found = dict(duck.sql(statement("settled_by_category"), params=bound).fetchall())
    assert found == {"referral_fee": Decimal("-15.00"), "revenue": Decimal("20.00")}
