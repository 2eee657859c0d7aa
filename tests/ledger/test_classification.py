"""The shipped half of the mapping: labels to categories."""

from __future__ import annotations

import csv
from importlib import resources

import pytest

from ledger.accounts import Nature
from ledger.categories import CARRIED, ROLE_OF_CATEGORY, categories
from ledger.classification import classify, fits, is_sign_unexpected, known_triples, triple

ROWS = list(
    csv.DictReader(
        resources.files("ledger").joinpath("data/amazon_triples.csv").read_text(encoding="utf-8").splitlines()
    )
)


def labels_of(row: dict[str, str]) -> tuple[str, str, str]:
    return row["transaction_type"], row["amount_type"], row["amount_description"]


def test_every_category_of_the_triples_has_a_nature_and_none_is_left_over():
    """Both tables name the same categories."""
    assert {row["category"] for row in ROWS} == set(categories())


def test_every_shipped_row_is_found_by_its_own_labels():
    """A row classifies what it was written for, with its own sign; nothing hides it."""
    for number, row in enumerate(ROWS, start=2):
        found = classify(*(one.replace("*", "anything 7") for one in labels_of(row)))
        assert found is not None, row
        assert (found.category, found.usual_sign, found.row) == (row["category"], row["sign"], number), row
        assert found.is_verified == (row["source"] != "unverified"), row


def test_no_two_rows_mean_the_same_labels():
    """Compared as labels are compared, each row stands once."""
    assert len(known_triples()) == len({labels for labels, _ in known_triples()}) == len(ROWS)


@pytest.mark.parametrize(
    "labels, category",
    [
        (("Order", "ItemPrice", "Principal"), "revenue"),
        (("order", "ITEMPRICE", "principal"), "revenue"),
        (("  Order ", "ItemPrice", "\tPrincipal"), "revenue"),
        (("Order_Retrocharge", "ItemPrice", "Tax"), "tax_collected"),
        (("Order Retrocharge", "ItemPrice", "Tax"), "tax_collected"),
        (("Order__Retrocharge", "ItemPrice", "Tax"), "tax_collected"),
        (("Order", "ItemFees", "Digital   Services Fee"), "digital_services_fee"),
        (("other-transaction", "other-transaction", "Transfer of funds unsuccessful: wrong IBAN"), "transfer_returned"),
        (("CouponRedemptionFee", "CouponRedemptionFee", "Spring sale: 10 %"), "coupon_fee"),
        (("Order", "ItemFees", "Closing Fee IGST"), "tax_on_fees"),
        (("AmazonFees", "Eco-contribution for EPR Pay on Behalf - FR 2026 Q1", "Base fee"), "epr_fee"),
        (("Order", "ItemFees", "Commission*"), None),
        (("Order", "ItemPrice", "Deposit"), None),
        (("Bestellung", "ItemPrice", "Principal"), None),
        (("", "", ""), None),
    ],
)
def test_labels_are_compared_without_case_blanks_and_underscores(labels, category):
    """Trim, collapse runs of blank and "_", ignore case; exact row, then wildcard row, then nothing."""
    found = classify(*labels)
    assert (found.category if found else None) == category


def test_an_exact_row_wins_over_a_wildcard_row():
    """No exact row of the table is taken by a wildcard row of another category."""
    wild = [(pattern, one) for pattern, one in known_triples() if not one.is_exact]
    for labels, one in known_triples():
        if one.is_exact and any(fits(pattern, labels) for pattern, _ in wild):
            assert classify(*labels) == one


@pytest.mark.parametrize(
    "labels, positive, expected",
    [
        (("Order", "ItemPrice", "Principal"), True, False),
        (("Order", "ItemPrice", "Principal"), False, True),
        (("Order", "ItemFees", "Commission"), False, False),
        (("Order", "ItemFees", "Commission"), True, True),
        (("Order", "ItemPrice", "Goodwill"), True, False),
        (("Order", "ItemPrice", "Goodwill"), False, False),
    ],
)
def test_an_unexpected_sign_is_flagged_and_not_refused(labels, positive, expected):
    """Reversals happen, so the sign is shown, never an error."""
    classified = classify(*labels)
    assert is_sign_unexpected(classified, positive) is expected


def test_natures_follow_the_rules_of_the_books():
    """Reserves, carried debts, returned transfers, lending, taxes withheld and debts moved are balance sheet."""
    on_balance_sheet = {name for name, one in categories().items() if one.nature.is_balance_sheet}
    assert on_balance_sheet == {
        "reserve_movement",
        "negative_balance_carry",
        "transfer_returned",
        "lending",
        "tax_collected",
        "marketplace_tax_withheld",
        "tcs_india",
        "tds_india",
        "income_tax_withheld",
        "cross_account_debt",
        "debt_recovery",
        "micro_deposit",
        "tax_on_fees",
        "transfer",
        "direct_payment",
    }


def test_what_says_nothing_of_itself_posts_only_when_named():
    """`other` and the categories of unverified rows wait for the user's word."""
    unverified = {row["category"] for row in ROWS if row["source"] == "unverified"}
    assert {name for name, one in categories().items() if one.posts_only_when_named} == unverified | {"other"}


def test_every_category_is_complete():
    """Side, description and natures are filled, and what contains VAT is revenue or its opposite."""
    for one in categories().values():
        assert one.usual_side in ("debit", "credit", "either"), one
        assert len(one.description) > 8, one
        assert len(set(one.natures)) == len(one.natures), one
        if one.is_revenue_split:
            assert one.nature in (Nature.REVENUE, Nature.CONTRA_REVENUE, Nature.OTHER_INCOME), one
    assert set(categories()) >= CARRIED
    assert set(categories()) >= set(ROLE_OF_CATEGORY)


def test_comparable_labels_stay_comparable():
    """Comparing labels twice changes nothing."""
    for row in ROWS:
        once = triple(*labels_of(row))
        assert triple(*once) == once
