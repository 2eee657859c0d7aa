"""`connector audit pack`: the pages an auditor asks for, adding up, with hashes that can be taken again."""

import csv
import hashlib
import json
import sqlite3
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from connector_defs.cli.exit_codes import ExitCode

PAGES = [
    "summary",
    "totals",
    "settlements",
    "reports",
    "documents",
    "decisions",
    "opening_orders",
    "approvals",
    "changes",
    "trail",
]


@pytest.fixture(scope="module")
def month(shared_place) -> str:
    """The month in which the posted settlement ends."""
    end = next(one.end for one in shared_place.world.seller.settlements if one.settlement_id == shared_place.posted)
    return f"{end:%Y-%m}"


def packed(run_json, month: str, folder: Path, code: int = 0) -> dict:
    """Write a pack."""
    return run_json("audit", "pack", "--period", month, "-c", "amazon_us", "--out", str(folder), code=code)


def lines_of(folder: Path, page: str) -> list[dict]:
    """Return the rows of a page and its foot."""
    return [json.loads(line) for line in (folder / "jsonl" / f"{page}.jsonl").read_text().splitlines()]


def test_every_settlement_of_the_month_is_in_one_class_and_the_amounts_add_up(place, run_json, month, tmp_path) -> None:
    """listed = posted + held + before go-live + nothing to post, per currency; posted equals the clearing items."""
    made = packed(run_json, month, tmp_path / "pack")
    assert made["ok"]
    (row,) = lines_of(tmp_path / "pack", "totals")[:-1]
    classes = ("posted", "held", "before go-live", "nothing to post")
    assert row["listed"] == sum(row[name] for name in classes)
    assert Decimal(row["listed amount"]) == sum(Decimal(row[f"{name} amount"]) for name in classes)
    assert Decimal(row["documents in the books, debits"]) == Decimal(row["documents in the books, credits"]) > 0
    assert Decimal(row["posted less clearing"]) == 0
    settlements = {one["settlement"]: one for one in lines_of(tmp_path / "pack", "settlements")[:-1]}
    assert settlements[place.posted]["standing"] == "posted"
    assert settlements[place.posted]["listed by Amazon as"]
    assert settlements[place.posted]["mapped lines: rows"] > 0
    assert {one["standing"] for one in settlements.values()} >= {"posted", "held"}
    assert all(one["reason"] for one in settlements.values() if one["standing"] != "posted")


def test_documents_persons_and_events_are_in_it(place, run_json, month, tmp_path) -> None:
    """Control totals and moments per document, who owns and used the files, and the trail in words."""
    folder = tmp_path / "pack"
    packed(run_json, month, folder)
    document = next(one for one in lines_of(folder, "documents")[:-1] if one["settlement"] == place.posted)
    assert document["debits"] == document["credits"]
    assert document["ERP document"].startswith("US001 A")
    assert document["planned at"] <= document["sent at"] <= document["posted at"]
    assert document["planned by"]
    assert len(document["fingerprint"]) == 64
    assert {one["file"] for one in lines_of(folder, "changes")[:-1]} == {
        "amazon_us/defs.yaml",
        "mappings/amazon_us.yaml",
    }
    assert all(one["owner"] for one in lines_of(folder, "changes")[:-1])
    approved = [one for one in lines_of(folder, "approvals")[:-1] if one["settlement"] == place.posted]
    assert [(one["what"], one["ERP document"]) for one in approved] == [("document approved", document["ERP document"])]
    assert any("is posted in the ERP's books" in one["what"] for one in lines_of(folder, "trail")[:-1])
    seen = {one["settlement"] for one in lines_of(folder, "reports")[:-1]}
    assert place.posted in seen


