"""`connector fetch`: days kept by day without Dagster, each reported, a refused one with the code of waiting."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from assets.stages.day_stages import DAY_STAGES
from assets.stages.days import Kept, RefusedDay, days_between
from assets.stages.verdicts import StageResult, Verdict
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.connections import connection
from connector_defs.project import Project
from ledger.errors import Finding, SourceUnavailable

ASSET = "financial_events"


def today() -> date:
    """Return the day it is in UTC."""
    return datetime.now(UTC).date()


@pytest.fixture
def fetched(monkeypatch) -> list[tuple[date, date]]:
    """Let every day be kept with two rows, today refused, and remember the spans; no marketplace is asked."""
    spans: list[tuple[date, date]] = []

    def fetch(road, first, last):
        spans.append((first, last))
        verdict = Verdict("statuses_known", False, "1 transactions have no status.", is_blocking=False)
        made = {
            day: StageResult(rows_total=2, verdicts=(verdict,), version="1-abc", facts={"over": True})
            for day in days_between(first, last)
        }
        if today() in made:
            made[today()] = RefusedDay((("T1", "A transaction has no id."),))
        return made

    monkeypatch.setitem(DAY_STAGES, ASSET, replace(DAY_STAGES[ASSET], fetch=fetch))
    return spans


def test_days_are_fetched_and_each_is_reported(own_place, fetched, run_json):
    """What is worth a look is named; nothing waits."""
    first, last = today() - timedelta(days=3), today() - timedelta(days=1)
    document = run_json("fetch", ASSET, "--from", str(first), "--to", str(last), "-c", "amazon_us")
    assert (document["connection"], document["asset"]) == ("amazon_us", ASSET)
    assert [row["day"] for row in document["days"]] == [str(day) for day in days_between(first, last)]
    assert {row["outcome"] for row in document["days"]} == {"kept"}
    assert document["days"][0]["to_look_at"] == ["statuses_known"]
    assert (document["days"][0]["rows"], document["days"][0]["version"]) == (2, "1-abc")
    assert fetched == [(first, last)]


def test_a_refused_day_is_told_and_waits(own_place, fetched, run, run_json):
    """The others are kept; its item is in the queue and is resolved into another fetch."""
    result = run("fetch", ASSET, "--from", str(today() - timedelta(days=1)), "-c", "amazon_us")
    assert result.exit_code == ExitCode.WAITS
    assert "A transaction has no id." in result.stdout
    [item] = run_json("review", "list", code=ExitCode.WAITS)["items"]
    assert (item["code"], item["settlement"]) == ("day_refused", f"{ASSET}-{today()}")
    resolved = run("review", "resolve", str(item["id"]), "--action", "retry", "--reason", "corrected")
    assert f"{ASSET} of {today()} is fetched again." in resolved.stdout


def test_a_day_of_which_a_part_was_left_out_waits(own_place, monkeypatch, run, run_json):
    """It is kept without that part; told so that it can be used, it waits for nobody."""
    finding = Finding("payout_refused", "Payout P9 cannot be used.", "Look at the answer.", origin="Payout P9")
    verdict = Verdict("every_payout_usable", False, "1 is left out.", is_blocking=False, findings=(finding,))
    result = StageResult(rows_total=1, verdicts=(verdict,), version="1-abc")
    monkeypatch.setitem(
        DAY_STAGES, "payouts", replace(DAY_STAGES["payouts"], fetch=lambda road, first, last: {first: result})
    )
    asked = ("fetch", "payouts", "--from", str(today()), "--to", str(today()), "-c", "amazon_us")
    [row] = run_json(*asked, code=ExitCode.WAITS)["days"]
    assert (row["outcome"], row["left"]) == ("kept", ["payout_refused"])
    clean = StageResult(rows_total=1, version="1-abc")
    monkeypatch.setitem(
        DAY_STAGES, "payouts", replace(DAY_STAGES["payouts"], fetch=lambda road, first, last: {first: clean})
    )
    [row] = run_json(*asked)["days"]
    assert (row["outcome"], row["left"]) == ("kept", [])


def test_without_days_it_fetches_what_the_schedule_would(own_place, fetched, run):
    """Everything from the first day on, the first time."""
    begin = connection(Project(), "amazon_us").settings.books.books_from - timedelta(days=45)
    assert run("fetch", ASSET, "-c", "amazon_us").exit_code == ExitCode.WAITS
    assert (fetched[0][0], fetched[-1][1]) == (begin, today())


REFUSED = [
    ((ASSET, "--from", "2026-02-02", "--to", "2026-02-01"), "lies behind"),
    ((ASSET, "--from", "1999-01-01"), "set `by_day.events_from`"),
    (("journals",), "keeps no 'journals' by day"),
    ((ASSET, "--from", "2099-01-01", "--to", "2099-01-02"), "lies ahead"),
]


@pytest.mark.parametrize("arguments, said", REFUSED)
def test_what_cannot_be_fetched_is_refused_in_a_sentence(own_place, fetched, run, arguments, said):
    """Nothing is asked for."""
    result = run("fetch", *arguments, "-c", "amazon_us")
    assert (result.exit_code, result.stdout) == (ExitCode.REFUSED, "")
    assert said in result.stderr
    assert fetched == []


def test_days_that_the_source_keeps_no_more_are_told_as_gone(own_place, monkeypatch, fetched, run_json):
    """They are not asked for, and wait for a person once."""
    since = today() - timedelta(days=1)
    kept = replace(DAY_STAGES[ASSET], kept=lambda ids, day: Kept(since, f"Amazon keeps {len(ids)} from {since} on."))
    monkeypatch.setitem(DAY_STAGES, ASSET, kept)
    given = ("--from", str(today() - timedelta(days=4)), "--to", str(since), "-c", "amazon_us")
    document = run_json("fetch", ASSET, *given, code=ExitCode.WAITS)
    assert [row["outcome"] for row in document["days"]] == ["gone", "gone", "gone", "kept"]
    assert fetched == [(since, since)]
    [item] = run_json("review", "list", code=ExitCode.WAITS)["items"]
    assert (item["code"], item["settlement"]) == ("days_gone", ASSET)


def test_a_single_order_is_read_anew(own_place, monkeypatch, run_json, run):
    """The day it was laid into is told; a day has no single orders, and nothing else has any."""
    asked = []

    def repair(road, order_id):
        asked.append(order_id)
        return today(), StageResult(rows_total=3, version="2-abc")

    monkeypatch.setattr("assets.sales.searched_orders.repair_order", repair)
    [row] = run_json("fetch", "orders", "--order", "113-0000000-0000001", "-c", "amazon_us")["days"]
    assert (row["order"], row["day"], row["rows"]) == ("113-0000000-0000001", str(today()), 3)
    for given in (("orders", "--order", "1", "--from", str(today())), (ASSET, "--order", "1")):
        assert run("fetch", *given, "-c", "amazon_us").exit_code == ExitCode.REFUSED
    assert asked == ["113-0000000-0000001"]


def test_a_marketplace_that_does_not_answer_has_its_own_code(own_place, monkeypatch, run):
    """As with discovery."""

    def fetch(road, first, last):
        raise SourceUnavailable("Amazon is out of order.")

    monkeypatch.setitem(DAY_STAGES, ASSET, replace(DAY_STAGES[ASSET], fetch=fetch))
    result = run("fetch", ASSET, "--from", str(today()), "-c", "amazon_us")
    assert result.exit_code == ExitCode.MARKETPLACE
    assert "Amazon is out of order." in result.stderr
