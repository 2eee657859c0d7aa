"""What to paste so that a settlement goes on."""

from __future__ import annotations

import pytest
import yaml

from ledger.errors import MappingRefused
from ledger.mapping import Context, Unmapped, load_mapping, resolve, suggest
from ledger.policy import Policy

SMALL = 'version: 1\nowner: {unit: US001}\naccounts:\n  clearing: "110500"\n'
POLICY = Policy(time_zone="UTC", marketplaces={"Amazon.com": {"tax_model": "facilitator"}})


def stopped(combination, *names, text="", context=("Amazon.com",), **changes) -> list[Unmapped]:
    mapping = load_mapping(SMALL + text, "m.yaml")
    answers = [resolve(combination(name, **changes), mapping, POLICY, Context("USD", context)) for name in names]
    assert all(isinstance(one, Unmapped) for one in answers), answers
    return answers


def test_a_snippet_names_each_missing_thing_once_with_a_hint(combination):
    """Triples with the closest known label, categories with what they are, roles by name."""
    odd = ("AmazonFees", "Referral fee", 'Base fee: 10 % "plus"')
    names = [odd, odd, "principal", "shipping", "principal", "charge", ("Transfer", "other-transaction", "Transfer")]
    assert suggest(stopped(combination, *names)) == (
        "triples:\n"
        '  - transaction_type: "AmazonFees"\n'
        '    amount_type: "Referral fee"\n'
        '    amount_description: "Base fee: 10 % \\"plus\\""\n'
        "    category: \"\"  # the closest known label is 'base fee': deal_fee\n"
        '  - transaction_type: "Transfer"\n'
        '    amount_type: "other-transaction"\n'
        '    amount_description: "Transfer"\n'
        '    category: ""  # the shipped classification guesses transfer\n'
        "categories:\n"
        '  revenue: ""  # Price of goods sold (revenue, usually credit)\n'
        '  shipping_revenue: ""  # Shipping paid by buyers (revenue, usually credit)\n'
        "accounts:\n"
        '  card_in_transit: ""\n'
    )


def test_a_snippet_pasted_without_being_filled_in_is_refused(combination):
    """An empty account is never booked by accident."""
    snippet = suggest(stopped(combination, "principal", ("A", "B", "C")))
    with pytest.raises(MappingRefused) as refusal:
        load_mapping(SMALL + snippet, "m.yaml")
    assert "categories.revenue: is empty: fill it in." in str(refusal.value)
    assert "triples[1].category: '' is no category: take one of docs/reference/categories.md" in str(refusal.value)


def test_the_hint_names_a_side_only_where_one_is_usual(combination):
    """A reserve is held and given back: it has no usual side."""
    reserve = ("other-transaction", "other-transaction", "Current Reserve Amount")
    assert '  reserve_movement: ""  # Reserve held by Amazon and returned in the next settlement (receivable)\n' in (
        suggest(stopped(combination, reserve))
    )


def test_what_would_be_missing_next_is_named_at_once(combination):
    """Tax that is passed on needs two accounts: its own, and one for what the marketplace did not remit."""
    tax = ("Order", "ItemPrice", "Tax")
    assert suggest(stopped(combination, tax)) == 'accounts:\n  tax_liability: ""\n  pass_through_tax: ""\n'
    named = '  tax_liability: "210600"\n'
    assert suggest(stopped(combination, tax, text=named)) == 'accounts:\n  pass_through_tax: ""\n'


def test_a_filled_snippet_is_a_mapping(combination):
    """What was suggested is exactly what was missing."""
    found = stopped(combination, "principal", ("Ä: b", "- x", "#1 'q'"), ("Order", "ItemFees", ""), ("", "", ""))
    snippet = suggest(found).replace('category: ""', "category: adjustment").replace('revenue: ""', 'revenue: "1"')
    mapping = load_mapping(SMALL + snippet + '  adjustment: "2"\n', "m.yaml")
    for one in found:
        assert not isinstance(resolve(one.combination, mapping, POLICY, Context("USD", ("Amazon.com",))), Unmapped)


def test_marketplaces_and_units_are_suggested_too(combination):
    """Everything the mapping can lack has its snippet; one key stands once."""
    units = stopped(combination, "principal", text="categories: {revenue: {account: '4', unit: US002}}")
    blank = stopped(combination, "commission", context=(), marketplace="")
    text = suggest([*units, *blank, *stopped(combination, "charge")])
    assert yaml.safe_load(text) == {
        "accounts": {
            "card_in_transit": "",
            "inter_unit": [{"units": ["US001", "US002"], "due_from": "", "due_to": ""}],
        },
        "marketplace_for_blank": {"USD": ""},
    }


def test_what_the_mapping_cannot_cure_is_a_comment(combination):
    """A missing tax model belongs to the connection."""
    (one,) = stopped(combination, "principal", marketplace="Amazon.ca")
    text = suggest(one)
    assert all(line.startswith("#") for line in text.splitlines())
    assert "tax_model" in text


def test_nothing_missing_is_nothing_to_paste():
    """No findings, no text."""
    assert suggest([]) == ""
