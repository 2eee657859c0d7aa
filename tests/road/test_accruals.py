"""A month end of the demonstration seller: accrued, reversed, settled; PeopleSoft's books are what Amazon says.

Everything is fetched from the emulated Amazon and posted into the emulated PeopleSoft; only tests look into its books.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from assets.accruals import STAGE
from assets.audit.pack import audit_pack
from assets.review.approval import approve, documents_of
from assets.road import walk
from assets.settlement_reports import discover
from assets.stages.day_stages import DAY_STAGES
from assets.stages.days import days_between, fetch_days
from assets.stages.months import run_month
from assets.stages.roadmap import Road
from assets.stages.verdicts import StageResult
from assets.undo.reposting import repost
from assets.undo.reversals import apply_reversal, plan_reversal
from connector_defs.cli.plan_accruals import planned_accruals
from connector_defs.cli.reverse import _driven
from emulators import faults
from ledger.errors import InputRefused
from ledger.four_eyes import Decider
from ledger.mapping import load_mapping
from ledger.month import Month
from tests.road.conftest import World

SEPTEMBER, NAME = Month(2026, 9), "US-USD-2026-09"
ACCRUED = "110950"


def accruing(world: World, run: str = "run-1", **books) -> Road:
    """Return the American road with accruals."""
    road = world.road("amazon_us", run, month_end="accrue", **books)
    path = next(one.mapping_path for name, one in world.connections().items() if name == "amazon_us")
    text = path.read_text().replace("accounts:\n", f'accounts:\n  accrued: "{ACCRUED}"\n')
    return replace(road, load_mapping=lambda: load_mapping(text, "mapping.yaml"))


def prepared(world: World) -> Road:
    """Fetch events from go-live to the month end and post the settlements that end by then."""
    road = accruing(world)
    first = world.demo.seller.sellers[0].books_from
    dict(fetch_days(road, DAY_STAGES["financial_events"], days_between(first, date(2026, 10, 1))))
    discover(road)
    for record in sorted(world.stores.settlements.all("amazon_us"), key=lambda one: one.settlement_id)[:4]:
        walk(road, record.settlement_id)
    return road


def month_end(world: World, road: Road, runs: int = 6) -> StageResult:
    """Run the month until its documents are posted."""
    for _ in range(runs):
        result = run_month(road, STAGE, SEPTEMBER)
        if set(states(world)) <= {"posted", "reversed", "planned", "refused"}:
            return result
        world.clock.advance(1800)
    raise AssertionError([one.sentence for one in result.verdicts])


def failing(result: StageResult) -> dict[str, str]:
    """Return the checks that do not pass, with their sentences."""
    return {one.check: one.sentence for one in result.verdicts if not one.passed}


def on_account(world: World, account: str) -> dict[str, Decimal]:
    """Return what PeopleSoft's books hold on an account by date."""
    held: dict[str, Decimal] = {}
    for one in world.books.journals():
        for line in world.books.lines(one.key):
            if line.account == account and one.source == "AMZ":
                day = one.key.date
                held[day] = held.get(day, Decimal(0)) + line.amount
    return held


def accrual_journals(world: World) -> list:
    """Return the journals of accruals that PeopleSoft holds."""
    return [one for one in world.books.journals() if f"accrual {NAME}" in one.description]


