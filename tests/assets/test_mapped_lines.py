"""What stops a settlement on the way to movements, what is only shown, and what a line's own words may do."""

from datetime import UTC, datetime
from decimal import Decimal

NEXT = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)


def test_an_unmapped_line_stops_only_its_settlement(books, row, verdict):
    """Nothing of it is staged; the finding names labels, first row, amount and cure; the next settlement goes on."""
    books.take_in("1", [row("principal", "100"), row("unknown", "-7.35"), row("unknown", "-1.00", "B")])
    books.take_in("2", [row("principal", "1")], NEXT)
    stopped = books.mapped("1")
    assert stopped.stops
    found = verdict(stopped, "every_line_mapped")
    (line,) = found.rows
    assert (line["lines"], line["first row"], line["amount"]) == ("2", "4", "-8.35")
    assert line["labels"] == "AmazonFees / Peak Season Handling Surcharge / Base fee"
    assert "triples" in line["what to do"]
    (finding,) = found.findings
    assert (finding.code, finding.amount) == ("unmapped_label", Decimal("-8.35"))
    assert finding.origin.startswith("row 4 of document ")
    assert books.stores.warehouse.current(books.connection, "mapped_lines", "1") is None
    assert not books.mapped("2").stops


def test_what_was_staged_before_stays_unused_when_a_label_is_unmapped_later(books, row):
    """Taking a row out of the mapping stops the settlement; the older version cannot become a journal."""
    own = "{transaction_type: AmazonFees, amount_type: '*', amount_description: '*', category: referral_fee}"
    without, books.mapping = books.mapping, books.mapping + f"triples:\n  - {own}\n"
    books.take_in("1", [row("unknown", "-7.35")])
    assert sorted(books.booked("1")) == ["Cr clearing[S1] 7.35", "Dr fees 7.35"]
    books.mapping = without
    assert books.journals("1").stops


def test_own_rows_name_what_the_shipped_table_does_not_know(books, row):
    """The user's own labels decide where the shipped classification has none."""
    books.mapping += (
        "triples:\n  - {transaction_type: amazonfees, amount_type: peak season handling surcharge, "
        "amount_description: BASE FEE, category: fba_fulfilment_fee}\n"
    )
    books.take_in("1", [row("unknown", "-7.35")])
    assert "Dr fba fees 7.35" in books.booked("1")


def test_a_row_without_marketplace_needs_one_where_several_sell(books, row):
    """With several selling marketplaces the mapping must say which one such rows belong to; no default."""
    books.mapping = books.mapping.replace("marketplace_for_blank: Amazon.com\n", "")
    rows = [row("principal", "1"), row("principal", "1", "B", "Amazon.it"), row("subscription", "-2")]
    books.take_in("1", rows)
    assert [finding.code for finding in books.mapped("1").findings] == ["no_marketplace"]


def test_included_prices_contradicted_by_tax_rows_stop(books, row):
    """A marketplace said to state prices with VAT must not have tax rows of its own on an item."""
    de = "Amazon.de"
    books.take_in("1", [row("principal", "119", "A", de), row("tax", "19", "A", de)], currency="EUR")
    assert [finding.code for finding in books.mapped("1").findings] == ["tax_model_contradicted"]


def test_an_unexpected_sign_is_shown_and_booked(books, row, verdict):
    """Reversals have the other sign than usual: flagged, never stopped."""
    books.take_in("1", [row("principal", "100"), row("commission", "15")])
    result = books.mapped("1")
    found = verdict(result, "signs_as_expected")
    assert (result.stops, found.passed, found.stops) == (False, False, False)
    assert [(one["labels"], one["amount"]) for one in found.rows] == [("Order / ItemFees / Commission", "15.00")]
    assert "Cr fees 15.00" in books.booked("1")


def test_a_carried_row_of_an_unknown_settlement_moves_nothing(books, row):
    """A label the user calls a carried debt, of which no head knows the origin, stops instead of moving nothing."""
    books.mapping += (
        "triples:\n  - {transaction_type: AmazonFees, amount_type: '*', amount_description: '*', "
        "category: negative_balance_carry}\n"
    )
    books.take_in("1", [row("unknown", "-7.35"), row("principal", "9")])
    result = books.mapped("1")
    assert [finding.code for finding in result.findings] == ["carry_unknown"]
    assert "1 lines" in result.findings[0].sentence


def test_a_returned_payout_the_user_maps_to_an_account_is_booked_there(books, row):
    """The user's exact row wins over the shipped wildcard; the line then moves no earlier item."""
    books.mapping += (
        "triples:\n  - {transaction_type: other-transaction, amount_type: other-transaction, "
        "amount_description: 'Transfer of funds unsuccessful: account closed', category: debt_recovery}\n"
    )
    books.take_in("1", [row("principal", "500")])
    books.take_in("2", [row("returned", "500")], NEXT)
    assert sorted(books.booked("2")) == ["Cr card in transit 500.00", "Dr clearing[S2] 500.00"]


def test_tax_that_meets_over_a_month_end_leaves_nothing(books, row, verdict):
    """Collected in October and withheld in November is still zero per order."""
    start, end = datetime(2026, 10, 25, 12, tzinfo=UTC), datetime(2026, 11, 8, 12, tzinfo=UTC)
    books.take_in("1", [row("tax", "8", posted=start), row("withheld", "-8", posted=end)], start, end)
    assert verdict(books.mapped("1"), "collected_and_withheld_tax").passed


def test_one_account_for_pass_through_and_liability_lists_what_is_left(books, row, verdict):
    """Where both roles share an account nothing needs to move, and the order is listed all the same."""
    books.mapping = books.mapping.replace('pass_through_tax: "210500"', 'pass_through_tax: "210600"')
    books.take_in("1", [row("tax", "8"), row("withheld", "-6")])
    found = verdict(books.mapped("1"), "collected_and_withheld_tax")
    assert [one["left"] for one in found.rows] == ["2.00"]
    assert sorted(books.booked("1")) == [
        "Cr clearing[S1] 6.00",
        "Cr tax liability 8.00",
        "Dr clearing[S1] 8.00",
        "Dr tax liability 6.00",
    ]


def test_a_settlement_without_any_row_is_mapped_to_nothing(books):
    """An empty settlement has no combination and no movement, and is no error."""
    books.take_in("1", [])
    assert books.mapped("1").facts["lines"] == 0
    assert books.movements("1") == []


def test_hostile_texts_travel_as_values(books, row):
    """Ids and SKUs are bound, never pasted in: quotes and braces of a line reach the staged movement unchanged."""
    text = "'; DROP TABLE x; -- {quantity} $lines %s"
    books.take_in("1", [row("principal", "1", order=text, sku=text)])
    books.mapped("1")
    assert [(one["order_id"], one["sku"]) for one in books.movements("1")] == [(text, text)]


def test_the_picture_adds_up_to_the_deposit(books, row):
    """The bars before the last one add up to it: what is not named is fees."""
    rows = [row("principal", "100"), row("commission", "-15"), row("refund", "-20", "B"), row("reserve held", "-5")]
    books.take_in("1", rows)
    *bars, last = books.mapped("1").picture
    assert last == ("Deposit", Decimal("60.00"))
    assert sum(amount for _, amount in bars) == last[1]
    assert dict(bars) == {"Gross": 100, "Refunds": -20, "Fees etc.": -15, "Reserve": -5}
