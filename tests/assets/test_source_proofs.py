"""A settlement against orders and reimbursements: the demonstration agrees with itself, disturbances are named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from shutil import copytree

import pytest

from assets.day_stages import DAY_STAGES
from assets.days import RefusedDay, days_between, fetch_days
from assets.roadmap import Road
from assets.settlement_lines import read_lines
from assets.settlement_reports import discover
from assets.source_proofs import SOURCES, prove
from assets.verdicts import Row, Verdict
from emulators.amazon.app import AmazonApp, build_app
from emulators.amazon.history import OrderRecord, ReimbursementRecord, SellerHistory, TransactionRecord
from emulators.demo_seller.seller import DemoAccount
from emulators.in_process import InProcessTransport
from ledger.mapping import load_mapping
from ledger.policy import Policy
from ledger.stated_tax import paid_by_buyer
from resources.amazon.client import SellingPartner, SellingPartnerSettings
from resources.amazon.lwa import MemoryTokenCache
from resources.clock import ManualClock
from resources.store.stores import Stores
from resources.transport.rate_limit import MemoryBuckets
from tests.assets.conftest import MAPPING, POLICY
from tests.demo_sellers import seller_of_its_own

AS_OF = date(2026, 11, 18)
NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)


# Settlements reach back three months; what is held against them is read from a little before the first.
DAYS = 100


@dataclass
class Shop:
    """One account of the demonstration's seller, its settlements staged."""

    road: Road
    app: AmazonApp
    history: SellerHistory
    settlements: list[str]

    def fetch(self, *assets: str, days: int = DAYS) -> None:
        """Read some assets, or all, as the schedules do."""
        for asset in assets or SOURCES:
            first, today = AS_OF - timedelta(days=days), self.road.clock.now().date()
            for _, outcome in fetch_days(self.road, DAY_STAGES[asset], days_between(first, today)):
                assert not isinstance(outcome, RefusedDay), outcome.sentence

    def verdicts(self, settlement_id: str) -> dict[str, Verdict]:
        """Return what a settlement's sources say of it, by check."""
        return {one.check: one for one in prove(self.road, settlement_id).verdicts}

    def close(self) -> None:
        """Close what is open."""
        self.app.close()
        self.road.stores.close()


def shop(home: Path, name: str) -> Shop:
    """Open an account over the emulated Amazon, with the stores that lie in a folder."""
    made = seller_of_its_own(AS_OF)
    account: DemoAccount = next(one for one in made.sellers if one.name == name)
    clock = ManualClock(NOW)
    app = build_app(made.world, clock)
    secrets = {"id": account.client_id, "secret": account.client_secret, "refresh": account.refresh_token}
    stores = Stores.open(home, clock)
    settings = SellingPartnerSettings(
        connection=name,
        seller_id=account.seller_id,
        region=account.region,
        marketplace_ids=account.marketplace_ids[:2],
        client_id_secret="id",
        client_secret_secret="secret",
        refresh_token_secret="refresh",
    )
    source = SellingPartner(
        settings,
        secrets.__getitem__,
        clock,
        MemoryBuckets(clock),
        MemoryTokenCache(),
        None,
        transport=InProcessTransport(app, clock),
    )
    policy = Policy(**{**POLICY, "books_from": "2026-09-01"})
    mapping = load_mapping(MAPPING, "m.yaml")
    road = Road(name, account.seller_id, "L", policy, lambda: mapping, stores, source, None, clock, run="r")
    known = [one.settlement_id for one in stores.settlements.all(name)]
    return Shop(road, app, made.world.histories[account.seller_id], known)


def staged(home: Path, name: str) -> Shop:
    """Open an account and stage what it was paid."""
    made = shop(home, name)
    discover(made.road)
    made.settlements += [one.settlement_id for one in made.road.stores.settlements.all(name)]
    for settlement_id in made.settlements:
        read_lines(made.road, settlement_id)
    return made