def test_a_month_end_from_a_closed_period_to_its_second_posting(world, monkeypatch):
    """One story, because the world is dear: closed, approved, half lost, proved, told late, reversed, posted again."""
    road = prepared(world)

    # The plan says what would be accrued, and plans nothing.
    plan = planned_accruals(road, SEPTEMBER)
    assert [(one["accrual"], one["state"]) for one in plan["accruals"]] == [(NAME, "not planned")]
    assert [one["accounting_date"] for one in plan["accruals"][0]["journals"]] == ["2026-09-30", "2026-10-01"]
    assert states(world) == []

    # Its period is closed: neither half is sent, nothing is dated elsewhere, and a person may leave it so.
    world.books.set_periods("US001", (2026, 10), (2027, 1))
    assert "2026-09" in failing(month_end(world, road))["gate"]
    [item] = items(world)
    assert item.code == "accrual_period_closed"
    world.stores.review.resolve(item.id, "keep", "controller", "the books of September are closed")
    assert "gate" not in failing(month_end(world, road))
    world.books.set_periods("US001", (2026, 4), (2027, 1))

    # Two documents wait for one word; then the answer to the reversal is lost, and it is asked for by its key.
    careful = accruing(world, "run-2", approval="required")
    month_end(world, careful)
    assert states(world) == ["planned", "planned"]
    assert accrual_journals(world) == []
    approve(careful, NAME, Decider("controller"), "as planned")
    world.erp_faults.at("Create", world.creates() + 2, faults.dropped(after=True))
    month_end(world, careful)
    result = month_end(world, careful)
    assert states(world) == ["posted", "posted"]
    assert len(accrual_journals(world)) == 2

    # The account is empty after the reversal, and the books of September are what its transactions say.
    assert failing(result) == {}
    [equal] = [one for one in result.verdicts if one.check == "books_equal_events"]
    assert len(equal.rows) >= 15
    assert {row["rest"] for row in equal.rows} == {"0.00"}
    held = on_account(world, ACCRUED)
    assert sorted(held) == ["2026-09-30", "2026-10-01"]
    assert held["2026-09-30"] == -held["2026-10-01"] == result.facts[f"{NAME}, USD"]

    # What is told afterwards is shown and not sent; nobody has to decide anything.
    creates = world.creates()
    lose_a_day(world, "2026-09-29")
    assert f"{NAME} would be other now" in failing(month_end(world, road))["unchanged_since_posting"]
    assert (world.creates(), items(world)) == (creates, [])

    # Undone as a whole; what is undone is not accrued again by itself.
    apply_reversal(road, plan_reversal(road, NAME), "wrong account")
    result = month_end(world, road)
    result = month_end(world, road)
    assert states(world) == ["reversed", "reversed"]
    assert on_account(world, ACCRUED) == {"2026-09-30": 0, "2026-10-01": 0}
    assert f"Accrual {NAME} is reversed and not in the books" in failing(result)["accepted_by_erp"]
    with pytest.raises(InputRefused, match=f"Accrual {NAME} is reversed already"):
        plan_reversal(road, NAME)

    # Posted again by a person's word, as it would be now. The process dies between the accrual and its reversal: a
    # later one asks for the reversal by its key, sends it, and the account is empty once more.
    repost(road, NAME, Decider("controller"), "it was right")
    with monkeypatch.context() as patch:
        patch.setattr(road.target, "submit", dying_at_part(road.target.submit, 2))
        with pytest.raises(Death):
            month_end(world, road)
    assert states(world)[1] == "sending"
    month_end(world, road, runs=12)
    assert _driven(road, NAME, ()).row["state"] == "posted"
    assert [one.revision for one in documents_of(road, NAME)] == [2, 2]
    packs = [audit_pack(road, month, "0.1.0") for month in ("2026-09", "2026-10")]
    assert [one.sentence for one in packs if not one.is_complete] == []
    held = on_account(world, ACCRUED)
    assert held["2026-09-30"] == -held["2026-10-01"] > 0


class Death(BaseException):
    """The end of a process."""


def dying_at_part(submit, part: int):
    """Return a way to send under which the process ends before a part leaves."""

    def sent(journal):
        if journal.part == part:
            raise Death
        return submit(journal)

    return sent


def items(world: World) -> list:
    """Return the open review items of the accrual."""
    return [one for one in world.stores.review.listing("amazon_us") if one.partition == NAME]


def states(world: World) -> list[str]:
    """Return the states of the accrual's documents."""
    return [str(one.state) for one in documents_of(accruing(world), NAME)]


def lose_a_day(world: World, day: str) -> None:
    """Let Amazon tell nothing of a day any more: the accrual would be other now."""
    warehouse = world.stores.warehouse
    version = warehouse.current("amazon_us", "financial_events", day)
    path = str(warehouse.path(version))

    def produce(target) -> None:
        with warehouse.connect() as duck:
            duck.sql("SELECT * FROM read_parquet($path) LIMIT 0", params={"path": path}).write_parquet(str(target))

    warehouse.write("amazon_us", "financial_events", day, produce, {**version.facts, "fingerprint": "other"})
