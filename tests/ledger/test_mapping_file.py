"""What a person may write in a mapping file, and how it is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import jsonschema
import pytest
import yaml

from ledger.errors import MappingRefused
from ledger.mapping import load_mapping, mapping_schema

BAD = Path(__file__).parent / "bad_mappings"
SMALL = 'version: 1\nowner: {unit: US001}\naccounts: {clearing: "110500"}\n'


@pytest.mark.parametrize("name", sorted(path.stem for path in BAD.glob("*.yaml")))
def test_every_problem_is_told_with_file_line_key_and_cure(name):
    """All problems of a file come at once, in the order of the file; the texts are golden files a person has read."""
    with pytest.raises(MappingRefused) as refusal:
        load_mapping((BAD / f"{name}.yaml").read_text(encoding="utf-8"), f"{name}.yaml")
    assert str(refusal.value) + "\n" == (BAD / f"{name}.txt").read_text(encoding="utf-8")
    assert refusal.value.file == f"{name}.yaml"
    assert refusal.value.line == int(str(refusal.value).split(":")[1])


def test_the_smallest_mapping_has_an_owner_and_a_clearing_account():
    """Everything else may come later: what is missing stops only the settlements that need it."""
    mapping = load_mapping(SMALL, "small.yaml")
    assert str(mapping.clearing(None)) == "US001/account=110500"


def test_a_bare_whole_number_is_the_text_it_was_written_as():
    """Accounts are codes; only numbers that cannot have lost anything are taken without quotes."""
    mapping = load_mapping(SMALL + "categories: {revenue: 400100, refund: {account: 410100, product: 0}}\n", "a.yaml")
    refund = mapping.shape.categories["refund"][0]
    assert mapping.shape.categories["revenue"][0].account == "400100"
    assert (refund.account, refund.product) == ("410100", "0")


def test_a_booking_may_stand_alone_with_segments_or_dated_in_a_list():
    """Three ways to write the same thing."""
    text = SMALL + (
        "categories:\n"
        '  revenue: "400100"\n'
        '  refund: {account: "400100"}\n'
        '  points: [{account: "400100", valid_to: 2026-01-31}, {account: "400200", valid_from: 2026-02-01}]\n'
    )
    categories = load_mapping(text, "a.yaml").shape.categories
    assert categories["revenue"] == categories["refund"]
    assert [one.holds_on(date(2026, 2, 1)) for one in categories["points"]] == [False, True]


def test_the_hash_changes_with_what_is_booked_and_with_nothing_else():
    """Comments, order of keys, quotes and layout are not content; an account is."""
    text = SMALL + 'categories: {revenue: "1", refund: "2"}\n'
    same = '# said otherwise\nowner:\n  unit: "US001"\naccounts:\n  clearing: 110500\nversion: 1\n'
    same += "categories:\n  refund: 2 # note\n  revenue: [1]\n"
    assert load_mapping(text, "a.yaml").content_hash == load_mapping(same, "b.yaml").content_hash
    assert load_mapping(text.replace('"1"', '"3"'), "a.yaml").content_hash != load_mapping(text, "a.yaml").content_hash


def test_segments_written_as_nothing_change_the_hash():
    """Leaving out the owner's department is a decision, and so part of the content."""
    without = SMALL + 'categories: {revenue: {account: "1", department: ~}}\n'
    with_default = SMALL + 'categories: {revenue: {account: "1"}}\n'
    assert load_mapping(without, "a").content_hash != load_mapping(with_default, "a").content_hash


def test_where_names_the_line_of_a_key():
    """A resolved line says which line of the file decided it."""
    mapping = load_mapping(SMALL + 'categories:\n  revenue: "1"\n  refund:\n    - "2"\n', "a.yaml")
    assert mapping.where("categories", "revenue", 0) == "categories.revenue line 5"
    assert mapping.where("categories", "refund", 0) == "categories.refund.1 line 7"


@pytest.mark.parametrize(
    "text, words",
    [
        ("[" * 20_000, "nested too deeply"),
        ("a: " + "x" * 500_000, "longer than 500,000 characters"),
        ("- version: 1", "must be keys with values"),
        ("version: 1\n\x00", "is no YAML"),
        ("? [a, b]\n: c\n", "key that is no plain text"),
        ("version: !!python/object:os.system {}\n", "has a tag"),
        (SMALL + "categories: {revenue: !!python/object/apply:os.system [id]}\n", "has a tag"),
        ("--- {version: 1}\n--- {version: 1}\n", "is no YAML"),
    ],
)
def test_hostile_text_is_refused_with_a_sentence(text, words):
    """A mapping file is input like any other: bounded, without aliases, without tags, without code."""
    with pytest.raises(MappingRefused, match=r"^bad\.yaml:\d+: ") as refusal:
        load_mapping(text, "bad.yaml")
    assert words in str(refusal.value)


def test_the_schema_knows_every_way_of_writing():
    """The exported JSON schema describes files as people write them."""
    validator = jsonschema.Draft202012Validator(mapping_schema())
    text = SMALL + (
        "categories: {revenue: 400100, refund: [{account: '1', valid_to: '2026-01-01'}]}\n"
        "rules: [{when: {category: revenue, sku: ['A*', B]}, book: {account: '2', nature: expense}}]\n"
        "marketplace_for_blank: Amazon.com\n"
    )
    validator.validate(yaml.safe_load(text))
    for bad in ("version: 2", "owner: {unit: US001, x: 1}", "surprise: 1"):
        values = {**yaml.safe_load(SMALL), **yaml.safe_load(bad)}
        assert not validator.is_valid(values), bad
