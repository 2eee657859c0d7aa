"""Which account a combination is booked to, and what stops it."""

from __future__ import annotations

from datetime import date

import pytest
import yaml

from ledger.accounts import Nature
from ledger.errors import MappingRefused
from ledger.mapping import Context, Resolved, Treatment, Unmapped, load_mapping, resolve, settlement_marketplace
from ledger.policy import Policy
from ledger.resolution import category_of

HEAD = (
    'version: 1\nowner: {unit: US001, segments: {department: "10000"}}\n'
    'accounts:\n  clearing: {account: "110500", department: ~}\n'
)
US = Context("USD", ("Amazon.com", "Non-Amazon US", ""))
POLICY = Policy(time_zone="UTC", marketplaces={"Amazon.com": {"tax_model": "facilitator"}})


def answer(text, combination, name="principal", context=US, policy=POLICY, **changes):
    mapping = load_mapping(HEAD + text, "m.yaml")
    return resolve(combination(name, **changes), mapping, policy, context)


def account(text, combination, name="principal", **changes) -> str:
    found = answer(text, combination, name, **changes)
    assert isinstance(found, Resolved), found
    return str(found.account)


def code(text, combination, name="principal", **changes) -> str:
    found = answer(text, combination, name, **changes)
    assert isinstance(found, Unmapped), found
    assert found.finding.is_blocking
    assert found.finding.cure.endswith(".")
    return found.finding.code


def test_a_category_takes_its_account_with_the_owners_segments(combination):
    """Segments of the owner stand on every line, unless a booking writes its own or leaves them out with `~`."""
    assert account('categories: {revenue: "400100"}', combination) == "US001/account=400100;department=10000"
    own = 'categories: {revenue: {account: "400100", department: "7", product: P, segments: {class: C}}}'
    assert account(own, combination) == "US001/account=400100;class=C;department=7;product=P"
    none = 'categories: {revenue: {account: "400100", department: ~}}'
    assert account(none, combination) == "US001/account=400100"


RULES = """\
categories: {revenue: "1", referral_fee: "2"}
rules:
  - {when: {category: revenue, sku: "GIFT-*", marketplace: Amazon.com}, book: "10"}
  - {when: {category: revenue, sku: [A1, "B?"]}, book: "11"}
  - {when: {category: revenue, fulfilment: MFN}, book: "12", valid_to: 2026-03-31}
  - {when: {category: revenue, marketplace: "non-amazon*"}, book: "13"}
  - {when: {category: [revenue, referral_fee], transaction_type: "ORDER", amount_description: "comm*"}, book: "14"}
"""


@pytest.mark.parametrize(
    "name, changes, expected",
    [
        ("principal", {}, "1"),
        ("principal", {"sku": "GIFT-7"}, "10"),
        ("principal", {"sku": "gift-7"}, "1"),
        ("principal", {"sku": "GIFT-7", "marketplace": "AMAZON.COM "}, "10"),
        ("principal", {"sku": "GIFT-7", "marketplace": ""}, "10"),
        ("principal", {"sku": "GIFT-7", "marketplace": "Non-Amazon US"}, "13"),
        ("principal", {"sku": "A1"}, "11"),
        ("principal", {"sku": "B2", "fulfilment": "MFN"}, "11"),
        ("principal", {"sku": "B22"}, "1"),
        ("principal", {"sku": None}, "1"),
        ("principal", {"fulfilment": "MFN"}, "12"),
        ("principal", {"fulfilment": "MFN", "accounting_date": date(2026, 4, 1)}, "1"),
        ("principal", {"fulfilment": None}, "1"),
        ("commission", {}, "14"),
        ("commission back", {}, "2"),
    ],
)
def test_the_first_rule_that_fits_wins_before_the_category(combination, name, changes, expected):
    """Every condition must fit; labels and names in any case, SKUs as written, dates both included."""
    assert account(RULES, combination, name, **changes).split(";")[0] == f"US001/account={expected}"


def test_bookings_are_chosen_by_accounting_date(combination):
    """Between two dated bookings there may be a gap, and in the gap nothing is posted."""
    dated = "{account: '1', valid_to: 2026-01-31}, {account: '2', valid_from: 2026-03-01}"
    text = f"categories: {{revenue: [{dated}]}}"
    assert "=1;" in account(text, combination, accounting_date=date(2026, 1, 31))
    assert "=2;" in account(text, combination, accounting_date=date(2026, 3, 1))
    assert code(text, combination, accounting_date=date(2026, 2, 15)) == "unmapped_category"


def test_where_it_was_decided_is_part_of_the_answer(combination):
    """A person reads from the line to the line of the mapping."""
    assert answer('categories:\n  revenue: "1"\n', combination).rule == "categories.revenue line 6"
    assert answer(RULES, combination, sku="A1").rule == "rules.2 line 8"


