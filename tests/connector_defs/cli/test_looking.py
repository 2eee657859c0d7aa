"""`connector audit`, `sql`, `review`: looking without touching."""

import csv
import io
import sqlite3
from decimal import Decimal

import pytest

from connector_defs.cli.exit_codes import ExitCode


def test_an_untouched_trail_verifies(place, run_json) -> None:
    """Every chain is recomputed."""
    assert run_json("audit", "verify")["ok"]


def test_a_changed_event_is_named(copied_place, run) -> None:
    """Somebody went around the triggers; exit 5 and the number of the event."""
    with sqlite3.connect(copied_place.home / "control.db") as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in names:
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE audit_events SET person = 'nobody' WHERE sequence = 3")
    database.close()
    result = run("audit", "verify")
    assert result.exit_code == ExitCode.STORES
    assert "Event 3 of amazon_us" in result.stderr


def test_sql_reads_what_is_staged_exactly(place, run_json, run) -> None:
    """Amounts come as text with all their digits."""
    query = f"SELECT count(*) AS n, sum(amount) AS total FROM settlement_lines WHERE partition = '{place.posted}'"
    document = run_json("sql", query)
    truth = next(one for one in place.world.seller.settlements if one.settlement_id == place.posted)
    assert document["rows"][0]["total"] == f"{truth.total}0"
    assert "settlement_lines" in run("sql").stdout
    assert run_json("sql")["views"] == ["journals", "mapped_lines", "settlement_lines"]


def test_sql_as_csv_is_safe_in_a_spreadsheet(place, run) -> None:
    """Text that looks like a formula is marked; numbers stay numbers."""
    rows = list(csv.reader(io.StringIO(run("sql", "SELECT '=1+1' AS text, -2.50 AS amount", "--csv").stdout)))
    assert rows == [["text", "amount"], ["'=1+1", "-2.50"]]


@pytest.mark.parametrize(
    "query",
    [
        "COPY (SELECT 1) TO '/tmp/stolen.csv'",
        "DROP VIEW settlement_lines",
        "SELECT 1; SELECT 2",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/hostname'",
        "ATTACH '/tmp/other.duckdb'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "PRAGMA database_list",
        "SELEC 1",
        "",
    ],
)
def test_sql_only_reads_and_only_the_warehouse(place, run, query: str) -> None:
    """Nothing is written, attached, installed or read beside the staged files."""
    result = run("sql", query)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr


def test_sql_names_what_is_staged_where_a_table_is_not(place, run) -> None:
    """A table that nothing was read into yet is no riddle of DuckDB's own tables."""
    result = run("sql", "SELECT sum(amount) FROM payouts")
    assert result.exit_code == 2
    assert result.stderr == (
        "Nothing is staged under the name payouts: a table is there once something of it was read or made. "
        "Staged are: journals, mapped_lines, settlement_lines.\n"
    )


def test_an_unknown_review_item_is_refused(place, run) -> None:
    """The sentence says how to list the others."""
    for arguments in (("show", "99"), ("resolve", "99", "--action", "retry", "--reason", "x")):
        result = run("review", *arguments)
        assert result.exit_code == 2
        assert "connector review list" in result.stderr


def test_review_items_are_read_by_a_finance_person(copied_place, run, run_json) -> None:
    """The list has amount, age and origin; an item says what each of its actions does."""
    from assets.stages.outcome import ACTIONS
    from assets.stages.verdicts import kept_rows
    from connector_defs.cli.opened import opened_stores
    from ledger.errors import Finding

    rows = [{"what": "changed", "account": "400100", "sent": "1.00", "now": "2.00"}]
    details = {"currency": "USD", **kept_rows("differences", rows)}
    finding = Finding("books_differ", "Two lines differ.", "Look.", "a" * 64, Decimal("1234.50"), details=details)
    item = opened_stores().review.open("amazon_us", copied_place.posted, finding, actions=ACTIONS["books_differ"])
    listed = run("review", "list").stdout
    for words in ("1,234.50 USD", "just now", "document aaaaaaaaaaaa", "books_differ: Two lines differ.", "retry"):
        assert words in listed
    shown = run("review", "show", str(item)).stdout
    for words in ("Takes this very difference in the books as right", "400100", f"connector review resolve {item} --"):
        assert words in shown
    (columns,) = [line.split() for line in shown.splitlines() if "account" in line]
    assert columns == ["what", "account", "sent", "now"]
    told = run_json("review", "show", str(item))
    assert set(told["what_actions_do"]) == {"retry", "accept"}


