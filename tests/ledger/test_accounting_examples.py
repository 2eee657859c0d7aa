"""Every example of the accounting rules, written the way the rules write it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ledger.accounts import AccountKey, Nature
from ledger.errors import InputRefused
from ledger.journal import Movement, build_journals
from ledger.mapping import Context, Treatment, Unmapped, resolve
from ledger.movements import Item, movements_of, remainder_of
from ledger.parts import part_of, parts
from ledger.policy import Policy
from ledger.reconciliation import clearing_item_equals_total, journal_equals_settlement, unbalanced
from ledger.tax import pass_through_remainders, split_order


def test_a_chain_of_debts_closes_every_clearing_item(resolved, books, clearing, shown):
    """Rule 1: an item is closed by the bank receipt or by a later settlement that carries it in (a real chain)."""

    def book(name, amount, reference, earlier=None):
        item = Item(clearing, earlier) if earlier else None
        return movements_of(Decimal(amount), resolved(name, amount), books(reference), earlier=item)

    first = book("subscription", "-321.69", "S1")
    second = [
        *book("payable", "-321.69", "S2", earlier="S1"),
        *book("charge", "321.69", "S2"),
        *book("subscription", "-62.31", "S2"),
    ]
    third = [
        *book("payable", "-62.31", "S3", earlier="S2"),
        *book("charge", "62.31", "S3"),
        *book("principal", "1016.08", "S3"),
    ]
    assert shown(first) == ["Dr subscription 321.69 / Cr clearing[S1]"]
    assert shown(second) == [
        "Dr clearing[S1] 321.69 / Cr clearing[S2]",
        "Dr clearing[S2] 321.69 / Cr card in transit",
        "Dr subscription 62.31 / Cr clearing[S2]",
    ]
    assert shown(third) == [
        "Dr clearing[S2] 62.31 / Cr clearing[S3]",
        "Dr clearing[S3] 62.31 / Cr card in transit",
        "Dr clearing[S3] 1016.08 / Cr sales",
    ]
    bank = AccountKey.of("US001", account="100100")
    receipt = Movement(bank, clearing, Decimal("1016.08"), "USD", credit_reference="S3")
    everything = [*first, *second, *third, receipt]
    assert {reference: balance(everything, clearing, reference) for reference in ("S1", "S2", "S3")} == {
        "S1": 0,
        "S2": 0,
        "S3": 0,
    }
    assert balance(everything, AccountKey.of("US001", account="110600")) == Decimal("-384.00")


def balance(movements, account, reference=""):
    """Add up what movements leave on an account (one open item of it), debit positive."""
    debits = sum(one.amount for one in movements if one.debit == account and one.debit_reference == reference)
    credits = sum(one.amount for one in movements if one.credit == account and one.credit_reference == reference)
    return debits - credits


@pytest.mark.parametrize(
    "total, carried_later, received, held",
    [
        ("-321.69", "0", "0", "-321.69"),  # S1 alone
        ("-321.69", "321.69", "0", "0"),  # S1 after S2 carried it in
        ("1016.08", "0", "0", "1016.08"),  # S3 before the bank
        ("1016.08", "0", "-1016.08", "0"),  # S3 after the bank
        ("0", "0", "0", "0"),
    ],
)
def test_a_clearing_item_is_the_total_less_what_closed_it(total, carried_later, received, held):
    """Rule 1: the clearing lines of a settlement sum to total-amount, zero and negative included."""
    compared = clearing_item_equals_total(
        Decimal(held), Decimal(total), "USD", carried_later=Decimal(carried_later), received=Decimal(received)
    )
    assert compared.passed, compared.sentence


def test_gross_sales_and_refunds_stay_visible(resolved, books, frame):
    """Rule 1: debits and credits of one account are not netted into one line."""
    amounts = [("commission", "-15"), ("commission back", "15"), ("principal", "100"), ("principal", "50")]
    movements = [
        one for name, amount in amounts for one in movements_of(D(amount), resolved(name, amount), books("S1"))
    ]
    journal = build_journals(movements, frame, date(2026, 3, 1)).journals[0]
    fees = [line.amount for line in journal.lines if line.account.account == "600100"]
    assert sorted(fees) == [D("-15"), D("15")]
    assert [line.amount for line in journal.lines if line.account.account == "400100"] == [D("-150")]


def D(text: str) -> Decimal:
    return Decimal(text)


def test_balance_sheet_categories_stay_on_the_balance_sheet(resolved):
    """Rule 2: reserves, carried debts, tax and cross-account debt are balance sheet."""
    for name in ("reserve held", "reserve back", "payable", "returned", "charge", "tax", "withheld", "debt moved"):
        assert resolved(name).nature.is_balance_sheet, name
    assert resolved("principal").nature is Nature.REVENUE
    assert resolved("commission").nature is Nature.EXPENSE


def test_a_reserve_is_held_and_comes_back(resolved, books, shown):
    """Rule 3: current reserve Dr reserve / Cr clearing; next settlement Dr clearing / Cr reserve."""
    held = movements_of(D("-22.80"), resolved("reserve held", "-22.80"), books("S1"))
    back = movements_of(D("22.80"), resolved("reserve back", "22.80"), books("S2"))
    assert shown([*held, *back]) == [
        "Dr reserve 22.80 / Cr clearing[S1]",
        "Dr clearing[S2] 22.80 / Cr reserve",
    ]
    assert balance([*held, *back], AccountKey.of("US001", account="110700")) == 0


def test_a_returned_payout_reopens_its_settlement(resolved, books, clearing, shown):
    """Rule 1: returned transfers move the old item to the new one, clearing against clearing."""
    row = resolved("returned", "500")
    assert row.treatment is Treatment.CARRY
    movements = movements_of(D("500"), row, books("S7"), earlier=Item(clearing, "S4"))
    assert shown(movements) == ["Dr clearing[S7] 500 / Cr clearing[S4]"]


def test_facilitator_tax_passes_through_one_account(resolved, books, shown):
    """Rule 5, facilitator: collected and withheld rows go through one account and sum to zero per order."""
    movements = [
        *movements_of(D("8"), resolved("tax", "8"), books("S1")),
        *movements_of(D("-8"), resolved("withheld", "-8"), books("S1")),
    ]
    assert shown(movements) == [
        "Dr clearing[S1] 8 / Cr pass-through tax",
        "Dr pass-through tax 8 / Cr clearing[S1]",
    ]
    assert pass_through_remainders([("A", 800), ("A", -800)]) == []


@pytest.mark.parametrize(
    "withheld, expected",
    [
        (-600, ["Dr pass-through tax 2.00 / Cr tax liability"]),
        (-900, ["Dr tax liability 1.00 / Cr pass-through tax"]),
    ],
)
def test_what_pass_through_leaves_is_the_sellers_debt(resolved, books, shown, withheld, expected):
    """Rule 5, facilitator: a remainder is listed by order and goes to the seller's tax liability, never netted away."""
    rows = [("A", 800), ("A", withheld), ("B", 500), ("B", -500)]
    (left,) = pass_through_remainders(rows)
    assert left.order == "A"
    movements = remainder_of(D(left.amount_minor) / 100, resolved("tax"), books("S1"), left.order)
    assert shown(movements) == [text.replace("2.00", "2").replace("1.00", "1") for text in expected]
    assert movements[0].detail == "A"


