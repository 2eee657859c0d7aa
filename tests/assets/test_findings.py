"""Every finding that stops a settlement on its way to a journal ends by itself once its cause is gone."""

import re
from pathlib import Path

import pytest

import assets.mapped_lines
import ledger.carrying
import ledger.golive
import ledger.resolution
import ledger.series
import ledger.tax
from assets.stages.outcome import ENDS_BY_ITSELF

_CODE = re.compile(r"(?:Finding\(|_stopped\(|_unknown\()\s*\"([a-z_]+)\"")
# Only worth a look: they open no review item.
_NEVER_STOP = {"debt_not_carried", "cross_account_debt", "opening_loan"}
_MODULES = {
    "mapped_lines": (assets.mapped_lines, ledger.resolution, ledger.tax),
    "settlement_lines": (ledger.series, ledger.carrying, ledger.golive),
}


@pytest.mark.parametrize("asset", _MODULES)
def test_every_code_of_a_stage_can_end(asset):
    """A code that no table names would leave its review item open for ever."""
    texts = [Path(module.__file__).read_text(encoding="utf-8") for module in _MODULES[asset]]
    codes = {code for text in texts for code in _CODE.findall(text)} - _NEVER_STOP
    assert len(codes) >= 5, "the search finds the codes"
    assert codes <= ENDS_BY_ITSELF[asset]


def test_a_finding_closes_when_the_mapping_is_completed(books, row):
    """The review item of an unmapped label closes with the next stage that maps it."""
    books.take_in("1", [row("unknown", "-7.35")])
    books.mapped("1")
    assert [item.code for item in books.stores.review.listing(books.connection)] == ["unmapped_label"]
    own = "{transaction_type: AmazonFees, amount_type: '*', amount_description: '*', category: referral_fee}"
    books.mapping += f"triples:\n  - {own}\n"
    books.mapped("1")
    assert books.stores.review.listing(books.connection) == []
