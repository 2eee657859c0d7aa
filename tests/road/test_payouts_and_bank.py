"""The demonstration seller's payouts and bank statements, fetched and handed in: every payout is found at the bank."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from assets.bank.matches import money_of
from assets.bank.statement_files import import_statement
from assets.settlement_reports import discover
from assets.stages.day_names import today
from assets.stages.day_stages import DAY_STAGES
from assets.stages.days import days_between, fetch_days
from assets.stages.verdicts import StageResult
from emulators.demo_seller.bank import BANK_ACCOUNTS, bank_lines, lines_of
from emulators.demo_seller.bank_files import write_camt053, write_mt940, write_ofx
from tests.road.conftest import World

WRITERS = {"USD": write_ofx, "GBP": write_mt940, "EUR": write_camt053, "CAD": write_ofx}
CONNECTIONS = {"amazon_us": ("USD",), "amazon_eu": ("EUR", "GBP"), "amazon_ca": ("CAD",)}


def fetched(world: World, name: str, asset: str) -> list[StageResult]:
    """Fetch a hundred days; every one must be usable."""
    road, end = world.road(name), today(world.clock)
    outcomes = dict(fetch_days(road, DAY_STAGES[asset], days_between(end - timedelta(days=99), end)))
    assert all(isinstance(one, StageResult) for one in outcomes.values()), outcomes
    return list(outcomes.values())


def statements(world: World, folder: Path, currencies: tuple[str, ...]) -> list[Path]:
    """Write the bank's statements of some accounts, each in a format of its own."""
    lines = bank_lines(world.demo.seller.world.histories.values(), today(world.clock))
    paths = []
    for currency in currencies:
        path = folder / f"{currency}.statement"
        content = WRITERS[currency](BANK_ACCOUNTS[currency], lines_of(lines, currency), Decimal("1000.00"))
        path.write_bytes(content)
        paths.append(path)
    return paths


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    """Yield a world in which settlements are known, payouts are read and statements were handed in."""
    made = World(tmp_path_factory.mktemp("payouts"))
    folder = tmp_path_factory.mktemp("statements")
    for name in made.connections():
        discover(made.road(name))
        fetched(made, name, "payouts")
        for path in statements(made, folder, CONNECTIONS[name]):
            import_statement(made.road(name), path)
    yield made
    made.demo.close()


def test_every_payout_is_what_its_settlement_came_to(world: World) -> None:
    """Of all that are known; older settlements are not listed any more."""
    for name in world.connections():
        results = fetched(world, name, "payouts")
        verdicts = [one for result in results for one in result.verdicts if one.check == "payout_equals_settlement"]
        assert sum(result.rows_total for result in results) > 3
        assert [one.sentence for one in verdicts if not one.passed] == []


def test_every_payout_that_arrived_is_found_at_the_bank(world: World) -> None:
    """By its transfer's name; two that came in one line, and what Amazon changed into pounds, are among them."""
    for name in world.connections():
        known = money_of(world.road(name))
        assert not known.matching.doubts
        paid = [one for one in known.payments if one.amount > 0 and one.trace]
        found = {p.payment_id for match in known.matching.matches for p in match.payments}
        missing = [one for one in paid if one.payment_id not in found]
        # What was paid in these days is still on its way.
        assert all(one.day >= today(world.clock) - timedelta(days=4) for one in missing), missing
        assert len(paid) > len(missing)
        assert all(match.difference == 0 for match in known.matching.matches)


def test_what_the_bank_booked_of_the_marketplace_is_explained(world: World) -> None:
    """Day by day, in whatever format the statement came; nothing waits for a person."""
    for name in world.connections():
        results = fetched(world, name, "bank_deposits")
        assert sum(result.rows_total for result in results) > 3
        told = [row for result in results for row in result.rows]
        assert any(row["payout"] for row in told)
        assert all(not row["payout"] for row in told if "TRAIL SHOP" in row["text"])
