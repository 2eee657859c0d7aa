"""Every example of the accounting rules in scope, from a file as Amazon writes it to the lines of its journals."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

NEXT = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)
AFTER_NEXT = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)


def left(books, *settlements):
    """Add up what all journals made so far leave on each account and open item."""
    sums = {}
    for settlement in settlements:
        for journal in books.planned(settlement):
            for line in journal.lines:
                key = line.account.account + (f"[{line.reference}]" if line.reference else "")
                sums[key] = sums.get(key, Decimal(0)) + line.amount
    return sums


def test_a_chain_of_debts_closes_every_clearing_item(books, row):
    """Rule 1: -321.69, -62.31, 1,016.08 (a real chain); later settlements close the items of the earlier ones."""
    books.take_in("1", [row("subscription", "-321.69")])
    second = [row("payable", "-321.69"), row("charge", "321.69"), row("subscription", "-62.31")]
    books.take_in("2", second, NEXT)
    third = [row("payable", "-62.31"), row("charge", "62.31"), row("principal", "1016.08")]
    books.take_in("3", third, AFTER_NEXT)
    assert sorted(books.booked("1")) == ["Cr clearing[S1] 321.69", "Dr subscription 321.69"]
    assert sorted(books.booked("2")) == [
        "Cr card in transit 321.69",
        "Cr clearing[S2] 384.00",
        "Dr clearing[S1] 321.69",
        "Dr clearing[S2] 321.69",
        "Dr subscription 62.31",
    ]
    assert sorted(books.booked("3")) == [
        "Cr card in transit 62.31",
        "Cr clearing[S3] 62.31",
        "Cr sales 1016.08",
        "Dr clearing[S2] 62.31",
        "Dr clearing[S3] 1078.39",
    ]
    sums = left(books, "1", "2", "3")
    items = {name: sums[name] for name in ("110500[S1]", "110500[S2]", "110500[S3]", "110600")}
    assert items == {"110500[S1]": 0, "110500[S2]": 0, "110500[S3]": Decimal("1016.08"), "110600": Decimal("-384.00")}


def test_gross_sales_and_refunds_stay_visible(books, row):
    """Rule 1: debits and credits of one account are not netted into one line."""
    books.take_in("1", [row("commission", "-15"), row("commission back", "5"), row("principal", "100")])
    assert sorted(line for line in books.booked("1") if "fees" in line) == ["Cr fees 5.00", "Dr fees 15.00"]


def test_a_reserve_is_held_and_comes_back(books, row):
    """Rule 3: current reserve Dr reserve / Cr clearing; next settlement Dr clearing / Cr reserve."""
    books.take_in("1", [row("principal", "100"), row("reserve held", "-22.80")])
    books.take_in("2", [row("reserve back", "22.80"), row("principal", "1")], NEXT)
    assert [line for line in books.booked("1") if "reserve" in line] == ["Dr reserve 22.80"]
    assert [line for line in books.booked("2") if "reserve" in line] == ["Cr reserve 22.80"]
    assert left(books, "1", "2")["110700"] == 0


def test_a_returned_payout_reopens_its_settlement(books, row):
    """Rule 1: a returned transfer moves the old item to the new one, clearing against clearing."""
    books.take_in("1", [row("principal", "500")])
    books.take_in("2", [row("returned", "500"), row("principal", "7")], NEXT)
    books.documents("1")
    assert sorted(books.booked("2")) == ["Cr clearing[S1] 500.00", "Cr sales 7.00", "Dr clearing[S2] 507.00"]
    assert left(books, "1", "2")["110500[S1]"] == 0


def test_what_the_books_held_by_hand_stands_under_opening(books, row):
    """Rule 4: the first settlement's debt equals `opening` and closes the item of the books before go-live."""
    opening = {"marketplace": "Amazon.com", "currency": "USD", "debt": "20.00", "reserve": "5.00"}
    books.policy["opening"] = [opening]
    books.take_in("1", [row("payable", "-20"), row("reserve back", "5"), row("principal", "100")])
    assert sorted(books.booked("1")) == [
        "Cr clearing[S1] 20.00",
        "Cr reserve 5.00",
        "Cr sales 100.00",
        "Dr clearing[OPENING] 20.00",
        "Dr clearing[S1] 105.00",
    ]


def test_an_opening_balance_that_differs_stops_before_anything_is_booked(books, row, verdict):
    """Rule 4: the first settlement's reserve and debt must equal `opening`, else review."""
    books.take_in("1", [row("reserve back", "5"), row("principal", "100")])
    result = books.lines("1")
    assert result.stops
    (finding,) = verdict(result, "reserve_and_debt_chain").findings
    assert (finding.code, finding.amount) == ("opening_balance", Decimal("5.00"))