@pytest.mark.parametrize(
    "name, changes, expected",
    [
        ("principal", {}, "unmapped_category"),
        ("charge", {}, "unmapped_category"),
        (("Order", "ItemPrice", "Deposit"), {}, "unmapped_label"),
        (("Transfer", "other-transaction", "Transfer"), {}, "needs_naming"),
        (("Seller Rewards", "Seller Rewards", "Seller Rewards"), {}, "needs_naming"),
        (("Order", "DirectPayment", "CollectOnDeliveryRevenue"), {}, "needs_naming"),
        ("principal", {"marketplace": "Amazon.ca"}, "no_tax_model"),
        ("tax", {"marketplace": "Amazon.ca"}, "no_tax_model"),
    ],
)
def test_what_nothing_says_stops_with_a_cure(combination, name, changes, expected):
    """There is no silent default: not for labels, categories, unverified rows or tax models."""
    assert code("", combination, name, **changes) == expected


def test_fees_need_no_tax_model(combination):
    """A marketplace without a tax model stops only what depends on it."""
    assert account('categories: {referral_fee: "6"}', combination, "commission", marketplace="Amazon.ca")


@pytest.mark.parametrize(
    "rows, name, expected",
    [
        ("[[A, B, C, adjustment]]", ("a", " B ", "c"), "adjustment"),
        ("[[A, B, '*', adjustment]]", ("A", "B", "anything"), "adjustment"),
        ("[[A, B, '*', adjustment], [A, B, C, advertising]]", ("A", "B", "C"), "advertising"),
        ("[['*', '*', '*', adjustment]]", "principal", "revenue"),  # a shipped exact row is closer
        ("[['*', '*', '*', adjustment]]", ("Order", "ItemFees", "Closing Fee IGST"), "adjustment"),
        ("[['*', '*', '*', adjustment]]", ("Transfer", "other-transaction", "Transfer"), "adjustment"),
        ("[[Seller Rewards, '*', '*', other]]", ("Seller Rewards", "Seller Rewards", "Seller Rewards"), "other"),
        ("[[Order, ItemPrice, Goodwill, adjustment]]", ("Order", "ItemPrice", "Goodwill"), "adjustment"),
        (
            "[[x, x, Zahlbar an Amazon, negative_balance_carry]]",
            ("x", "x", "zahlbar an amazon"),
            "negative_balance_carry",
        ),
    ],
)
def test_the_users_own_classification_names_what_we_do_not_know(combination, rows, name, expected):
    """Own exact row, shipped exact row, own wildcard, shipped wildcard; unverified rows wait for a name."""
    keys = ("transaction_type", "amount_type", "amount_description", "category")
    triples = yaml.safe_dump([dict(zip(keys, row, strict=True)) for row in yaml.safe_load(rows)])
    text = "categories: {adjustment: '1', advertising: '2', revenue: '3', other: '4'}\ntriples:\n" + triples
    found = answer(text, combination, name)
    assert isinstance(found, Resolved), found
    assert found.category == expected


@pytest.mark.parametrize(
    "names, blank, expected",
    [
        (("Amazon.com", "Non-Amazon US", ""), "", "Amazon.com"),
        (("AMAZON.COM", "amazon.com "), "", "amazon.com"),
        (("Amazon.com", "Amazon.ca"), "", None),
        (("Non-Amazon US", ""), "", None),
        (("Amazon.com", "Amazon.ca"), "marketplace_for_blank: Amazon.com", "Amazon.com"),
        ((), "marketplace_for_blank: {USD: Amazon.com, CAD: Amazon.ca}", "Amazon.com"),
        ((), "marketplace_for_blank: {CAD: Amazon.ca}", None),
        ((), "marketplace_for_blank: {CAD: Amazon.ca, '*': Amazon.com}", "Amazon.com"),
    ],
)
def test_a_row_without_marketplace_takes_the_only_selling_one(combination, names, blank, expected):
    """With none or several the mapping must say; "Non-Amazon ..." does not sell; case does not matter."""
    context = Context("USD", names)
    text = 'categories: {referral_fee: "6"}\n' + blank
    assert settlement_marketplace(load_mapping(HEAD + text, "m"), context) == expected
    found = answer(text, combination, "commission", context=context, marketplace=" ")
    if expected is None:
        assert isinstance(found, Unmapped)
        assert found.finding.code == "no_marketplace"
    else:
        assert found.marketplace == expected


def test_an_owner_can_differ_by_marketplace(combination):
    """The unit whose bank Amazon pays owns the settlement, its clearing and its lines."""
    text = (
        "version: 1\nowner:\n  unit: UK001\n  marketplaces:\n    Amazon.de: {unit: DE001, segments: {fund: F}}\n"
        "accounts: {clearing: '110500', tax_liability: '2'}\ncategories: {referral_fee: '6'}\n"
    )
    mapping = load_mapping(text, "m.yaml")
    for name, unit in (("Amazon.co.uk", "UK001"), ("amazon.DE", "DE001")):
        found = resolve(combination("commission", marketplace=name), mapping, POLICY, Context("EUR", (name,)))
        assert (found.account.unit, found.clearing.unit) == (unit, unit)
    assert str(mapping.clearing("Amazon.de")) == "DE001/account=110500;fund=F"


