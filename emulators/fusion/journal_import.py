"""Journal Import: the interface rows of one source, ledger and group become unposted batches, or stay with error codes.

What comes in: what the job was asked to import. What goes out: an `Imported` with the job's status, log and execution
report; batches in the journal tables, and the rows that made them gone from the interface. Everything that lies in the
interface under that source, ledger and group is taken, whoever loaded it and whenever; nothing looks for an earlier
batch of the same content, so a second identical load makes a second batch.
Source: https://docs.oracle.com/en/cloud/saas/financials/24d/farfa/Importing_Financials_Data.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from emulators.fusion.answers import plain
from emulators.fusion.journal_lines import GroupKey, evened, grouped, journal_key, summed
from emulators.fusion.journals import Journal, Journals, totals_of
from emulators.fusion.programs import Imported
from emulators.fusion.row_checks import accounted, day_of, fault_of_row, period_of, segments_of
from emulators.fusion.setup import Setup, Wrong
from emulators.fusion.site import Ledger, Site
from emulators.fusion.store import Fields, Store

NAME_LENGTH = 100
ANY_GROUP = ("ALL", "#NULL", "")


@dataclass(frozen=True)
class ImportOrder:
    """What a Journal Import job was asked for; `group_id` ALL or #NULL takes every group of the source."""

    source: str
    ledger: Ledger
    group_id: str
    is_suspense_allowed: bool = False
    is_summary: bool = False


