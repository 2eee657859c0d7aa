"""What a mapping looks at, names and lacks."""

from __future__ import annotations

from datetime import date

from ledger.accounts import Nature
from ledger.categories import CARRIED, categories
from ledger.mapping import account_uses, coverage, dimensions, load_mapping, sku_patterns, warnings

SMALL = 'version: 1\nowner: {unit: US001}\naccounts:\n  clearing: "110500"\n'


def load(text: str):
    return load_mapping(SMALL + text, "m.yaml")


def test_lines_are_grouped_by_no_more_than_the_rules_look_at():
    """SKU and fulfilment multiply the combinations, so they count only where a rule asks."""
    base = ("transaction_type", "amount_type", "amount_description", "marketplace")
    assert dimensions(load("")) == base
    sku = "rules: [{when: {category: revenue, sku: 'A*'}, book: '1'}, {when: {category: refund, sku: 'A*'}, book: '2'}]"
    assert dimensions(load(sku)) == (*base, "sku")
    assert sku_patterns(load(sku)) == ("A*",)
    by_sku = "{when: {category: revenue, sku: [A, B]}, book: '1'}"
    both = f"rules: [{by_sku}, {{when: {{category: refund, fulfilment: AFN}}, book: '2'}}]"
    assert dimensions(load(both)) == (*base, "sku", "fulfilment")
    assert sku_patterns(load(both)) == ("A", "B")


def test_coverage_names_the_categories_without_an_account():
    """Roles and rules without conditions cover, rules with conditions do not; carried ones need nothing."""
    lacking = coverage(load(""))
    assert set(lacking) == set(categories()) - CARRIED
    text = (
        "  pass_through_tax: '1'\n  tax_liability: '2'\n  card_in_transit: '3'\ncategories: {refund: '4'}\n"
        "rules: [{when: {category: revenue}, book: '5'}, {when: {category: points, fulfilment: AFN}, book: '6'}]\n"
    )
    covered = set(lacking) - set(coverage(load(text)))
    assert covered == {"tax_collected", "marketplace_tax_withheld", "debt_recovery", "refund", "revenue"}


def test_every_account_is_named_with_its_nature_and_dates(mapping):
    """`check_accounts` asks the ERP for each, and for an open item on clearing."""
    uses = {(str(one.account), one.category): one for one in account_uses(mapping)}
    clearing = uses["US001/account=110500", "clearing"]
    assert (clearing.nature, clearing.needs_open_item) == (Nature.RECEIVABLE, True)
    assert uses["US001/account=210500", "pass_through_tax"].nature is Nature.LIABILITY
    assert uses["US001/account=400100", "revenue"].rule.startswith("categories.revenue line ")
    assert uses["US002/account=400100", "revenue"].rule.startswith("rules.1.book line ")
    assert uses["US001/account=131000;affiliate=US002", "due_from"].nature is Nature.RECEIVABLE
    assert uses["US002/account=231000;affiliate=US001", "due_to"].nature is Nature.LIABILITY
    assert sum(one.needs_open_item for one in uses.values()) == 1


def test_a_booking_is_named_for_every_owner_it_can_meet():
    """A rule for one marketplace meets only that marketplace's unit."""
    text = (
        "version: 1\nowner: {unit: UK001, marketplaces: {Amazon.de: {unit: DE001}}}\naccounts: {clearing: '110500'}\n"
        "categories: {refund: '4'}\nrules:\n"
        "  - {when: {category: revenue, marketplace: Amazon.de}, book: '5'}\n"
        "  - {when: {category: points, marketplace: 'Amazon.*'}, book: '6', valid_from: 2026-02-01}\n"
    )
    uses = account_uses(load_mapping(text, "m.yaml"))
    assert {(one.category, one.account.unit) for one in uses} == {
        ("clearing", "UK001"),
        ("clearing", "DE001"),
        ("refund", "UK001"),
        ("refund", "DE001"),
        ("revenue", "DE001"),
        ("points", "UK001"),
        ("points", "DE001"),
    }
    (dated,) = {one.valid_from for one in uses if one.category == "points"}
    assert dated == date(2026, 2, 1)
    points = next(one for one in uses if one.category == "points")
    assert [points.holds_on(day) for day in (date(2026, 1, 31), date(2026, 2, 1))] == [False, True]


def test_tax_collected_and_withheld_on_different_accounts_is_a_warning():
    """Rule 5: mapping the two categories to different accounts is a warning, not an error."""
    apart = load("categories: {tax_collected: '1', marketplace_tax_withheld: '2'}")
    (warning,) = warnings(apart)
    assert "pass_through_tax" in warning
    assert warnings(load("categories: {tax_collected: '1', marketplace_tax_withheld: '1'}")) == ()
    assert warnings(load("categories: {tax_collected: '1'}")) == ()
    half = "  pass_through_tax: '9'\ncategories: {tax_collected: '1'}"
    assert len(warnings(load(half))) == 1
    assert warnings(load("  pass_through_tax: '9'\n  tax_liability: '2'\n")) == ()
    ruled = "  pass_through_tax: '9'\nrules: [{when: {category: %s}, book: '8'}]"
    assert len(warnings(load(ruled % "tax_collected"))) == 1
    assert warnings(load(ruled % "[tax_collected, marketplace_tax_withheld]")) == ()
