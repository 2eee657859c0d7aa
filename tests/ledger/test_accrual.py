"""Accruals the way ACCOUNTING.md states them: one on the last day of the month, taken back on the day after."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ledger.accounts import AccountKey
from ledger.accrual import SALES_TAX, EarnedLine, accrual_source, accrued, by_category, with_reversal
from ledger.journal import JournalFrame, build_journals
from ledger.mapping import Combination, Context, Resolved, Unmapped, load_mapping, resolve
from ledger.month import Month
from ledger.movements import SettlementBooks
from tests.ledger.conftest import MAPPING
from tests.spoken import NAMES

OCTOBER = Month(2026, 10)
ACCRUED = AccountKey.of("US001", account="110950")
BOOKS = SettlementBooks("USD", ACCRUED, "A1")
ORDER = "111-0000001-0000001"
# Labels of a transaction's lines by short names.
LEAVES = {
    "principal": ("Shipment", "ProductCharges/OurPricePrincipal"),
    "promotion": ("Shipment", "Promotions/OurPricePrincipal"),
    "tax": ("Shipment", "Tax/OurPriceTax"),
    "withheld": ("Shipment", "Tax/MarketplaceFacilitatorTax-Principal"),
    "commission": ("Shipment", "AmazonFees/Commission/Base"),
    "refund": ("Refund", "ProductCharges/OurPricePrincipal"),
    "commission back": ("Refund", "AmazonFees/Commission/Base"),
    "debt": ("DebtRecovery", "DebtPayment"),
    "reserve": ("Adjustment", "ReserveEvent"),
    "loan": ("LoanServicing", "LoanPayment"),
}
# The sale of the example: principal 100, promotion -5, tax +8/-8, commission -15.
SALE = [("principal", "100"), ("promotion", "-5"), ("tax", "8"), ("withheld", "-8"), ("commission", "-15")]


def mapping(more: str = ""):
    """Return the shared mapping with accounts that accruals need."""
    text = MAPPING.replace("accounts:\n", 'accounts:\n  accrued: "110950"\n').replace('lending: "220100"\n', "")
    return load_mapping(text.replace("categories:\n", 'categories:\n  lending: "220100"\n') + more, "mapping.yaml")


def answer(policy, name: str, amount: str, marketplace: str = "Amazon.com", **changes) -> Resolved | Unmapped:
    """Resolve one line of a transaction."""
    kind, path = LEAVES.get(name, ("Shipment", name))
    one = Combination(kind, "", path, marketplace, None, None, OCTOBER.last, Decimal(amount) > 0, is_event=True)
    return resolve(replace(one, **changes), mapping(), policy, Context("USD", (marketplace,)))


def lines(policy, *pairs: tuple[str, str], order: str = ORDER, marketplace: str = "Amazon.com") -> list[EarnedLine]:
    """Return lines of one order, all of which must be mapped."""
    made = []
    for name, amount in pairs:
        found = answer(policy, name, amount, marketplace)
        assert isinstance(found, Resolved), found
        made.append(EarnedLine(order, Decimal(amount), found))
    return made


def booked(movements, month: Month = OCTOBER) -> dict[str, list[str]]:
    """Return the journals of an accrual and its reversal by date, lines as an accountant writes them."""
    source = accrual_source("SELLER", "PS", "US", "USD", month)
    frame = JournalFrame(source, 1, "US001", "USD", "CRRNT", "Accrual", "A1", netted=frozenset({ACCRUED}))
    journals = build_journals(with_reversal(movements, month), frame, month.last).journals
    assert all(one.is_balanced for one in journals)
    names = {**NAMES, "110950": "accrued", "220100": "loan"}
    return {
        one.accounting_date.isoformat(): sorted(
            f"{'Dr' if line.amount > 0 else 'Cr'} {names[line.account.account]} {abs(line.amount)}"
            for line in one.lines
        )
        for one in journals
    }


def test_a_sale_of_october_that_is_settled_in_november_is_accrued_and_reversed(policy):
    """The example: accrued 80, fee 15, discount 5 against sales 100; on 1 November the same reversed."""
    found = booked(accrued(lines(policy, *SALE), BOOKS))
    assert found == {
        "2026-10-31": ["Cr sales 100", "Dr accrued 80", "Dr discount 5", "Dr fees 15"],
        "2026-11-01": ["Cr accrued 80", "Cr discount 5", "Cr fees 15", "Dr sales 100"],
    }


def test_of_an_order_that_was_invoiced_only_the_fee_is_accrued(policy):
    """The last row of the example: fee 15 against accrued 15."""
    movements = accrued(lines(policy, *SALE), BOOKS, invoiced={ORDER})
    assert booked(movements)["2026-10-31"] == ["Cr accrued 15", "Dr fees 15"]


def test_what_is_deferred_over_two_period_ends_is_accrued_twice_and_reversed_twice(policy):
    """Each month stands on its own, and the account ends at zero."""
    movements = accrued(lines(policy, *SALE), BOOKS)
    both = {**booked(movements), **booked(movements, OCTOBER.following)}
    assert sorted(both) == ["2026-10-31", "2026-11-01", "2026-11-30", "2026-12-01"]
    left = Decimal(0)
    for month in (OCTOBER, OCTOBER.following):
        for one in with_reversal(movements, month):
            left += one.amount * ((one.debit == ACCRUED) - (one.credit == ACCRUED))
    assert left == 0


def test_a_refund_is_accrued_with_the_commission_that_comes_back(policy):
    """Contra revenue against the accrued account, the fee the other way round."""
    movements = accrued(lines(policy, ("refund", "-40"), ("commission back", "6")), BOOKS)
    assert booked(movements)["2026-10-31"] == ["Cr accrued 34", "Cr fees 6", "Dr refunds 40"]


def test_pass_through_tax_is_accrued_only_as_far_as_it_does_not_meet_within_its_order(policy):
    """Orders never offset each other: 8 collected and 7 withheld leave 1, the other order the opposite."""
    some = lines(policy, ("tax", "8"), ("withheld", "-7"))
    others = lines(policy, ("tax", "3"), ("withheld", "-4"), order="111-0000002-0000002")
    assert booked(accrued([*some, *others], BOOKS))["2026-10-31"] == ["Cr tax liability 1", "Dr tax liability 1"]


def test_tax_that_the_seller_owes_is_accrued_as_a_liability(policy):
    """`added`: the tax rows are the seller's own."""
    found = booked(accrued(lines(policy, ("principal", "100"), ("tax", "20"), marketplace="Amazon.co.uk"), BOOKS))
    assert found["2026-10-31"] == ["Cr sales 100", "Cr tax liability 20", "Dr accrued 120"]