@pytest.mark.parametrize(
    "code, action, reason, begins",
    [
        ("books_differ", "accept", "seen in GL", "..."),
        ("transfer_origin", "choose", "24758260539: its reserve fits", "24758260539: ..."),
        ("transfer_origin", "choose", "$(reboot 9): no settlement", "..."),
    ],
)
def test_an_item_with_a_proposal_shows_the_command_that_confirms_it(
    copied_place, run, monkeypatch, code: str, action: str, reason: str, begins: str
) -> None:
    """Not the first of its actions; what was chosen is chosen again, and nothing of a reason is run by a shell."""
    from assets.review_queue import review_queue
    from assets.stages.outcome import ACTIONS
    from connector_defs import connections
    from connector_defs.cli.opened import opened_stores
    from ledger.errors import Finding
    from resources.clock import SystemClock

    path = copied_place.folder / "defs/amazon_us/defs.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("approval: automatic ", "approval: required "))
    finding = Finding(code, "Two lines differ.", "Look.", "a" * 64)
    item = str(opened_stores().review.open("amazon_us", copied_place.posted, finding, actions=ACTIONS[code]))
    monkeypatch.setattr(connections, "operating_person", lambda: "ann")
    proposed = run("review", "resolve", item, "--action", action, "--reason", reason)
    confirms = f'connector review resolve {item} --action {action} --reason "{begins}"\n'
    assert (proposed.exit_code, proposed.stdout.endswith(confirms)) == (0, True), proposed.output
    shown = run("review", "show", item).stdout
    assert shown.endswith(f"{action!r} is proposed by ann; another person confirms it:\n{confirms}")
    listed = " ".join(run("review", "list").stdout.split())
    assert f"({action!r} is proposed by ann)" in listed
    [row] = review_queue(opened_stores(), "amazon_us", SystemClock()).rows
    assert row["actions"].endswith(f" ({action!r} is proposed by ann)")


def test_a_journal_with_errors_waits_until_it_is_gone_from_the_erp(copied_place, run, run_json) -> None:
    """`deleted` is believed only when the ERP no longer holds the journal."""
    site, books = copied_place.world.site, copied_place.world.peoplesoft.books
    rules = site.rules
    site.rules = (*rules, _rule())
    try:
        run_json("post", copied_place.untouched, "-c", "amazon_us", code=ExitCode.WAITS)
        item = run_json("review", "list", code=ExitCode.WAITS)["items"][0]
        assert item["code"] == "posting_error"
        assert "DEPTID 10000: ChartField combination error" in run("review", "show", str(item["id"])).stdout
        wrong = run("review", "resolve", str(item["id"]), "--action", "accept", "--reason", "x")
        assert wrong.exit_code == 2
        early = run("review", "resolve", str(item["id"]), "--action", "deleted", "--reason", "x")
        assert early.exit_code == ExitCode.ERP
        assert "Delete it there first" in early.stderr
        for journal in books.journals("US001"):
            if journal.status == "E":
                books.people.delete(journal.key)
    finally:
        site.rules = rules
    done = run_json("review", "resolve", str(item["id"]), "--action", "deleted", "--reason", "deleted by GL")
    assert (done["state"], done["reason"]) == ("resolved", "deleted by GL")
    documents = run_json("outbox", "show", copied_place.untouched)["documents"]
    assert [one["state"] for one in documents] == ["refused"]


def _rule():
    from emulators.peoplesoft.site import CombinationRule

    return CombinationRule("FEES", "600100", "600100", "DEPTID", ("20000",))