def test_shipments_sold_elsewhere_follow_the_settlements_marketplace(combination):
    """Multi-channel rows have a name of their own; their tax model is that of the marketplace they settle in."""
    found = answer('categories: {revenue: "1"}', combination, marketplace="Non-Amazon US")
    assert (found.treatment, found.marketplace) == (Treatment.PLAIN, "Non-Amazon US")


GERMANY = Policy(time_zone="UTC", marketplaces={"Amazon.de": {"tax_model": "included", "vat_rates": [{"rate": "19"}]}})


@pytest.mark.parametrize(
    "name, positive, expected",
    [
        ("tax", True, "tax_model_contradicted"),
        ("withheld", False, "tax_model_contradicted"),
        ("tax", None, None),  # a VAT row of 0.00 is legal
        (("Commingling VAT", "other-transaction", "Commingling VAT"), True, None),  # not on an order
    ],
)
def test_tax_rows_contradict_prices_that_contain_vat(combination, name, positive, expected):
    """Splitting VAT out of the price and booking tax rows as well would count it twice."""
    found = answer(
        "  tax_liability: '2'\n",
        combination,
        name,
        policy=GERMANY,
        context=Context("EUR", ("Amazon.de",)),
        marketplace="Amazon.de",
        positive=positive,
    )
    assert (found.finding.code if isinstance(found, Unmapped) else None) == expected


def test_vat_may_go_to_an_account_of_its_marketplace(combination):
    """A rule for tax_collected with a marketplace comes before the role, also for VAT inside prices."""
    text = (
        "  tax_liability: '2'\ncategories: {revenue: '4'}\n"
        "rules: [{when: {category: tax_collected, marketplace: Amazon.de}, book: '2049'}]\n"
    )
    context = Context("EUR", ("Amazon.de",))
    found = answer(text, combination, policy=GERMANY, context=context, marketplace="Amazon.de")
    assert (found.treatment, found.vat_account.account) == (Treatment.SPLIT_VAT, "2049")
    assert code(
        "categories: {revenue: '4'}", combination, policy=GERMANY, context=context, marketplace="Amazon.de"
    ) == ("unmapped_category")


def test_pass_through_tax_needs_a_place_for_what_it_leaves(combination):
    """Without an account for the seller's own liability a remainder would be netted away."""
    assert code("  pass_through_tax: '1'\n", combination, "tax") == "unmapped_category"
    found = answer("  pass_through_tax: '1'\n  tax_liability: '2'\n", combination, "withheld", positive=False)
    assert (found.account.account, found.remainder_account.account) == ("1", "2")


def test_the_two_tax_categories_can_be_mapped_themselves(combination):
    """Where the role is not given, the categories say it."""
    text = "  tax_liability: '2'\ncategories: {tax_collected: '7', marketplace_tax_withheld: '7'}\n"
    assert answer(text, combination, "tax").account.account == "7"


def test_the_nature_of_a_category_can_be_chosen_where_it_has_several(combination):
    """Tax on fees is input tax for a registered seller and an expense for another."""
    labels = ("FBAFees", "FBA Inventory Storage Fee", "Tax on fee")
    plain = answer("  input_tax: '3'\n", combination, labels)
    chosen = answer("  input_tax: {account: '3', nature: expense}\n", combination, labels)
    assert (plain.nature, chosen.nature) == (Nature.RECEIVABLE, Nature.EXPENSE)


def test_an_unexpected_sign_is_flagged(combination):
    """A commission in favour of the seller outside a refund is shown, not stopped."""
    text = 'categories: {referral_fee: "6"}'
    flags = [answer(text, combination, "commission", positive=sign).is_sign_unexpected for sign in (False, True, None)]
    assert flags == [False, True, False]


def test_units_without_accounts_between_them_stop(combination):
    """Another unit's account needs the pair, unless the ERP balances units."""
    text = "categories: {revenue: {account: '4', unit: US002}}"
    assert code(text, combination) == "no_inter_unit"
    erp = POLICY.model_copy(update={"inter_unit": "erp"})
    assert answer(text, combination, policy=erp).inter_unit is None


def test_the_clearing_account_is_no_account_for_a_category(combination):
    """It would move nothing; the file is refused before a line is looked at."""
    with pytest.raises(MappingRefused, match="clearing account itself"):
        answer("categories: {revenue: {account: '110500', department: '9'}}", combination)


def test_labels_have_a_category_without_an_account(mapping):
    """Heads of settlements ask for the category alone, with the user's own rows."""
    assert category_of("Order", "ItemPrice", "Principal", mapping) == "revenue"
    assert category_of("Transfer", "other-transaction", "Transfer", mapping) is None
    assert category_of("A", "B", "C", mapping) is None


def test_a_debt_held_by_hand_at_go_live_may_stand_on_an_account_of_its_own():
    """By default it stands on clearing; the mapping may name the account in which the books held it."""
    own = load_mapping(HEAD + "  opening_debt: '231500'\n", "m.yaml")
    assert own.opening_debt("Amazon.com").account == "231500"
    plain = load_mapping(HEAD, "m.yaml")
    assert plain.opening_debt("Amazon.com") == plain.clearing("Amazon.com")
