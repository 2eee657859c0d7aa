"""Whatever comes in over HTTP ends in an answer: no input makes the pod itself fail."""

from __future__ import annotations

import random

import pytest

from tests.emulators.fusion.bench import ITEM, PAIR, REST, zipped
from tests.emulators.fusion.test_receivables import INVOICE, LINE, RECEIPT

QUERIES = (
    "JeBatchId=NaN",
    "JeBatchId=1e999999999",
    "JeBatchId > sNaN",
    "BatchName like '",
    "BatchName like '%' or",
    "(" * 200,
    "not",
    "in (",
    "BatchName in ()",
    "CreationDate > 'yesterday'",
    "BatchName = '\u0000'",
    "²=1",
    ";;;",
    "=",
)


@pytest.mark.parametrize("version", [None, "1", "4", "-1", "4.5", ""])
def test_any_query_gets_an_answer(caller, version):
    """400 or a page, in each framework version, for broken and odd conditions."""
    caller.version = version
    for text in QUERIES:
        assert caller.get("journalBatches", q=text).status_code in (200, 400), text


@pytest.mark.parametrize("name", ["limit", "offset", "orderBy", "fields", "expand", "finder"])
@pytest.mark.parametrize(
    "value", ["²", "-1", "9" * 5000, ";", ":", ",", "a:b;c", "PrimaryKey;=;,", "\u0000", "all.all"]
)
def test_any_parameter_gets_an_answer(caller, name, value):
    """400 or a page for what no reading of the documentation would send."""
    assert caller.get("journalBatches", **{name: value}).status_code in (200, 400)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"OperationName": "\\ud800"}',
        b'{"OperationName": NaN}',
        b"[" * 100_000,
        b'{"OperationName": "importBulkData", "DocumentContent": "\\u0000"}',
        b'{"OperationName": "submitESSJobRequest", "ESSParameters": ",,,,,,"}',
    ],
)
@pytest.mark.parametrize(
    "resource", ["erpintegrations", "receivablesInvoices", "standardReceipts", "receivablesCreditMemos"]
)
def test_any_body_gets_an_answer(caller, text, resource):
    """Never 500; what is taken at all is taken with ReqstId -1."""
    sent = {"Authorization": f"Bearer {caller.token}", **ITEM}
    answer = caller.http.post(f"{REST}/{resource}", content=text, headers=sent)
    assert answer.status_code == 400 or answer.json()["ReqstId"] == "-1"


ODD = (None, True, 0, -1, "", "x", "2026-13-45", "1e400", "²", [], {}, [None], {"a": 1}, 10**40, "\u202e", "x" * 3000)


@pytest.mark.parametrize("seed", range(20))
def test_an_invoice_or_receipt_with_odd_values_gets_an_answer(caller, seed):
    """One to three attributes of a sound document replaced by something odd."""
    draw = random.Random(seed)
    for _ in range(20):
        resource, body = draw.choice([("receivablesInvoices", INVOICE), ("standardReceipts", RECEIPT)])
        body = body | {name: draw.choice(ODD) for name in draw.sample(sorted(body), draw.randint(1, 3))}
        if resource == "receivablesInvoices" and draw.random() < 0.5:
            body["receivablesInvoiceLines"] = [LINE | {draw.choice(sorted(LINE)): draw.choice(ODD)}]
        answer = caller.request("POST", resource, headers=ITEM, body=body)
        assert answer.status_code in (201, 400), (seed, body)


@pytest.mark.parametrize("value", ODD)
def test_a_patch_with_odd_values_gets_an_answer(caller, value):
    """A batch and an invoice."""
    batch = caller.items("journalBatches")[0]["JeBatchId"]
    for name in ("CompletionStatusMeaning", "ReversalDate", "ReversalPeriod"):
        answer = caller.request("PATCH", f"journalBatches/{batch}", headers=ITEM, body={name: value})
        assert answer.status_code in (200, 400)
    assert caller.get("journalBatches", q="ReversalDate is null").status_code == 200
    invoice = caller.request("POST", "receivablesInvoices", headers=ITEM, body=INVOICE).json()["CustomerTransactionId"]
    for name in ("InvoiceStatus", "PaymentTerms", "TransactionDate"):
        answer = caller.request("PATCH", f"receivablesInvoices/{invoice}", headers=ITEM, body={name: value})
        assert answer.status_code in (200, 400)


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_file_ends_in_a_status(caller, seed):
    """Bytes of the zip or of its CSV changed at random: the load fails or succeeds, the pod goes on."""
    draw = random.Random(seed)
    for _ in range(10):
        content = bytearray(zipped(PAIR, columns=draw.choice([95, 149])))
        for _ in range(draw.randint(1, 8)):
            content[draw.randrange(len(content))] = draw.randrange(256)
        assert caller.status(caller.loaded(content=bytes(content))) in ("SUCCEEDED", "WARNING", "ERROR")
        caller.login()


@pytest.mark.parametrize("seed", range(12))
def test_odd_cells_end_in_a_status_or_a_code(caller, seed):
    """Cells of the file replaced by something odd: rows are loaded, refused, or left with a code."""
    draw = random.Random(seed)
    cells = ("", "x", "²", "-0", "1e5", "9" * 30, "0.1234567890123", "2026/02/30", "0001/01/01", "9999/12/31", "#NULL")
    for _ in range(10):
        rows = [row | {draw.randrange(149): draw.choice(cells) for _ in range(draw.randint(1, 4))} for row in PAIR]
        assert caller.status(caller.loaded(rows)) in ("SUCCEEDED", "WARNING", "ERROR"), (seed, rows)
        caller.login()
