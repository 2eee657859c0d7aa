"""AutoInvoice: what lies in the interface for a business unit and a source becomes invoices, or stays.

What comes in: loads and jobs of the scheduler. What goes out: invoices in the same table as those of REST. Reported of
a live pod and shown here: the key of a line is unique for ever; an undefined context, or a source that is not valid,
ends the job without a verdict on any line; a rejected line holds its whole invoice back, lines of later loads too,
without a word, until its load is purged. Assumed: a rejected line is not looked at again (a switch), no credit memos.
Source: https://docs.oracle.com/en/cloud/saas/financials/24d/farfa/Importing_Financials_Data.html.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from emulators.fusion.accounting_rules import check_shares
from emulators.fusion.answers import Refusal
from emulators.fusion.books import Books
from emulators.fusion.entry_checks import fault
from emulators.fusion.interface_lines import (
    LINE,
    RECEIVABLE,
    TAX,
    InterfaceLine,
    check_distributions,
    distributed,
    group_of,
    header_of,
    line_of,
    tax_of,
)
from emulators.fusion.invoice_entry import DISTRIBUTIONS, LINES, TAX_LINES, Entry, entered
from emulators.fusion.invoice_interface import interface_rows, shown_key
from emulators.fusion.invoices import COMPLETE, REQUEST_ID, Invoices
from emulators.fusion.masters import business_unit_id
from emulators.fusion.programs import Imported
from emulators.fusion.site import Ledger, currency_decimals
from emulators.fusion.store import Fields

REJECTED, HELD = "REJECTED", "HELD"
_TABLES = ("RA_INTERFACE_LINES", "RA_INTERFACE_DISTRIBUTIONS")
_NOT_UNIQUE = "Each line must have a unique combination of INTERFACE_LINE_CONTEXT and INTERFACE_LINE_ATTRIBUTE values"


@dataclass
class _Run:
    """One job: what it was asked for, the lines it found, and what it says of them."""

    ledger: Ledger
    source: str
    day: str
    lines: list[InterfaceLine]
    shares: Mapping[str, list[dict[str, Any]]]
    verdicts: dict[int, str] = field(default_factory=dict)
    held: set[int] = field(default_factory=set)
    made: list[str] = field(default_factory=list)

    def line_with(self, key: str) -> InterfaceLine | None:
        """Return the line of type LINE with a key, or None."""
        return next((one for one in self.lines if one.key == key and one.kind == LINE), None)


class AutoInvoice:
    """The program of the interface of receivables."""

    def __init__(self, books: Books, invoices: Invoices) -> None:
        self._books = books
        self._store = books.store
        self._invoices = invoices

    def load(self, content: bytes, load_id: str) -> int:
        """Put the rows of both files into the interface; raises LoadFailed."""
        both = interface_rows(content, self._books.site.receivables.layout)
        for table, rows in zip(_TABLES, both, strict=True):
            for row in rows:
                own = {"ID": str(self._store.count_up("interface_row")), "LOAD_REQUEST_ID": load_id}
                self._store.insert(table, row | own)
        return sum(map(len, both))

    def purge(self, load_id: str) -> int:
        """Take a load's rows out of the interface."""
        statements = [f"DELETE FROM {table} WHERE LOAD_REQUEST_ID = ?" for table in _TABLES]
        return sum(self._store.run(statement, [load_id]) for statement in statements)

    def interface(self) -> list[Fields]:
        """Return the lines that lie in the interface, with STATUS and ERROR_TEXT of the job that looked at them."""
        self._books.settle()
        return self._rows()

    def _rows(self) -> list[Fields]:
        return self._store.rows("SELECT * FROM RA_INTERFACE_LINES ORDER BY CAST(ID AS INTEGER)")

    def run(self, job: Fields, request_id: str, load_id: str, at: datetime) -> Imported:
        """Import what lies in the interface for a job's business unit and source, whoever loaded it."""
        with self._store.transaction():
            run = self._run_of(job)
            wrong = self._fault_of_job(run)
            if wrong:
                return Imported("ERROR", wrong)
            if not run.lines:
                text = f"No lines were found for source {run.source} of {run.ledger.business_unit}."
                return Imported(self._books.site.switches.empty_import_status, text, text)
            self._force(run, job["FORCED"], load_id)
            for line in run.lines:
                self._judge(run, line)
            self._make_invoices(run, request_id, job["CLIENT_ID"], at)
            return self._ended(run, request_id)

    def _run_of(self, job: Fields) -> _Run:
        ledger_id, source, day = job["PARAMETERS"].split(",")
        ledger = self._books.site.ledger(int(ledger_id))
        assert ledger is not None
        every = [InterfaceLine.of(row) for row in self._rows() if row["SOURCE"] == source]
        units = (ledger.business_unit, str(business_unit_id(ledger)), "")
        lines = [one for one in every if (one.cells["BUSINESS_UNIT"] or one.cells["ORG_ID"]) in units]
        shares: dict[str, list[dict[str, Any]]] = {}
        for row in self._store.rows("SELECT * FROM RA_INTERFACE_DISTRIBUTIONS ORDER BY CAST(ID AS INTEGER)"):
            shares.setdefault(row["LINE_KEY"], []).append(json.loads(row["BODY"]))
        return _Run(ledger, source, day, lines, shares)

    def _fault_of_job(self, run: _Run) -> str:
        """Say what keeps a job from looking at any line, "" for nothing."""
        receivables, unit = self._books.site.receivables, run.ledger.business_unit
        if unit in receivables.consolidated_billing_units:
            return f"{unit} uses consolidated billing: run the Import AutoInvoice Master program instead."
        source = receivables.source(run.source)
        if source is None or not source.is_valid_for(unit):
            return f"The transaction source {run.source} isn't valid for {unit}. No line was looked at."
        for line in run.lines:
            if receivables.line_context(line.cells["CONTEXT"]) is None:
                name = line.cells["CONTEXT"] or "(blank)"
                return f"The line transactions flexfield has no context {name}. No line was looked at."
        return ""

    def _force(self, run: _Run, forced: str, load_id: str) -> None:
        """Reject or hold a line of the job's own load by its place, where a fault asks for it."""
        what, _, place = forced.partition(":")
        own = [line for line in run.lines if line.load_id == load_id]
        if what in ("reject", "hold") and 0 < int(place) <= len(own):
            line = own[int(place) - 1]
            if what == "reject":
                run.verdicts[line.id] = "The line can't be imported."
            else:
                run.held.add(line.id)

    def _judge(self, run: _Run, line: InterfaceLine) -> None:
        """Put down what is wrong with a line; one that was rejected before stays so where nobody looks again."""
        is_retried = self._books.site.receivables.switches.are_rejected_lines_retried
        if line.id in run.held:
            return
        if line.status == HELD or (line.status == REJECTED and not is_retried):
            run.held.add(line.id)
        elif line.id not in run.verdicts:
            try:
                self._check_key(line)
                self._check_line(run, line)
            except Refusal as refusal:
                run.verdicts[line.id] = refusal.details[0].text

    def _check_key(self, line: InterfaceLine) -> None:
        used = self._store.get("RA_LINE_KEY", line.key)
        if used is not None:
            raise fault("", f"{_NOT_UNIQUE}: transaction {used['NUMBER']} has this line already.")
        rows = self._store.rows("SELECT ID FROM RA_INTERFACE_LINES WHERE LINE_KEY = ?", [line.key])
        if any(int(row["ID"]) < line.id for row in rows):
            raise fault("", f"{_NOT_UNIQUE}: the interface holds this line already.")

    def _check_line(self, run: _Run, line: InterfaceLine) -> None:
        if line.kind not in (LINE, TAX):
            raise fault("", f"The line type {line.kind[:30]} isn't valid: use LINE or TAX.")
        shares = run.shares.get(line.key, [])
        check_distributions(line, shares)
        if line.cells["INVOICING_RULE"]:
            check_shares({"InvoicingRule": line.cells["INVOICING_RULE"]}, _by_amount(shares), self._books.site)
        day = header_of(line, run.day)["AccountingDate"]
        for row in shares:
            wrong = self._books.setup.fault_of(run.ledger, row["SEGMENTS"], _day(day))
            if wrong:
                raise fault("", f"{wrong[1]}.")
        if line.kind == TAX:
            self._check_tax(run, line)
        else:
            # Alone it makes an invoice that could be stored; what it shares with others is the same for all.
            entry = self._entry(run, [line])
            amount = Decimal(entry.header[LINES][0]["LineAmount"])
            distributed("REV", shares, amount, _step(entry), self._delimiter(run))

    def _check_tax(self, run: _Run, line: InterfaceLine) -> None:
        if not line.link:
            raise fault("", "A tax line needs the context and the attributes of the line that it is linked to.")
        if run.line_with(line.link) is None:
            raise fault("", f"The line {shown_key(line.link)} that the tax line is linked to isn't in the interface.")
        if not line.cells["AMOUNT"]:
            raise fault("", "A tax line needs an amount.")
        needed = ("TAX_REGIME", "TAX_RATE_CODE")
        needed += ("TAX", "TAX_STATUS") if self._books.site.receivables.switches.are_tax_names_needed else ()
        missing = [name for name in needed if not line.cells[name]]
        if missing:
            raise fault("", f"A tax line needs {', '.join(missing)}.")

    def _make_invoices(self, run: _Run, request_id: str, created_by: str, at: datetime) -> None:
        groups: dict[tuple[str, ...], list[InterfaceLine]] = {}
        for line in run.lines:
            head = run.line_with(line.link) if line.kind == TAX and line.link else None
            groups.setdefault(group_of(head or line, run.day), []).append(line)
        for lines in groups.values():
            if any(line.id in run.verdicts or line.id in run.held for line in lines):
                continue
            try:
                with self._store.transaction():
                    self._make(run, lines, request_id, created_by, at)
            except Refusal as refusal:
                run.verdicts |= {line.id: refusal.details[0].text for line in lines}

    def _make(self, run: _Run, lines: list[InterfaceLine], request_id: str, created_by: str, at: datetime) -> None:
        entry = self._entry(run, lines)
        shares = self._distributions(run, lines, entry)
        entry.header.update({DISTRIBUTIONS: shares, REQUEST_ID: request_id, "InvoiceStatus": COMPLETE})
        invoice_id = self._invoices.add(entry, run.ledger, created_by, at)
        number = self._invoices.expect(invoice_id)["NUMBER"]
        for line in lines:
            self._store.insert("RA_LINE_KEY", {"LINE_KEY": line.key, "INVOICE_ID": invoice_id, "NUMBER": number})
            self._store.run("DELETE FROM RA_INTERFACE_LINES WHERE ID = ?", [str(line.id)])
            self._store.run("DELETE FROM RA_INTERFACE_DISTRIBUTIONS WHERE LINE_KEY = ?", [line.key])
        run.made.append(number)

    def _entry(self, run: _Run, lines: list[InterfaceLine]) -> Entry:
        """Return the invoice that lines make together; raises Refusal with the first fault."""
        rows = []
        for line in (one for one in lines if one.kind == LINE):
            context = self._books.site.receivables.line_context(line.cells["CONTEXT"])
            assert context is not None
            rows.append(line_of(line, context) | {TAX_LINES: [tax_of(one) for one in _taxes_of(line, lines)]})
        head = next(one for one in lines if one.kind == LINE)
        given = header_of(head, run.day) | {"BusinessUnit": run.ledger.business_unit, LINES: rows}
        return entered(given, self._books.site, run.ledger, self._books.setup, _day(run.day))

    def _distributions(self, run: _Run, lines: list[InterfaceLine], entry: Entry) -> list[dict[str, str]]:
        """Return the distributions of an invoice: the receivable's, then for each line its revenue's and its taxes'."""
        step, delimiter = _step(entry), self._delimiter(run)
        every = [row for line in lines for row in run.shares.get(line.key, [])]
        found = distributed(RECEIVABLE, every, entry.amount - entry.own_tax, step, delimiter)
        heads = [line for line in lines if line.kind == LINE]
        for number, line in enumerate(heads, start=1):
            place, own = {"InvoiceLineNumber": str(number)}, run.shares.get(line.key, [])
            amount = Decimal(entry.header[LINES][number - 1]["LineAmount"])
            found += [row | place for row in distributed("REV", own, amount, step, delimiter)]
            for count, tax in enumerate(_taxes_of(line, lines), start=1):
                amount, own = Decimal(tax.cells["AMOUNT"]), run.shares.get(tax.key, [])
                place = {"InvoiceLineNumber": str(number), "DetailedTaxLineNumber": str(count)}
                found += [row | place for row in distributed("TAX", own, amount, step, delimiter)]
        return found

    def _delimiter(self, run: _Run) -> str:
        return self._books.site.chart_of(run.ledger).delimiter

    def _ended(self, run: _Run, request_id: str) -> Imported:
        report = []
        for line in run.lines:
            if line.id in run.verdicts:
                text = run.verdicts[line.id]
                self._store.change("RA_INTERFACE_LINES", str(line.id), STATUS=REJECTED, ERROR_TEXT=text)
                report.append(f"Line {shown_key(line.key)} rejected: {text}")
            elif line.id in run.held and not line.status:
                self._store.change("RA_INTERFACE_LINES", str(line.id), STATUS=HELD)
        switches = self._books.site.receivables.switches
        status = "SUCCEEDED" if run.made else switches.held_lines_status
        summary = f"{len(run.made)} transactions created, {len(report)} lines rejected."
        head = f"AutoInvoice Execution Report, request {request_id}, source {run.source}, {run.ledger.business_unit}"
        made = [f"Transaction {number} created." for number in run.made]
        text = "\n".join([head, *made, *report, summary])
        return Imported(switches.rejected_lines_status if report else status, summary, text)


def _by_amount(shares: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the distributions that tell an amount, under the name that REST has for it."""
    return [{"Amount": row["AMOUNT"]} for row in shares if row["AMOUNT"]]


def _taxes_of(line: InterfaceLine, lines: list[InterfaceLine]) -> list[InterfaceLine]:
    return [one for one in lines if one.kind == TAX and one.link == line.key]


def _step(entry: Entry) -> Decimal:
    """Return the smallest amount of an invoice's currency."""
    return Decimal(1).scaleb(-currency_decimals(entry.header["InvoiceCurrencyCode"]))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise fault("", f"The date {text} doesn't exist.") from None