def test_added_tax_is_the_sellers_liability(resolved, books, shown):
    """Rule 5, added: tax rows are the seller's liability."""
    row = resolved("tax", "20", marketplace="Amazon.co.uk")
    assert row.treatment is Treatment.TAX
    assert shown(movements_of(D("20"), row, books("S1"))) == ["Dr clearing[S1] 20 / Cr tax liability"]


def test_included_vat_is_split_by_order_to_the_cent(resolved, books, shown):
    """Rule 5, included: gross amounts contain VAT; per order it is exact to the cent."""
    row = resolved("principal", "119", marketplace="Amazon.de")
    assert (row.treatment, row.vat_rate) == (Treatment.SPLIT_VAT, D("19"))
    movements = movements_of(D("119.00"), row, books("S1"), vat=D("19.00"))
    assert shown(movements) == ["Dr clearing[S1] 100.00 / Cr sales", "Dr clearing[S1] 19.00 / Cr tax liability"]
    # 3 x 0.33 gross at 19 %: each alone holds 0.05 of VAT (0.15), the order holds 0.16.
    assert split_order([33, 33, 33], D("19")) == [5, 6, 5]
    back = movements_of(D("-119.00"), resolved("refund", "-119", marketplace="Amazon.de"), books("S2"), vat=D("-19.00"))
    assert shown(back) == ["Dr refunds 100.00 / Cr clearing[S2]", "Dr tax liability 19.00 / Cr clearing[S2]"]


