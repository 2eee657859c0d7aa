"""The statement of a marketplace account over a month: its roll-forward, line by line, as people read it.

In: an account's month. Out: lines in order, each with its amount and how much of it is deferred, and the bars of its
picture. The lines from the opening balance to what the account comes to add up; what is only told beside them is named
`of which` or `for information`.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from assets.month_end.marketplace_account import AccountMonth
from ledger.accounts import Nature
from ledger.categories import TAX_COLLECTED, TAX_WITHHELD, categories
from ledger.source_match import UNKNOWN

OPENING, EVENTS, BANK, EXPECTED, REASON, STATED, REST, MEMO = (
    "opening",
    "events",
    "bank",
    "expected",
    "explained",
    "stated",
    "unexplained",
    "for information",
)
_OTHER, _TAX = "Other", "Tax"
_GROUPS = {Nature.REVENUE: "Sales", Nature.CONTRA_REVENUE: "Refunds and discounts", Nature.EXPENSE: "Fees"}
# In the order of the statement and of the picture.
GROUPS = ("Sales", "Refunds and discounts", "Fees", _TAX, _OTHER)


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One line; `group` is Sales, Refunds and so on for events; `deferred` is None where it is nothing to speak of."""

    kind: str
    group: str
    line: str
    amount: Decimal
    deferred: Decimal | None = None


def group_of(category: str) -> str:
    """Return the part of the statement that a category stands in."""
    if category in (TAX_COLLECTED, TAX_WITHHELD):
        return _TAX
    known = categories().get(category)
    return _GROUPS.get(known.nature, _OTHER) if known else _OTHER


def lines_of(account: AccountMonth) -> Iterator[StatementLine]:
    """Yield the statement of an account."""
    rolled = account.rolled
    opened = f"Opening balance, end of {rolled.first - timedelta(days=1)}"
    yield StatementLine(OPENING, "", opened, rolled.opening.total, rolled.opening.deferred)
    by_category = rolled.by_category
    for name in sorted(by_category, key=lambda one: (GROUPS.index(group_of(one)), one == UNKNOWN, one)):
        yield StatementLine(EVENTS, group_of(name), name, *by_category[name])
    yield StatementLine(BANK, "", "Payouts", -rolled.paid_out)
    if rolled.transfers:
        yield StatementLine(BANK, "", "Payouts that came back, other transfers", rolled.transferred)
    expected = rolled.expected
    yield StatementLine(EXPECTED, "", "Closing balance by what is known", expected.total, expected.deferred)
    for reason in rolled.reasons:
        yield StatementLine(REASON, "", reason.words, reason.amount)
    stated = f"Closing balance by Amazon, end of {rolled.last}"
    yield StatementLine(STATED, "", stated, rolled.closing.total, rolled.closing.deferred)
    yield StatementLine(REST, "", "Unexplained", rolled.unexplained, rolled.rest_deferred)
    yield from _beside(account)


def _beside(account: AccountMonth) -> Iterator[StatementLine]:
    """Yield what the closing balance is made of, and what was on its way to the bank."""
    words = {"available": "of which available", "account_level_reserve": "of which held back of the account"}
    for name, amount in account.stated.items():
        if amount is not None:
            yield StatementLine(MEMO, "", words[name], amount)
    for paid in account.rolled.payouts:
        if paid.is_under_way(account.rolled.last):
            yield StatementLine(MEMO, "", f"on its way to the bank: payout {paid.payout_id}", paid.amount)


def bars_of(account: AccountMonth) -> tuple[tuple[str, Decimal], ...]:
    """Return the bars of the picture: opening, each part of the events, payouts, closing."""
    rolled = account.rolled
    groups: dict[str, Decimal] = defaultdict(Decimal)
    for name, (occurred, _) in rolled.by_category.items():
        groups[group_of(name)] += occurred
    parts = [(name, groups[name]) for name in GROUPS if groups[name]]
    rest = [("Rest", rolled.rest)] if rolled.rest else []
    moved = [("Opening", rolled.opening.total), *parts, ("Payouts", rolled.transferred - rolled.paid_out), *rest]
    return (*moved, ("Closing", rolled.closing.total))
