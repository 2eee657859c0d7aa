"""Payouts, balances and periods for the client's tests: documents written from Amazon's models, the emulated seller.

`Pages` is an Amazon that gives answers in order and keeps what it was asked; `european` has a British account with two
settlements and an open period, and German payouts of every kind.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from emulators.amazon.app import build_app
from emulators.amazon.settings import Settings
from emulators.faults import FaultPlan
from resources.amazon.client import SellingPartner
from resources.clock import ManualClock
from tests.emulators.amazon.bench import CLIENT_ID, REFRESH, SECRET
from tests.emulators.amazon.finance_bench import SELLER, UK, finance_world
from tests.resources.amazon.client.rig import SECRETS, US, Rig, answering, make_rig
from tests.resources.transport.rig import START

Json = dict[str, Any]
PARTNER = {"partnerId": "AXXXXXXXXXXXXX", "accountType": "STANDARD_ORDERS", "marketplaceId": US}


def usd(amount: Any, currency: Any = "USD") -> Json:
    """Write an amount as the newer APIs do, a JSON number."""
    return {"currencyCode": currency, "currencyAmount": amount}


def old_usd(amount: Any, currency: Any = "USD") -> Json:
    """Write an amount as the older API does."""
    return {"CurrencyCode": currency, "CurrencyAmount": amount}


def settlement(settlement_id: str) -> Json:
    """Write the identifier of a settlement."""
    return {"relatedIdentifierName": "SETTLEMENT_ID", "relatedIdentifierValue": settlement_id}


@dataclass
class Pages:
    """An Amazon that answers in order, the last answer again and again."""

    answers: list[Any]
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    asked: list[dict[str, str]] = field(default_factory=list)
    paths: list[tuple[str, str]] = field(default_factory=list)
    archived: list[bytes] = field(default_factory=list)

    def client(self) -> SellingPartner:
        """Return a client of it."""
        rig = make_rig()
        rig.app.close()
        rig.clock = self.clock
        return rig.client(answering(self.clock, self._handle))

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(dict(request.url.params))
        self.paths.append((request.method, request.url.path))
        given = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(given, httpx.Response):
            return given
        content = given if isinstance(given, bytes) else json.dumps(given).encode()
        return httpx.Response(200, content=content, headers={"content-type": "application/json"})

    def archive(self, content: bytes) -> str:
        """Keep an answer under a number."""
        self.archived.append(content)
        return f"document-{len(self.archived)}"


def scripted(*answers: Any) -> Pages:
    """Return an Amazon that gives these answers: objects, bytes or whole responses."""
    return Pages(list(answers))


def denied(status: int, code: str) -> httpx.Response:
    """Write a refusal."""
    return httpx.Response(status, json={"errors": [{"code": code, "message": "no", "details": ""}]})


def unnamed(content: bytes) -> str:
    """Archive nothing."""
    return "document"


def european(**settings: Any) -> tuple[Rig, SellingPartner]:
    """Return the emulated Amazon with the European seller's money, and a client of ours."""
    clock, world, faults = ManualClock(START), finance_world(), FaultPlan()
    secrets = dict(zip(SECRETS, (CLIENT_ID, SECRET, REFRESH["eu"]), strict=True))
    rig = Rig(clock, world, build_app(world, clock, faults, Settings(**settings)), faults, secrets)
    return rig, rig.client(seller_id=SELLER, region="eu", marketplace_ids=(UK,))
