"""What the finance operations answer for the demonstration seller, and its settlement files, are one world."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from emulators.amazon.event_json import event_of, reserve_event
from emulators.demo_seller.catalog import MARKETS
from emulators.demo_seller.seller import DemoSeller, demo_seller
from tests.emulators.amazon.bench import HOSTS, Bench, make_bench
from tests.emulators.amazon.swagger import assert_fits

AS_OF = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ZERO = Decimal("0.00")
ACCOUNTS = ("amazon_us", "amazon_eu", "amazon_ca")
FEES = {"Commission", "RefundCommission", "DigitalServicesFee", "FBAPerUnitFulfillmentFee", "FBA transportation fee"}
FEES |= {"TransactionTotalAmount", "Subscription Fee", "RemovalComplete"}


@cache
def _seller() -> DemoSeller:
    return demo_seller(7, AS_OF)


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """Return an Amazon that knows the demonstration seller; quotas do not matter here."""
    made = make_bench(_seller().world, now=NOW, usage_plans={})
    yield made
    made.app.close()


def _call(bench: Bench, account: str, path: str, **params: Any) -> dict[str, Any]:
    login = next(one for one in _seller().sellers if one.name == account)
    if account not in bench.tokens:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": login.refresh_token,
            "client_id": login.client_id,
            "client_secret": login.client_secret,
        }
        answer = bench.client.post("https://api.amazon.com/auth/o2/token", data=form)
        bench.tokens[account] = answer.json()["access_token"]
    headers = {"x-amz-access-token": bench.tokens[account], "user-agent": "Demo/1.0 (Language=Python/3.11)"}
    answer = bench.client.get(HOSTS[login.region] + path, headers=headers, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _account_of(seller_id: str) -> str:
    return next(one.name for one in _seller().sellers if one.seller_id == seller_id)


def _exact(amount: dict[str, Any]) -> Decimal:
    return Decimal(str(amount.get("currencyAmount", amount.get("CurrencyAmount"))))


@cache
def _rows() -> list[tuple[str, dict[str, str]]]:
    """Return currency and row of all published files, each settlement once."""
    found, seen = [], set()
    for document in _seller().world.documents.values():
        charset = document.content_type.partition("charset=")[2] or "utf-8"
        text = io.StringIO(document.content.decode(charset))
        rows = list(csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE))
        if rows and rows[0].get("settlement-id") and rows[0]["settlement-id"] not in seen:
            seen.add(rows[0]["settlement-id"])
            found += [(rows[0]["currency"], row) for row in rows[1:]]
    return found


def test_the_summary_of_every_settlement_is_its_file_without_what_it_carries(bench: Bench) -> None:
    """Net proceeds are the total, less the reserve that came back and the debt, plus the reserve held."""
    for truth in _seller().settlements:
        body = _call(
            bench,
            _account_of(truth.seller_id),
            "/finances/2024-06-19/summary",
            relatedIdentifierName="SETTLEMENT_ID",
            relatedIdentifierValue=truth.settlement_id,
        )
        assert_fits("listSummary", 200, body)
        (summary,) = body["summaries"]
        expected = truth.total - truth.reserve_returned + truth.reserve_held + truth.debt_carried
        assert _exact(summary["netProceeds"]) == expected


@pytest.mark.parametrize("account", ACCOUNTS)
def test_balances_of_today_and_of_month_ends_fit_the_model(bench: Bench, account: str) -> None:
    """A tree per market; the day before the history there is none."""
    for params in ({}, {"asOfDate": "2026-09-30"}, {"asOfDate": "2026-10-31"}):
        body = _call(bench, account, "/finances/2024-06-19/balances", **params)
        assert_fits("listBalances", 200, body)
        assert len(body["balances"]) == (2 if account == "amazon_eu" else 1)
    assert _call(bench, account, "/finances/2024-06-19/balances", asOfDate="2026-06-30") == {"balances": []}


def test_payouts_of_settlements_are_their_totals(bench: Bench) -> None:
    """Asked for by the settlement's id."""
    for truth in _seller().settlements:
        path = "/finances/transfers/2024-06-01/payouts"
        body = _call(bench, _account_of(truth.seller_id), path, payoutId=truth.settlement_id)
        assert_fits("listPayouts", 200, body)
        (payout,) = body["payouts"]
        assert _exact(payout.get("amount", {"currencyAmount": 0})) == truth.payout_expected


