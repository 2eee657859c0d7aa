"""Invoices that go in one file, beside an accrual of their month that is planned at the very moment they are sent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assets.month_end.accrued_months import accrual_of
from assets.posting.protocol import sent_together
from ledger.journal import JournalSet
from ledger.month import Month
from tests.road.billing_rig import billing, fetched
from tests.road.invoice_files.import_rig import DAY, IMPORTED, billed, laid, numbers, sent, states
from tests.road.test_posting_road import ONE

MONTH = Month.of(DAY)


def accruing(pod):
    """Return the road that sends invoices in files and accrues."""
    return billing(pod, receivables=IMPORTED, month_end="accrue")


@pytest.fixture
def planned_meanwhile(world, monkeypatch):
    """Plan the accrual of the month once invoices are stored as intent, before any of them is sent."""
    real = sent_together.send_together

    def meanwhile(desk, target, wanted, *told):
        source = accrual_of(world.road_of_accrual, ("Amazon.com", "USD"), MONTH)
        journals = tuple(replace(one.journal, source=source) for one in wanted[:1])
        world.stores.outbox.plan(
            "amazon_us", JournalSet(source, 1, journals), approved=True, mapping_hash="m", partition=ONE
        )
        return real(desk, target, wanted, *told)

    monkeypatch.setattr(sent_together, "send_together", meanwhile)


def test_no_file_takes_an_invoice_into_a_month_whose_accrual_was_planned_meanwhile(world, pod, planned_meanwhile):
    """As one that goes alone: what the accrual holds would stand in the books twice."""
    laid(world, pod)
    world.road_of_accrual = accruing(pod)
    fetched(world.road_of_accrual, "invoice_postings", [DAY])
    assert sent(pod) == (0, 0)
    assert states(world) == {"approved": 4}


def test_what_no_accrual_holds_goes_with_the_others(world, pod, planned_meanwhile, monkeypatch):
    """One invoice of the file rests; the file takes the other two."""
    journals = laid(world, pod)
    world.road_of_accrual = accruing(pod)
    first = journals[0].source

    def beside(road, wanted):
        return [accrual_of(road, ("Amazon.com", "USD"), MONTH)] if wanted.source == first else []

    monkeypatch.setattr("assets.invoice_postings.accruals_beside", beside)
    fetched(world.road_of_accrual, "invoice_postings", [DAY])
    assert billed(pod) == numbers(pod, journals[1:])
    assert sent(pod) == (1, 0)
    assert states(world) == {"approved": 2, "posted": 2}
