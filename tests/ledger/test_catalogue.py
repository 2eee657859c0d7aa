"""The product catalogue: where a product is booked, what it costs, and every way a file can be wrong."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.accounts import AccountKey, Nature
from ledger.billing import LineRule
from ledger.catalogue import Catalogue, Cost, load_catalogue
from ledger.errors import MappingRefused
from ledger.mapping import load_mapping
from ledger.mapping_shape import OwnerUnit

DAY = date(2026, 11, 14)
OWNER = OwnerUnit(unit="01", segments={"department": "000"})
YAML = """\
version: 1
products:
  - sku: MUG-1
    unit_cost: "4.00"
    currency: USD
    valid_to: 2026-06-30
  - sku: MUG-1
    unit_cost: "4.25"
    currency: USD
    valid_from: 2026-07-01
  - name: mugs
    sku: ["MUG-*", "CUP-?"]
    revenue: {account: "400110", department: "210"}
    cogs: {account: "500110", department: "210"}
    inventory: "140110"
  - name: shipping of mugs
    sku: "MUG-*"
    category: [shipping_revenue, gift_wrap_revenue]
    revenue: "400210"
  - sku: CLUB-*
    revenue: "400120"
    accounting_rule: {name: Monthly, start: next_month, periods: 12}
"""
CSV = """\
sku,category,revenue.account,revenue.department,cogs.account,cogs.department,inventory.account,unit_cost,currency,valid_from,valid_to,accounting_rule.name,accounting_rule.start,accounting_rule.periods
MUG-1,,,,,,,4.00,USD,,2026-06-30,,,
MUG-1,,,,,,,4.25,USD,2026-07-01,,,,
MUG-*,,400110,210,500110,210,140110,,,,,,,
CUP-?,,400110,210,500110,210,140110,,,,,,,

MUG-*,shipping_revenue,400210,,,,,,,,,,,
MUG-*,gift_wrap_revenue,400210,,,,,,,,,,,
CLUB-*,,400120,,,,,,,,,Monthly,next_month,12
"""
BOTH = pytest.mark.parametrize("catalogue", [load_catalogue(YAML, "p.yaml"), load_catalogue(CSV, "p.csv")])


def key(account: str, department: str = "000") -> AccountKey:
    return AccountKey.of("01", account=account, department=department)


@BOTH
@pytest.mark.parametrize(
    ("sku", "category", "account", "department"),
    [
        ("MUG-1", "revenue", "400110", "210"),
        ("CUP-7", "revenue", "400110", "210"),
        ("CUP-77", "revenue", None, None),
        ("mug-1", "revenue", None, None),  # SKUs are compared as written
        ("MUG-1", "shipping_revenue", "400210", "000"),
        ("CUP-7", "shipping_revenue", None, None),
        ("MUG-1", "promo_rebate", None, None),
        ("", "revenue", None, None),
    ],
)
def test_the_first_entry_that_fits_says_where_an_amount_goes(catalogue: Catalogue, sku, category, account, department):
    """The price of goods alone unless an entry names other categories; segments as in the mapping; no default."""
    found = catalogue.sale(sku, category, DAY, OWNER)
    assert (found and found.account) == (account and key(account, department))
    assert not (found and found.rule)


@BOTH
def test_costs_change_by_date_while_the_accounts_stay(catalogue: Catalogue):
    """What one entry says of cost and another of accounts is one answer; a product without either has none."""
    old, new = (catalogue.cost("MUG-1", day, OWNER) for day in (date(2026, 6, 30), date(2026, 7, 1)))
    assert old == Cost(key("500110", "210"), key("140110"), Decimal("4.00"), "USD")
    assert new == Cost(key("500110", "210"), key("140110"), Decimal("4.25"), "USD")
    assert catalogue.cost("MUG-2", DAY, OWNER) is None, "accounts, and no unit cost"
    assert catalogue.lacks("MUG-2", DAY, with_cost=True) == ("unit_cost", "currency")
    assert catalogue.lacks("MUG-2", DAY, with_cost=False) == ()
    assert catalogue.lacks("TOY", DAY, with_cost=True) == ("revenue", "cogs", "inventory", "unit_cost", "currency")


@BOTH
def test_a_rule_starts_where_the_class_says(catalogue: Catalogue):
    """The first of the month after shipment, over the year's end as well."""
    rules = [catalogue.sale("CLUB-1", "revenue", day, OWNER).rule for day in (DAY, date(2026, 12, 31))]
    assert rules == [LineRule("Monthly", date(2026, 12, 1), 12), LineRule("Monthly", date(2027, 1, 1), 12)]


