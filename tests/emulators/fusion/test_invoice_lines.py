"""What AutoInvoice finds wrong with a line, which lines it takes together, and whom a rejected line holds back."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.emulators.fusion.bench import ITEM
from tests.emulators.fusion.invoice_bench import (
    NUMBER,
    ROW,
    SECOND,
    SHARE,
    TAX,
    Row,
    invoices,
    left,
    loaded,
    parameters,
    report,
    zipped,
)
from tests.emulators.fusion.test_autoinvoice import purge
from tests.emulators.fusion.test_receivables import INVOICE

AUTOMATIC = {2: "ZB Automatic", 7: ""}
BY_ITSELF = parameters(source="ZB Automatic")


def numbers(caller) -> list[str]:
    """Return the numbers of all invoices."""
    return [one["TransactionNumber"] for one in invoices(caller)]


@pytest.mark.parametrize(
    "changes, words",
    [
        ({3: "Nothing"}, "transaction type you entered doesn't exist"),
        ({3: "Credit Memo"}, "transaction type you entered doesn't exist"),  # of another class
        ({4: "Nothing"}, "payment terms"),
        ({5: "2026/11/31"}, "date such as"),
        ({6: "2026/03/10"}, "isn't in an open receivables period"),
        ({6: "2026/11/31"}, "AccountingDate must be a date"),
        ({7: ""}, "number is required"),  # the source is numbered by hand
        ({7: "x" * 21}, "longer than 20"),
        ({19: "9999"}, "bill-to customer doesn't exist"),
        ({19: "1009"}, "several bill-to sites"),
        ({20: "NOWHERE"}, "bill-to site doesn't exist"),
        ({26: "FREIGHT"}, "line type FREIGHT isn't valid"),
        ({27: ""}, "needs an item, a memo line or a description"),
        ({28: "XXX"}, "currency doesn't exist"),
        ({28: "EUR"}, "needs a rate type"),
        ({28: "EUR", 29: "User"}, "no rate"),
        ({32: "", 35: ""}, "needs an amount or a unit price"),
        ({111: "Nothing"}, "memo line doesn't exist"),
        (AUTOMATIC | {7: NUMBER}, "numbers transactions itself"),
        ({26: "TAX"}, "context and the attributes of the line"),
        ({26: "TAX", 114: "AMAZON", 115: "no such line"}, "isn't in the interface"),
    ],
)
def test_a_line_is_rejected_with_a_sentence(caller, changes, words):
    """WARNING; the report has the line's key and what is wrong, the line stays."""
    row = ROW | changes
    request_id = loaded(caller, row, parameters=parameters(source=row[2]))
    assert caller.status(request_id) == "WARNING"
    text = report(caller, request_id)
    assert f"Line AMAZON.17890123456.{NUMBER}.1 rejected: " in text
    assert words in text
    assert (invoices(caller), left(caller)) == ([], ["REJECTED"])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {5: "", 6: ""},  # the job's default date
        {4: ""},  # the customer's own terms
        {28: "EUR", 29: "User", 30: "2026/11/10", 31: "1.1"},
        {28: "EUR", 29: "Corporate", 30: "2026/11/10"},
        {27: "", 111: "Marketplace sales"},
        {32: "", 33: "3", 35: "500"},
        {1: "", 287: ""},  # the job's business unit
        {288: "Comment", 289: "Note", 107: "PO-1", 77: "US", 61: "EA", 57: "SO-1", 54: "STANDARD"},
    ],
)
def test_a_sound_line_makes_an_invoice(caller, changes):
    """What is blank is filled in as REST does it."""
    assert caller.status(loaded(caller, ROW | changes)) == "SUCCEEDED"
    (found,) = invoices(caller)
    assert found["EnteredAmount"] == 1500
    if 5 in changes:
        assert (found["TransactionDate"], found["AccountingDate"]) == ("2026-11-14", "2026-11-14")