def test_a_debt_of_before_go_live_stands_under_opening_though_its_settlement_is_known(books, row):
    """Rule 4: settlements before go-live are in the books by hand, so their clearing items are not ours."""
    books.policy["books_from"] = "2026-03-15"
    books.policy["opening"] = [{"marketplace": "Amazon.com", "currency": "USD", "debt": "20.00"}]
    books.take_in("1", [row("principal", "-20")])
    books.take_in("2", [row("payable", "-20"), row("principal", "100")], NEXT)
    assert "Dr clearing[OPENING] 20.00" in books.booked("2")
    result = books.journals("1")
    assert result.facts["journal"] == "none will be posted: the settlement lies before go-live"
    assert not result.verdicts


def test_facilitator_tax_passes_through_one_account(books, row):
    """Rule 5, facilitator: collected and withheld rows sum to zero on one account."""
    rows = [row("principal", "100"), row("promotion", "-5"), row("tax", "8"), row("withheld", "-8")]
    books.take_in("1", [*rows, row("commission", "-15")])
    assert sorted(books.booked("1")) == [
        "Cr clearing[S1] 28.00",
        "Cr pass-through tax 8.00",
        "Cr sales 100.00",
        "Dr clearing[S1] 108.00",
        "Dr discount 5.00",
        "Dr fees 15.00",
        "Dr pass-through tax 8.00",
    ]


@pytest.mark.parametrize("withheld, expected", [("-6", "Cr tax liability 2.00"), ("-9", "Dr tax liability 1.00")])
def test_what_pass_through_leaves_is_listed_by_order(books, row, verdict, withheld, expected):
    """Rule 5, facilitator: a remainder is listed by order and goes to the tax liability; orders never offset."""
    rows = [row("tax", "8", "A"), row("withheld", withheld, "A"), row("tax", "5", "B"), row("withheld", "-5", "B")]
    books.take_in("1", rows)
    found = verdict(books.mapped("1"), "collected_and_withheld_tax")
    assert (found.passed, found.stops, [one["order"] for one in found.rows]) == (False, False, ["A"])
    assert [line for line in books.booked("1") if "tax liability" in line] == [expected]
    sums = left(books, "1")
    assert sums["210500"] == 0
    assert sums["210600"] == -(Decimal(8) + Decimal(withheld))


def test_orders_never_offset_each_other(books, row, verdict):
    """Rule 5, facilitator: one order's surplus does not hide another's lack."""
    books.take_in("1", [row("tax", "8", "A"), row("withheld", "-8", "B")])
    found = verdict(books.mapped("1"), "collected_and_withheld_tax")
    assert [(one["order"], one["left"]) for one in found.rows] == [("A", "8.00"), ("B", "-8.00")]
    lines = books.booked("1")
    assert "Cr tax liability 8.00" in lines
    assert "Dr tax liability 8.00" in lines


def test_added_tax_is_the_sellers_liability(books, row):
    """Rule 5, added: tax rows are the seller's liability."""
    rows = [row("principal", "100", marketplace="Amazon.co.uk"), row("tax", "20", marketplace="Amazon.co.uk")]
    books.take_in("1", rows, currency="GBP")
    assert sorted(books.booked("1")) == ["Cr sales 100.00", "Cr tax liability 20.00", "Dr clearing[S1] 120.00"]


def test_included_vat_is_split_by_order_to_the_cent(books, row):
    """Rule 5, included: three lines of 0.33 at 19 % hold 0.16 of VAT together, though each alone holds 0.05."""
    rows = [row("principal", "0.33", marketplace="Amazon.de", order_item_code=str(one)) for one in range(3)]
    books.take_in("1", [*rows, row("refund", "-119", "B", "Amazon.de")], currency="EUR")
    assert sorted(books.booked("1")) == [
        "Cr clearing[S1] 119.00",
        "Cr sales 0.83",
        "Cr tax liability 0.16",
        "Dr clearing[S1] 0.99",
        "Dr refunds 100.00",
        "Dr tax liability 19.00",
    ]


def test_without_a_rate_nothing_is_booked(books, row):
    """Rule 5: no rate, no posting."""
    rates = [{"rate": "19", "valid_from": "2027-01-01"}]
    books.policy["marketplaces"] = {"Amazon.de": {"tax_model": "included", "vat_rates": rates}}
    books.take_in("1", [row("principal", "119", marketplace="Amazon.de")], currency="EUR")
    result = books.mapped("1")
    assert [finding.code for finding in result.findings] == ["no_vat_rate"]
    assert books.stores.warehouse.current(books.connection, "mapped_lines", "1") is None


