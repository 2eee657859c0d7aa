"""Amazon's own invoices: heads by date of issue, lines by page, net and tax that add up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from emulators.amazon.history import FeeInvoice, FeeInvoiceLine
from tests.emulators.amazon.bench import NOW, Bench
from tests.emulators.amazon.finance_bench import DE, SELLER, UK, D, every_page, finance_bench
from tests.emulators.amazon.swagger import assert_fits

PATH = "/finances/invoices/2026-06-25/invoices"


def invoice(number: int, days_ago: float, lines: int = 2) -> FeeInvoice:
    """Make an invoice issued so long ago, with lines of 10.00 and 2.00 tax each."""
    issued = NOW - timedelta(days=days_ago)
    return FeeInvoice(
        number=f"INV-{number}",
        identifier=f"INV-{number}~GBP",
        marketplace_id=UK,
        currency="GBP",
        issued=issued,
        period_start=issued - timedelta(days=32),
        period_end=issued - timedelta(days=2),
        lines=tuple(
            FeeInvoiceLine(f"{n}", "FBA Inventory Storage Fee", D("10.00"), D("2.00"), "GB 20") for n in range(lines)
        ),
    )


@pytest.fixture
def bench() -> Bench:
    """Return the emulator with four invoices, one of tomorrow."""
    made = finance_bench()
    made.app.world.histories[SELLER].fee_invoices += [invoice(1, 100), invoice(2, 60), invoice(3, 30), invoice(4, -1)]
    return made


def ask(bench: Bench, path: str = PATH, **params: Any) -> httpx.Response:
    """Ask and check the shape of what comes."""
    answer = bench.call(path, params=params)
    operation = "getInvoiceHeaders" if path == PATH else "getInvoice"
    assert_fits(operation, answer.status_code, answer.json())
    return answer


def numbers(answer: httpx.Response) -> list[str]:
    """Return the numbers of an answer."""
    assert answer.status_code == 200, answer.text
    return [one["invoiceNumber"] for one in answer.json()["invoices"]]


def test_heads_are_those_of_ninety_days_the_newest_first(bench: Bench) -> None:
    """None of tomorrow; amounts with what they are made of."""
    answer = ask(bench, marketplaceId=UK)
    assert numbers(answer) == ["INV-3", "INV-2"]
    assert answer.json()["numOfRecords"] == 2
    (total,) = answer.json()["invoices"][0]["invoiceAmountBreakdowns"]
    parts = {node["breakdownType"]: node["breakdownAmount"]["currencyAmount"] for node in total["breakdowns"]}
    assert (total["breakdownAmount"]["currencyAmount"], parts) == (24, {"InvoiceAmountWithoutTax": 20, "TaxAmount": 4})
    assert ask(bench, marketplaceId=DE).json()["invoices"] == []


def test_spans_of_issue_select(bench: Bench) -> None:
    """Up to ninety days, however long ago."""
    first, last = (NOW - timedelta(days=110)).isoformat(), (NOW - timedelta(days=50)).isoformat()
    assert numbers(ask(bench, marketplaceId=UK, fromIssueDate=first, toIssueDate=last)) == ["INV-2", "INV-1"]
    modified = (NOW - timedelta(days=40)).isoformat()
    assert numbers(ask(bench, marketplaceId=UK, invoicesModifiedAfter=modified)) == ["INV-3"]


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"marketplaceId": "NOWHERE"},
        {"marketplaceId": UK, "fromIssueDate": "2026-10-01T00:00:00Z"},
        {"marketplaceId": UK, "toIssueDate": "2026-10-01T00:00:00Z"},
        {"marketplaceId": UK, "fromIssueDate": "2026-07-01T00:00:00Z", "toIssueDate": "2026-10-01T00:00:00Z"},
        {"marketplaceId": UK, "fromIssueDate": "2026-10-02T00:00:00Z", "toIssueDate": "2026-10-01T00:00:00Z"},
        {"marketplaceId": UK, "invoicesModifiedAfter": "yesterday"},
        {"marketplaceId": UK, "nextToken": "none"},
    ],
)
def test_arguments_amazon_does_not_take_are_a_400(bench: Bench, params: dict[str, Any]) -> None:
    """Both dates or neither, not more than ninety days apart."""
    assert ask(bench, **params).status_code == 400


def test_an_invoice_has_its_lines(bench: Bench) -> None:
    """Net and tax add up to the line, the lines to the head."""
    body = ask(bench, f"{PATH}/INV-3~GBP", marketplaceId=UK).json()
    assert body["invoiceHeader"]["invoiceNumber"] == "INV-3"
    line = body["invoiceItems"][0]
    assert line["totalAmount"]["currencyAmount"] == 12
    assert [node["breakdownAmount"]["currencyAmount"] for node in line["totalAmountBreakdown"]] == [10, 2]
    assert line["taxRateCodes"] == ["GB 20"]
    assert "nextTokenForLineItems" not in body


@pytest.mark.parametrize(
    ("identifier", "marketplace_id", "status"),
    [("INV-9~GBP", UK, 404), ("INV-4~GBP", UK, 404), ("INV-3~GBP", DE, 404), ("INV-3~GBP", "NOWHERE", 400)],
)
def test_an_invoice_that_is_not_there_is_a_404(bench: Bench, identifier: str, marketplace_id: str, status: int) -> None:
    """In another marketplace, or not issued yet."""
    assert ask(bench, f"{PATH}/{identifier}", marketplaceId=marketplace_id).status_code == status


def test_heads_and_lines_come_in_pages() -> None:
    """Each with a token of its own name."""
    bench = finance_bench(invoices_page_size=1, invoice_lines_page_size=3)
    bench.app.world.histories[SELLER].fee_invoices += [invoice(1, 9), invoice(2, 8, lines=7)]
    heads = every_page(bench, PATH, "invoices", marketplaceId=UK)
    assert [one["invoiceNumber"] for one in heads] == ["INV-2", "INV-1"]
    lines = every_page(bench, f"{PATH}/INV-2~GBP", "invoiceItems", "nextTokenForLineItems", marketplaceId=UK)
    assert [one["lineItemId"] for one in lines] == [str(number) for number in range(7)]
    assert ask(bench, f"{PATH}/INV-2~GBP", marketplaceId=UK, nextTokenForLineItems="none").status_code == 400
