"""What the project asks of an ERP: a handful of verbs, and the plain values they answer with.

`check_accounts` and `open_day` before anything is sent, `submit` once, `find` before the first and after every unclear
send, `status` until the ERP is done, `read_back` and `open_item` to prove the books, `balances` and `entries` to tie
the marketplace's balance to the ledger. Nothing else in the project knows which ERP it is.

Errors, all verbs: TargetMisconfigured (a person must act), TargetUnavailable (nothing was written, may pass);
`submit` also TargetRefused (a parsed no) and TargetUnclear (nobody knows).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable

from ledger.accounts import AccountKey, Nature
from ledger.errors import Finding
from ledger.journal import Journal, JournalLine


@dataclass(frozen=True)
class AccountUse:
    """An account as a mapping means to use it on one date; `nature` None asks only for existence."""

    account: AccountKey
    on: date
    nature: Nature | None = None
    category: str = ""
    needs_open_item: bool = False


class BooksState(StrEnum):
    """What the ERP says of one document."""

    WAITING = "waiting"  # saved; edit, approval, budget check or posting still to come
    POSTED = "posted"
    ERROR = "error"  # the ERP refuses to post it until somebody corrects or deletes it
    REMOVED = "removed"  # deleted, cancelled or unposted by a person
    ABSENT = "absent"  # not there (certain only when `Sightings.is_certain`)


@dataclass(frozen=True)
class FoundDocument:
    """A document the ERP holds under our source; totals in entered currency, `credits` positive."""

    erp_id: str
    state: BooksState
    erp_status: str
    currency: str
    debits: Decimal
    credits: Decimal
    lines: int
    accounting_date: date
    key_matches: str = ""  # posting key of the asked document with the same natural key, else ""
    description: str = ""
    is_same: bool = False  # same natural key, totals, count of lines and description as the asked document
    happened: str = ""  # what a person did to a removed document: "was unposted", "was deleted"
    source_id: str = ""  # the settlement that its description names, as far as it does
    repeats: str = ""  # posting key of an asked document whose very lines it holds under another natural key
    reverses: str = ""  # posting key of an asked document whose lines it holds with the opposite sign


@dataclass(frozen=True)
class Sightings:
    """Everything the ERP shows for the documents of one source, over all revisions.

    `is_certain` is True only when a record known to be visible came back through the same read, so that an empty
    answer means absent; `control` names that record. `confirmed_empty` are the units without any record that a person
    has confirmed to be empty, when every other unit showed one: it allows a first send, and never proves absence.
    """

    found: tuple[FoundDocument, ...]
    is_certain: bool
    control: str = ""
    confirmed_empty: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TargetStatus:
    """Where one document stands in the ERP, with its messages as sentences (line and field named)."""

    state: BooksState
    erp_status: str
    messages: tuple[str, ...] = ()
    waiting_for: str = ""
    happened: str = ""  # as of a FoundDocument


@dataclass(frozen=True)
class ReadBack:
    """One document as the books hold it: our lines, and lines the ERP generated (balancing, rounding)."""

    erp_id: str
    state: BooksState
    erp_status: str
    accounting_date: date
    currency: str
    lines: tuple[JournalLine, ...]
    generated_lines: tuple[JournalLine, ...] = ()
    link: str = ""
    period: str = ""  # the accounting period its header stands in, as far as the ERP shows it
    period_of_date: str = ""  # the accounting period of its date
    remarks: tuple[str, ...] = ()  # what the ERP made of it beyond what was sent, a sentence each, with what to do


@dataclass(frozen=True)
class ItemEntry:
    """What one posted document moves on one open item in one currency, debit positive, whoever made it.

    `base_amount` is the same in the base currency of the ledger; None where the ERP does not show it.
    """

    erp_id: str
    accounting_date: date
    amount: Decimal
    currency: str
    description: str = ""
    base_amount: Decimal | None = None
    base_currency: str = ""


@dataclass(frozen=True)
class LedgerBalance:
    """What the general ledger holds on one account in one currency at the end of a day, debit positive."""

    account: AccountKey
    currency: str
    amount: Decimal


@dataclass(frozen=True)
class LedgerEntry:
    """What one posted document moves on one account under one reference in one currency, debit positive.

    Whoever made it: `source` is the ERP's own word for where it came from. `period` is the accounting period it stands
    in, for example 11/2026, "" where the ERP does not show it. `is_of_receivables` marks what the ERP made itself of
    its receivables, invoices and receipts of ours among them: sums without a word of the documents.
    """

    erp_id: str
    account: AccountKey
    accounting_date: date
    amount: Decimal
    currency: str
    reference: str = ""
    source: str = ""
    description: str = ""
    period: str = ""
    is_of_receivables: bool = False


class Target(Protocol):
    """An ERP as the road sees it."""

    lines_max: int
    quiet_period_seconds: int
    # Whether a receipt that is applied to invoices can be undone by a document, or only by a person in the ERP.
    reverses_receipts: bool

    def erp_id(self, journal: Journal) -> str:
        """Return the natural key a document has or will have in the ERP; pure, the same for ever."""

    def link(self, journal: Journal) -> str:
        """Return the address at which a person sees a document in the ERP, "" where none is configured; pure."""

    def check_accounts(self, uses: Sequence[AccountUse], journals: Sequence[Journal] = ()) -> list[Finding]:
        """Return what would keep these accounts from being posted to, and closed periods of these journals."""

    def open_day(self, unit: str, day: date) -> date | None:
        """Return the first day on or after a day whose period takes journals of this unit.

        That day itself when it is open, or when the ERP knows no period for it (`check_accounts` says so); None when no
        later period is open within two years.
        """

    def submit(self, journal: Journal) -> str:
        """Hand over one document exactly once; return the ERP's id for it."""

    def status(self, journal: Journal) -> TargetStatus:
        """Say where a document stands that was handed over."""

    def find(self, journals: Sequence[Journal]) -> Sightings:
        """Look for documents of this source under any revision; the first read of every send."""

    def read_back(self, journal: Journal) -> ReadBack:
        """Read one document whole from the books."""

    def listing(self, units: Sequence[str], since: date) -> list[FoundDocument]:
        """Return every document under our source in these units that is dated on or after a day, whoever made it."""

    def item_entries(self, account: AccountKey, reference: str, source_id: str) -> list[ItemEntry]:
        """Return every document that stands on one open item in the books, ours and others', the oldest first."""

    def open_item(self, account: AccountKey, reference: str, source_id: str) -> dict[str, Decimal]:
        """Return per currency what the books hold on one open item, over all documents, debit positive."""

    def balances(self, accounts: Sequence[AccountKey], as_of: date) -> list[LedgerBalance]:
        """Return what the general ledger holds on accounts at the end of a day, per account and currency.

        Unit and natural account make the account; the other segments are not looked at. An account that holds nothing
        in any currency has no balance.
        """

    def entries(self, accounts: Sequence[AccountKey], first: date, last: date) -> list[LedgerEntry]:
        """Return every posted document that moves these accounts and is dated within a span, both ends included.

        A document that was taken out of the books again, and so moves nothing, is left out.
        """