@pytest.fixture(scope="module")
def american_home(tmp_path_factory) -> Path:
    """Return the stores of the American account: its settlements are staged, and no day has been read."""
    home = tmp_path_factory.mktemp("shop") / "home"
    staged(home, "amazon_us").close()
    return home


@pytest.fixture(scope="module", params=["amazon_us", "amazon_eu"])
def agreeing(request, tmp_path_factory) -> Iterator[Shop]:
    """Return an account of which everything has been read."""
    made = staged(tmp_path_factory.mktemp("shop") / "home", request.param)
    made.fetch()
    yield made
    made.close()


@pytest.fixture
def american(american_home, tmp_path) -> Iterator[Shop]:
    """Return the American account, of which no day has been read yet."""
    made = shop(copytree(american_home, tmp_path / "home"), "amazon_us")
    yield made
    made.close()


@dataclass
class Disturbed:
    """An account of which one thing per source was told wrongly or not at all, and what its settlements say of it."""

    resold: OrderRecord
    unknown: OrderRecord
    refund: TransactionRecord
    reimbursement: ReimbursementRecord
    proved: list[dict[str, Verdict]]

    def rows(self, check: str) -> list[Row]:
        """Return what a check names, over all settlements; nothing of it stops money."""
        failed = [one[check] for one in self.proved if not one[check].passed]
        assert not any(one.stops for one in failed)
        return [row for one in failed for row in one.rows]


@pytest.fixture(scope="module")
def disturbed(american_home, tmp_path_factory) -> Iterator[Disturbed]:
    """Disturb each source once: none of them speaks for another."""
    made = shop(copytree(american_home, tmp_path_factory.mktemp("disturbed") / "home"), "amazon_us")
    history = made.history
    # Transactions are made of the orders as they were sold.
    told = history.all_transactions()
    refund = next(one for one in told if one.transaction_type == "Refund")
    told.remove(refund)
    # Paid by a settlement that is closed, and so late that the weeks before, in which it may have been sold, are read.
    first, last = AS_OF - timedelta(days=50), AS_OF - timedelta(days=20)
    settled = [one for one in history.orders if one.shipped is not None and first <= one.shipped.date() <= last]
    resold, unknown = [one for one in settled if len(one.lines) == 1][:2]
    line = replace(resold.lines[0], principal=resold.lines[0].principal + Decimal("0.01"))
    history.orders[history.orders.index(resold)] = replace(resold, lines=(line,))
    history.orders.remove(unknown)
    reimbursement = next(one for one in history.reimbursements if one.amount > 0)
    history.reimbursements.remove(reimbursement)
    made.fetch("financial_events", "orders", "fba_reimbursements")
    yield Disturbed(resold, unknown, refund, reimbursement, [made.verdicts(one) for one in made.settlements])
    made.close()


def test_what_was_paid_was_sold_and_what_was_reimbursed_is_reported(agreeing):
    """Prices with and without tax, promotions, gift wrap, several marketplaces: order by order, to the cent."""
    assert len(agreeing.settlements) >= 9
    looked_for = 0
    for settlement_id in agreeing.settlements:
        verdicts = agreeing.verdicts(settlement_id)
        orders = verdicts["orders_equal_settlement"]
        assert orders.passed, (settlement_id, orders.sentence, orders.rows[:3])
        looked_for += int(orders.sentence.split(" of ")[1].split()[0])
        events = verdicts["events_equal_settlement"]
        assert events.passed, (settlement_id, events.sentence, events.rows[:3])
        assert "the same in every category and order" in events.sentence
        reimbursed = verdicts["reimbursements_equal_settlement"]
        assert reimbursed.passed, (settlement_id, reimbursed.rows)
    assert looked_for > 200, "orders were really compared"