def test_vat_in_gross_amounts_is_split_as_settlements_are(policy):
    """16 per cent hold on 31 October; over both lines the order's VAT is exact to the cent."""
    one = lines(policy, ("principal", "10.01"), ("promotion", "-3.33"), marketplace="Amazon.de")
    assert booked(accrued(one, BOOKS))["2026-10-31"] == [
        "Cr sales 8.63",
        "Cr tax liability 1.38",
        "Dr accrued 6.68",
        "Dr discount 2.87",
        "Dr tax liability 0.46",
    ]


@pytest.mark.parametrize("name", ["debt", "reserve", "loan"])
def test_debts_reserves_and_loans_are_no_earnings(policy, name):
    """They move money that was earned or borrowed before."""
    assert accrued(lines(policy, (name, "-12.50")), BOOKS) == ()


@pytest.mark.parametrize(
    "name, code, words",
    [
        ("MoonLanding/Base", "unmapped_label", "under event_leaves in mapping.yaml"),
        ("(difference)", "unmapped_label", "leaves_differ"),
    ],
)
def test_a_line_that_nothing_classifies_stops_with_the_cure(policy, name, code, words):
    """There is no default: the finding names type and path, and where to write them."""
    found = answer(policy, name, "1")
    assert isinstance(found, Unmapped)
    assert found.finding.code == code
    assert found.finding.origin.startswith(f"Shipment / {name}, ")
    assert words in found.finding.cure


OWN = """
event_leaves:
  - {transaction_type: Shipment, leaf_path: "MoonLanding/*", category: referral_fee}
  - {transaction_type: DebtRecovery, leaf_path: "*DebtAdjustment*", category: cross_account_debt}
"""


@pytest.mark.parametrize(
    "kind, path, category",
    [
        ("Shipment", "MoonLanding/Base", "referral_fee"),
        ("DebtRecovery", "DebtAdjustment", "cross_account_debt"),
        ("Shipment", "ProductCharges/OurPricePrincipal", "revenue"),
    ],
)
def test_the_users_own_rows_name_what_the_shipped_table_does_not_know_or_only_guesses(policy, kind, path, category):
    """A guess of ours posts once it is named; what we know stays."""
    one = Combination(kind, "", path, "Amazon.com", None, None, OCTOBER.last, True, is_event=True)
    found = resolve(one, mapping(OWN), policy, Context("USD", ("Amazon.com",)))
    assert isinstance(found, Resolved)
    assert found.category == category
    guess = replace(one, transaction_type="DebtRecovery", amount_description="DebtAdjustment")
    guessed = resolve(guess, mapping(), policy, Context("USD", ("Amazon.com",)))
    assert isinstance(guessed, Unmapped)
    assert guessed.finding.code == "needs_naming"


