"""The open-item reference of a settlement."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InputRefused
from ledger.references import OPENING, leads_back, reference, settlement_of


@pytest.mark.parametrize(
    "settlement_id, expected",
    [
        ("12345678901", "S5O6AQT1"),
        ("1", "S1"),
        ("0", "S0"),
        ("101559956668415", "SZZZZZZZZZ"),
    ],
)
def test_a_short_id_becomes_its_number_in_base_36(settlement_id, expected):
    """Ids of up to 14 digits lead back by themselves; these texts never change, they stand in people's books."""
    assert reference(settlement_id) == expected
    assert settlement_of(expected) == settlement_id


@pytest.mark.parametrize(
    "settlement_id, expected",
    [
        ("101559956668416", "HP2Z4IK96E"),
        ("12345678901234567890", "HQPX2BSSUD"),
        ("0012", "HEQ7EJ9YKB"),
        ("A-1", "HFVW8PIMHO"),
    ],
)
def test_a_long_or_odd_id_becomes_a_hash(settlement_id, expected):
    """Others lead back through the full id that stands in the description."""
    assert reference(settlement_id) == expected
    assert settlement_of(expected) is None
    assert leads_back(expected, settlement_id)
    assert not leads_back(expected, settlement_id + "1")


@given(st.integers(0, 10**20 - 1))
def test_every_reference_has_at_most_ten_plain_characters(number):
    """PeopleSoft's JRNL_LN_REF has ten characters; lower case and signs may be changed on the way."""
    text = reference(str(number))
    assert len(text) <= 10
    assert text.isalnum()
    assert text == text.upper()
    assert settlement_of(text) in (str(number), None)


@given(st.sets(st.integers(0, 10**20 - 1), min_size=2, max_size=30))
def test_different_settlements_have_different_references(numbers):
    """Two items are never taken for one."""
    assert len({reference(str(number)) for number in numbers}) == len(numbers)


@pytest.mark.parametrize("text", ["", "S", "S0012", "s1", "H123", "T1", "S-1", OPENING, "SZZZZZZZZZZ"])
def test_text_that_is_no_reference_leads_nowhere(text):
    """Only what `reference` writes is read back."""
    assert settlement_of(text) is None


@pytest.mark.parametrize("settlement_id", ["", "1 2", "1/2", "../x", "x" * 65, "é"])
def test_an_id_that_cannot_name_anything_is_refused(settlement_id):
    """Ids come out of documents, so they are checked before they name anything."""
    with pytest.raises(InputRefused, match="no settlement id"):
        reference(settlement_id)