def test_mixed_marketplaces_decide_by_the_rows_of_an_order(books, row):
    """Rule 5, mixed: withheld rows make an order facilitator, tax rows alone added, neither what `otherwise` says."""
    fr = "Amazon.fr"
    rows = [
        row("principal", "10", "A", fr),
        row("tax", "2", "A", fr),
        row("withheld", "-2", "A", fr),
        row("principal", "30", "B", fr),
        row("tax", "6", "B", fr),
        row("principal", "120", "C", fr),
    ]
    books.take_in("1", rows, currency="EUR")
    assert sorted(line for line in books.booked("1") if "clearing" not in line) == [
        "Cr pass-through tax 2.00",
        "Cr sales 140.00",
        "Cr tax liability 26.00",
        "Dr pass-through tax 2.00",
    ]


def test_a_settlement_over_a_month_end_becomes_two_journals(books, row):
    """Rule 7, split: two journals by posted date in the ledger's time zone; together they are the settlement."""
    start, end = datetime(2026, 10, 25, 12, tzinfo=UTC), datetime(2026, 11, 8, 12, tzinfo=UTC)
    # 03:30 UTC on 1 November is still 31 October in New York; clocks go back the next morning.
    rows = [
        row("principal", "100", posted=datetime(2026, 11, 1, 3, 30, tzinfo=UTC)),
        row("principal", "40", posted=datetime(2026, 11, 1, 4, 0, tzinfo=UTC)),
    ]
    books.take_in("1", rows, start, end)
    documents = books.documents("1")
    assert [(one.part, one.parts, one.accounting_date.isoformat(), one.debits) for one in documents] == [
        (1, 2, "2026-10-31", Decimal("100.00")),
        (2, 2, "2026-11-08", Decimal("40.00")),
    ]
    books.policy["month_end"] = "none"
    (whole,) = books.documents("1")
    assert (whole.accounting_date.isoformat(), whole.debits) == ("2026-11-08", Decimal("140.00"))


@pytest.mark.parametrize("currency, amount, text", [("JPY", "1016", "1016"), ("KWD", "1234.565", "1234.565")])
def test_amounts_are_entered_in_the_settlements_currency(books, row, currency, amount, text):
    """Rule 8: entered amounts in settlement currency with its own decimals, and the rate type for the ERP."""
    books.take_in("1", [row("principal", amount)], currency=currency)
    assert sorted(books.booked("1")) == [f"Cr sales {text}", f"Dr clearing[S1] {text}"]
    (journal,) = books.planned("1")
    assert (journal.currency, journal.rate_type) == (currency, "CRRNT")
    assert journal.accounting_date.isoformat() == "2026-03-15"


def test_a_line_of_another_unit_goes_through_due_to_and_due_from(books, row):
    """Rule 9: a line mapped to another unit becomes two movements; every document balances in its unit."""
    rows = [row("principal", "100", sku="US2-7"), row("principal", "-30", "B", sku="US2-7"), row("commission", "-15")]
    books.take_in("1", rows)
    assert sorted(books.booked("1")) == [
        "Cr US002 due to US001 30.00",
        "Cr US002 sales 100.00",
        "Cr clearing[S1] 45.00",
        "Cr due to US002 100.00",
        "Dr US002 due from US001 100.00",
        "Dr US002 sales 30.00",
        "Dr clearing[S1] 100.00",
        "Dr due from US002 30.00",
        "Dr fees 15.00",
    ]
    assert [(one.unit, one.is_balanced) for one in books.planned("1")] == [("US001", True), ("US002", True)]


def test_an_empty_settlement_posts_nothing_and_says_so(books, row):
    """Rule 10: without any amount other than zero there is no journal; the settlement still ties."""
    books.take_in("1", [row("principal", "0.00")])
    result = books.journals("1")
    assert result.facts["journal"] == "none: the settlement has no amount other than zero"
    assert [(one.check, one.passed) for one in result.verdicts] == [("journal_balanced_and_equal", True)]
    assert books.planned("1") == ()


def test_amounts_that_cancel_out_are_booked_all_the_same(books, row):
    """Rules 1 and 10: a total of zero is no empty settlement; what was earned and charged is booked."""
    books.take_in("1", [row("principal", "15"), row("commission", "-15")])
    sides = ["Cr clearing[S1] 15.00", "Cr sales 15.00", "Dr clearing[S1] 15.00", "Dr fees 15.00"]
    assert sorted(books.booked("1")) == sides