def test_the_same_file_twice_is_rejected_line_by_line_for_ever(caller):
    """The sentence names the transaction that has the line; a number and notes of its own do not help."""
    loaded(caller)
    request_id = loaded(caller)
    assert caller.status(request_id) == "WARNING"
    sentence = "must have a unique combination of INTERFACE_LINE_CONTEXT and INTERFACE_LINE_ATTRIBUTE values"
    assert report(caller, request_id).count(f"{sentence}: transaction {NUMBER} has this line already.") == 2
    assert numbers(caller) == [NUMBER]
    purge(caller, request_id)
    assert left(caller) == []
    assert "has this line already" in report(caller, loaded(caller, ROW | {7: "OTHER", 289: "Other note"}))
    # A line of which one attribute differs is another line.
    loaded(caller, ROW | {7: "FIFTEENTH", 52: "x"})
    assert numbers(caller) == [NUMBER, "FIFTEENTH"]


def test_a_number_that_is_taken_rejects_the_whole_invoice(caller):
    """By an invoice of REST as well; every line of it gets the sentence."""
    caller.request("POST", "receivablesInvoices", headers=ITEM, body=INVOICE)
    text = report(caller, loaded(caller))
    assert text.count(f"The transaction number {NUMBER} exists in this source.") == 2
    assert left(caller) == ["REJECTED", "REJECTED"]


@pytest.mark.parametrize(
    "changes, count",
    [
        ({}, 1),
        ({27: "Another", 32: "7", 33: "", 35: ""}, 1),  # what belongs to the line
        ({289: "Another note"}, 2),
        ({288: "Another comment"}, 2),
        ({3: "Settled Invoice"}, 2),
        ({4: "30 Net"}, 2),
        ({5: "2026/11/11"}, 2),
        ({6: "2026/11/11"}, 2),
        ({107: "PO-2"}, 2),
        ({19: "1009", 20: "NORTH"}, 2),
        ({28: "EUR", 29: "User", 31: "1.1"}, 2),
    ],
)
def test_lines_with_equal_grouping_attributes_share_an_invoice(caller, changes, count):
    """A source that numbers by itself merges what nobody meant to be one; internal notes keep lines apart."""
    first = ROW | AUTOMATIC
    loaded(caller, first, first | {40: "2"} | changes, parameters=BY_ITSELF)
    found = invoices(caller)
    assert (len(found), len(set(numbers(caller)))) == (count, count)
    assert sum(len(one["receivablesInvoiceLines"]["items"]) for one in found) == 2


def test_a_rejected_line_holds_its_siblings_back_without_a_word(caller):
    """One line of the report for two that stay; the sibling of a later load stays too, under a job that succeeded."""
    request_id = loaded(caller, ROW, SECOND | {27: ""}, ROW | {7: "OTHER", 40: "9"})
    assert caller.status(request_id) == "WARNING"
    assert report(caller, request_id).count("rejected:") == 1
    assert (numbers(caller), left(caller)) == (["OTHER"], ["", "REJECTED"])
    later = loaded(caller, SECOND | {40: "3"})
    assert caller.status(later) == "SUCCEEDED"
    assert "0 transactions created, 0 lines rejected." in report(caller, later)
    assert left(caller) == ["", "REJECTED", ""]
    purge(caller, request_id)
    last = loaded(caller, SECOND | {40: "4"})
    assert (numbers(caller), left(caller)) == (["OTHER", NUMBER], [])
    amounts = [one["LineAmount"] for one in invoices(caller)[1]["receivablesInvoiceLines"]["items"]]
    assert amounts == [Decimal("20.33")] * 2
    assert caller.status(last) == "SUCCEEDED"


def test_how_such_jobs_end_is_a_switch(caller, site):
    """ERROR in place of WARNING, WARNING in place of SUCCEEDED."""
    site.receivables.switches = replace(
        site.receivables.switches, rejected_lines_status="ERROR", held_lines_status="WARNING"
    )
    assert caller.status(loaded(caller, ROW, SECOND | {27: ""})) == "ERROR"
    assert caller.status(loaded(caller, SECOND | {40: "3"})) == "WARNING"


