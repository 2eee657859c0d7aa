"""The demonstration's outside world: its emulators on loopback, the same again after a restart."""

from __future__ import annotations

import io
import json
import sys
import threading
from datetime import UTC, date, datetime
from decimal import Decimal

import httpx
import pytest

from emulators.__main__ import main
from emulators.amazon.settings import SETTLEMENT_TYPE
from emulators.clock import SteppedClock
from emulators.demo import demo_world, serve_demo
from emulators.demo_seller.seller import DemoSeller
from emulators.fusion.demo_site import CA_LEDGER, LEDGERS, account_of

AS_OF = date(2026, 11, 20)
USER_AGENT = {"user-agent": "Demo/1.0 (Language=Python/3.11)"}


def _clock(day: date) -> SteppedClock:
    return SteppedClock(datetime(day.year, day.month, day.day, 9, tzinfo=UTC))


def test_a_seller_can_be_read_over_real_sockets_from_login_to_document() -> None:
    """Log in, find the settlements, follow the link: the bytes are those of the world."""
    world = demo_world(as_of=AS_OF, clock=_clock(AS_OF))
    account = world.seller.sellers[1]
    with serve_demo(world) as served, httpx.Client() as client:
        form = {"grant_type": "refresh_token", "refresh_token": account.refresh_token}
        form |= {"client_id": account.client_id, "client_secret": account.client_secret}
        token = client.post(f"{served.amazon_url}/lwa/auth/o2/token", data=form).json()["access_token"]
        headers = {"x-amz-access-token": token, **USER_AGENT}
        base = f"{served.amazon_url}/eu/reports/2021-06-30"
        params = {"reportTypes": SETTLEMENT_TYPE, "pageSize": "100"}
        reports = client.get(f"{base}/reports", params=params, headers=headers).json()["reports"]
        assert len(reports) == 10
        document_id = reports[-1]["reportDocumentId"]
        link = client.get(f"{base}/documents/{document_id}", headers=headers).json()
        assert "compressionAlgorithm" not in link
        assert client.get(link["url"]).content == world.seller.world.documents[account.seller_id, document_id].content
        assert client.get(f"{served.peoplesoft_url}/nothing").status_code >= 400
        assert client.get(f"{served.fusion_url}/nothing").status_code >= 400
    world.close()


def test_a_state_folder_remembers_the_day_it_was_first_seen_from(tmp_path) -> None:
    """Tomorrow it shows the same settlements; another day has to be asked for, and then is another seller's history."""

    def seen(today: date, as_of: date | None = None) -> DemoSeller:
        world = demo_world(clock=_clock(today), state=tmp_path, as_of=as_of)
        world.close()
        return world.seller

    first, later = seen(AS_OF), seen(date(2026, 11, 23))
    assert first.as_of == later.as_of == AS_OF
    assert first.settlements == later.settlements
    moved = seen(AS_OF, date(2026, 12, 1))
    assert not {one.settlement_id for one in first.settlements} & {one.settlement_id for one in moved.settlements}
    assert seen(AS_OF).as_of == date(2026, 12, 1)


def test_the_pod_holds_the_reserve_at_go_live_once_however_often_it_is_started(tmp_path) -> None:
    """In the ledger of the Canadian account, whose reserve it is, and in no other."""

    def reserves() -> dict[int, list[Decimal]]:
        world = demo_world(clock=_clock(AS_OF), state=tmp_path, as_of=AS_OF)
        (opening,) = (one for one in world.seller.openings if one.currency == "CAD")
        books = world.fusion.books
        found = {
            ledger.id: [
                line.amount
                for batch in books.batches(ledger.id)
                for line in books.lines(batch.id)
                if line.account == account_of(ledger.id, "110700")
            ]
            for ledger in LEDGERS
        }
        world.close()
        assert found[CA_LEDGER] == [opening.reserve]
        return found

    first = reserves()
    assert first == reserves()
    assert [ledger for ledger, amounts in first.items() if amounts] == [CA_LEDGER]


def test_the_command_prints_its_addresses_and_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """One JSON line when all answer; it ends when told."""
    stop, output = threading.Event(), io.StringIO()
    monkeypatch.setattr(sys, "stdout", output)
    stop.set()
    assert main(["--as-of", "2026-11-20", "--state", str(tmp_path)], stop) == 0
    line = json.loads(output.getvalue())
    assert line["as_of"] == "2026-11-20"
    assert line.keys() == {"amazon", "peoplesoft", "fusion", "as_of", "placed"}
    assert line["placed"] == []
    addresses = {line[name] for name in ("amazon", "peoplesoft", "fusion")}
    assert len(addresses) == 3
    assert all(one.startswith("http://127.0.0.1:") for one in addresses)


def test_the_command_lets_go_wrong_what_is_named_and_lists_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with its record and its amount, for whoever wants to see a check find it."""
    stop, output = threading.Event(), io.StringIO()
    monkeypatch.setattr(sys, "stdout", output)
    stop.set()
    assert main(["--as-of", "2026-11-20", "--disturb", "payout_short", "--disturb", "lost_row"], stop) == 0
    placed = json.loads(output.getvalue())["placed"]
    assert [(one["check"], one["amount"]) for one in placed] == [("lost_row", "25.00"), ("payout_short", "-10.00")]
    with pytest.raises(SystemExit):
        main(["--disturb", "fire"], stop)


def test_a_taken_port_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a traceback; the exit code is 1."""
    errors = io.StringIO()
    monkeypatch.setattr(sys, "stderr", errors)
    world = demo_world(as_of=AS_OF)
    with serve_demo(world) as served:
        port = served.amazon_url.rpartition(":")[2]
        assert main(["--as-of", "2026-11-20", "--port-amazon", port], threading.Event()) == 1
    world.close()
    assert "Choose other ports" in errors.getvalue()
