"""Somebody who writes AutoInvoice's files by hand: rows by position (from 1), zips, submissions."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from tests.emulators.fusion.bench import Caller

LINES, DISTRIBUTIONS = "RaInterfaceLinesAll.csv", "RaInterfaceDistributionsAll.csv"
JOB = "/oracle/apps/ess/financials/receivables/transactions/autoInvoices,AutoInvoiceImportEss"
OPTIONS = "InterfaceDetails=2,ImportOption=Y,PurgeOption=N,ExtractFileType=ALL"
UNIT = "US1 Business Unit"
UNIT_ID = "300000048975971"
NUMBER = "AZ261110-000017"
END = 372

# One line by position: the key is context 37 with attributes 38 to 52.
ROW = {1: UNIT_ID, 2: "ZB Connector", 3: "Invoice", 4: "IMMEDIATE", 5: "2026/11/10", 6: "2026/11/10", 7: NUMBER}
ROW |= {19: "1008", 26: "LINE", 27: "Sales", 28: "USD", 32: "1500.00", 33: "1", 35: "1500.00"}
ROW |= {37: "AMAZON", 38: "17890123456", 39: NUMBER, 40: "1", 287: UNIT, END: "END"}
SECOND = ROW | {27: "Shipping", 32: "20.33", 33: "", 35: "", 40: "2"}
TAX = ROW | {26: "TAX", 27: "Tax", 32: "99.99", 33: "", 35: "", 40: "3", 81: "US SALES", 84: "STANDARD"}
TAX |= {114: "AMAZON", 115: "17890123456", 116: NUMBER, 117: "1"}
# A distribution of the first line: its key stands in 6 with 7 to 21, the account from 22 on.
SHARE = {1: UNIT_ID, 2: "REV", 3: "1500.00", 6: "AMAZON", 7: "17890123456", 8: NUMBER, 9: "1"}
SHARE |= {22: "01", 23: "000", 24: "400100", 25: "000", 99: UNIT}

Row = Mapping[int, str]


def parameters(unit: str = UNIT, source: str = "ZB Connector", day: str = "2026-11-14") -> str:
    """Return the 24 parameters."""
    return ",".join([unit, source, day, *["#NULL"] * 19, "Y", "#NULL"])


def zipped(lines: Sequence[Row], shares: Sequence[Row] = (), *, name: str = LINES) -> bytes:
    """Return a zip of the lines file, and of the distributions file where there are any."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(name, _text(lines))
        if shares:
            archive.writestr(DISTRIBUTIONS, _text(shares))
    return content.getvalue()


def _text(rows: Sequence[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for row in rows:
        writer.writerow([row.get(place, "") for place in range(1, max(row) + 1)])
    return text.getvalue()


def load(caller: Caller, *lines: Row, shares: Sequence[Row] = (), **changes: Any) -> httpx.Response:
    """Submit the files."""
    defaults = {"JobName": JOB, "DocumentAccount": "fin$/receivables$/import$", "FileName": "zb_invoices.zip"}
    defaults |= {"options": OPTIONS, "parameters": parameters(), "content": zipped(lines or (ROW, SECOND), shares)}
    return caller.load(**(defaults | changes))


def loaded(caller: Caller, *lines: Row, **changes: Any) -> str:
    """Submit the files, wait for the job's end and return its request id."""
    request_id = load(caller, *lines, **changes).json()["ReqstId"]
    caller.clock.advance(60)
    return request_id


def invoices(caller: Caller) -> list[dict[str, Any]]:
    """Return every invoice with all that hangs on it."""
    below = "receivablesInvoiceLines"
    expand = f"{below}.{below[:-1]}TaxLines,{below}.{below[:-1]}TransactionDFF,receivablesInvoiceDistributions"
    return caller.items("receivablesInvoices", expand=expand)


def left(caller: Caller) -> list[str]:
    """Return the status of each line in the interface, blank for one that nothing was said of."""
    return [row["STATUS"] for row in caller.app.autoinvoice.interface()]


def report(caller: Caller, request_id: str) -> str:
    """Return the execution report of a job."""
    return "".join(caller.files(request_id, "OUT").values())