def test_a_rule_may_start_at_shipment_or_on_a_date():
    """Nothing said is the day of shipment."""
    text = "sku,revenue.account,accounting_rule.name,accounting_rule.start\nA,4,Yearly,\nB,4,Yearly,2027-02-01\n"
    found = load_catalogue(text, "p.csv")
    assert [found.sale(sku, "revenue", DAY, OWNER).rule.start for sku in "AB"] == [DAY, date(2027, 2, 1)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sku,unit_cst\n", "p.csv:1: unit_cst: is no column here: did you mean unit_cost?"),
        ("revenue.account\n4\n", "p.csv:1: sku: is missing: add the column."),
        ("sku,sku\n", "p.csv:1: sku: stands here twice: keep one."),
        ("", "p.csv:1: is empty: start with a line of columns, sku among them."),
        ("sku,revenue.account\nA,4\nB\n", "p.csv:3: sku: says nothing of these products"),
        ("sku,revenue.account\nA,4,5\n", "p.csv:2: has 3 cells and the head 2"),
        ("sku,revenue.account\n,4\n", "p.csv:2: sku: is missing: add it."),
        ("sku,revenue.account\nA,=4\n", "p.csv:2: revenue: Segment account='=4' cannot be used"),
        ("sku,revenue.account\nA,4\nA,5\n", "p.csv:3: revenue: can never be reached: entry 1 takes all of it."),
        ("sku,revenue.account\nA*,4\nA1,5\n", "p.csv:3: revenue: can never be reached: entry 1 takes all of it."),
        ("sku,cogs.account\nA,4\n", "p.csv:2: inventory: is missing beside cogs"),
        ("sku,cogs.account,inventory.account\nA,4,4\n", "p.csv:2: inventory: is the account of cogs itself"),
        ("sku,unit_cost\nA,4.00\n", "p.csv:2: currency: is missing beside unit_cost"),
        ("sku,unit_cost,currency\nA,-1,USD\n", "p.csv:2: unit_cost: must be zero or more"),
        ("sku,unit_cost,currency\nA,0.0000001,USD\n", "p.csv:2: unit_cost: must be zero or more, of at most 6"),
        ('sku,unit_cost,currency\nA,"4,00",EUR\n', "p.csv:2: unit_cost: must be plain digits"),
        ("sku,unit_cost,currency\nA,4,XXQ\n", "p.csv:2: currency: 'XXQ' is no currency the books know"),
        ("sku,revenue.account,currency\nA,4,USD\n", "p.csv:2: currency: belongs beside unit_cost"),
        ("sku,category,unit_cost,currency\nA,revenue,4,USD\n", "p.csv:2: category: belongs beside revenue"),
        ("sku,category,revenue.account\nA,referral_fee,4\n", "p.csv:2: category: 'referral_fee' is none of revenue,"),
        ("sku,revenue.account,valid_from\nA,4,1.7.2026\n", "p.csv:2: valid_from: must be a date like 2026-01-31."),
        ("sku,revenue.account,valid_from,valid_to\nA,4,2026-07-02,2026-07-01\n", "p.csv:2: valid_to lies before"),
        ("sku,revenue.account,accounting_rule.periods\nA,4,12\n", "p.csv:2: accounting_rule.name: is missing"),
        (
            "sku,revenue.account,accounting_rule.name,accounting_rule.periods\nA,4,Monthly,1.5\n",
            "p.csv:2: accounting_rule.periods: must be a whole number of periods",
        ),
        ('sku,revenue.account\n"A,4\n', "p.csv:2: is no CSV"),
    ],
)
def test_a_csv_that_cannot_be_used_is_refused_with_line_and_column(text, said):
    """Every refusal names where it is and what to do."""
    with pytest.raises(MappingRefused) as refused:
        load_catalogue(text, "p.csv")
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{sku: A, revenu: '4'}", "p.yaml:3: products[1].revenu: is no key here: did you mean revenue?"),
        ("{sku: A, revenue: ''}", "p.yaml:3: products[1].revenue: is empty: fill it in."),
        ("{sku: A, revenue: {account: '4', unit: X}}", "p.yaml:3: products[1].revenue.unit: is that of the owner"),
        ("{sku: A, revenue: {account: '4', nature: revenue}}", "p.yaml:3: products[1].revenue.nature: is fixed"),
        (
            "{sku: A, revenue: {account: '4', valid_from: 2026-01-01}}",
            "p.yaml:3: products[1].revenue: cannot have dates of its own",
        ),
        ("{sku: A, unit_cost: 4.5, currency: USD}", "p.yaml:3: products[1].unit_cost: 4.5 is not taken as it stands"),
        ("{sku: [], revenue: '4'}", "p.yaml:3: products[1].sku: is empty"),
    ],
)
def test_a_yaml_that_cannot_be_used_is_refused_as_a_mapping_is(entry, said):
    """The same reader, so the same sentences."""
    with pytest.raises(MappingRefused) as refused:
        load_catalogue(f"version: 1\nproducts:\n  - {entry}\n", "p.yaml")
    assert str(refused.value).startswith(said)


def test_all_problems_of_a_file_are_told_at_once():
    """One line each, in the order of the file, also where two rows have the same fault."""
    with pytest.raises(MappingRefused) as refused:
        load_catalogue("sku,unit_cost\nA,1\nB,2\n", "p.csv")
    assert [one.split(": ")[0] for one in str(refused.value).splitlines()] == ["p.csv:2", "p.csv:3"]


