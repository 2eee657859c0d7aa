"""A client that we did not write reads the emulated Amazon: python-amazon-sp-api, as it stands.

It calls Amazon's own host names; only the socket below it is ours. What it sends is what it sends to Amazon.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sp_api.api import Finances, Orders, Reports
from sp_api.api.reports import reports
from sp_api.auth import access_token_client
from sp_api.base import (
    Client,
    Marketplaces,
    SellingApiBadRequestException,
    SellingApiForbiddenException,
    _transport_httpx,
)

from emulators import faults
from emulators.amazon.settings import SETTLEMENT_TYPE
from emulators.amazon.world import Document, ReportEntry
from emulators.in_process import InProcessTransport
from tests.emulators.amazon.finance_bench import SELLER, UK
from tests.resources.amazon.client.money_rig import european
from tests.resources.amazon.client.order_rig import add_order
from tests.resources.amazon.client.rig import Rig

DOCUMENT_ID = "amzn1.spdoc.1.3.demo-1 x+y=.T"
CONTENT = "settlement-id\tamount\n901\t70.00\n".encode("cp1252")


@pytest.fixture
def rig(monkeypatch) -> Iterator[Rig]:
    """Return an emulated Amazon behind every HTTP client that the library opens."""
    made, _ = european()
    for module in (_transport_httpx, reports):
        monkeypatch.setattr(
            module,
            "_httpx_client_kwargs",
            lambda **named: {"transport": InProcessTransport(made.app, made.clock)},
        )
    monkeypatch.delenv("SP_API_DEFAULT_MARKETPLACE", raising=False)
    access_token_client.cache.clear()
    yield made
    access_token_client.cache.clear()
    made.app.close()


def opened(kind: type[Client], rig: Rig, **settings: Any) -> Any:
    """Open one of the library's clients with the seller's credentials."""
    names = dict(zip(("lwa_app_id", "lwa_client_secret", "refresh_token"), rig.secrets.values(), strict=True))
    return kind(marketplace=Marketplaces.UK, credentials=names, **settings)


def ago(rig: Rig, days: float) -> str:
    """Write a moment so many days ago."""
    return (rig.clock.now() - timedelta(days=days)).isoformat()


def test_it_finds_a_settlement_and_downloads_it(rig: Rig) -> None:
    """List, document, storage, unpacking: the whole road of the Reports API."""
    entry = ReportEntry("R1", SETTLEMENT_TYPE, rig.clock.now() - timedelta(hours=1), (UK,), document_id=DOCUMENT_ID)
    rig.world.entries[SELLER].clear()
    rig.world.add_report(SELLER, entry, Document(DOCUMENT_ID, CONTENT, content_type="text/plain; charset=Cp1252"))
    client = opened(Reports, rig)
    [found] = client.get_reports(reportTypes=[SETTLEMENT_TYPE], processingStatuses=["DONE"]).payload["reports"]
    assert (found["reportId"], found["reportDocumentId"]) == ("R1", DOCUMENT_ID)
    document = client.get_report_document(found["reportDocumentId"], download=True, decrypt=True).payload
    assert document["document"] == CONTENT.decode("cp1252")


def test_it_asks_for_a_report_and_waits_for_it(rig: Rig) -> None:
    """Created, looked at until it is done."""
    add_order(rig, 1, seller=SELLER, days_ago=2, marketplace_id=UK, channel="Amazon.co.uk", currency="GBP")
    client = opened(Reports, rig)
    made = client.create_report(
        reportType="GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
        dataStartTime=ago(rig, 10),
        dataEndTime=ago(rig, 0.1),
    )
    status = ""
    for _ in range(20):
        answer = client.get_report(made.payload["reportId"]).payload
        status = answer["processingStatus"]
        if status == "DONE":
            break
        rig.clock.advance(30)
    assert status == "DONE"
    text = client.get_report_document(answer["reportDocumentId"], download=True).payload["document"]
    assert "112-0000000-0000001" in text


def test_it_reads_transactions(rig: Rig) -> None:
    """listTransactions with the parameters it adds to every question."""
    answer = opened(Finances, rig, version="2024-06-19").list_transactions(postedAfter=ago(rig, 60))
    assert {one["transactionId"] for one in answer.payload["transactions"]} >= {"T1", "T3", "T7"}


def test_it_reads_the_older_finances(rig: Rig) -> None:
    """Groups and events of v0."""
    finances = opened(Finances, rig, version="v0")
    groups = finances.list_financial_event_groups(FinancialEventGroupStartedAfter=ago(rig, 60)).payload
    assert [one["FinancialEventGroupId"] for one in groups["FinancialEventGroupList"]] == ["G3", "G2", "G1"]
    events = finances.list_financial_events(PostedAfter=ago(rig, 60)).payload["FinancialEvents"]
    assert len(events["ShipmentEventList"]) == 3


def test_it_follows_the_pages_of_orders(rig: Rig) -> None:
    """Its token goes with the arguments of the first page."""
    british = {"marketplace_id": UK, "channel": "Amazon.co.uk", "currency": "GBP"}
    ids = [add_order(rig, number, seller=SELLER, days_ago=5 - number / 100, **british) for number in range(5)]
    orders = opened(Orders, rig, version="2026-01-01")
    asked = {"lastUpdatedAfter": ago(rig, 30), "maxResultsPerPage": 3}
    first = orders.search_orders(**asked)
    rest = orders.search_orders(**asked, paginationToken=first.pagination["nextToken"])
    read = [one["orderId"] for page in (first, rest) for one in page.payload["orders"]]
    assert [one for one in read if one in ids] == ids
    assert orders.get_order(ids[0]).payload["order"]["orderId"] == ids[0]


def test_refusals_are_what_it_takes_for_amazons(rig: Rig) -> None:
    """Their status and error list make the exceptions of its own."""
    with pytest.raises(SellingApiBadRequestException, match="Start date cannot be null"):
        opened(Finances, rig, version="2024-06-19").list_transactions()
    rig.faults.next("listTransactions", faults.named("role_missing"))
    with pytest.raises(SellingApiForbiddenException, match="Access to requested resource is denied"):
        opened(Finances, rig, version="2024-06-19").list_transactions(postedAfter=ago(rig, 60))
