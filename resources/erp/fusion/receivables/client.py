"""Invoices and credit memos of one Fusion site: sent once by number, found by number, read back by distribution.

An invoice goes alone, or with others in a file of the bulk import; what it is and how it is found is the same. The
number is ours, from the posting key, in a source that numbers by hand: Fusion refuses a second document of the same
number, so that even a late repetition cannot bill an order twice. All numbers of one source begin alike, so one search
sees every revision. A document that was just made may be invisible for a moment; an empty answer counts only after
another document of the business unit came back through the same search. Sources:
docs.oracle.com/en/cloud/saas/financials/24c/farfa/api-receivables-invoices.html,
docs.oracle.com/en/cloud/saas/financials/23d/farfa/Get_Started_Receivables_Invoices.html.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import quote

from ledger.errors import (
    Finding,
    InputRefused,
    TargetMisconfigured,
    TargetRefused,
    TargetUnavailable,
    TargetUnclear,
)
from ledger.journal import Journal, SourceKey
from resources.erp.fusion import filters, periods, reply
from resources.erp.fusion.door import Door
from resources.erp.fusion.receivables import books, credit, import_file, payload
from resources.erp.fusion.receivables.books import CREDIT_MEMO, INVOICE, Header, Held, Shape
from resources.erp.fusion.receivables.imports import Fate, Imports
from resources.erp.fusion.receivables.refusal import after_refusal
from resources.erp.fusion.receivables.settings import ReceivablesSettings
from resources.erp.fusion.receivables.setup_check import check_setup
from resources.erp.fusion.rows import Row
from resources.erp.fusion.settings import FusionSettings
from resources.erp.target import BooksState, FoundDocument, ReadBack, Sightings, TargetStatus

_KEY = "CustomerTransactionId"
# How many of the newest documents are looked at for one of our business unit.
_CONTROLS_TRIED = 100
# How many sources one search asks for, where the grammar has an `or`: an address holds so many.
_SOURCES_ASKED = 25


class Receivables:
    """The receivables of one business unit; the verbs are those of `Target`, for order documents."""

    def __init__(self, settings: FusionSettings, ours: ReceivablesSettings, door: Door, imports: Imports) -> None:
        self._settings = settings
        self._ours = ours
        self._door = door
        self._imports = imports
        self._controls: dict[Shape, str] = {}

    def erp_id(self, journal: Journal) -> str:
        """Return the transaction number, known before anything is sent."""
        return payload.number(journal, self._settings)

    def link(self, journal: Journal) -> str:
        """Return where Fusion shows a document, by `invoice_link`; "" where that is not set."""
        return self._ours.invoice_link.format(number=quote(self.erp_id(journal), safe=""))

    def check(self, journals: Sequence[Journal]) -> list[Finding]:
        """Return what would keep these documents from being taken: their form, and closed receivables periods."""
        findings = []
        for journal in journals:
            try:
                payload.require_bookable(journal)
                payload.number(journal, self._settings)
            except InputRefused as error:
                findings.append(Finding("journal_does_not_fit", str(error), "Correct the mapping.", journal.key))
        return [*findings, *periods.check_periods(journals, self._settings, self._door, of_receivables=True)]

    def reach(self) -> list[Finding]:
        """Return what keeps documents from being made or looked for: the setup, sight of a document of the unit."""
        findings = check_setup(self._ours, self._settings.ledger_id, self._door)
        if not self.control() and (self._ours.control or not self._ours.is_confirmed_empty):
            sentence = (
                f"No invoice of business unit {self._ours.business_unit} is visible to the connector's user, so an "
                "empty answer could not be told from a blind one."
            )
            cure = "Give the user data access to the unit; if it really has none yet, set is_confirmed_empty."
            findings.append(Finding("fusion_control", sentence, cure, self._ours.business_unit))
        return findings

    def submit(self, journal: Journal) -> str:
        """Create one document, complete, once; return its number.

        Raises InputRefused, TargetUnavailable, TargetMisconfigured (nothing was made), TargetRefused (a parsed no) and
        TargetUnclear (ask by number, also when the number is taken already).
        """
        name = self.erp_id(journal)
        shape = _shape(journal)
        if self._of_number(shape, name):
            raise TargetUnclear(
                f"Document {name} was not sent: Fusion holds one of this number already. It is compared before "
                "anything else is sent."
            )
        fate = self._imports.fate(journal)
        if fate.status is not None or fate.doubt:
            why = fate.doubt or f"its import stands at {fate.status.erp_status}"
            raise TargetUnclear(f"Document {name} was not sent: an earlier send of it may still come in: {why}.")
        try:
            if shape is CREDIT_MEMO:
                self._credit(journal, name)
            else:
                self._door.create(f"Invoice {name}", shape.resource, payload.invoice(journal, self._settings))
        except TargetRefused as refusal:
            raise after_refusal(refusal, name, lambda: bool(self._of_number(shape, name))) from None
        return name

    def batches(self, journals: Sequence[Journal]) -> list[list[Journal]]:
        """Return which of these go together in one file each, in order; none where the settings or their number say
        so."""
        return import_file.batches(journals, self._settings, self._ours)

    def submit_together(self, journals: Sequence[Journal]) -> None:
        """Load and import several invoices in one file, once.

        Raises TargetUnavailable and TargetMisconfigured (nothing was loaded) and TargetUnclear. A call that Fusion
        refuses is no verdict on the invoices in it: a person sets right what it asks for.
        """
        file = self._imports.begin(journals)
        request = import_file.request(journals, file, self._settings, self._ours)
        what = f"File {file} of {len(journals)} invoices"
        try:
            request_id = reply.request_id(what, self._door.write(what, request), request)
        except TargetRefused as error:
            self._imports.forget(journals)
            said = "; ".join(error.messages)
            raise TargetMisconfigured(
                f"{what} was refused by Fusion, nothing was loaded: {said}. Check import_job, import_parameters, "
                "document_account and job_options of the receivables, and the user's roles; or leave import_from out, "
                "so that invoices go one by one."
            ) from None
        except (TargetUnavailable, TargetMisconfigured):
            self._imports.forget(journals)
            raise
        self._imports.began(journals, file, request_id)

    def _credit(self, journal: Journal, name: str) -> None:
        """Credit an invoice by its lines, once; on account where a receipt is to be applied to the credit memo."""
        if payload.is_on_account(journal):
            body = payload.credit_on_account(journal, self._settings)
            self._door.create(f"Credit memo {name}", CREDIT_MEMO.resource, body)
            return
        assert journal.billing is not None, "only order documents come here"
        number = payload.number_of_key(journal.billing.credits, self._settings)
        invoices = self._of_number(INVOICE, number)
        if not invoices:
            raise TargetUnavailable(f"Credit memo {name} was not sent: its invoice {number} does not show in Fusion.")
        lines = self._lines(invoices[0])
        ids = {int(row.amount("LineNumber")): row.identifier("CustomerTransactionLineId") for row in lines}
        invoice = self._held(invoices[0], lines)
        credited = credit.call_with_tax if any(one.is_tax for one in invoice.booked) else credit.call
        values = credited(journal, invoice, ids, self._settings, self._ours)
        what = f"Credit memo {name}"
        answer = self._door.call_soap(what, self._ours.credit_service, credit.OPERATION, values)
        credit.require_made(what, name, answer.headers.get("content-type", ""), answer.body)

    def status(self, journal: Journal) -> TargetStatus:
        """Read where a document stands, once."""
        # The job before the books: one that has ended by now has its invoices in the books by then.
        fate = self._imports.fate(journal)
        if fate.status is not None and fate.is_at_work:
            return fate.status
        found = self._of_number(_shape(journal), self.erp_id(journal))
        if found:
            head = found[0]
            waiting_for = "a person to complete it" if head.state is BooksState.WAITING else ""
            return TargetStatus(head.state, head.status, (), waiting_for)
        if fate.status is None:
            return TargetStatus(BooksState.ABSENT, "")
        if fate.needs_sight and not self.control():
            return TargetStatus(BooksState.WAITING, fate.status.erp_status, (), "sight of any invoice of its unit")
        return fate.status

    def find(self, journals: Sequence[Journal]) -> Sightings:
        """Look for every document of these sources, over all revisions."""
        [sightings] = self.find_each([journals])
        return sightings

    def find_each(self, sets: Sequence[Sequence[Journal]]) -> list[Sightings]:
        """Look for the documents of several sets, each as `find` does, in as few reads as possible."""
        everyone = [journal for journals in sets for journal in journals]
        fates = {self.erp_id(one): self._imports.fate(one) for one in everyone}
        heads = self._of_sources(everyone)
        # An invoice of the unit that is seen proves sight of its credit memos, of which there may be none yet.
        shapes = {_shape(one) for one in everyone} | {INVOICE}
        control = next((seen for one in sorted(shapes, key=str) if (seen := self.control(one))), "")
        return [self._sightings(journals, heads, fates, control) for journals in sets]

    def _sightings(
        self,
        journals: Sequence[Journal],
        heads: dict[tuple[Shape, SourceKey], list[Header]],
        fates: dict[str, Fate],
        control: str,
    ) -> Sightings:
        asked = {self.erp_id(journal): journal for journal in journals}
        found: dict[str, FoundDocument] = {}
        for shape, source in sorted({(_shape(one), one.source) for one in journals}, key=str):
            for head in heads[shape, source]:
                found[head.number] = books.found(self._held(head), asked.get(head.number), self._settings)
        lost = []
        for name, journal in asked.items():
            fate = fates[name]
            if name in found:
                continue
            if fate.status is not None and (control or not fate.needs_sight):
                told = fate.status
                found[name] = books.on_its_way(journal, name, told, self._settings, is_same=fate.is_same)
            elif fate.doubt or fate.status is not None:
                lost.append(f"{name}: {fate.doubt or 'its import is over'}")
        units = frozenset(journal.unit for journal in journals)
        is_empty = self._ours.is_confirmed_empty and not control and not lost
        return Sightings(
            tuple(found.values()),
            bool(control) and not lost,
            "; ".join(one for one in (control, *lost) if one),
            units if is_empty else frozenset(),
        )

    def _of_sources(self, journals: Sequence[Journal]) -> dict[tuple[Shape, SourceKey], list[Header]]:
        """Return the documents of every source, over all revisions, several sources in one search where that goes."""
        found: dict[tuple[Shape, SourceKey], list[Header]] = {(_shape(one), one.source): [] for one in journals}
        for shape in sorted({shape for shape, _ in found}, key=str):
            starts = {
                payload.number_start(source, self._settings): source for of_shape, source in found if of_shape is shape
            }
            for head in self._beginning_with_any(shape, list(starts)):
                source = starts.get(f"{head.number.rpartition('-')[0]}-")
                if source is not None:
                    found[shape, source].append(head)
        return found

    def read_back(self, journal: Journal) -> ReadBack:
        """Read one document whole; raises TargetUnavailable when the books do not show it."""
        name = self.erp_id(journal)
        found = self._of_number(_shape(journal), name)
        if not found:
            raise TargetUnavailable(f"Document {name} is not in Fusion's books, so it cannot be read.")
        held = self._held(found[0])
        ours, others = books.lines(held, journal, self._settings)
        return ReadBack(
            erp_id=name,
            state=held.header.state,
            erp_status=held.header.status,
            accounting_date=held.header.day,
            currency=held.header.currency,
            lines=ours,
            generated_lines=others,
            link=self.link(journal),
            remarks=books.remarks(held, journal, self._settings),
        )

    def listing(self, since: date) -> list[FoundDocument]:
        """Return every document under our word in our source, dated on or after a day, whoever made it."""
        start = f"{self._ours.number_word}-"
        heads = [one for shape in (INVOICE, CREDIT_MEMO) for one in self._beginning_with(shape, start)]
        heads = [one for one in heads if one.day >= since]
        return [books.found(self._held(one), None, self._settings) for one in heads]

    def control(self, shape: Shape = INVOICE) -> str:
        """Return the number of a document of our business unit that came back through the searching read, or "".

        One that was seen before is asked for again; only where it does not come back are the newest looked at.
        """
        named = self._ours.control if shape is INVOICE else ""
        known = named or self._controls.get(shape, "")
        if known and any(one.number == known for one in self._all(shape, known)):
            return known
        self._controls[shape] = "" if named else self._newest_seen(shape)
        return self._controls[shape]

    def _newest_seen(self, shape: Shape) -> str:
        newest = self._door.rows(shape.resource, key=_KEY, newest_first=True, at_most=_CONTROLS_TRIED)
        for head in (books.header(row, shape, self._settings) for row in newest):
            if head.business_unit != self._ours.business_unit or not _is_searchable(head.number):
                continue
            if any(one.id == head.id for one in self._all(shape, head.number)):
                return head.number
        return ""

    def _of_number(self, shape: Shape, number: str) -> list[Header]:
        return [one for one in self._beginning_with(shape, number) if one.number == number]

    def _beginning_with(self, shape: Shape, start: str) -> list[Header]:
        """Return our source's documents whose number begins so, the oldest first."""
        return self._beginning_with_any(shape, [start])

    def _beginning_with_any(self, shape: Shape, starts: Sequence[str]) -> list[Header]:
        """Return our source's documents whose number begins in one of these ways, the oldest of each search first."""
        at_once = _SOURCES_ASKED if filters.can_ask_for_any(self._settings.framework_version) else 1
        ours = self._ours.transaction_source
        found = []
        for first in range(0, len(starts), at_once):
            asked = tuple(starts[first : first + at_once])
            found += [
                one for one in self._all(shape, *asked) if one.number.startswith(asked) and one.source in ("", ours)
            ]
        return found

    def _all(self, shape: Shape, *starts: str) -> list[Header]:
        conditions = [filters.begins_with("TransactionNumber", start) for start in starts]
        rows = self._door.rows(shape.resource, conditions, key=_KEY, is_any=len(conditions) > 1)
        return [books.header(row, shape, self._settings) for row in rows]

    def _lines(self, head: Header) -> list[Row]:
        path = f"{head.shape.resource}/{head.id}/child/{head.shape.lines}"
        return self._door.rows(path, key="CustomerTransactionLineId")

    def _held(self, head: Header, lines: list[Row] | None = None) -> Held:
        """Read what a document books; raises TargetUnavailable when it shows none of it."""
        path = f"{head.shape.resource}/{head.id}/child/{head.shape.distributions}"
        # Distributions have no number of their own; the links tell those of one class apart.
        distributions = self._door.rows(path, key="AccountClass", with_links=True)
        found = books.booked(head, self._lines(head) if lines is None else lines, distributions, self._settings)
        if not found:
            raise TargetUnavailable(f"Document {head.number} came back from Fusion without distributions.")
        return Held(head, found)


def _shape(journal: Journal) -> Shape:
    assert journal.billing is not None, "only order documents come here"
    return CREDIT_MEMO if journal.billing.is_credit else INVOICE


def _is_searchable(number: str) -> bool:
    return bool(number) and number.replace("-", "").isalnum() and number.isascii()
