"""`connector post`, `plan`, `approve`, `reject`, `outbox`, `export`: the road without Dagster, and looking at it."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from connector_defs import connections
from connector_defs.cli.exit_codes import ExitCode

MAPPING = "mappings/amazon_us.yaml"
SETTINGS = "defs/amazon_us/defs.yaml"


def _change(place, name: str, before: str, after: str) -> None:
    path = place.folder / name
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_a_posted_settlement_stays_posted_however_often_it_is_asked(place, run_json) -> None:
    """Posting again changes nothing: same documents, same state."""
    once = run_json("post", place.posted, "-c", "amazon_us")["settlements"]
    twice = run_json("post", place.posted, "-c", "amazon_us")["settlements"]
    assert once == twice
    assert once[0]["state"] == "posted"
    assert once[0]["documents"].startswith("US001 A")


def test_a_settlement_before_go_live_is_left_alone(place, run_json) -> None:
    """It is shown and has no document."""
    row = run_json("post", place.before_go_live, "-c", "amazon_us")["settlements"][0]
    assert (row["state"], row["documents"]) == ("before go-live", "")


@pytest.mark.parametrize("arguments", [(), ("12345", "--all")])
def test_what_to_post_must_be_said_once(place, run, arguments: tuple[str, ...]) -> None:
    """Either names or --all."""
    result = run("post", *arguments, "-c", "amazon_us")
    assert result.exit_code == 2
    assert "--all" in result.stderr


@pytest.mark.parametrize("settlement", ["99999999999", "not-a-settlement"])
def test_a_settlement_nobody_has_seen_is_refused(place, run, settlement: str) -> None:
    """The sentence says how it would come in."""
    for command in ("post", "plan", "approve"):
        reason = ("--reason", "x") if command == "approve" else ()
        result = run(command, settlement, "-c", "amazon_us", *reason)
        assert result.exit_code == 2
        assert settlement in result.stderr


def test_a_plan_shows_the_journal_and_posts_nothing(place, run_json) -> None:
    """Debits equal credits, and neither outbox nor PeopleSoft knows of it afterwards."""
    before = len(place.world.peoplesoft.books.journals())
    document = run_json("plan", place.untouched, "-c", "amazon_us")
    journal = document["journals"][0]
    assert journal["debits"] == journal["credits"]
    lines = [Decimal(line["debit"] or 0) - Decimal(line["credit"] or 0) for line in journal["lines"]]
    assert sum(lines) == 0
    assert len(place.world.peoplesoft.books.journals()) == before
    assert place.untouched not in [row["settlement"] for row in run_json("outbox", "list")["documents"]]


def test_a_plan_says_what_the_mapping_lacks(copied_place, run, run_json) -> None:
    """The missing category comes as YAML ready to paste, from `plan` and from `map suggest`."""
    _change(copied_place, MAPPING, '  advertising: {account: "600400", department: "20000"}\n', "")
    document = run_json("plan", copied_place.untouched, "-c", "amazon_us", code=ExitCode.WAITS)
    assert document["journals"] == []
    assert 'advertising: ""' in document["missing_mapping"]
    suggested = run("map", "suggest", copied_place.untouched, "-c", "amazon_us")
    assert suggested.exit_code == ExitCode.WAITS
    assert 'advertising: ""' in suggested.stdout
    posted = run("post", copied_place.untouched, "-c", "amazon_us")
    assert posted.exit_code == ExitCode.WAITS
    assert "advertising" in posted.stdout


def test_journals_wait_for_approval_where_the_connection_says_so(
    copied_place, run, run_json, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planned is as far as it goes; another account approves exactly what was shown, a rejected one is refused."""
    _change(copied_place, SETTINGS, "approval: automatic ", "approval: required ")
    row = run_json("post", copied_place.untouched, "-c", "amazon_us", code=ExitCode.WAITS)["settlements"][0]
    assert row["state"] == "planned"
    assert "connector approve" in row["waits_for"]
    fingerprint = run_json("plan", copied_place.untouched, "-c", "amazon_us")["fingerprint"]
    approve = ("approve", copied_place.untouched, "-c", "amazon_us", "--reason", "checked")
    own = run(*approve)
    assert own.exit_code == 2
    assert "planned these journals" in own.stderr
    monkeypatch.setattr(connections, "operating_person", lambda: "checker")
    for other in ("0" * 12, fingerprint[:4]):
        refused = run(*approve, "--fingerprint", other)
        assert refused.exit_code == 2
        assert "nothing was approved" in refused.stderr
    approved = run_json(*approve, "--fingerprint", fingerprint[:12])
    assert {one["state"] for one in approved["documents"]} == {"approved"}
    assert approved["fingerprint"] == fingerprint
    assert approved["documents"][0]["debits"] == approved["documents"][0]["credits"]
    again = run("approve", copied_place.untouched, "-c", "amazon_us", "--reason", "checked")
    assert again.exit_code == 2
    assert "part 1 approved" in again.stderr
    rejected = run_json("reject", copied_place.untouched, "-c", "amazon_us", "--reason", "wrong department")
    assert {one["state"] for one in rejected["documents"]} == {"refused"}


