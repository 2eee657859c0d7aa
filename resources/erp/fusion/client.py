"""Fusion Cloud ERP as a target: the verbs over bulk import, scheduled processes and journal batches.

A journal travels in a file that a job loads and another imports; a batch appears unposted and is posted later, by the
site or on our asking. Fusion refuses no repetition of any of it, so a journal is sent once and known by the batch name
and group that we made; an unclear send is answered by looking for that name. An empty answer proves absence only after
a batch known to be visible came back through the same search, between two reads that agree, and no file of the journal
has arrived whose fate nobody knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from urllib.parse import quote

from ledger.accounts import AccountKey
from ledger.errors import (
    ConnectorError,
    Finding,
    TargetError,
    TargetMisconfigured,
    TargetRefused,
    TargetUnavailable,
    TargetUnclear,
)
from ledger.journal import Form, Journal
from resources.clock import Clock
from resources.erp.fusion import accounts, balances, books, ledger_reads, natural_key, payload, periods, reply
from resources.erp.fusion.books import Batch, Held
from resources.erp.fusion.door import Door
from resources.erp.fusion.flight import Flight
from resources.erp.fusion.jobs import Jobs
from resources.erp.fusion.masters import FusionMasters
from resources.erp.fusion.new_items import NewItems
from resources.erp.fusion.postings import Postings
from resources.erp.fusion.receivables.client import Receivables
from resources.erp.fusion.receivables.imports import Imports
from resources.erp.fusion.receivables.receipts import Receipts
from resources.erp.fusion.search import Search
from resources.erp.fusion.settings import FusionSettings
from resources.erp.sent_jobs import JobMemory
from resources.erp.target import (
    AccountUse,
    BooksState,
    FoundDocument,
    ItemEntry,
    LedgerBalance,
    LedgerEntry,
    ReadBack,
    Sightings,
    TargetStatus,
)

_PASSING = "Run the check again later: Fusion, or the way to it, has a fault that may pass."


class Fusion:
    """One Fusion site and ledger; implements `resources.erp.target.Target`; `masters` reads its master data.

    Args:
        settings: How the site has named things.
        door: Its door, with all rings.
        memory: Which request carries which journal; one that outlives the process tells more after a restart.
        clock: Tells today, up to which an open item is read.
    """

    def __init__(self, settings: FusionSettings, door: Door, memory: JobMemory, clock: Clock) -> None:
        self._settings = settings
        self._door = door
        self._clock = clock
        jobs = Jobs(door)
        self._search = Search(settings, door)
        self._flight = Flight(settings, jobs, memory)
        self._postings = Postings(settings, door, jobs, memory)
        self._receivables: Receivables | None = None
        self._receipts: Receipts | None = None
        ours = settings.receivables
        if ours is not None:
            self._receivables = Receivables(settings, ours, door, Imports(settings, ours, jobs, memory, clock))
            self._receipts = Receipts(settings, ours, ours.receipts, door) if ours.receipts else None
        self.masters: FusionMasters | None = None
        self._items: NewItems | None = None
        if settings.master_data is not None:
            self.masters = FusionMasters(settings.master_data, door, settings.ledger_currency)
            self._items = NewItems(settings.master_data, door)
        self.lines_max = settings.lines_max
        self.quiet_period_seconds = settings.quiet_period_seconds
        self.reverses_receipts = bool(ours and ours.receipts and ours.receipts.reversal)

    def erp_id(self, journal: Journal) -> str:
        """Return the name or number we give a document, its key in Fusion, known before it is sent."""
        if journal.form != "journal":
            return self._beside(journal).erp_id(journal)
        return natural_key.batch_name(journal, self._settings)

    def link(self, journal: Journal) -> str:
        """Return where Fusion shows a document, by the links of the settings; "" where none is set."""
        if journal.form != "journal":
            return self._beside(journal).link(journal)
        facts = {"name": self.erp_id(journal), "journal": natural_key.journal_name(journal)}
        return self._settings.journal_link.format(**{key: quote(value, safe="") for key, value in facts.items()})

    def check_accounts(self, uses: Sequence[AccountUse], journals: Sequence[Journal] = ()) -> list[Finding]:
        """Return what would keep these accounts and journals from being posted.

        Raises TargetUnavailable and TargetMisconfigured when Fusion cannot be asked or shows nothing at all.
        """
        billed = [one for one in journals if one.form == "order document"]
        received = [one for one in journals if one.form == "receipt"]
        items = [one for one in journals if one.form == "item"]
        journals = [one for one in journals if one.form == "journal"]
        return [
            *accounts.check_ledger(self._settings, self._door),
            *accounts.check_fit(journals, self._settings),
            *accounts.check_uses(uses, self._settings, self._door),
            *periods.check_periods(journals, self._settings, self._door),
            *(self._of_orders().check(billed) if billed else ()),
            *(self._of_receipts().check(received) if received else ()),
            *(self._of_items().check(items) if items else ()),
        ]

    def open_day(self, unit: str, day: date) -> date | None:
        """Return the first day on or after a day that is open in our ledger, or None; units share its periods.

        Raises TargetUnavailable and TargetMisconfigured when Fusion cannot be asked.
        """
        return periods.open_day(day, self._settings, self._door)

    def submit(self, journal: Journal) -> str:
        """Load and import one journal, once; return its batch name.

        Raises InputRefused, TargetUnavailable, TargetMisconfigured (nothing was loaded), TargetRefused (a parsed no, or
        a name that is taken) and TargetUnclear (ask by name, also when a batch of this name exists already).
        """
        if journal.form != "journal":
            return self._beside(journal).submit(journal)
        name = self.erp_id(journal)
        request = payload.import_request(journal, self._settings)
        self._require_free(journal, name)
        what = f"Journal {name}"
        self._flight.began(journal, reply.request_id(what, self._door.write(what, request), request))
        return name

    def status(self, journal: Journal) -> TargetStatus:
        """Read where a journal stands, once; a failed import or batch brings its reasons home.

        Where the client posts, an unposted batch that holds exactly the journal is asked to be posted; one that holds
        anything else, or that the posting job left behind, is an error, for nobody else will ever post it.
        """
        if journal.form != "journal":
            return self._beside(journal).status(journal)
        batches = self._search.of_journal(journal)
        if not batches:
            standing = self._flight.standing(journal, with_reasons=True) or TargetStatus(BooksState.ABSENT, "")
            # A job that ended since has its batch in the books by now.
            batches = self._search.of_journal(journal) if standing.state is BooksState.ABSENT else []
            if not batches:
                return standing
        if len(batches) > 1:
            return TargetStatus(BooksState.ERROR, batches[0].shown_status, (_twice(batches),))
        batch = batches[0]
        if batch.state is BooksState.ERROR:
            return TargetStatus(batch.state, batch.shown_status, self._batch_errors(batch))
        if batch.state is BooksState.WAITING and self._settings.posting == "client":
            return self._asked_to_post(journal, batch)
        return TargetStatus(batch.state, batch.shown_status, (), batch.waiting_for)

    def find(self, journals: Sequence[Journal]) -> Sightings:
        """Look for every document of these sources, over all revisions, in the books and on its way there.

        What is of several forms is looked for in the books of each: together they are certain where each of them is.
        """
        forms: dict[Form, list[Journal]] = {}
        for journal in journals:
            forms.setdefault(journal.form, []).append(journal)
        if len(forms) > 1:
            return _all_of([self.find(of_form) for of_form in forms.values()])
        if journals and journals[0].form != "journal":
            return self._beside(journals[0]).find(journals)
        asked = {self.erp_id(journal): journal for journal in journals}
        sources = sorted({journal.source for journal in journals}, key=str)
        found = self._search.documents(sources, asked)
        controls = self._controls({journal.unit for journal in journals})
        # Jobs before the second read: one that ended between the two has its batch in the books by then.
        traces = {name: self._flight.trace(journal) for name, journal in asked.items() if name not in found}
        if traces:
            found = {**self._search.documents(sources, asked), **found}
        found |= {name: one for name, (one, _) in traces.items() if one is not None and name not in found}
        lost = [f"{name}: {why}" for name, (_, why) in traces.items() if why and name not in found]
        unseen = frozenset(unit for unit, control in controls.items() if not control)
        seen = (f"{unit}: {control or 'none seen'}" for unit, control in controls.items())
        is_empty = self._settings.is_ledger_confirmed_empty and not self._settings.controls and not lost
        return Sightings(
            found=tuple(found.values()),
            is_certain=bool(controls) and not unseen and not lost,
            control="; ".join((*seen, *lost)),
            confirmed_empty=unseen if is_empty else frozenset(),
        )

    def batches(self, journals: Sequence[Journal]) -> list[list[Journal]]:
        """Return which invoices go together in one file each; journals always go alone."""
        return self._receivables.batches(journals) if self._receivables else []

    def submit_together(self, journals: Sequence[Journal]) -> None:
        """Load and import the invoices of one batch, once; raises as `CollectingTarget` says."""
        self._of_orders().submit_together(journals)

    def find_each(self, sets: Sequence[Sequence[Journal]]) -> list[Sightings]:
        """Look for the invoices of several sets, each as `find` does."""
        return self._of_orders().find_each(sets)

    def read_back(self, journal: Journal) -> ReadBack:
        """Read one journal whole out of its batch.

        Raises TargetUnavailable also when the books do not show the journal or show it without lines.
        """
        if journal.form != "journal":
            return self._beside(journal).read_back(journal)
        name = self.erp_id(journal)
        held = self._first_held(journal)
        if held is None:
            raise TargetUnavailable(f"Journal {name} is not in Fusion's books, so it cannot be read.")
        ours, generated = books.sort_out(held.lines, journal, self._settings)
        accounts_sent = {books.shown(one.account, self._settings): one.account for one in journal.lines}
        return ReadBack(
            erp_id=name,
            state=held.batch.state,
            erp_status=held.batch.shown_status,
            accounting_date=held.day,
            currency=held.currency,
            lines=tuple(one.as_journal_line(held.currency, accounts_sent, self._settings) for one in ours),
            generated_lines=tuple(one.as_journal_line(held.currency, {}, self._settings) for one in generated),
            link=self._settings.batch_link.format(batch_id=held.batch.id, name=held.batch.name),
            period=held.period,
            period_of_date=self._settings.period_name(held.day),
        )

    def listing(self, units: Sequence[str], since: date) -> list[FoundDocument]:
        """Return every batch and order document under our words, dated on or after a day; they belong to no unit."""
        beside = [one.listing(since) for one in (self._receivables, self._receipts) if one]
        return [*self._search.listing(since), *(document for of_form in beside for document in of_form)]

    def item_entries(self, account: AccountKey, reference: str, source_id: str) -> list[ItemEntry]:
        """Return what posted journals move on one open item, one entry a batch and currency, the oldest first.

        Receipts of ours that close what a settlement pays stand on its item as well. Unit, natural account and the
        line's reference make the item. The periods from before its own journal until today are walked. Raises
        TargetUnavailable and TargetMisconfigured when Fusion cannot be asked.
        """
        days = self._search.days_of(source_id.partition(".")[0])
        span = ledger_reads.span_of_item(days, self._clock.now().date(), self._settings)
        found = ledger_reads.item_entries(account, reference, span, self._settings, self._search)
        received = self._receipts.item_entries(reference) if self._receipts else ()
        return sorted((*found, *received), key=lambda one: (one.accounting_date, one.erp_id, one.currency))

    def open_item(self, account: AccountKey, reference: str, source_id: str) -> dict[str, Decimal]:
        """Return what posted journals hold on one open item, per currency, debit positive; see `item_entries`."""
        sums: dict[str, Decimal] = {}
        for entry in self.item_entries(account, reference, source_id):
            sums[entry.currency] = sums.get(entry.currency, Decimal(0)) + entry.amount
        return sums

    def balances(self, accounts: Sequence[AccountKey], as_of: date) -> list[LedgerBalance]:
        """Return what the ledger holds on accounts at a month's end; raises as `resources.erp.fusion.balances`."""
        return balances.balances(accounts, as_of, self._settings, self._door, self._search)

    def entries(self, accounts: Sequence[AccountKey], first: date, last: date) -> list[LedgerEntry]:
        """Return what posted journals dated within a span move on accounts, per reference and currency.

        Raises TargetUnavailable also when a period has more batches than `rows_max`.
        """
        return ledger_reads.entries(accounts, first, last, self._settings, self._search)

    def reach(self, units: Sequence[str] = ()) -> list[Finding]:
        """Return what keeps this site from being used: token, ledger, sight of a batch and of the units' controls."""
        cure = "Correct what the sentence names: address, secrets, scope, or the roles and data access of the user."
        try:
            findings = accounts.check_ledger(self._settings, self._door)
            controls = self._controls(set(units))
            for one in (self._receivables, self._receipts):
                findings += one.reach() if one else []
        except ConnectorError as error:
            return [Finding("fusion_reach", str(error), _PASSING if isinstance(error, TargetUnavailable) else cure)]
        for unit in (one for one, control in controls.items() if not control):
            sentence = (
                f"No journal batch of ledger {self._settings.ledger_name} ({unit}) is visible to the connector's user, "
                "so an empty answer could not be told from a blind one."
            )
            if not self._settings.is_ledger_confirmed_empty or self._settings.controls:
                cure = "Give the user data access to the ledger; if it really is empty, set is_ledger_confirmed_empty."
                findings.append(Finding("fusion_control", sentence, cure, unit))
        return findings

    def reach_balances(self, accounts: Sequence[AccountKey], as_of: date) -> list[Finding]:
        """Return what keeps the ledger's balances and entries from being read."""
        try:
            self.balances(accounts, as_of)
            self.entries(accounts, as_of, as_of)
        except ConnectorError as error:
            cure = "Look at balances of the Fusion settings and at the user's rights, or switch read_balances off."
            return [Finding("fusion_balances", str(error), cure)]
        return []

    def _beside(self, journal: Journal) -> Receivables | Receipts | NewItems:
        """Return where a document stands that is no journal."""
        if journal.form == "item":
            return self._of_items()
        return self._of_receipts() if journal.form == "receipt" else self._of_orders()

    def _of_items(self) -> NewItems:
        if self._items is None:
            raise TargetMisconfigured(
                "The Fusion settings say nothing under master_data, so items can neither be created nor looked for."
            )
        return self._items

    def _of_receipts(self) -> Receipts:
        if self._receipts is None:
            raise TargetMisconfigured(
                "The Fusion settings describe no receipts, so none is made or looked for: set them under receivables, "
                "receipts."
            )
        return self._receipts

    def _of_orders(self) -> Receivables:
        if self._receivables is None:
            raise TargetMisconfigured(
                "The Fusion settings say nothing under receivables, so invoices can neither be sent nor looked for."
            )
        return self._receivables

    def _controls(self, units: set[str]) -> dict[str, str]:
        """Return per unit the batch that came back as a control; units without their own share the ledger's."""
        named = {unit: self._search.control(unit) for unit in sorted(units & self._settings.controls.keys())}
        rest = sorted(units - named.keys()) or ([] if units else ["ledger"])
        shared = self._search.ledger_control() if rest else ""
        return {**named, **dict.fromkeys(rest, shared)}

    def _require_free(self, journal: Journal, name: str) -> None:
        """Look once more, just before sending, for a batch that has our name or our group already."""
        for batch in self._search.of_group(journal):
            if batch.own_name == name:
                raise TargetUnclear(
                    f"Journal {name} was not sent: Fusion holds batch {batch.id} of this name already. It is compared "
                    "before anything else is sent."
                )
            raise TargetRefused(
                f"Journal {name} was not sent: its group id stands in batch {batch.name[:100]!r} already, and the rows "
                "of both would be imported together. Prepare the settlement again: its next revision has another group."
            )
        under_way = self._flight.under_way(journal)
        if under_way:
            raise TargetUnclear(
                f"Journal {name} was not sent: an earlier send of it stands at {under_way!r}. Rows of both would be "
                "imported together."
            )

    def _asked_to_post(self, journal: Journal, batch: Batch) -> TargetStatus:
        held = self._search.held(batch)
        if held is None or not books.is_same(held, journal, self._settings):
            wrong = f"batch {batch.id} does not hold what was sent, so it is not asked to be posted"
            return TargetStatus(BooksState.ERROR, batch.shown_status, (wrong,))
        asked = self._postings.ask(journal, batch)
        if not asked.is_over:
            return TargetStatus(batch.state, batch.shown_status, (), asked.sentence)
        # A job that ended since the batch was read may have posted it.
        now = next((one for one in self._search.of_journal(journal) if one.id == batch.id), batch)
        if now.state is not BooksState.WAITING:
            return TargetStatus(now.state, now.shown_status)
        return TargetStatus(BooksState.ERROR, now.shown_status, (asked.sentence,))

    def _batch_errors(self, batch: Batch) -> tuple[str, ...]:
        try:
            said = self._search.errors(batch)
        except TargetError as error:
            said = (batch.error,) if batch.error else (f"its errors could not be read: {error}",)
        return said or (f"Fusion gives no message: open batch {batch.name} there.",)

    def _first_held(self, journal: Journal) -> Held | None:
        return next((held for batch in self._search.of_journal(journal) if (held := self._search.held(batch))), None)


def _all_of(found: Sequence[Sightings]) -> Sightings:
    """Return what several books show together."""
    return Sightings(
        tuple(document for one in found for document in one.found),
        all(one.is_certain for one in found),
        "; ".join(one.control for one in found if one.control),
        frozenset(unit for one in found for unit in one.confirmed_empty),
    )


def _twice(batches: Sequence[Batch]) -> str:
    ids = ", ".join(f"{one.id} ({one.shown_status})" for one in batches)
    return (
        f"Fusion holds {len(batches)} batches of this one journal: {ids}. Delete the later one while it is unposted, "
        "or reverse it when it is posted"
    )
