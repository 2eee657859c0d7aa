"""Input tax by invoice: no more than waits, no more than is invoiced, once per number."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.accounts import AccountKey
from ledger.input_tax import KIND, Books, TaxInvoice, claim_of, claims

D = Decimal
CLAIMED, WAITING = (AccountKey.of("DE001", account=one) for one in ("115500", "115600"))
BOOKS = Books("A1SELLER", "peoplesoft:1", CLAIMED, WAITING, "EUR", "CRRNT", 300)


def invoice(number: str = "DE-1", tax: str = "19.00", day: int = 3, issuer: str = "Amazon EU SARL") -> TaxInvoice:
    return TaxInvoice(issuer, number, date(2026, 11, day), D(tax))


def told(invoices, waiting: str, claimed=None) -> dict[str, str]:
    """Return what each claims, by number."""
    found = claims(invoices, D(waiting), claimed or {})
    return {one.number: str(amount) for one, amount in found.items()}


@pytest.mark.parametrize(
    ("taxes", "waiting", "expected"),
    [
        (["19.00"], "19.00", {"DE-1": "19.00"}),
        (["25.00"], "19.00", {"DE-1": "19.00"}),
        (["12.00"], "19.00", {"DE-1": "12.00"}),
        (["12.00", "30.00"], "19.00", {"DE-1": "12.00", "DE-2": "7.00"}),
        (["25.00", "-10.00"], "19.00", {"DE-1": "15.00"}),
        (["19.00"], "0", {}),
        (["19.00"], "-1.00", {}),
        ([], "19.00", {}),
    ],
)
def test_an_invoice_claims_what_waits_and_what_it_holds(taxes, waiting, expected):
    """The oldest first; a credit note claims nothing and lowers what the others can."""
    several = [invoice(f"DE-{number}", tax, day=number) for number, tax in enumerate(taxes, start=1)]
    assert told(several, waiting) == expected


def test_what_is_claimed_stays_and_an_older_invoice_that_comes_later_takes_the_rest():
    """Whatever order they are told in."""
    older, newer = invoice("DE-1", "15.00", day=1), invoice("DE-2", "12.00", day=2)
    assert told([older, newer], "19.00", {newer: D("12.00")}) == {"DE-2": "12.00", "DE-1": "7.00"}
    assert told([older, newer], "5.00", {newer: D("12.00")}) == {"DE-2": "12.00"}


def test_a_claim_moves_tax_from_where_it_waits_with_the_number_as_reference():
    """Dated on the day of issue; balanced."""
    [journal] = claim_of(invoice(), D("19.00"), BOOKS).journals
    assert sorted((line.account.account, str(line.amount)) for line in journal.lines) == [
        ("115500", "19.00"),
        ("115600", "-19.00"),
    ]
    assert (journal.source.kind, journal.source.belongs_to, journal.is_balanced) == (KIND, "DE-1", True)
    assert (journal.accounting_date, journal.document_reference) == (date(2026, 11, 3), "DE-1")


def test_its_key_is_issuer_and_number_and_nothing_else():
    """Another amount or day is the same document with other content; another issuer's number is another."""
    [one], [dearer], [other], [odd] = (
        claim_of(each, D(amount), BOOKS).journals
        for each, amount in (
            (invoice(), "1.00"),
            (invoice(day=9, tax="5.00"), "2.00"),
            (invoice(issuer="Amazon UK"), "1.00"),
            (invoice("DE/1 ü"), "1.00"),
        )
    )
    assert one.key == dearer.key
    assert one.fingerprint != dearer.fingerprint
    assert len({one.key, other.key, odd.key}) == 3
    assert odd.source.belongs_to == "DE-1--"


@given(st.lists(st.integers(-(10**6), 10**6), max_size=8), st.integers(-(10**6), 10**7))
def test_together_they_never_claim_more_than_waits_or_is_invoiced(taxes, waiting):
    """And none claims more than it holds."""
    several = [invoice(f"DE-{place}", str(D(cents).scaleb(-2)), 1) for place, cents in enumerate(taxes)]
    found = claims(several, D(waiting).scaleb(-2), {})
    total = sum(found.values(), D(0))
    assert total <= max(D(0), min(D(waiting).scaleb(-2), sum((one.tax for one in several), D(0))))
    assert all(0 < amount <= one.tax for one, amount in found.items())
