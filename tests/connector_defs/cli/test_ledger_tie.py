"""`connector ledger-tie`: the tables of a month's tie, the code of what fails, and files for a spreadsheet program."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from assets.ledger_ties import AGES, ASSET, OTHERS, TIES
from assets.stages.month_stages import MONTH_STAGES
from assets.stages.verdicts import StageResult, Verdict
from connector_defs.cli.exit_codes import ExitCode
from ledger.month import Month

LAST = Month.of(datetime.now(UTC).date()).before
TIE = ({"of": "Amazon.com in USD", "line": "general ledger", "amount": "7084.68", "detail": "US001 110500"},)
ITEM = {"of": "Amazon.com in USD", "item": "24758260539", "amount": "3185.11", "since": "2026-09-21", "days": "40"}
OTHER = {"document": "US001 0000000001 2026-10-30", "date": "2026-10-30", "amount": "-9.00", "currency": "USD"}


@pytest.fixture
def tied(monkeypatch) -> None:
    """Let the month's tie find one entry of others and one old item; the ERP is not asked."""
    verdicts = (
        Verdict(TIES, True, "Explained.", is_blocking=False),
        Verdict(OTHERS, False, "1 entry is not ours.", False, rows=({**OTHER, "settlement": "", "says": "=1+1"},)),
        Verdict(AGES, True, "1 item is open.", False, rows=({**ITEM, "age": "31-60 days", "late": "yes"},)),
    )
    result = StageResult(rows=TIE, verdicts=verdicts)
    monkeypatch.setitem(MONTH_STAGES, ASSET, replace(MONTH_STAGES[ASSET], run=lambda *_: result))


def test_the_tie_is_shown_with_open_items_by_age(own_place, tied, run, run_json) -> None:
    """Three tables and what each check says; what fails waits for a person."""
    result = run("ledger-tie", str(LAST), "-c", "amazon_us")
    assert result.exit_code == ExitCode.WAITS
    for word in ("general ledger", "7084.68", "31-60 days", "24758260539", "US001 0000000001", OTHERS):
        assert word in result.stdout, word
    document = run_json("ledger-tie", str(LAST), "-c", "amazon_us", code=ExitCode.WAITS)
    assert document["open items"][0]["age"] == "31-60 days"
    assert {row["check"]: row["outcome"] for row in document["checks"]} == {TIES: "fine", OTHERS: "fails", AGES: "fine"}


def test_where_balances_are_not_read_nothing_is_compared(own_place, run_json) -> None:
    """It does not look as if the ledger had been found right."""
    document = run_json("ledger-tie", str(LAST), "-c", "amazon_us")
    assert {row["outcome"] for row in document["checks"]} == {"not compared"}
    made = run_json("month-end", str(LAST), "--only", ASSET, "-c", "amazon_us")
    assert {row["outcome"] for row in made["checks"]} == {"not compared"}


def test_it_is_written_as_workbook_or_files(own_place, tied, run, tmp_path) -> None:
    """A sheet per table; what an entry says is never run as a formula."""
    assert run("ledger-tie", str(LAST), "-c", "amazon_us", "--to", str(tmp_path)).exit_code == ExitCode.WAITS
    assert (tmp_path / f"amazon_us-ledger-tie-{LAST}.xlsx").stat().st_size > 0
    run("ledger-tie", str(LAST), "-c", "amazon_us", "--to", str(tmp_path), "--format", "csv")
    folder = tmp_path / f"amazon_us-ledger-tie-{LAST}"
    [row] = csv.DictReader((folder / "entries of others.csv").read_text(encoding="utf-8").splitlines())
    assert (row["amount"], row["says"]) == ("-9.00", "'=1+1")


def test_a_month_that_is_none_or_not_over_is_refused(own_place, run) -> None:
    """With a sentence, before the ERP is asked."""
    assert "is no month" in run("ledger-tie", "October", "-c", "amazon_us").stderr
    now = Month.of(datetime.now(UTC).date())
    assert "that month is not over" in run("ledger-tie", str(now), "-c", "amazon_us").stderr
    assert "begin with" in run("ledger-tie", "1999-01", "-c", "amazon_us").stderr


def test_switched_off_it_says_so(own_place, run) -> None:
    """The demonstration does not read balances: every check passes with the reason."""
    result = run("ledger-tie", str(LAST), "-c", "amazon_us")
    assert result.exit_code == ExitCode.FINE
    assert "read_balances is off" in result.stdout
