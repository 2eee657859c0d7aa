"""How a shipment's amounts in the report are read: by the tax model and by how a marketplace states prices."""

from __future__ import annotations

import pytest

from ledger.policy import Marketplace
from ledger.reported_amounts import Reading, reading_of

VAT = {"vat_rates": [{"rate": "0.20"}]}
MODELS = {
    "facilitator": Marketplace.model_validate({"tax_model": "facilitator"}),
    "added": Marketplace.model_validate({"tax_model": "added"}),
    "included": Marketplace.model_validate({"tax_model": "included", **VAT}),
    "mixed, else added": Marketplace.model_validate({"tax_model": "mixed", "otherwise": "added"}),
    "mixed, else included": Marketplace.model_validate({"tax_model": "mixed", "otherwise": "included", **VAT}),
}
PLAIN, TAXED = Reading(), Reading(bills_tax=True)


# model, country, states tax, states promotions -> how it is read, or a part of the sentence that says why not
@pytest.mark.parametrize(
    ("model", "country", "has_tax", "has_promotion", "wanted"),
    [
        ("facilitator", "US", True, True, PLAIN),
        ("facilitator", "US", False, False, PLAIN),
        ("facilitator", "GB", True, False, Reading(without_tax=True)),
        ("facilitator", "GB", True, True, "how much of its promotions is tax"),
        ("facilitator", "GB", False, True, PLAIN),
        ("added", "US", True, True, TAXED),
        ("added", "CA", False, False, TAXED),
        ("added", "GB", True, False, Reading(without_tax=True, bills_tax=True)),
        ("added", "DE", True, True, "how much of its promotions is tax"),
        ("included", "DE", False, True, PLAIN),
        ("included", "DE", True, False, "its transaction states prices without"),
        ("included", "US", False, False, "states them without tax"),
        ("mixed, else added", "US", True, False, "who remits the tax"),
        ("mixed, else added", "US", False, True, TAXED),
        ("mixed, else included", "DE", True, False, "who remits the tax"),
        ("mixed, else included", "DE", False, True, PLAIN),
        ("facilitator", "JP", False, False, "with tax or without"),
        ("included", "IN", False, False, "with tax or without"),
    ],
)
def test_every_model_and_country_is_read_or_refused_with_a_sentence(model, country, has_tax, has_promotion, wanted):
    """Nothing that the report does not tell is supposed."""
    found = reading_of(MODELS[model], country, has_tax=has_tax, has_promotion=has_promotion)
    assert found == wanted if isinstance(wanted, Reading) else wanted in str(found)


def test_a_marketplace_without_a_tax_model_is_refused():
    """Its transactions are, too."""
    assert "tax_model" in str(reading_of(None, "US", has_tax=False, has_promotion=False))
