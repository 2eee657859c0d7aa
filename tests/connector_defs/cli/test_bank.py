"""`connector bank import`: each statement reported, its days staged at once, no account number said."""

from datetime import date, timedelta
from pathlib import Path

import yaml

from connector_defs.cli.exit_codes import ExitCode
from tests.resources.bank.files import MT940

LAYOUT = {
    "booking_date": "Date",
    "amount": "Amount",
    "in_currency": "USD",
    "account_tail": "6789",
    "text": "Text",
}


def with_layout(place) -> None:
    """Let the connection's bank write CSV."""
    path = place.folder / "defs" / "amazon_us" / "defs.yaml"
    settings = yaml.safe_load(path.read_text())
    settings["attributes"]["bank"] = {"csv": {"us": LAYOUT}}
    path.write_text(yaml.safe_dump(settings))


def test_statements_are_taken_in_and_staged(own_place, run, run_json, tmp_path: Path) -> None:
    """A refused file does not keep the others out; the same file again is known; days can be asked for in SQL."""
    with_layout(own_place)
    folder = tmp_path / "statements"
    folder.mkdir()
    (folder / "a.csv").write_text("Date,Amount,Text\n2026-11-18,80.00,AMAZON 4B03616UONXSAWP\n")
    (folder / "b.csv").write_text("Date,Amount,Text\n2026-11-18,eighty,AMAZON\n")
    (folder / "c.sta").write_text(MT940)
    document = run_json("bank", "import", str(folder), "-c", "amazon_us", code=ExitCode.REFUSED)
    told = [(row["file"], row["outcome"], row["format"], row["new_lines"]) for row in document["files"]]
    assert told == [("a.csv", "new", "csv", 1), ("b.csv", "refused", "", 0), ("c.sta", "new", "mt940", 2)]
    assert "row 2" in document["files"][1]["sentence"]
    again = run_json("bank", "import", str(folder / "a.csv"), "-c", "amazon_us")
    assert (again["files"][0]["outcome"], again["files"][0]["new_lines"]) == ("known", 0)
    asked = run_json("sql", "SELECT partition, account_tail, amount FROM bank_deposits ORDER BY ALL")
    rows = [[str(cell) for cell in row.values()] for row in asked["rows"]]
    assert ["2026-11-18", "6789", "80.000"] in rows
    assert "0123456789" not in run("bank", "import", str(folder / "c.sta"), "-c", "amazon_us").output


def test_a_layout_that_is_misspelt_is_refused_by_its_key(own_place, run) -> None:
    """Before anything is taken in."""
    with_layout(own_place)
    path = own_place.folder / "defs" / "amazon_us" / "defs.yaml"
    path.write_text(path.read_text().replace("account_tail", "account_tial"))
    result = run("bank", "import", str(path), "-c", "amazon_us")
    assert result.exit_code == ExitCode.REFUSED
    assert "account_tial" in result.output


def test_a_refused_statement_waits_in_the_queue_until_it_comes_right(own_place, run, run_json, tmp_path: Path) -> None:
    """Whoever looks there sees it, not only who typed the command; its name shows no account number."""
    with_layout(own_place)
    path = tmp_path / "DE89370400440532013000_november.csv"
    path.write_text("Date,Amount,Text\n2026-11-18,eighty,AMAZON\n")
    result = run("bank", "import", str(path), "-c", "amazon_us")
    assert result.exit_code == ExitCode.REFUSED
    assert "row 2" in result.output
    assert "check the columns" in result.output
    assert "DE8937" not in result.output
    [item] = run_json("review", "list", "-c", "amazon_us", code=ExitCode.WAITS)["items"]
    assert (item["code"], "row 2" in item["sentence"]) == ("file_refused", True)
    assert "DE8937" not in str(item)
    path.write_text("Date,Amount,Text\n2026-11-18,80.00,TRAIL SHOP\n")
    run_json("bank", "import", str(path), "-c", "amazon_us")
    assert run_json("review", "list", "-c", "amazon_us")["items"] == []


def test_a_line_is_explained_by_the_command_that_brings_what_it_waits_for(own_place, run_json, tmp_path: Path) -> None:
    """No sensor runs beside a command: the day of the bank is made again by the command itself."""
    with_layout(own_place)
    content = own_place.report(own_place.posted)
    head = dict(zip(*(line.split("\t") for line in content.decode().splitlines()[:2]), strict=True))
    paid = date.fromisoformat(head["deposit-date"][:10]) + timedelta(days=1)
    (tmp_path / "bank.csv").write_text(f"Date,Amount,Text\n{paid},{head['total-amount']},AMAZON\n")
    run_json("bank", "import", str(tmp_path / "bank.csv"), "-c", "amazon_us")
    [item] = run_json("review", "list", "-c", "amazon_us", code=ExitCode.WAITS)["items"]
    assert item["code"] == "bank_line_unexplained"
    (tmp_path / "settlement.txt").write_bytes(content)
    run_json("import", str(tmp_path / "settlement.txt"), "-c", "amazon_us")
    assert run_json("review", "list", "-c", "amazon_us")["items"] == []
