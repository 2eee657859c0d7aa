"""Answers of listTransactions written from the model, and an Amazon that gives them in order, for the tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from resources.amazon.client import SellingPartner
from resources.clock import ManualClock
from tests.resources.amazon.client.rig import US, answering, make_rig
from tests.resources.transport.rig import START

Json = dict[str, Any]
POSTED = "2026-11-18T10:00:00Z"


def money(amount: Any, currency: str | None = "USD") -> Json:
    """Write an amount as Amazon does, a JSON number."""
    return {"currencyCode": currency, "currencyAmount": amount}


def node(kind: str, amount: Any, *parts: Json, currency: str | None = "USD") -> Json:
    """Write one node of a breakdown tree."""
    return {"breakdownType": kind, "breakdownAmount": money(amount, currency), "breakdowns": list(parts)}


def sale(transaction_id: str = "T1", posted: str = POSTED, **changes: Any) -> Json:
    """Write a sale of 100 with 15 commission, once in its own tree and once in its item's; `changes` replace fields."""
    item = {
        "description": "A mug",
        "relatedIdentifiers": [],
        "totalAmount": money(85),
        "breakdowns": [
            node("ProductCharges", 100, node("OurPricePrincipal", 100)),
            node("AmazonFees", -15, node("Commission", -15, node("Base", -15))),
        ],
        "contexts": [
            {
                "contextType": "ProductContext",
                "asin": "B0DEMOMUG1",
                "sku": "MUG",
                "quantityShipped": 1,
                "fulfillmentNetwork": "AFN",
            }
        ],
    }
    written: Json = {
        "sellingPartnerMetadata": {
            "sellingPartnerId": "A2DEMOSELLER",
            "accountType": "Standard Orders",
            "marketplaceId": US,
        },
        "relatedIdentifiers": [related("ORDER_ID", "111-0000001-0000001"), related("SHIPMENT_ID", "D1")],
        "transactionType": "Shipment",
        "transactionId": transaction_id,
        "transactionStatus": "RELEASED",
        "description": "Order Payment",
        "postedDate": posted,
        "totalAmount": money(85),
        "marketplaceDetails": {"marketplaceId": US, "marketplaceName": "Amazon.com"},
        "items": [item],
        "contexts": [],
        "breakdowns": [
            node("Sales", 100, node("ProductCharges", 100)),
            node("Expenses", -15, node("AmazonFees", -15)),
        ],
    }
    return written | changes


def related(name: str, value: str) -> Json:
    """Write a related identifier."""
    return {"relatedIdentifierName": name, "relatedIdentifierValue": value}


def page(*transactions: Json, token: str | None = None) -> Json:
    """Write a page."""
    return {"payload": {"nextToken": token, "transactions": list(transactions)}}


@dataclass
class ListTransactions:
    """An Amazon whose listTransactions is a function of the query; keeps what it was asked."""

    answer: Callable[[Mapping[str, str]], Json | bytes | httpx.Response]
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    asked: list[dict[str, str]] = field(default_factory=list)
    given: list[bytes] = field(default_factory=list)
    archived: list[bytes] = field(default_factory=list)

    def client(self) -> SellingPartner:
        """Return a client of it."""
        rig = make_rig()
        rig.app.close()
        rig.clock = self.clock
        return rig.client(answering(self.clock, self._handle))

    def _handle(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/finances/2024-06-19/transactions"
        query = dict(request.url.params)
        self.asked.append(query)
        given = self.answer(query)
        if isinstance(given, httpx.Response):
            return given
        content = given if isinstance(given, bytes) else json.dumps(given).encode()
        self.given.append(content)
        return httpx.Response(200, content=content, headers={"content-type": "application/json"})

    def archive(self, content: bytes) -> str:
        """Keep an answer under a number."""
        self.archived.append(content)
        return f"document-{len(self.archived)}"

    def pages(self, after: datetime, before: datetime) -> list:
        """Ask for a span and return its pages."""
        return list(self.client().finances.transactions(after, before, self.archive))


def scripted(*answers: Json | bytes | httpx.Response) -> ListTransactions:
    """Return an Amazon that answers in order, the last answer again and again."""
    left = list(answers)
    return ListTransactions(lambda query: left.pop(0) if len(left) > 1 else left[0])