def test_other_dates_and_other_categories_do_not_take_an_entry_away():
    """The same SKU twice is fine where the first holds on other dates, or for other amounts."""
    text = "sku,category,revenue.account,valid_to\nA,,4,2026-06-30\nA,shipping_revenue,5,\nA,,6,\n"
    found = load_catalogue(text, "p.csv")
    accounts = [found.sale("A", "revenue", day, OWNER).account.account for day in (date(2026, 6, 30), DAY)]
    assert accounts == ["4", "6"]


def test_a_long_file_is_read_in_no_time():
    """Ten thousand products with a wildcard at the end."""
    rows = "".join(f"SKU-{number},4,1.00,USD\n" for number in range(10_000))
    found = load_catalogue(f"sku,revenue.account,unit_cost,currency\n{rows}*,9,,\n", "p.csv")
    assert found.sale("SKU-9999", "revenue", DAY, OWNER).account.account == "4"
    assert found.sale("else", "revenue", DAY, OWNER).account.account == "9"


@pytest.mark.parametrize(
    ("catalogue", "line"),
    [
        (load_catalogue(YAML, "p.yaml"), '  - {sku: "A, \\"B\\"", unit_cost: "", currency: ""}'),
        (load_catalogue("sku,unit_cost,currency\n", "p.csv"), '"A, ""B""",,'),
        (load_catalogue("unit_cost;sku;currency\n", "p.csv"), ';"A, ""B""";'),
    ],
)
def test_the_line_to_paste_fits_the_file_and_is_refused_until_it_is_filled_in(catalogue: Catalogue, line):
    """In the columns of a CSV, or as an entry of the YAML."""
    [pasted] = catalogue.lines_for([('A, "B"', ("unit_cost", "currency"))])
    assert pasted == line
    whole = f"{';'.join(catalogue.form.columns)}\n" if ";" in line else "sku,unit_cost,currency\n"
    text = f"{whole}{pasted}\n" if catalogue.form else f"version: 1\nproducts:\n{pasted}\n"
    with pytest.raises(MappingRefused):
        load_catalogue(text, catalogue.file)


@pytest.mark.parametrize("indent", ["", "  ", "    "])
def test_a_line_of_yaml_is_indented_as_the_entries_of_the_file(indent):
    """Filled in and pasted at the end as it is, it is one more product."""
    text = f"version: 1\nproducts:\n{indent}- {{sku: A, revenue: '4'}}\n{indent}- sku: B\n{indent}  revenue: '5'\n"
    [line] = load_catalogue(text, "p.yaml").lines_for([("C", ("revenue",))])
    assert line.startswith(f"{indent}- ")
    found = load_catalogue(f"{text}{line.replace(chr(34) * 2, chr(34) + '6' + chr(34))}\n", "p.yaml")
    assert [found.sale(sku, "revenue", DAY, OWNER).account.account for sku in "ABC"] == ["4", "5", "6"]


def test_the_hash_is_that_of_what_it_decides():
    """Comments and blank lines do not count, an account does."""
    one = load_catalogue("sku,revenue.account\nA,4\n", "p.csv")
    assert load_catalogue("sku,revenue.account\n\nA,4\n", "p.csv").content_hash == one.content_hash
    assert load_catalogue("sku,revenue.account\nA,5\n", "p.csv").content_hash != one.content_hash


def test_every_account_is_asked_for_with_its_nature():
    """Revenue and cost are profit and loss, stock and what discounts an entry takes are told apart."""
    mapping = load_mapping('version: 1\nowner: {unit: "01"}\naccounts: {clearing: "110500"}\n', "m.yaml")
    text = "sku,category,revenue.account,cogs.account,inventory.account\nA,,4,5,1\nA,promo_rebate,6,,\n"
    uses = load_catalogue(text, "p.csv").account_uses(mapping)
    assert [(use.account.account, use.nature) for use in uses] == [
        ("4", Nature.REVENUE),
        ("5", Nature.EXPENSE),
        ("1", Nature.RECEIVABLE),
        ("6", Nature.CONTRA_REVENUE),
    ]
    assert uses[0].rule == "p.csv line 2"


@pytest.mark.parametrize(
    ("unit_cost", "quantity", "currency", "cost"),
    [
        ("4.25", "3", "USD", "12.75"),
        ("0.333333", "3", "USD", "1.00"),
        ("0.005", "1", "USD", "0.01"),  # half up
        ("0.0049", "1", "USD", "0.00"),
        ("10.5", "3", "JPY", "32"),
        ("1.2345", "2", "KWD", "2.469"),
    ],
)
def test_cost_is_rounded_once_per_line_to_the_cents_of_its_currency(unit_cost, quantity, currency, cost):
    """Units times unit cost, then rounded."""
    one = Cost(key("5"), key("1"), Decimal(unit_cost), currency)
    assert one.of(Decimal(quantity)) == Decimal(cost)


@given(st.integers(0, 10**9), st.integers(1, 1000))
def test_rounding_never_moves_a_line_by_more_than_half_a_cent(micro, quantity):
    """Whatever the unit cost, to six decimals."""
    one = Cost(key("5"), key("1"), Decimal(micro).scaleb(-6), "USD")
    assert abs(one.of(Decimal(quantity)) - one.unit_cost * quantity) <= Decimal("0.005")