@runtime_checkable
class CollectingTarget(Target, Protocol):
    """A target that takes several documents in one call, where it is set up so.

    What becomes of each is asked for as of a document that went alone: by `status`, `find` and `read_back`. The call
    itself is no verdict on any of them.
    """

    def batches(self, journals: Sequence[Journal]) -> list[list[Journal]]:
        """Return which of these documents go together, in order, one list a call; pure.

        Each is of another source. What is in no list goes alone, as everything does where the list is empty.
        """

    def find_each(self, sets: Sequence[Sequence[Journal]]) -> list[Sightings]:
        """Look for the documents of several sets at once; return for each what `find` would."""

    def submit_together(self, journals: Sequence[Journal]) -> None:
        """Hand over the documents of one batch exactly once, each under its own `erp_id`.

        Raises TargetUnavailable and TargetMisconfigured (none was taken), TargetUnclear (nobody knows of any).
        """


class ReachableTarget(Target, Protocol):
    """A target that says, before anything is posted, what would keep it from being used."""

    def reach(self, units: Sequence[str] = ()) -> list[Finding]:
        """Return what keeps this ERP from being used: address, sign-in, rights, sight of a record of these units."""

    def reach_balances(self, accounts: Sequence[AccountKey], as_of: date) -> list[Finding]:
        """Return what keeps balances and entries of the general ledger from being read."""