def test_every_page_carries_its_count_and_its_hash_in_all_formats(place, run_json, month, tmp_path) -> None:
    """The hash is over the JSON lines before the foot; workbook and CSV say the same; the manifest names every file."""
    folder = tmp_path / "pack"
    files = packed(run_json, month, folder)["files"]
    workbook = openpyxl.load_workbook(next(folder.glob("*.xlsx")), read_only=True)
    try:
        assert workbook.sheetnames == PAGES
        for page in PAGES:
            text = (folder / "jsonl" / f"{page}.jsonl").read_text()
            rows, foot = text.splitlines()[:-1], json.loads(text.splitlines()[-1])
            content = "".join(f"{row}\n" for row in rows)
            assert foot["sha256"] == hashlib.sha256(content.encode()).hexdigest()
            assert foot["rows"] == len(rows)
            assert {"connection", "period", "connector", "mapping", "Dagster", "DuckDB"} <= foot["parameters"].keys()
            said = f"page {page}: {len(rows)} rows, SHA-256 {foot['sha256']}"
            assert str(list(workbook[page].iter_rows(values_only=True))[-1][0]).startswith(said)
            with (folder / "csv" / f"{page}.csv").open(encoding="utf-8", newline="") as file:
                assert list(csv.reader(file))[-1][0].startswith(said)
    finally:
        workbook.close()
    for name, facts in files.items():
        assert facts["sha256"] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    assert set(json.loads((folder / "manifest.json").read_text())["files"]) == set(files) - {"manifest.json"}


def test_the_same_stores_give_the_same_bytes(place, run_json, month, tmp_path) -> None:
    """Only what holds the moment of making differs: the summary, the workbook with it, and the manifest."""
    first = packed(run_json, month, tmp_path / "first")["files"]
    second = packed(run_json, month, tmp_path / "second")["files"]
    differing = {name for name in first if first[name] != second[name]}
    workbook = f"audit-amazon_us-{month}.xlsx"
    assert differing <= {"csv/summary.csv", "jsonl/summary.jsonl", workbook, "manifest.json"}
    assert first.keys() == second.keys()


def test_text_of_a_marketplace_is_never_a_formula(place, run_json, month, tmp_path) -> None:
    """No cell of the workbook is a formula, whatever stands in it."""
    packed(run_json, month, tmp_path / "pack")
    workbook = openpyxl.load_workbook(next((tmp_path / "pack").glob("*.xlsx")))
    assert all(cell.data_type != "f" for sheet in workbook for row in sheet.iter_rows() for cell in row)


def test_a_pack_replaces_nothing_and_knows_what_a_month_is(place, run, month, tmp_path) -> None:
    """Refused: a folder with something in it, and a text that is no month."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kept.txt").write_text("precious")
    pack = ("audit", "pack", "-c", "amazon_us", "--period")
    taken = run(*pack, month, "--out", str(tmp_path / "mine"))
    assert taken.exit_code == ExitCode.REFUSED
    assert [one.name for one in (tmp_path / "mine").iterdir()] == ["kept.txt"]
    for text in ("2026-13", "october", "2026-1", "2026-10-01"):
        assert run(*pack, text).exit_code == ExitCode.REFUSED


def test_a_month_without_settlements_has_an_empty_pack(place, run_json, tmp_path) -> None:
    """Nothing is listed, and that is said."""
    made = packed(run_json, "2020-02", tmp_path / "pack")
    assert made["sentence"].startswith("2020-02: 0 listed")


def test_a_broken_chain_is_said_and_exits_six(copied_place, run_json, month, tmp_path) -> None:
    """The pack is written; the summary names the event."""
    with sqlite3.connect(copied_place.home / "control.db") as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE audit_events SET person = 'nobody' WHERE sequence = 2")
    database.close()
    made = packed(run_json, month, tmp_path / "pack", code=ExitCode.WAITS)
    assert not made["ok"]
    summary = {one.get("what"): one.get("value") for one in lines_of(tmp_path / "pack", "summary")}
    assert "Event 2 of amazon_us was changed" in summary["audit trail"]