def test_an_order_that_was_sold_for_another_amount_is_named_with_the_difference(disturbed):
    """A cent is enough; nothing stops."""
    [row] = [row for row in disturbed.rows("orders_equal_settlement") if row["order"] != disturbed.unknown.order_id]
    assert (row["order"], row["difference"]) == (disturbed.resold.order_id, "-0.01")


def test_an_order_that_nobody_knows_is_named(disturbed):
    """Paid for and never sold: a mistake of somebody's, or an order of another shop."""
    [row] = [row for row in disturbed.rows("orders_equal_settlement") if row["order"] != disturbed.resold.order_id]
    why = "no order of that number is known. Amazon keeps orders of Amazon.com from 2024-11-19 on."
    assert (row["order"], row["why"]) == (disturbed.unknown.order_id, why)


def test_orders_sold_before_any_are_read_are_counted_and_not_missed(american):
    """A connection that begins to read orders today says nothing against the settlements of last month."""
    american.fetch("orders", "fba_reimbursements", days=2)
    verdicts = american.verdicts(american.settlements[0])
    assert verdicts["orders_equal_settlement"].passed
    assert "more were sold before orders are read" in verdicts["orders_equal_settlement"].sentence
    assert "read from" in verdicts["reimbursements_equal_settlement"].sentence
    # Two years later they cannot be read any more, which is said order by order.
    american.road.clock.advance(800 * 86_400)
    old = american.verdicts(american.settlements[0])["orders_equal_settlement"]
    assert old.passed
    assert "are older than what Amazon keeps" in old.sentence
    assert {row["why"] for row in old.rows} == {
        "cannot be read any more. Amazon keeps orders of Amazon.com from 2027-01-28 on."
    }
    assert all(row["order"] for row in old.rows)


def test_without_orders_there_is_nothing_to_hold_against(american):
    """The source may be switched off."""
    result = prove(american.road, american.settlements[0])
    assert [one.passed for one in result.verdicts] == [True, True, True, True]
    assert "No financial events are read" in result.verdicts[0].sentence
    assert "No orders are read" in result.verdicts[1].sentence
    assert "No bank statements are read" in result.verdicts[3].sentence


def test_a_transaction_that_was_never_told_is_named_by_category_and_order(disturbed):
    """A refund that only the settlement knows."""
    [failed] = [one for one in disturbed.proved if not one["events_equal_settlement"].passed]
    rows = failed["events_equal_settlement"].rows
    order_id = dict(disturbed.refund.identifiers)["ORDER_ID"]
    refunded = next(row for row in rows if row["category"] == "refund" and row["order"])
    assert (refunded["order"], refunded["released"]) == (order_id, "0.00")
    assert {row["order"] for row in rows} == {"", order_id}


def test_a_settlement_of_which_no_event_is_told_yet_waits(american):
    """Amazon tells late: nothing is said against the settlement meanwhile."""
    american.history.transactions_later.clear()
    american.history.transactions.clear()
    american.fetch("financial_events")
    verdict = american.verdicts(american.settlements[0])["events_equal_settlement"]
    assert (verdict.passed, verdict.is_waiting) == (True, True)


def test_a_reimbursement_that_the_report_does_not_name_is_named(disturbed):
    """Product and amount say which."""
    gone = disturbed.reimbursement
    rows = disturbed.rows("reimbursements_equal_settlement")
    assert [(row["sku"], row["amount"]) for row in rows] == [(gone.sku, f"{gone.amount:.2f}")]


@pytest.mark.parametrize(
    "country, paid",
    [
        ("US", (Decimal("108.00"),)),
        ("GB", (Decimal("100.00"),)),
        ("JP", (Decimal("100.00"), Decimal("108.00"))),
    ],
)
def test_whether_prices_hold_tax_is_a_fact_of_the_marketplace(country, paid):
    """Europe and Britain with, North America without; where nobody says so, either may fit."""
    assert paid_by_buyer(Decimal("100.00"), Decimal("8.00"), country) == paid
