"""What `connector check` says of tax on fees that is to wait for its invoice."""

import pytest
import yaml

from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.new import TYPES, _settings
from connector_defs.connections import connection
from connector_defs.project import Project
from ledger.policy import Policy

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


def test_who_has_no_tax_on_fees_names_no_account_for_it(waiting, run_json) -> None:
    """A new connection waits for invoices; where fees carry no tax there is nothing to name."""
    changed(waiting.folder / "mappings/amazon_us.yaml", '  input_tax: "115500"', "  # no tax on fees:")
    [row] = rows(run_json("check", *C), "input tax")
    assert (row["ok"], "stops until there is one" in row["sentence"]) == (True, True)


def test_what_is_new_claims_with_the_number_of_an_invoice(place) -> None:
    """So does the demonstration where fees carry VAT; what says nothing books as it did, and is asked."""
    written = yaml.safe_load(_settings("amazon_jp", TYPES[0]))["attributes"]["books"]
    assert written["input_tax"] == "when_invoiced"
    assert connection(Project(), "amazon_eu").settings.books.holds_input_tax
    assert not Policy(time_zone="UTC").holds_input_tax
