"""What `connector check` says of tax on fees that is to wait for its invoice."""

import pytest

from connector_defs.cli.exit_codes import ExitCode

C = ("-c", "amazon_us")


@pytest.fixture
def waiting(copied_place):
    """A connection whose tax on fees waits; `changed` replaces a text of a file."""
    settings = copied_place.folder / "defs/amazon_us/defs.yaml"
    changed(settings, "input_tax: when_settled", "input_tax: when_invoiced")
    return copied_place


def changed(path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def rows(document, what: str) -> list[dict]:
    return [row for row in document["rows"] if row["what"] == what]


def test_an_account_that_is_missing_is_named_before_a_settlement_stops(waiting, run_json) -> None:
    """And with it, what becomes of the tax is said."""
    [row] = rows(run_json("check", *C, code=ExitCode.REFUSED), "input tax")
    assert (row["ok"], row["cure"].startswith("Add accounts.input_tax_waiting to ")) == (False, True)
    mapping = waiting.folder / "mappings/amazon_us.yaml"
    changed(mapping, "accounts:\n", 'accounts:\n  input_tax_waiting: "110950"\n')
    [row] = rows(run_json("check", *C), "input tax")
    assert (row["ok"], "until the number of its invoice is known" in row["sentence"]) == (True, True)


def test_tax_that_waits_for_invoices_nobody_reads_is_refused(waiting, run_json) -> None:
    """It would wait for ever."""
    settings = waiting.folder / "defs/amazon_us/defs.yaml"
    changed(settings, "  books:\n", "  by_day: {fee_invoices: false}\n\n  books:\n")
    [_, row] = run_json("check", *C, code=ExitCode.REFUSED)["rows"]
    assert "books.input_tax: when_invoiced needs by_day.fee_invoices" in row["sentence"]


def test_where_nothing_waits_nothing_is_said(copied_place, run_json) -> None:
    """As before."""
    assert rows(run_json("check", *C), "input tax") == []


def test_where_nobody_has_said_when_it_is_claimed_a_person_is_asked(copied_place, run_json) -> None:
    """Nothing stops: it is booked as claimed at once, and the row says so."""
    settings = copied_place.folder / "defs/amazon_us/defs.yaml"
    changed(settings, "    input_tax: when_settled", "    # said nowhere:")
    [row] = rows(run_json("check", *C, code=ExitCode.WAITS), "input tax")
    assert (row["ok"], "before its invoice has a number" in row["sentence"]) == (False, True)
