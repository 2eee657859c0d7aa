"""Standard receipts of one Fusion site: sent once under a number of ours, found by it, read back with their references.

The number is ours, from the posting key, and nothing says that Fusion keeps it unique: so a receipt is looked for
before and after it is sent, over all revisions, and an empty answer counts only after another receipt of the business
unit came back through the same search. It is applied by AutoMatch, by its references; until then it waits.
What reverses one (`receipt_reversals.py`) is known by the receipt's state. Sources:
docs.oracle.com/en/cloud/saas/financials/26d/farfa/api-standard-receipts.html,
docs.oracle.com/en/cloud/saas/financials/24d/farfa/Create_a_Standard_Receipt_with_Remittance_References.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from urllib.parse import quote

from ledger import money
from ledger.errors import Finding, InputRefused, TargetRefused, TargetUnavailable, TargetUnclear
from ledger.journal import Journal
from resources.erp.fusion import filters, periods
from resources.erp.fusion.door import Door
from resources.erp.fusion.receivables import receipt_payload as payload
from resources.erp.fusion.receivables.receipt_payload import REFERENCES, RESOURCE, HeldReceipt
from resources.erp.fusion.receivables.receipt_reversals import ReceiptReversals
from resources.erp.fusion.receivables.refusal import after_refusal
from resources.erp.fusion.receivables.settings import ReceiptSettings, ReceivablesSettings
from resources.erp.fusion.receivables.setup_check import check_types
from resources.erp.fusion.rows import Row
from resources.erp.fusion.settings import FusionSettings
from resources.erp.target import BooksState, FoundDocument, ItemEntry, ReadBack, Sightings, TargetStatus

_KEY = "StandardReceiptId"
# How many of the newest receipts are looked at for one of our business unit.
_CONTROLS_TRIED = 100


class Receipts:
    """The receipts of one business unit; the verbs are those of `Target`, for receipts."""

    def __init__(
        self, settings: FusionSettings, ours: ReceivablesSettings, receipts: ReceiptSettings, door: Door
    ) -> None:
        self._settings = settings
        self._ours = ours
        self._receipts = receipts
        self._door = door
        self._control = ""
        self._reversals = ReceiptReversals(settings, ours, receipts, door, self._of_number)

    def erp_id(self, journal: Journal) -> str:
        """Return the receipt number, known before anything is sent; of what reverses it that number with a mark."""
        return payload.reversal_id(journal, self._ours) if journal.reverses else payload.number(journal, self._ours)

    def link(self, journal: Journal) -> str:
        """Return where Fusion shows a receipt, by `receipt_link`; "" where that is not set."""
        return self._receipts.receipt_link.format(number=quote(payload.number(journal, self._ours), safe=""))

    def check(self, journals: Sequence[Journal]) -> list[Finding]:
        """Return what would keep these receipts from being taken: their form, and closed receivables periods."""
        findings = []
        for journal in (one for one in journals if not one.reverses):
            try:
                payload.require_bookable(journal, self._settings)
                payload.number(journal, self._ours)
            except InputRefused as error:
                cure = "Correct the settings that it names."
                findings.append(Finding("journal_does_not_fit", str(error), cure, journal.key))
        return [*findings, *periods.check_periods(journals, self._settings, self._door, of_receivables=True)]

    def reach(self) -> list[Finding]:
        """Return what keeps receipts from being made or looked for: the types, the method, sight of a receipt."""
        findings = check_types(self._ours, self._receipts, self._door)
        if not self.control() and (self._receipts.control or not self._receipts.is_confirmed_empty):
            sentence = (
                f"No receipt of business unit {self._ours.business_unit} is visible to the connector's user, so an "
                "empty answer could not be told from a blind one."
            )
            cure = "Give the user data access to the unit; if it really has none yet, set is_confirmed_empty."
            findings.append(Finding("fusion_control", sentence, cure, self._ours.business_unit))
        return findings

    def submit(self, journal: Journal) -> str:
        """Create one receipt, once; return its number.

        Raises InputRefused, TargetUnavailable, TargetMisconfigured (nothing was made), TargetRefused (a parsed no) and
        TargetUnclear (ask by number, also when a receipt has it already).
        """
        if journal.reverses:
            return self._reversals.submit(journal)
        name = self.erp_id(journal)
        body = payload.receipt(journal, self._settings, self._ours, self._receipts)
        if self._heads(name):
            raise TargetUnclear(
                f"Receipt {name} was not sent: Fusion holds one of this number already. It is compared before anything "
                "else is sent."
            )
        try:
            self._door.create(f"Receipt {name}", RESOURCE, body)
        except TargetRefused as refusal:
            raise after_refusal(refusal, name, lambda: bool(self._heads(name))) from None
        return name

    def status(self, journal: Journal) -> TargetStatus:
        """Read where a receipt stands, once."""
        if journal.reverses:
            return self._reversals.status(journal)
        held = _standing(self._heads(self.erp_id(journal)))
        if not held:
            return TargetStatus(BooksState.ABSENT, "")
        if len(held) > 1:
            ids = ", ".join(one.id for one in held)
            twice = f"Fusion holds {len(held)} receipts of this number: {ids}. Reverse the later one there"
            return TargetStatus(BooksState.ERROR, held[0].status, (twice,))
        [one] = held
        waits = one.state is BooksState.WAITING
        amount = money.text(money.exact(one.unapplied, one.currency), one.currency)
        waiting_for = f"AutoMatch, or a person, to apply {amount} {one.currency} of it" if waits else ""
        return TargetStatus(one.state, one.status, (), waiting_for, self._told(one, None).happened)

    def find(self, journals: Sequence[Journal]) -> Sightings:
        """Look for every receipt of these sources, over all revisions."""
        made = [journal for journal in journals if not journal.reverses]
        asked = {self.erp_id(journal): journal for journal in made}
        starts = sorted({payload.number_start(journal.source, self._ours) for journal in made})
        held = [self._held(row) for start in starts for row in self._rows(start)]
        found = [self._told(one, asked.get(one.number)) for one in _standing(held)]
        found += self._reversals.find([journal for journal in journals if journal.reverses])
        control = self.control()
        units = frozenset(journal.unit for journal in journals)
        is_empty = self._receipts.is_confirmed_empty and not control
        return Sightings(tuple(found), bool(control), control, units if is_empty else frozenset())

    def read_back(self, journal: Journal) -> ReadBack:
        """Read one receipt whole; raises TargetUnavailable when the books do not show it."""
        if journal.reverses:
            return self._reversals.read_back(journal, self.link(journal))
        name = self.erp_id(journal)
        held = next(iter(self._of_number(name)), None)
        if held is None:
            raise TargetUnavailable(f"Receipt {name} is not in Fusion's books, so it cannot be read.")
        return ReadBack(
            erp_id=name,
            state=held.state,
            erp_status=held.status,
            accounting_date=held.day,
            currency=held.currency,
            lines=payload.lines(held, journal, self._settings),
            link=self.link(journal),
            remarks=tuple(self._remarks(held)),
        )

    def listing(self, since: date) -> list[FoundDocument]:
        """Return every receipt under our word, dated on or after a day, whoever made it."""
        rows = self._rows(f"{self._ours.number_word}-")
        return [self._told(self._held(row), None) for row in rows if self._head(row).day >= since]

    def item_entries(self, name: str) -> Iterator[ItemEntry]:
        """Yield what receipts put on the open item of a reference: they stand in the receivables, not in a journal of
        ours. One that was reversed puts nothing there."""
        for held in map(self._head, self._rows(payload.item_start(name, self._ours))):
            if held.state is not BooksState.REMOVED:
                base = self._settings.ledger_currency
                amount = held.amount if held.currency == base else None
                yield ItemEntry(held.number, held.day, held.amount, held.currency, held.comments, amount, base)

    def control(self) -> str:
        """Return the number of a receipt of our business unit that came back through the searching read, or ""."""
        known = self._receipts.control or self._control
        if known and self._rows(known):
            return known
        self._control = "" if self._receipts.control else self._newest_seen()
        return self._control

    def _newest_seen(self) -> str:
        newest = self._door.rows(RESOURCE, key=_KEY, newest_first=True, at_most=_CONTROLS_TRIED)
        for row in newest:
            number = row.text("ReceiptNumber")
            is_ours = row.text("BusinessUnit") == self._ours.business_unit
            is_searchable = bool(number) and number.isascii() and number.replace("-", "").replace(".", "").isalnum()
            if is_ours and is_searchable and self._rows(number):
                return number
        return ""

    def _heads(self, number: str) -> list[HeldReceipt]:
        """Return the receipts of this number, without what they are for."""
        return [self._head(row) for row in self._rows(number) if row.text("ReceiptNumber") == number]

    def _of_number(self, number: str) -> list[HeldReceipt]:
        """Return the receipts of this number, with what they are for; without those that another one stands for."""
        rows = [row for row in self._rows(number) if row.text("ReceiptNumber") == number]
        return _standing([self._held(row) for row in rows])

    def _rows(self, start: str) -> list[Row]:
        """Return our unit's receipts whose number begins so; where no number can be asked for, all are read."""
        is_asked = self._receipts.is_number_queryable
        conditions = [filters.begins_with("ReceiptNumber", start)] if is_asked else []
        unit = self._ours.business_unit
        return [
            row
            for row in self._door.rows(RESOURCE, conditions, key=_KEY)
            if row.text("ReceiptNumber").startswith(start) and row.text("BusinessUnit") == unit
        ]

    def _head(self, row: Row) -> HeldReceipt:
        return payload.read(row, (), self._receipts)

    def _held(self, row: Row) -> HeldReceipt:
        path = f"{RESOURCE}/{row.identifier(_KEY)}/child/{REFERENCES}"
        return payload.read(row, self._door.rows(path, key="ReferenceNumber"), self._receipts)

    def _told(self, held: HeldReceipt, asked: Journal | None) -> FoundDocument:
        return payload.found(held, asked, self._settings, self._receipts)

    def _remarks(self, held: HeldReceipt) -> Iterable[str]:
        if held.unapplied and held.state is not BooksState.REMOVED:
            amount = money.text(money.exact(held.unapplied, held.currency), held.currency)
            yield (
                f"Of receipt {held.number} {amount} {held.currency} is applied to nothing. Let AutoMatch apply it, or "
                "a person, to what its references name."
            )


def _standing(held: Sequence[HeldReceipt]) -> list[HeldReceipt]:
    """Return receipts without those that somebody reversed because another of the same number stands."""
    kept = {one.number for one in held if one.state is not BooksState.REMOVED}
    return [one for one in held if one.state is not BooksState.REMOVED or one.number not in kept]
