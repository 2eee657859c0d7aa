"""Amounts in another currency than the marketplace's are told once each, with both; others pass."""

import pytest

from assets.stages.currencies import CODE, currency_verdict


def test_a_currency_that_is_not_the_marketplaces_is_a_row_and_an_item_for_a_person():
    """By id as by name; what is right beside it is not named."""
    pairs = [("ATVPDKIKX0DER", "CAD"), ("ATVPDKIKX0DER", "USD"), ("Amazon.de", "GBP"), ("Amazon.de", "GBP")]
    verdict = currency_verdict(pairs, "orders")
    assert (verdict.passed, verdict.stops) == (False, False)
    assert [tuple(row.values()) for row in verdict.rows] == [("Amazon.com", "CAD", "USD"), ("Amazon.de", "GBP", "EUR")]
    [finding] = verdict.findings
    assert (finding.code, finding.origin) == (CODE, "orders")
    assert "Amazon.com in CAD instead of USD, Amazon.de in GBP instead of EUR" in finding.sentence


@pytest.mark.parametrize(
    "pair", [("Amazon.co.uk", "GBP"), ("A1F83G8C2ARO7P", "GBP"), ("Elsewhere", "XYZ"), ("Amazon.com", "")]
)
def test_what_is_right_or_not_told_passes(pair):
    """A marketplace that nobody knows is told by the check for that; a pending order has no currency."""
    assert currency_verdict([pair], "orders").passed
