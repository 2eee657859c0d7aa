"""`connector month-end` and `connector statement`: a month proved without Dagster, and shown as people read it."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import openpyxl
import pytest

from assets.month_end.marketplace_account import AccountMonth, NotYet
from assets.month_proofs import prove_month
from assets.settlement_summaries import day_of_end
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.export import tables_of
from connector_defs.cli.opened import opened_road
from connector_defs.cli.statement import COLUMNS, SUMMARY
from ledger.month import Month
from ledger.roll_forward import Held, Movement, PaidOut, roll_forward

THIS = Month.of(datetime.now(UTC).date())
# Not the last one: that may be so young that what differs still waits.
MONTH = THIS.before.before


def account(rest: str = "0.00", marketplace_id: str = "ATVPDKIKX0DER", currency: str = "USD") -> AccountMonth:
    """Return an account with a sale, its fee and a payout, and a rest."""
    amounts = {"revenue": "50.00", "shipping_revenue": "4.00", "referral_fee": "-8.00"}
    movements = [Movement(MONTH.first, name, Decimal(amount), Decimal(0)) for name, amount in amounts.items()]
    payouts = (PaidOut("P1", Decimal("90.00"), MONTH.first, MONTH.last),)
    total = Decimal("56.00") + Decimal(rest)
    held = {
        MONTH.first - timedelta(days=1): Held(Decimal("100.00"), Decimal("0.00")),
        MONTH.last: Held(total, Decimal("46.00")),
    }
    rolled = roll_forward(MONTH.first, MONTH.last, held, movements, payouts)
    return AccountMonth(marketplace_id, currency, "UTC", rolled, {"available": Decimal("10.00")})


@pytest.fixture
def found(monkeypatch):
    """Let a month come to the accounts in this list, or to the reason why nothing can be said."""
    accounts: list = [account()]
    monkeypatch.setattr(
        "assets.month_proofs.accounts_of_month",
        lambda road, month: accounts[0] if isinstance(accounts[0], NotYet) else accounts,
    )
    return accounts


def test_a_month_is_proved_and_its_statement_is_shown(own_place, found, run, run_json, tmp_path):
    """Part by part with its sum, to the cent; the same for machines and for a spreadsheet."""
    made = run_json("month-end", str(MONTH), "--only", "month_proofs", "-c", "amazon_us")
    assert [(row["asset"], row["check"], row["outcome"]) for row in made["checks"]] == [
        ("month_proofs", "balance_rolls_forward", "fine"),
        ("month_proofs", "deferred_rolls_forward", "fine"),
    ]
    shown = run("statement", "--month", str(MONTH), "-c", "amazon_us")
    assert shown.exit_code == ExitCode.FINE
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert f"Amazon.com in USD, {MONTH}: proved" in shown.stdout
    assert ["Sales", "54.00", "54.00"] in lines
    assert ["revenue", "50.00", "50.00"] in lines
    assert ["Payouts", "-90.00"] in lines
    assert ["Unexplained", "0.00", "0.00"] in lines
    document = run_json("statement", "--month", str(MONTH), "-c", "amazon_us")
    assert [row["amount"] for row in document["lines"]][:4] == ["100.00", "50.00", "4.00", "-8.00"]
    assert document["accounts"][0]["is_proved"]
    run("statement", "--month", str(MONTH), "-c", "amazon_us", "--to", str(tmp_path), "--format", "csv")
    with (tmp_path / f"amazon_us-{MONTH}" / "statement.csv").open(encoding="utf-8", newline="") as file:
        assert [row["amount"] for row in csv.DictReader(file)][:2] == ["100.00", "50.00"]
    run("statement", "--month", str(MONTH), "-c", "amazon_us", "--to", str(tmp_path))
    sheet = openpyxl.load_workbook(tmp_path / f"amazon_us-{MONTH}.xlsx")["statement"]
    assert tuple(cell.value for cell in sheet[1]) == COLUMNS
    assert [sheet.cell(3, column).value for column in (4, 5, 6)] == ["Sales", "revenue", 50]


def test_an_account_that_is_not_proved_has_its_own_code_everywhere(own_place, found, run, run_json):
    """Six: somebody has to look; the account that is proved is still shown as proved."""
    found[:] = [account(), account("1.50", "A1F83G8C2ARO7P", "GBP")]
    checks = run_json("month-end", str(MONTH), "-c", "amazon_us", code=ExitCode.WAITS)["checks"]
    by_name = {row["check"]: row for row in checks}
    assert by_name["balance_rolls_forward"]["outcome"] == "fails"
    shown = run("statement", "--month", str(MONTH), "-c", "amazon_us")
    assert shown.exit_code == ExitCode.WAITS
    assert f"Amazon.com in USD, {MONTH}: proved" in shown.stdout
    assert f"Amazon.co.uk in GBP, {MONTH}: NOT PROVED" in shown.stdout


def test_a_month_that_waits_is_fine_and_has_no_statement(own_place, found, run, run_json):
    """Nothing is wrong yet; the sentence says what is missing."""
    found[:] = [NotYet("Balances are not read yet.", is_waiting=True)]
    checks = run_json("month-end", str(MONTH), "-c", "amazon_us", "--only", "month_proofs")["checks"]
    assert {row["outcome"] for row in checks} == {"waits"}
    refused = run("statement", "--month", str(MONTH), "-c", "amazon_us")
    assert (refused.exit_code, refused.stdout) == (ExitCode.REFUSED, "")
    assert f"connector month-end {MONTH} -c amazon_us" in refused.stderr


def test_all_connections_stand_under_one_summary(own_place, found, run, run_json, tmp_path):
    """Each account adds up in its own currency; of a connection that was not proved yet nothing is said to be 0."""
    found[:] = [account(), account("1.50", "A1F83G8C2ARO7P", "GBP")]
    prove_month(opened_road("amazon_us"), MONTH)
    document = run_json("statement", "--month", str(MONTH), code=ExitCode.WAITS)
    by_account = {(row["connection"], row["currency"]): row for row in document["summary"]}
    assert set(by_account) == {("amazon_us", "USD"), ("amazon_us", "GBP")} | {
        (one["connection"], "unknown") for one in document["connections"] if one["missing"]
    }
    dollars, pounds = by_account["amazon_us", "USD"], by_account["amazon_us", "GBP"]
    names = ("opening", "movements", "paid_out", "explained", "unexplained", "closing", "state")
    assert [dollars[name] for name in names] == ["100.00", "46.00", "-90.00", "0.00", "0.00", "56.00", "proved"]
    assert [pounds[name] for name in names[3:]] == ["0.00", "1.50", "57.50", "NOT PROVED"]
    unproved = by_account["amazon_eu", "unknown"]
    assert (unproved["closing"], unproved["state"]) == ("unknown", "not proved yet")
    shown = run("statement", "--month", str(MONTH))
    assert shown.exit_code == ExitCode.WAITS
    assert f"All connections, {MONTH}" in shown.stdout
    assert f"connector fetch balances --from {MONTH.first - timedelta(days=1)}" in shown.stdout
    summary = shown.stdout.split(f"{MONTH} of ")[0]
    assert max(len(line.rstrip()) for line in summary.splitlines()) <= 120
    run("statement", "--month", str(MONTH), "--to", str(tmp_path))
    book = openpyxl.load_workbook(tmp_path / f"all_connections-{MONTH}.xlsx")
    assert tuple(cell.value for cell in book["summary"][1]) == SUMMARY
    assert {cell.value for cell in book["summary"]["A"][1:]} == {str(MONTH)}
    assert {cell.value for cell in book["statement"]["A"][1:]} == {"amazon_us"}


def test_a_month_that_is_not_over_asks_for_no_day_ahead(own_place, run):
    """It says from when on it can be proved."""
    refused = run("statement", "--month", str(THIS), "-c", "amazon_us")
    assert (refused.exit_code, refused.stdout) == (ExitCode.REFUSED, "")
    assert f"from {THIS.following.first} on" in refused.stderr
    assert "connector fetch" not in refused.stderr


def test_the_workbook_of_a_settlement_has_the_statement_of_its_account(copied_place, found):
    """For the month it ended in, and no other account's; nothing before that month is made."""
    road = opened_road("amazon_us")
    assert "month" not in tables_of(road, copied_place.posted)
    record = road.stores.settlements.get("amazon_us", copied_place.posted)
    found[:] = [account(), account("0.00", "A1F83G8C2ARO7P", "GBP")]
    prove_month(road, Month.of(day_of_end(record)))
    columns, rows = tables_of(road, copied_place.posted)["month"]
    assert columns == COLUMNS
    assert {row["marketplace"] for row in rows} == {"Amazon.com"}
    assert len(rows) > 5


REFUSED = [
    (("month-end", "october"), "Write year and month"),
    (("month-end", str(THIS.following)), "that month is not over"),
    (("month-end", "1999-01"), "set `by_day.events_from`"),
    (("month-end", str(MONTH), "--only", "journals"), "Nothing named 'journals' is made by month"),
    (("statement", "--month", "2026-13"), "Write year and month"),
]


@pytest.mark.parametrize("arguments, said", REFUSED)
def test_what_cannot_be_made_is_refused_in_a_sentence(own_place, run, arguments, said):
    """Before anything is made."""
    result = run(*arguments, "-c", "amazon_us")
    assert (result.exit_code, result.stdout) == (ExitCode.REFUSED, "")
    assert said in result.stderr