def test_a_line_that_lies_in_the_interface_is_not_taken_a_second_time(caller):
    """Loaded again before the first was purged, it is rejected and named no transaction."""
    loaded(caller, ROW, SECOND | {27: ""})
    text = report(caller, loaded(caller, ROW))
    assert "the interface holds this line already" in text
    assert left(caller) == ["", "REJECTED", "REJECTED"]


@pytest.mark.parametrize(
    "shares, words",
    [
        ([SHARE | {3: "1499.99"}], "class REV make 1499.99, and must make 1500."),
        ([SHARE | {3: "", 4: "99"}], "class REV make 99, and must make 100"),
        ([SHARE | {3: "", 4: ""}], "needs an amount or a percentage"),
        ([SHARE | {4: "100"}], "needs an amount or a percentage"),
        ([SHARE | {3: "1000"}, SHARE | {3: "", 4: "50"}], "mix amounts and percentages"),
        ([SHARE | {2: "TAX"}], "class TAX isn't valid for a line of type LINE"),
        ([SHARE | {2: "NONSENSE"}], "class NONSENSE isn't valid"),
        ([SHARE | {24: "999999"}], "999999 of segment account doesn't exist"),
        ([SHARE | {24: "400900"}], "disabled"),
        ([SHARE | {25: ""}], "doesn't have the segments"),
        ([SHARE | {2: "REC", 24: "110900"}], "class REC make 1500, and must make 1520.33"),
    ],
)
def test_distributions_must_make_up_the_line_on_accounts_that_can_be_booked(caller, shares, words):
    """Amounts or percentages, of one kind for each class; those of the receivable make up the invoice."""
    assert words in report(caller, loaded(caller, shares=shares))
    assert invoices(caller) == []


def test_distributions_by_amount_are_kept_as_sent(caller):
    """Two accounts for one line; an orphan waits for its line without a word."""
    shares = [SHARE | {3: "1000"}, SHARE | {3: "500.00", 24: "400200", 52: "Shipping part"}, SHARE | {9: "orphan"}]
    assert caller.status(loaded(caller, shares=shares)) == "SUCCEEDED"
    found = invoices(caller)[0]["receivablesInvoiceDistributions"]["items"]
    assert [(row["Amount"], row["Percent"], row["Comments"]) for row in found] == [
        (1000, None, None),
        (500, None, "Shipping part"),
    ]


def test_a_tax_line_that_is_rejected_holds_the_line_it_is_linked_to(caller):
    """Its amount is missing; the invoice waits."""
    text = report(caller, loaded(caller, ROW, TAX | {32: ""}))
    assert "A tax line needs an amount." in text
    assert left(caller) == ["", "REJECTED"]


@pytest.mark.parametrize("seed", range(12))
def test_odd_cells_end_in_a_status_or_a_sentence(caller, seed):
    """Cells of the files replaced by something odd: lines are loaded, rejected or held, the pod goes on."""
    draw = random.Random(seed)
    cells = ("", "x", "²", "-0", "1e5", "9" * 22, "0.123456789012", "2026/02/30", "0001/01/01", "9999/12/31", "#NULL")
    places = [*range(1, 8), 19, 20, *range(26, 45), 54, 84, 111, 114, 115, 287, 288, 289]
    for _ in range(8):
        rows: list[Row] = [row | {draw.choice(places): draw.choice(cells) for _ in range(2)} for row in (ROW, TAX)]
        share = SHARE | {draw.randrange(1, 26): draw.choice(cells)}
        request_id = loaded(caller, content=zipped(rows, [share]))
        assert caller.status(request_id) in ("SUCCEEDED", "WARNING", "ERROR"), (seed, rows)
        purge(caller, request_id)
        caller.login()
