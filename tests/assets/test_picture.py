"""The picture of a settlement: small enough to be shown, with lengths that are those of the amounts."""

import re
from decimal import Decimal
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.settlements.picture import LENGTH_MAX, waterfall_markdown, waterfall_svg

LABELS = ("Gross", "Promotions", "Refunds", "Tax", "Fees etc.", "Reserve", "Carried", "Deposit")
AMOUNTS = st.decimals(min_value=-(10**17), max_value=10**17, places=3)


def bars_in(svg):
    """Return label, left edge, length and colour of every bar."""
    tree = ElementTree.fromstring(svg)
    labels = [one.text for one in tree.iter("{http://www.w3.org/2000/svg}text")]
    paths = list(tree.iter("{http://www.w3.org/2000/svg}path"))
    drawn = [re.fullmatch(r"M(\d+) \d+h(\d+)v9h-\d+", one.get("d")) for one in paths]
    rows = zip(labels, drawn, paths, strict=True)
    return [(label, int(one[1]), int(one[2]), path.get("fill")) for label, one, path in rows]


def test_bars_have_the_proportions_of_the_amounts():
    """Each bar starts where the one before ended; the deposit stands on the zero line in a colour of its own."""
    amounts = [("Gross", 100), ("Fees etc.", -30), ("Refunds", -20), ("Deposit", 50)]
    bars = bars_in(waterfall_svg([(label, Decimal(amount)) for label, amount in amounts]))
    assert bars == [
        ("Gross", 60, 130, "#4a6"),
        ("Fees etc.", 151, 39, "#c55"),
        ("Refunds", 125, 26, "#c55"),
        ("Deposit", 60, 65, "#48f"),
    ]


def test_a_negative_deposit_stands_left_of_zero():
    """A settlement may cost money: its bar goes the other way from the same zero line."""
    amounts = [("Gross", 10), ("Fees etc.", -40), ("Deposit", -30)]
    gross, fees, deposit = bars_in(waterfall_svg([(label, Decimal(amount)) for label, amount in amounts]))
    assert deposit[1] + deposit[2] == pytest.approx(gross[1], abs=1)
    assert deposit[1] == fees[1] == 60


@given(st.lists(AMOUNTS, min_size=1, max_size=len(LABELS)))
def test_the_picture_is_always_shown_inline(amounts):
    """Dagster shows markdown inline up to 1,000 characters: every settlement's picture fits, extreme amounts too."""
    bars = [*zip(LABELS, amounts[:-1], strict=False), ("Deposit", sum(amounts[:-1], Decimal(0)))]
    text = waterfall_markdown(bars)
    assert 0 < len(text) <= LENGTH_MAX
    address = re.fullmatch(r"!\[gross to deposit\]\(data:image/svg\+xml,([^ ()]+)\)", text)
    drawn = bars_in(unquote(address[1]))
    assert all(left >= 60 and left + length <= 240 for _, left, length, _ in drawn)


def test_eight_bars_are_drawn_without_joining_any():
    """The fullest settlement there can be still shows every bar."""
    bars = [(label, Decimal("-123456789012.345")) for label in LABELS]
    assert len(bars_in(unquote(waterfall_markdown(bars).split(",", 1)[1][:-1]))) == len(LABELS)


def test_nothing_but_zero_can_be_drawn():
    """An empty settlement has one bar of one pixel and no division by zero."""
    assert bars_in(waterfall_svg([("Deposit", Decimal("0.00"))])) == [("Deposit", 60, 1, "#48f")]
