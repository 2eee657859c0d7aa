"""Whatever goes wrong, no secret stands in a sentence, a trail, a log line or a repr."""

from __future__ import annotations

import logging
import traceback
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulators import faults
from ledger.errors import ConnectorError
from resources.amazon.requested_reports import ALL_ORDERS_BY_UPDATE
from tests.resources.amazon.client.order_rig import add_order
from tests.resources.amazon.client.rig import SECRETS, US, Rig, make_rig

FAULTS = [
    faults.status(403),
    faults.status(429),
    faults.status(500),
    faults.dropped(),
    faults.html(502),
    faults.truncated(),
    faults.blank(200),
    faults.named("invalid_grant"),
    faults.named("server_error"),
]
OPERATIONS = ["token", "getReports", "getReportDocument", "download", "createReport", "getReport", "searchOrders"]
OPERATIONS += ["listTransactions", "listPayouts", "listExpectedPayouts", "listBalances", "listSummary"]
OPERATIONS += ["listFinancialEventGroups", "listFinancialEvents", "getOrder"]


def walk(rig: Rig, folder: Path) -> list[str]:
    """Find and fetch everything, and return all that a person could get to see of it."""
    shown: list[str] = []
    client = rig.client()
    try:
        for entry in client.settlement_reports():
            shown.append(repr(entry))
            shown.append(repr(client.report_document(entry.report_document_id)))
            shown.append(repr(client.download(entry.report_document_id, folder / "report")))
        end = rig.clock.now() - timedelta(minutes=5)
        shown += map(repr, client.orders.search(created_after=end - timedelta(days=30)))
        report_id = client.requested.request(ALL_ORDERS_BY_UPDATE, end - timedelta(days=30), end, (US,))
        shown.append(repr(client.requested.state(report_id)))
        shown += map(repr, client.requested.listed(ALL_ORDERS_BY_UPDATE))
        shown += map(repr, client.finances.transactions(end - timedelta(days=30), end, lambda content: "document"))
        shown += map(repr, client.transfers.payouts(end - timedelta(days=30), end, lambda content: "document"))
        shown += map(repr, client.transfers.expected(lambda content: "document"))
        shown += map(repr, client.balances.balances(lambda content: "document", end.date()))
        shown += map(repr, client.balances.summary("11", lambda content: "document"))
        shown.append(repr(client.orders.get("112-0000000-0000001")))
        shown += map(repr, client.old_events.transactions(end - timedelta(days=3), lambda content: "document"))
        shown += map(repr, client.event_groups.begun(end - timedelta(days=30), end, lambda content: "document"))
    except ConnectorError as error:
        shown += traceback.format_exception(error)
    shown += [repr(client), repr(client._client.auth), repr(rig.tokens._tokens)]
    return shown + [repr(exchange) for exchange in rig.trail.exchanges]


def secrets_in(text: str, issued: set[str]) -> list[str]:
    """Return the secrets that stand in a text."""
    values = [SECRETS["us_client_secret"], SECRETS["us_refresh_token"], SECRETS["us_refresh_token"].replace("|", "%7C")]
    return [value for value in [*values, *issued] if value in text]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(OPERATIONS), st.sampled_from(FAULTS)), max_size=6))
def test_no_secret_is_shown_under_any_faults(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, plan: list[tuple[str, faults.Fault]]
):
    """Property: tokens, client secret, refresh token and signatures stay inside, whatever fails when."""
    rig = make_rig()
    issued: set[str] = set()
    handle = rig.app.handle

    def watched(request):
        response = handle(request)
        if request.path.endswith("/token") and response.status == 200 and response.body[:1] == b"{":
            issued.add(response.body.decode().partition('"access_token": "')[2].partition('"')[0][5:40])
        signature = (request.first("X-Amz-Signature") or "")[:20]
        return issued.add(signature) or response if signature else response

    rig.app.handle = watched
    rig.add_settlement(1)
    add_order(rig, 1)
    for operation, fault in plan:
        if operation == "token" or not fault.kind.endswith(("grant", "error")):
            rig.faults.next(operation, fault)
    with caplog.at_level(logging.DEBUG):
        shown = walk(rig, tmp_path)
    issued.discard("")
    assert secrets_in("\n".join([*shown, caplog.text]), issued) == []
    caplog.clear()
    rig.app.close()


def test_the_watch_above_sees_what_it_must_see(rig: Rig, tmp_path: Path):
    """The good road shows exchanges with `***` where the secrets were, and nothing else is missing."""
    rig.add_settlement(1)
    shown = "\n".join(walk(rig, tmp_path))
    assert "refresh_token=***&client_id=amzn1.application-oa2-client.demo1&client_secret=***" in shown
    assert '"access_token": "***"' in shown
    assert "'x-amz-access-token': '***'" in shown
    assert "X-Amz-Signature=***" in shown
    assert "X-Amz-Expires=300" in shown


@pytest.mark.parametrize("status", [200, 400, 401, 403, 500])
def test_a_server_that_repeats_our_secrets_gets_them_nowhere(rig: Rig, status: int):
    """An error page with the whole request in it."""

    def echo(request: httpx.Request) -> httpx.Response:
        text = " ".join(f"{name}={value}" for name, value in request.headers.items())
        details = f"{text} {request.content.decode()} {SECRETS['us_refresh_token']} {SECRETS['us_client_secret']}"
        body = {"error": "invalid_client", "errors": [{"code": "x", "message": details, "details": details}]}
        return httpx.Response(status, json=body, headers={"x-echo": details, "x-amzn-requestid": "demo"})

    with pytest.raises(ConnectorError) as caught:
        rig.client(httpx.MockTransport(echo)).participations()
    shown = "\n".join([*traceback.format_exception(caught.value), *map(repr, rig.trail.exchanges)])
    assert secrets_in(shown, set()) == []
    assert rig.trail.exchanges