class JournalImport:
    """The import program of one pod."""

    def __init__(self, site: Site, store: Store, setup: Setup, journals: Journals) -> None:
        self._site = site
        self._store = store
        self._setup = setup
        self._journals = journals

    def run(self, order: ImportOrder, request_id: str, created_by: str, at: datetime) -> Imported:
        """Import what the interface holds for an order."""
        with self._store.transaction():
            rows = self._rows(order)
            if not rows:
                text = f"No rows were found for source {order.source}, group {order.group_id}: 0 lines imported."
                return Imported(self._site.switches.empty_import_status, text, text)
            batches = grouped(rows, lambda row: self._batch_key(row, order))
            faults = {key: self._faults(group, order) for key, group in batches.items()}
            return self._ended(order, batches, faults, request_id, created_by, at)

    def _rows(self, order: ImportOrder) -> list[Fields]:
        rows = self._store.rows(
            "SELECT * FROM GL_INTERFACE WHERE SOURCE = ? AND LEDGER_ID = ? ORDER BY CAST(ID AS INTEGER)",
            [order.source, str(order.ledger.id)],
        )
        return [row for row in rows if order.group_id in ANY_GROUP or row["GROUP_ID"] == order.group_id]

    def _batch_key(self, row: Fields, order: ImportOrder) -> GroupKey:
        try:
            period = period_of(row, order.ledger, self._setup)
        except ValueError:
            period = None
        return row["GROUP_ID"], row["REFERENCE1"], period.name if period else ""

    def _faults(self, rows: list[Fields], order: ImportOrder) -> dict[str, Wrong]:
        """Return the faults of one batch's rows by row id."""
        faults: dict[str, Wrong] = {}
        for row in rows:
            wrong = fault_of_row(row, order.ledger, self._site, self._setup)
            if wrong is None and self._account_of(row, order) is None:
                wrong = self._setup.fault_of(order.ledger, segments_of(row), day_of(row))
            if wrong:
                faults[row["ID"]] = wrong
        if faults:
            return faults
        for journal in grouped(rows, journal_key).values():
            off = self._unbalanced_by(journal, order)
            if off and not self._has_suspense(order):
                text = f"The journal entry is unbalanced by {plain(off)} and suspense isn't allowed"
                faults.update({row["ID"]: ("EU02", text) for row in journal})
        return faults

    def _unbalanced_by(self, journal: list[Fields], order: ImportOrder) -> Decimal:
        """Return debits less credits: entered, or accounted where those were given and not converted here."""
        totals = totals_of([{**row, **accounted(row, order.ledger, self._site)} for row in journal])
        is_given = any(row["ACCOUNTED_DR"] or row["ACCOUNTED_CR"] for row in journal)
        accounted_off = totals.accounted_debit - totals.accounted_credit if is_given else Decimal(0)
        return totals.debit - totals.credit or accounted_off

    def _ended(
        self,
        order: ImportOrder,
        batches: dict[GroupKey, list[Fields]],
        faults: dict[GroupKey, dict[str, Wrong]],
        request_id: str,
        created_by: str,
        at: datetime,
    ) -> Imported:
        wrong_groups = {key[0] for key, found in faults.items() if found}
        held_by_group = self._site.switches.error_holds == "group"
        made, lines, report = [], 0, []
        for key, rows in batches.items():
            if faults[key] or (held_by_group and key[0] in wrong_groups):
                report += self._left(rows, faults[key])
                continue
            made.append(self._make(order, key, rows, request_id, created_by, at))
            lines += len(rows)
            for row in rows:
                self._store.run("DELETE FROM GL_INTERFACE WHERE ID = ?", [row["ID"]])
        summary = f"{len(made)} batches created, {lines} lines imported, {len(report)} lines left in the interface."
        status = self._site.switches.failed_import_status if report else "SUCCEEDED"
        head = f"Journal Import Execution Report, request {request_id}, source {order.source}, group {order.group_id}"
        return Imported(status, summary, "\n".join([head, *report, summary]))

    def _left(self, rows: list[Fields], faults: dict[str, Wrong]) -> list[str]:
        lines = []
        for row in rows:
            code, text = faults.get(row["ID"], ("P", "Another line of the same group has an error"))
            self._store.change("GL_INTERFACE", row["ID"], STATUS=code, ERROR_TEXT=text)
            account = "-".join(part for part in segments_of(row) if part)
            lines.append(f"{code} {row['REFERENCE4'] or row['REFERENCE1']} {account}: {text}.")
        return lines

    def _make(
        self, order: ImportOrder, key: GroupKey, rows: list[Fields], request_id: str, created_by: str, at: datetime
    ) -> str:
        names = {"reference1": rows[0]["REFERENCE1"], "source": order.source}
        names |= {"group_id": rows[0]["GROUP_ID"], "request_id": request_id}
        batch = {
            "LEDGER_ID": str(order.ledger.id),
            "NAME": self._site.switches.batch_name.format_map(names).strip()[:NAME_LENGTH],
            "DESCRIPTION": rows[0]["REFERENCE2"],
            "PERIOD_NAME": key[2],
            "SOURCE": order.source,
            "REFERENCE1": rows[0]["REFERENCE1"],
            "GROUP_ID": rows[0]["GROUP_ID"],
            "REQUEST_ID": request_id,
            "CREATED_BY": created_by,
        }
        journals = [self._journal(order, key[2], group) for group in grouped(rows, journal_key).values()]
        return self._journals.add(batch, journals, at)

    def _journal(self, order: ImportOrder, period: str, rows: list[Fields]) -> Journal:
        first, switches = rows[0], self._site.switches
        names = {"reference4": first["REFERENCE4"][: switches.reference4_characters], "category": first["CATEGORY"]}
        header = {
            "NAME": switches.journal_name.format_map({**names, "currency": first["CURRENCY"]}).strip()[:NAME_LENGTH],
            "DESCRIPTION": first["REFERENCE5"],
            "PERIOD_NAME": period,
            "EFFECTIVE_DATE": max(row["ACCOUNTING_DATE"] for row in rows),
            "CATEGORY": first["CATEGORY"],
            "CURRENCY": first["CURRENCY"],
            "RATE_TYPE": first["RATE_TYPE"],
            "RATE_DATE": first["RATE_DATE"],
            "RATE": first["RATE"],
            "EXTERNAL_REFERENCE": first["REFERENCE6"],
        }
        lines = [self._line(order, row) for row in rows]
        if order.is_summary:
            lines = summed(lines)
        return header, evened(lines, self._suspense_account(order))

    def _line(self, order: ImportOrder, row: Fields) -> Fields:
        chart = self._site.chart_of(order.ledger)
        account = self._account_of(row, order)
        return {
            "ACCOUNT": account or chart.delimiter.join(segments_of(row)[: len(chart.segments)]),
            "ENTERED_DR": row["ENTERED_DR"],
            "ENTERED_CR": row["ENTERED_CR"],
            **accounted(row, order.ledger, self._site),
            "DESCRIPTION": row["REFERENCE10"],
            "STAT_AMOUNT": row["STAT_AMOUNT"],
            "RECONCILIATION": row["RECONCILIATION"],
            "REFERENCES_KEPT": row["REFERENCES_KEPT"],
        }

    def _account_of(self, row: Fields, order: ImportOrder) -> str | None:
        """Return the suspense account where it takes the place of an account that can't be booked, else None."""
        if not self._has_suspense(order):
            return None
        wrong = self._setup.fault_of(order.ledger, segments_of(row), day_of(row))
        return order.ledger.suspense_account if wrong else None

    def _has_suspense(self, order: ImportOrder) -> bool:
        return order.is_suspense_allowed and bool(order.ledger.suspense_account)

    def _suspense_account(self, order: ImportOrder) -> str:
        return order.ledger.suspense_account if self._has_suspense(order) else ""