def test_the_rate_of_the_accounting_date_counts(resolved):
    """Rules 2 and 5: rates carry dates, chosen by accounting date."""
    assert resolved("principal", marketplace="Amazon.de", accounting_date=date(2026, 6, 30)).vat_rate == 19
    assert resolved("principal", marketplace="Amazon.de", accounting_date=date(2026, 7, 1)).vat_rate == 16


def test_without_a_rate_nothing_is_posted(mapping, combination):
    """Rule 5: no rate, no posting."""
    rates = [{"rate": "19", "valid_from": "2026-04-01"}]
    policy = Policy(time_zone="UTC", marketplaces={"Amazon.de": {"tax_model": "included", "vat_rates": rates}})
    one = combination("principal", marketplace="Amazon.de")
    answer = resolve(one, mapping, policy, Context("EUR", ("Amazon.de",)))
    assert isinstance(answer, Unmapped)
    assert answer.finding.code == "no_vat_rate"
    assert "2026-03-01" in answer.finding.sentence


def test_mixed_marketplaces_decide_by_the_rows_of_an_order(resolved):
    """Rule 5, mixed: withheld rows make an order facilitator, tax rows alone added, neither what `otherwise` says."""
    treatments = [
        resolved("principal", marketplace="Amazon.fr", order_has_withheld=withheld, order_has_tax=tax).treatment
        for withheld, tax in ((True, True), (False, True), (False, False))
    ]
    assert treatments == [Treatment.PLAIN, Treatment.PLAIN, Treatment.SPLIT_VAT]
    taxed = resolved("tax", marketplace="Amazon.fr", order_has_withheld=True, order_has_tax=True)
    owed = resolved("tax", marketplace="Amazon.fr", order_has_tax=True)
    assert (taxed.treatment, owed.treatment) == (Treatment.PASS_THROUGH, Treatment.TAX)


def test_a_settlement_over_a_month_end_becomes_two_journals(resolved, books, frame, policy):
    """Rule 7, split: two journals by posted date in the ledger's time zone; together they are the settlement."""
    start, end = datetime(2026, 10, 25, 12, tzinfo=UTC), datetime(2026, 11, 8, 12, tzinfo=UTC)
    chosen = parts(start, end, None, policy)
    # 03:30 UTC on 1 November is still 31 October in New York.
    posted = [(datetime(2026, 11, 1, 3, 30, tzinfo=UTC), "100"), (datetime(2026, 11, 1, 4, tzinfo=UTC), "40")]
    movements = []
    for moment, amount in posted:
        dated = part_of(chosen, moment).accounting_date
        shared = replace(books("S1"), part_date=dated)
        movements += movements_of(D(amount), resolved("principal", amount), shared)
    journals = build_journals(movements, frame, date(2026, 11, 8))
    assert [(one.part, one.parts, one.accounting_date.isoformat(), one.debits) for one in journals.journals] == [
        (1, 2, "2026-10-31", D("100.00")),
        (2, 2, "2026-11-08", D("40.00")),
    ]
    compared = journal_equals_settlement(journals, books("S1").clearing, "S1", D("140.00"), "USD")
    assert compared.passed, compared.sentence


