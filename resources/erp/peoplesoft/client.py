"""PeopleSoft as a target: the verbs over component interface and queries.

Create only saves a journal (status N); edit and post are batch runs of the site, so "accepted", "valid" and "posted"
are three things, and only the header's status says which. A journal is known by a key that we made, so an unclear
Create is answered by asking for that key. An empty answer proves absence only after a record known to be visible came
back through the same query, between two reads that agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import httpx

from ledger.accounts import AccountKey
from ledger.errors import (
    ConnectorError,
    Finding,
    TargetMisconfigured,
    TargetRefused,
    TargetUnavailable,
    TargetUnclear,
)
from ledger.journal import Journal
from resources.clock import Clock
from resources.erp.peoplesoft import (
    accounts,
    books,
    buffer_rows,
    ledger_reads,
    open_items,
    payload,
    queries,
    sentences,
)
from resources.erp.peoplesoft.integration_broker import Credentials, IntegrationBroker
from resources.erp.peoplesoft.profile import PeopleSoftProfile
from resources.erp.peoplesoft.queries import Row
from resources.erp.peoplesoft.reply import Reply, Verdict
from resources.erp.peoplesoft.search import Search
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


class PeopleSoft:
    """One PeopleSoft site; implements `resources.erp.target.Target`."""

    def __init__(
        self, profile: PeopleSoftProfile, client: httpx.Client, credentials: Credentials, clock: Clock
    ) -> None:
        self._profile = profile
        self._broker = IntegrationBroker(profile, client, credentials)
        self._search = Search(profile, self._broker.ask)
        self._clock = clock
        self.lines_max = profile.lines_max
        self.quiet_period_seconds = profile.quiet_period_seconds
        self.reverses_receipts = False

    def erp_id(self, journal: Journal) -> str:
        """Return "UNIT JOURNAL_ID DATE", the natural key of a journal, known before it is sent."""
        return " ".join(payload.natural_key(journal, self._profile))

    def link(self, journal: Journal) -> str:
        """Return where PeopleSoft shows a journal, by the profile's `journal_link`."""
        unit, journal_id, day = payload.natural_key(journal, self._profile)
        return self._profile.journal_link.format(unit=unit, journal_id=journal_id, date=day)

    def check_accounts(self, uses: Sequence[AccountUse], journals: Sequence[Journal] = ()) -> list[Finding]:
        """Return what would keep these accounts and journals from being posted.

        Raises TargetUnavailable and TargetMisconfigured when PeopleSoft cannot be asked.
        """
        return [
            *accounts.check_fit(journals, self._profile),
            *accounts.check_uses(uses, self._profile, self._broker.ask),
            *accounts.check_periods(journals, self._profile, self._broker.ask),
        ]

    def open_day(self, unit: str, day: date) -> date | None:
        """Return the first day on or after a day that is open for our ledger group and source, or None.

        Raises TargetUnavailable and TargetMisconfigured when PeopleSoft cannot be asked.
        """
        return accounts.open_day(unit, day, self._profile, self._broker.ask)

    def submit(self, journal: Journal) -> str:
        """Create one journal, once; return its natural key.

        Raises InputRefused, TargetUnavailable, TargetMisconfigured (nothing was saved), TargetRefused (a parsed no) and
        TargetUnclear (ask by key, also when PeopleSoft says that the key exists already).
        """
        name = self.erp_id(journal)
        # Its own for every send: a site that keeps message ids would turn each later send of a lost journal away.
        message_id = f"{name} {self._clock.now():%Y%m%dT%H%M%S%f}"
        reply = self._broker.create(payload.buffer(journal, self._profile), name, message_id)
        if reply.verdict is Verdict.SAVED:
            self._require_own_key(reply, journal)
            return name
        if reply.verdict is Verdict.REFUSED:
            said = sentences.refusal(reply.messages, journal, self._profile) or (reply.sentence,)
            raise TargetRefused(
                f"Journal {name} was refused by PeopleSoft, nothing was saved: {'; '.join(said)}. Correct what is "
                "named and prepare the settlement again; the correction is a new revision.",
                code=reply.code or None,
                messages=said,
            )
        if reply.verdict is Verdict.MISCONFIGURED:
            raise self._misconfigured(f"Journal {name} was not saved", reply)
        raise TargetUnclear(
            f"Journal {name} was sent and the answer leaves open whether it was saved: {reply.sentence}. PeopleSoft is "
            "asked for it by key before anything else is sent."
        )

    def status(self, journal: Journal) -> TargetStatus:
        """Read where a journal stands, once; an edit error brings its messages home."""
        head = self._search.header(journal)
        if head is None:
            return TargetStatus(BooksState.ABSENT, "")
        messages: tuple[str, ...] = ()
        if head.state is BooksState.ERROR:
            messages = sentences.edit_errors(self._search.of_journal("errors", journal), journal, self._profile)
            messages = messages or ("PeopleSoft gives no message: open the journal's Errors page there.",)
        return TargetStatus(head.state, head.status, messages, head.waiting_for, head.happened)

    def find(self, journals: Sequence[Journal]) -> Sightings:
        """Look for every document of this source in all units it may be in, over all revisions."""
        asked = {self.erp_id(journal): journal for journal in journals}
        sources = sorted({journal.source for journal in journals}, key=str)
        units = sorted({*(journal.unit for journal in journals), *self._profile.units})
        found = self._search.documents(sources, units, asked)
        controls = {unit: self._search.control(unit) for unit in units}
        unseen = frozenset(unit for unit, name in controls.items() if not name)
        is_empty = all(self._search.is_confirmed_empty(unit) for unit in unseen)
        if not found.keys() >= asked.keys():
            found = {**self._search.documents(sources, units, asked), **found}
        return Sightings(
            found=tuple(found.values()),
            is_certain=bool(controls) and all(controls.values()),
            control="; ".join(f"{unit}: {name or 'none seen'}" for unit, name in controls.items()),
            confirmed_empty=unseen if is_empty else frozenset(),
        )

    def read_back(self, journal: Journal) -> ReadBack:
        """Read one journal whole, through queries or the component interface's Get, as the profile says.

        Raises TargetUnavailable also when the books do not show the journal or show it without lines.
        """
        head = self._search.header(journal)
        if head is None:
            raise TargetUnavailable(
                f"Journal {self.erp_id(journal)} is not in PeopleSoft's books, so it cannot be read."
            )
        rows = self._lines_by_get(journal) if self._profile.read_back == "ci_get" else self._search.lines(journal)
        lines = [books.line(row, self._profile) for row in rows]
        if not lines:
            raise TargetUnavailable(f"Journal {head.erp_id} came back from PeopleSoft without lines.")
        ours, generated = books.sort_out(lines, journal, self._profile)
        currency = head.currency or journal.currency
        return ReadBack(
            erp_id=head.erp_id,
            state=head.state,
            erp_status=head.status,
            accounting_date=head.day,
            currency=currency,
            lines=tuple(one.as_journal_line(currency) for one in ours),
            generated_lines=tuple(one.as_journal_line(currency) for one in generated),
            link=self._link(head),
            period=head.period,
            period_of_date=accounts.period_of(head.unit, head.day, self._profile, self._broker.ask),
        )

    def listing(self, units: Sequence[str], since: date) -> list[FoundDocument]:
        """Return every journal under our source in these units and those of the profile, dated on or after a day.

        Raises TargetUnavailable when a unit holds more of them under one beginning than a query answers.
        """
        return self._search.listing(sorted({*units, *self._profile.units}), since)

    def item_entries(self, account: AccountKey, reference: str, source_id: str) -> list[ItemEntry]:
        """Return what posted journals move on one open item, one entry a journal and currency, the oldest first.

        Unit, natural account and JRNL_LN_REF make the item. `source_id` keeps apart two settlements of ours whose short
        references happen to be equal: such a line names the other one's full id.
        """
        rows = self._broker.ask("by_reference", BUSINESS_UNIT=account.unit, REFERENCE=reference)
        return open_items.item_entries(queries.once_each(rows, self._profile.ledger), account, reference, source_id)

    def open_item(self, account: AccountKey, reference: str, source_id: str) -> dict[str, Decimal]:
        """Return what posted journals hold on one open item, per currency, debit positive; see `item_entries`."""
        sums: dict[str, Decimal] = {}
        for entry in self.item_entries(account, reference, source_id):
            sums[entry.currency] = sums.get(entry.currency, Decimal(0)) + entry.amount
        return sums

    def balances(self, accounts: Sequence[AccountKey], as_of: date) -> list[LedgerBalance]:
        """Return what the general ledger holds on accounts at the end of a day, per account and currency.

        Raises TargetMisconfigured also when that day ends no accounting period: the ledger keeps balances by period.
        """
        return ledger_reads.balances(accounts, as_of, self._profile, self._broker.ask)

    def entries(self, accounts: Sequence[AccountKey], first: date, last: date) -> list[LedgerEntry]:
        """Return what posted journals dated within a span move on accounts, per reference and currency.

        Raises TargetUnavailable also when one day has more rows than a query answers.
        """
        return ledger_reads.entries(accounts, first, last, self._profile, self._broker.ask)

    def reach(self, units: Sequence[str] = ()) -> list[Finding]:
        """Return what keeps this site from being used: WSDL, operations, elements, queries, sight of the units."""
        findings = []
        try:
            self._broker.read_wsdl()
        except ConnectorError as error:
            findings.append(Finding("peoplesoft_wsdl", str(error), "Correct the PeopleSoft settings or the service."))
        for unit in sorted({*units, *self._profile.units}):
            findings.extend(self._reach_unit(unit))
        return findings

    def reach_balances(self, accounts: Sequence[AccountKey], as_of: date) -> list[Finding]:
        """Return what keeps the ledger's balances and entries from being read; an empty answer is no fault here."""
        try:
            self.balances(accounts, as_of)
            self.entries(accounts, as_of, as_of)
        except ConnectorError as error:
            cure = "Create the two queries as the PeopleSoft setup guide says, or switch read_balances off."
            return [Finding("peoplesoft_balances", str(error), cure)]
        return []

    def _reach_unit(self, unit: str) -> list[Finding]:
        today = self._clock.now().date()
        try:
            control = self._search.control(unit)
            self._search.of_source(unit, today, today)
        except ConnectorError as error:
            cure = "Correct what the sentence names: the secrets, the queries, or the user's permission to run them."
            return [Finding("peoplesoft_queries", str(error), cure)]
        if control or self._search.is_confirmed_empty(unit):
            return []
        sentence = (
            f"No journal of unit {unit} is visible to the connector's user, so an empty answer could not be told from "
            "a blind one."
        )
        cure = (
            "Give the user row security for the unit; if its ledger really is empty, confirm that under "
            "units_confirmed_empty."
        )
        return [Finding("peoplesoft_control", sentence, cure, unit)]

    def _lines_by_get(self, journal: Journal) -> list[Row]:
        reply = self._broker.get(payload.key_values(journal, self._profile))
        if reply.verdict is Verdict.ANSWERED and reply.buffer is not None:
            return buffer_rows.line_rows(reply.buffer, self._profile)
        if reply.verdict is Verdict.MISCONFIGURED:
            raise self._misconfigured(f"Journal {self.erp_id(journal)} could not be read", reply)
        raise TargetUnavailable(
            f"Journal {self.erp_id(journal)} could not be read through the component interface: {reply.sentence}."
        )

    def _require_own_key(self, reply: Reply, journal: Journal) -> None:
        """Raise TargetUnclear when the answer names another journal than the one that was sent."""
        answered = dict(reply.keys)
        for field, own in zip(
            ("BUSINESS_UNIT", "JOURNAL_ID"), payload.natural_key(journal, self._profile), strict=False
        ):
            named = answered.get(self._profile.header_property(field), own)
            if named != own:
                raise TargetUnclear(
                    f"Journal {self.erp_id(journal)} was sent, but PeopleSoft answers for {field} {named[:20]!r}. Look "
                    "for that journal there before anything else is sent."
                )

    def _misconfigured(self, what: str, reply: Reply) -> TargetMisconfigured:
        return TargetMisconfigured(
            f"{what}: {reply.sentence}. Check the secrets {self._profile.user_secret} and "
            f"{self._profile.password_secret}, the permission on service operations of {self._profile.service_name} "
            f"and on the methods of {self._profile.component_interface}."
        )

    def _link(self, head: books.Header) -> str:
        return self._profile.journal_link.format(unit=head.unit, journal_id=head.journal_id, date=head.day.isoformat())