def test_rules_that_look_at_labels_of_settlements_do_not_fit_lines_of_transactions(policy):
    """What they ask for is not there; a rule about something else fits both."""
    rules = """rules:
  - when: {category: referral_fee, amount_type: "*"}
    book: "600999"
  - when: {category: revenue, sku: "MUG*"}
    book: "400999"
"""
    made = load_mapping(MAPPING.replace("rules:\n", rules), "mapping.yaml")
    for name, account in {"principal": "400999", "commission": "600100"}.items():
        one = Combination(*_labels(name), "Amazon.com", "MUG-1", None, OCTOBER.last, True, is_event=True)
        found = resolve(one, made, policy, Context("USD", ("Amazon.com",)))
        assert isinstance(found, Resolved)
        assert found.account.account == account


def _labels(name: str) -> tuple[str, str, str]:
    kind, path = LEAVES[name]
    return kind, "", path


def test_a_month_by_category_compares_the_books_with_the_transactions():
    """Settled and accrued, less what is taken back of the month before, is what was earned; tax counts as one."""

    def amounts(**given: str) -> dict[str, Decimal]:
        return {name: Decimal(amount) for name, amount in given.items()}

    tax = {"tax_collected": "8", "marketplace_tax_withheld": "-8"}
    rows = by_category(
        settled=amounts(revenue="900", referral_fee="-90", reserve_movement="-50", **tax),
        accrual=amounts(revenue="300", referral_fee="-45"),
        before=amounts(revenue="200", referral_fee="-30"),
        sold_before=amounts(revenue="100"),
        events=amounts(revenue="900", referral_fee="-100", **tax),
    )
    assert [(one.category, one.rest) for one in rows] == [("referral_fee", Decimal("-5")), ("revenue", Decimal(0))]
    [first] = by_category(amounts(revenue="9"), {}, {}, {}, amounts(revenue="4"), not_accrued=amounts(revenue="5"))
    assert (first.taken_back, first.not_accrued, first.rest) == (Decimal(0), Decimal("5"), Decimal(0))
    [odd] = by_category({}, {}, {}, {}, amounts(tax_collected="8", marketplace_tax_withheld="-7"))
    assert (odd.category, odd.rest) == (SALES_TAX, Decimal("-1"))


@pytest.mark.parametrize(
    "place, source_id",
    [("US", "US-USD-2026-10"), ("Amazon.example.shop", "Amazon-example-shop-USD-2026-10")],
)
def test_an_accruals_id_names_marketplace_currency_and_month(place, source_id):
    """It is the natural key in the ERP, so only letters, digits and hyphens are in it."""
    source = accrual_source("SELLER", "PS", place, "USD", OCTOBER)
    assert (source.kind, source.source_id) == ("accrual", source_id)


def test_the_reversal_is_dated_the_day_after_over_a_year_end_too(policy):
    """31 December and 1 January."""
    movements = accrued(lines(policy, ("principal", "1")), BOOKS)
    dates = {one.part_date for one in with_reversal(movements, Month(2026, 12))}
    assert dates == {date(2026, 12, 31), date(2027, 1, 1)}


def test_where_orders_are_billed_a_refund_counts_under_what_was_sold():
    """A credit memo says no more of why than the lines it takes back; what is left over is left over there."""

    def amounts(**given: str) -> dict[str, Decimal]:
        return {name: Decimal(amount) for name, amount in given.items()}

    sold = amounts(revenue="100", refund="-40", shipping_revenue="5", refund_shipping="-5")
    fees = amounts(referral_fee="-15")
    [fee, revenue] = by_category({}, fees, {}, {}, {**sold, **fees}, amounts(revenue="60"))
    assert (fee.category, fee.rest) == ("referral_fee", Decimal(0))
    assert (revenue.category, revenue.invoiced, revenue.events, revenue.rest) == (
        "revenue",
        Decimal(60),
        Decimal(60),
        Decimal(0),
    )
    told = by_category({}, fees, {}, {}, {**sold, **fees}, amounts(revenue="60.01"))
    assert [(one.category, one.rest) for one in told if one.rest] == [("revenue", Decimal("0.01"))]