def test_amounts_are_entered_in_the_settlements_currency(resolved, clearing, frame):
    """Rule 8: entered amounts in settlement currency with rate type; another currency never joins the journal."""
    movements = [Movement(clearing, resolved("principal").account, D("10.00"), "GBP", debit_reference="S1")]
    with pytest.raises(InputRefused, match="GBP does not belong in a journal in USD"):
        build_journals(movements, frame, date(2026, 3, 1))
    journal = build_journals([_in_usd(movements[0])], frame, date(2026, 3, 1)).journals[0]
    assert (journal.currency, journal.rate_type, journal.accounting_date) == ("USD", "CRRNT", date(2026, 3, 1))


def _in_usd(movement: Movement) -> Movement:
    return Movement(movement.debit, movement.credit, movement.amount, "USD", movement.debit_reference)


def test_a_line_of_another_unit_goes_through_due_to_and_due_from(resolved, books, frame, shown):
    """Rule 9: a line mapped to another unit becomes two movements; every document balances per unit."""
    sale = movements_of(D("100"), resolved("principal", "100", sku="US2-7"), books("S1"))
    assert shown(sale) == [
        "Dr clearing[S1] 100 / Cr due to US002",
        "Dr US002 due from US001 100 / Cr US002 sales",
    ]
    correction = movements_of(D("-30"), resolved("principal", "-30", sku="US2-7"), books("S1"))
    assert shown(correction) == [
        "Dr due from US002 30 / Cr clearing[S1]",
        "Dr US002 sales 30 / Cr US002 due to US001",
    ]
    journals = build_journals([*sale, *correction], frame, date(2026, 3, 1))
    assert [one.unit for one in journals.journals] == ["US001", "US002"]
    assert [unbalanced(one) for one in journals.journals] == [[], []]
    assert journal_equals_settlement(journals, books("S1").clearing, "S1", D("70.00"), "USD").passed


def test_units_can_be_left_to_the_erp(mapping, policy, combination, books, frame, shown):
    """Rule 9: with `inter_unit: erp` the line is one movement across units, for the ERP's own balancing."""
    left = policy.model_copy(update={"inter_unit": "erp"})
    row = resolve(combination("principal", sku="US2-7"), mapping, left, Context("USD", ("Amazon.com",)))
    movements = movements_of(D("100"), row, books("S1"))
    assert shown(movements) == ["Dr clearing[S1] 100 / Cr US002 sales"]
    with pytest.raises(InputRefused, match="inter_unit"):
        build_journals(movements, frame, date(2026, 3, 1))
    (journal,) = build_journals(movements, replace(frame, one_unit_each=False), date(2026, 3, 1)).journals
    assert journal.is_balanced
    assert [row["unit"] for row in unbalanced(journal)] == ["US001", "US002"]
    assert unbalanced(journal, per_unit=False) == []


def test_an_empty_settlement_posts_nothing(resolved, books, frame, clearing):
    """Rule 10: a settlement without any non-zero amount posts nothing."""
    movements = movements_of(D("0.00"), resolved("principal", "1"), books("S1"))
    journals = build_journals(movements, frame, date(2026, 3, 1))
    assert journals.journals == ()
    assert journal_equals_settlement(journals, clearing, "S1", D("0"), "USD").passed


def test_a_settlement_without_its_carried_item_is_not_guessed(resolved, books):
    """Rule 1: the old item is found by chain and amount; without it nothing is booked."""
    with pytest.raises(InputRefused, match="open item"):
        movements_of(D("-5"), resolved("payable", "-5"), books("S1"))