def test_old_groups_have_the_totals_and_periods_of_the_settlements(bench: Bench) -> None:
    """To the second, and no other way to find them."""
    groups = {}
    for account in ACCOUNTS:
        body = _call(bench, account, "/finances/v0/financialEventGroups", MaxResultsPerPage=100)
        assert_fits("listFinancialEventGroups", 200, body)
        for group in body["payload"]["FinancialEventGroupList"]:
            if group["ProcessingStatus"] == "Closed":
                key = group["FinancialEventGroupEnd"], group["OriginalTotal"]["CurrencyCode"]
                groups[key] = _exact(group["OriginalTotal"])
    expected = {
        (truth.end.strftime("%Y-%m-%dT%H:%M:%S.000Z"), truth.currency): truth.total for truth in _seller().settlements
    }
    assert groups == expected


def _money(value: Any) -> Iterator[Decimal]:
    """Yield every amount of an old event that counts."""
    if isinstance(value, dict):
        if "CurrencyAmount" in value:
            yield _exact(value)
        for name, inner in value.items():
            if name not in ("baseValue", "taxValue", "OverPaymentCredit"):
                yield from _money(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _money(inner)


def test_old_events_of_a_group_add_up_to_its_settlement() -> None:
    """Reserves among them; a debt carried in is the only row without an event."""
    for history in _seller().world.histories.values():
        for group in history.groups:
            if group.end is None:
                continue
            name = ("FINANCIAL_EVENT_GROUP_ID", group.group_id)
            made = [event_of(one, one.posted) for one in history.all_transactions() if name in one.identifiers]
            assert all(made)
            total = sum((amount for one in made if one for amount in _money(one[1])), ZERO)
            for word, amount in (("ReserveCredit", group.reserve_returned), ("ReserveDebit", -group.reserve_held)):
                total += sum(_money(reserve_event(group, word, amount, group.start)), ZERO)
            assert total - group.debt_carried == group.total


def test_the_old_events_fit_the_model(bench: Bench) -> None:
    """A hundred of each account."""
    for account in ACCOUNTS:
        body = _call(bench, account, "/finances/v0/financialEvents", PostedAfter="2026-10-01T00:00:00Z")
        assert_fits("listFinancialEvents", 200, body)
        assert len(body["payload"]["FinancialEvents"]) >= 3


def test_invoices_come_to_what_the_settlements_charged_in_their_month() -> None:
    """Net and tax together, reversals among them; the running month has none yet."""
    charged: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for currency, row in _rows():
        is_fee = row["amount-description"] in FEES
        is_fee = is_fee or row["transaction-type"] in ("FBAFees", "AmazonFees", "CouponRedemptionFee")
        if is_fee:
            day = row["posted-date"]
            month = day[:7] if "-" in day else f"{day[6:]}-{day[3:5]}"
            charged[currency, month] -= Decimal(row["amount"].replace(",", "."))
    invoiced = {
        (invoice.currency, f"{invoice.period_start:%Y-%m}"): sum((line.net + line.tax for line in invoice.lines), ZERO)
        for history in _seller().world.histories.values()
        for invoice in history.fee_invoices
    }
    assert len(invoiced) >= 2 * len(MARKETS)
    assert invoiced == {key: amount for key, amount in charged.items() if key[1] < "2026-11"}
    taxes = defaultdict(Decimal)
    for history in _seller().world.histories.values():
        for invoice in history.fee_invoices:
            taxes[invoice.currency] += sum(line.tax for line in invoice.lines)
    assert taxes["USD"] == 0 < min(taxes["GBP"], taxes["CAD"])


def test_invoices_are_told_from_the_day_of_issue(bench: Bench) -> None:
    """Two months within the last ninety days; the lines fit the model."""
    path = "/finances/invoices/2026-06-25/invoices"
    body = _call(bench, "amazon_eu", path, marketplaceId="A1PA6795UKMFR9")
    assert_fits("getInvoiceHeaders", 200, body)
    assert len(body["invoices"]) == 2
    for head in body["invoices"]:
        full = _call(bench, "amazon_eu", f"{path}/{head['invoiceIdentifier']}", marketplaceId="A1PA6795UKMFR9")
        assert_fits("getInvoice", 200, full)
        assert sum(_exact(item["totalAmount"]) for item in full["invoiceItems"]) == _exact(head["invoiceAmount"])
