"""`connector audit export` and `verify`: the trail in other hands, and rows that no longer say what was done."""

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from connector_defs.cli.exit_codes import ExitCode
from resources.clock import SystemClock
from resources.store.control import ControlDatabase
from resources.store.verdicts import Said, Verdicts
from tests.resources.store.sqlite_file import SqliteFile

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "audit.md"


@pytest.fixture(scope="module")
def check(tmp_path_factory):
    """Run the check that the guide prints, in an interpreter without the connector."""
    program = tmp_path_factory.mktemp("check") / "check.py"
    program.write_text(re.search(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S).group(1))

    def checking(path: Path) -> subprocess.CompletedProcess:
        command = [sys.executable, "-I", "-S", str(program), str(path)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    return checking


@pytest.fixture
def trail(place, run, tmp_path) -> Path:
    """The exported trail of amazon_us."""
    path = tmp_path / "trail.jsonl"
    assert "events of amazon_us" in run("audit", "export", "-c", "amazon_us", "--out", str(path)).stdout
    return path


def test_an_outsider_recomputes_the_chain(trail, check, run_json) -> None:
    """With the guide's own lines: nothing but Python, and the same number of events as `verify` has."""
    done = check(trail)
    events = next(one for one in run_json("audit", "verify")["chains"] if one["connection"] == "amazon_us")["events"]
    assert done.stdout.startswith(f"intact up to event {events}, whose hash is "), done.stderr
    assert len(trail.read_text().splitlines()) == events


@pytest.mark.parametrize("column", ["at", "person", "facts", "previous_hash", "hash"])
def test_an_outsider_sees_a_changed_event(trail, check, column) -> None:
    """The number of the event is named."""
    lines = [json.loads(line) for line in trail.read_text().splitlines()]
    lines[2][column] = lines[2][column][:-1] + "~"
    trail.write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = check(trail)
    assert done.returncode == 1
    assert "event 3 is not what was written" in done.stderr


def test_a_later_export_goes_on_where_the_first_ended(trail, check, run) -> None:
    """`--after` prints the rest, and the rest verifies by itself."""
    lines = trail.read_text().splitlines()
    rest = run("audit", "export", "-c", "amazon_us", "--after", "3").stdout.splitlines()
    assert rest == lines[3:]
    trail.write_text("\n".join(rest) + "\n")
    assert check(trail).stdout.startswith(f"intact up to event {len(lines)}")


def test_an_export_never_replaces_a_file(trail, run) -> None:
    """What was handed out stays what it was."""
    before = trail.read_bytes()
    result = run("audit", "export", "-c", "amazon_us", "--out", str(trail))
    assert result.exit_code == ExitCode.REFUSED
    assert "Name a file that does not exist yet" in result.stderr
    assert trail.read_bytes() == before


def test_verify_counts_what_it_compared(place, run_json) -> None:
    """The rows of the outbox are proved by the events, and content to the cent."""
    told = run_json("audit", "verify")
    assert told["ok"]
    assert told["first_bad"] is None
    assert told["rows"]["outbox_documents"] >= 1


def test_verify_counts_what_is_not_proved_whole(place, copied_place, run, run_json) -> None:
    """Nothing here was written by an earlier version; where something was, the count stands beside the rows."""
    assert run_json("audit", "verify")["older"] == {}
    assert "not proved whole" not in run("audit", "verify").stdout
    with closing(ControlDatabase(f"sqlite:///{copied_place.home / 'control.db'}", SystemClock())) as control:
        Verdicts(control, SystemClock()).store("elsewhere", "1", [Said("ties_to_total", True, "error", {})], "r")
        with control.transaction() as transaction:
            transaction.execute(text("UPDATE row_chains SET sealed = 1 WHERE connection = 'elsewhere'"))
    assert run_json("audit", "verify")["older"] == {"check_verdicts": 1}
    assert "Older rows are not proved whole" in run("audit", "verify").stdout


def test_verify_names_a_document_that_no_event_explains(copied_place, run, run_json) -> None:
    """Somebody declared a document posted; the chain is whole, and the row is named all the same."""
    with sqlite3.connect(copied_place.home / "control.db") as database:
        key = database.execute("SELECT key FROM outbox_documents ORDER BY key").fetchone()[0]
        database.execute("UPDATE outbox_documents SET state = 'reversed' WHERE key = ?", (key,))
    database.close()
    result = run("audit", "verify")
    assert result.exit_code == ExitCode.STORES
    assert f"Row {key} of outbox_documents: state should be 'posted', and is 'reversed'." in result.stderr


@pytest.mark.parametrize("value", ["CAST(x'61ff' AS TEXT)", "x'61ff'"])
def test_verify_names_a_row_whose_bytes_are_no_text(copied_place, run, value) -> None:
    """The key itself cannot be read any more; it is shown all the same, to people and to machines."""
    with sqlite3.connect(copied_place.home / "control.db") as database:
        chosen = "rowid = (SELECT min(rowid) FROM settlement_reports)"
        database.execute(f"UPDATE settlement_reports SET report_document_id = {value} WHERE {chosen}")
    database.close()
    result = run("audit", "verify")
    assert result.exit_code == ExitCode.STORES
    assert "of settlement_reports: " in result.stderr
    told = json.loads(run("audit", "verify", "--json").stdout)
    assert told["first_bad"]["table"] == "settlement_reports"


def test_verify_sees_a_byte_that_was_flipped_in_the_file(copied_place, run) -> None:
    """In a row, whose indexes still say what was written; and in an index, which SQLite can make anew."""
    path = copied_place.home / "control.db"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    file = SqliteFile(path)
    place, bits = file.cells("check_verdicts")[10].values[3].flip
    file.flip(place, bits)
    result = run("audit", "verify")
    assert result.exit_code == ExitCode.STORES
    assert "Row 11 of check_verdicts: the row should be as it was written" in result.stderr
    file.put_back(place)
    file.flip(*file.cells("check_verdicts_latest")[10].values[2].flip)
    result = run("audit", "verify")
    assert result.exit_code == ExitCode.STORES
    assert "of check_verdicts: index check_verdicts_latest should be as the table check_verdicts is" in result.stderr
    with sqlite3.connect(path) as database:
        database.execute("REINDEX")
    database.close()
    assert run("audit", "verify").exit_code == ExitCode.FINE


def test_every_step_with_the_erp_names_the_exchanges_it_was_decided_on(place, trail) -> None:
    """The intent names the look that found nothing, `sent` the call that saved it, `posted` the books' answer."""
    events = [json.loads(line) for line in trail.read_text().splitlines()]
    steps = {one["kind"]: one for one in events if one["kind"].startswith("document_")}
    assert {"document_sending", "document_sent", "document_posted"} <= steps.keys()
    with sqlite3.connect(place.home / "control.db") as database:
        asked = dict(database.execute("SELECT CAST(id AS TEXT), operation FROM exchanges"))
        bodies = dict(database.execute("SELECT CAST(id AS TEXT), request_document FROM exchanges"))
    database.close()
    look = json.loads(steps["document_sending"]["facts"])["details"]["exchanges"]
    assert look[-1] == steps["document_sending"]["exchange"]
    assert len(look) > 1
    assert set(look) <= asked.keys()
    sent = steps["document_sent"]["exchange"]
    assert sent not in look
    assert asked[sent].startswith("CI_"), "the call that creates, whatever was read for it before"
    assert list((place.home / "documents").rglob(f"{bodies[sent]}*")), "its redacted request is a document"
    assert asked[steps["document_posted"]["exchange"]] not in (asked[sent], "")