def test_a_posted_settlement_cannot_be_rejected(place, run) -> None:
    """What was sent is undone in the ERP, not here."""
    result = run("reject", place.posted, "-c", "amazon_us", "--reason", "x")
    assert result.exit_code == 2
    assert "part 1 posted" in result.stderr


def test_the_outbox_shows_documents_by_settlement_and_by_erp_id(place, run, run_json) -> None:
    """Lines add up to the sums of the document."""
    listed = run_json("outbox", "list", "--state", "posted")["documents"]
    assert [row["settlement"] for row in listed] == [place.posted]
    by_settlement = run_json("outbox", "show", place.posted)["documents"]
    assert by_settlement == run_json("outbox", "show", listed[0]["erp_id"])["documents"]
    debits = sum(Decimal(line["debit"]) for line in by_settlement[0]["lines"] if line["debit"])
    assert str(debits) == by_settlement[0]["debits"]
    assert "110500" in run("outbox", "show", place.posted).stdout
    assert run("outbox", "show", "nothing").exit_code == 2


def test_a_workbook_holds_exact_amounts(place, run_json, tmp_path: Path) -> None:
    """Five sheets; the lines add up to the settlement's total, and so do the categories."""
    import openpyxl

    path = run_json("export", place.posted, "-c", "amazon_us", "--to", str(tmp_path))["files"][0]
    book = openpyxl.load_workbook(path, read_only=True)
    try:
        assert book.sheetnames == ["summary", "categories", "journal", "lines", "proof"]
        summary = {row[0]: row[1] for row in book["summary"].iter_rows(values_only=True)}
        rows = list(book["lines"].iter_rows(values_only=True))
        amount = rows[0].index("amount")
        found = sum(Decimal(str(row[amount])) for row in rows[1:] if row[amount] is not None)
        assert found == Decimal(str(summary["total"]))
        assert Decimal(str(list(book["categories"].iter_rows(values_only=True))[-1][-1])) == found
        assert any(row[0] == "clearing_equals_total" for row in book["proof"].iter_rows(values_only=True))
    finally:
        book.close()


def test_the_same_comes_as_csv(place, run_json, tmp_path: Path) -> None:
    """One file per sheet; journal debits equal credits."""
    files = run_json("export", place.posted, "-c", "amazon_us", "--to", str(tmp_path), "--format", "csv")["files"]
    assert [Path(one).name for one in files] == [
        "summary.csv",
        "categories.csv",
        "journal.csv",
        "lines.csv",
        "proof.csv",
    ]
    with open(files[2], encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(Decimal(row["debit"] or 0) for row in rows) == sum(Decimal(row["credit"] or 0) for row in rows) > 0


def test_a_settlement_whose_lines_were_never_read_cannot_be_exported(own_place, run, tmp_path: Path) -> None:
    """The sentence says what to run first."""
    path = tmp_path / "a.txt"
    path.write_bytes(own_place.report(own_place.posted))
    run("import", str(path), "-c", "amazon_us")
    result = run("export", own_place.posted, "-c", "amazon_us", "--to", str(tmp_path))
    assert result.exit_code == 2
    assert "connector post" in result.stderr
