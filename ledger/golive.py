"""Where our books begin: what is before go-live, and whether the first settlement fits what the books held.

Older settlements are in the books by hand already: they are shown and never posted. The first settlement of a series
brings back a reserve and perhaps a debt which the books hold by hand; `opening` states them, and a difference is found
before anything is posted.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from ledger import money
from ledger.errors import Finding
from ledger.policy import Opening, Policy
from ledger.settlement_head import SettlementHead


def is_before_date(head: SettlementHead, policy: Policy) -> bool:
    """Tell whether a settlement started before `books_from` in the ledger's time zone; True where nothing is posted."""
    if not isinstance(policy.books_from, date):
        return True
    return head.start.astimezone(policy.zone).date() < policy.books_from


def is_first_by_name(head: SettlementHead, policy: Policy) -> bool:
    """Tell whether the settings name a settlement as the first of its series."""
    is_listed = isinstance(policy.books_from, tuple) and head.settlement_id in policy.books_from
    return is_listed or any(one.first_settlement == head.settlement_id for one in policy.opening)


def opening_of(head: SettlementHead, policy: Policy) -> Opening:
    """Return what the books held for a series at go-live; nothing where the settings state nothing."""
    stated = policy.opening_of(head.marketplace, head.currency, head.settlement_id)
    return stated or Opening(marketplace=head.marketplace, currency=head.currency)


def opening_findings(head: SettlementHead, policy: Policy) -> tuple[Finding, ...]:
    """Compare the first posted settlement of a series with what the books held; a difference stops it."""
    stated = opening_of(head, policy)
    pairs = (
        ("reserve", "Previous Reserve Amount Balance", head.reserve_returned, stated.reserve),
        ("debt", "Payable to Amazon", head.debt_brought_in, stated.debt),
    )
    return tuple(_difference(head, *pair) for pair in pairs if pair[2] != pair[3])


def loan_findings(head: SettlementHead, moved: Decimal, policy: Policy) -> tuple[Finding, ...]:
    """Warn when more of a loan was repaid than was ever borrowed: what the books held at go-live is too little then.

    `moved` is what lending brought over the marketplace's settlements from go-live to this one: paid out is positive.
    """
    wanted = (head.marketplace.strip().casefold(), head.currency)
    stated = [one for one in policy.opening if (one.marketplace.strip().casefold(), one.currency) == wanted]
    held = sum((one.loan for one in stated), Decimal(0))
    if held + moved >= 0:
        return ()
    texts = [money.text(amount, head.currency) for amount in (-moved, held, -(held + moved))]
    place = " ".join(word for word in (head.marketplace, head.currency) if word)
    return (
        Finding(
            "opening_loan",
            f"Up to settlement {head.settlement_id} {texts[0]} of loans were repaid in {place}, net of new ones; the "
            f"books held a loan of {texts[1]} at go-live. {texts[2]} too much was repaid, or was interest.",
            f"Correct loan of {place} under opening in the connection, if the books owed more than it says. Interest "
            "among the repayments is booked by hand, from the account of lending to an expense.",
            origin=head.settlement_id,
            amount=held + moved,
            is_blocking=False,
        ),
    )


def _difference(head: SettlementHead, name: str, row: str, brought: Decimal, stated: Decimal) -> Finding:
    texts = [money.text(amount, head.currency) for amount in (brought, stated)]
    place = " ".join(word for word in (head.marketplace, head.currency) if word)
    return Finding(
        "opening_balance",
        f"Settlement {head.settlement_id} is the first of {place} in our books. Its {row} is {texts[0]}, "
        f"the books held a {name} of {texts[1]}.",
        f"Correct {name} of {place} under opening in the connection, or books_from, so that both are equal.",
        origin=head.settlement_id,
        amount=brought - stated,
    )


def cross_account_debt(heads: Iterable[SettlementHead]) -> tuple[Finding, ...]:
    """Add up debt moved between the seller's marketplaces per currency; a rest warns until all settlements are in.

    `heads` are the posted settlements of all series of one seller. Each debt leaves one settlement and reaches
    another, so over all of them the sum is zero.
    """
    left: dict[str, Decimal] = {}
    rows: dict[str, list[str]] = {}
    for head in heads:
        for row in head.rows("cross_account_debt"):
            left[head.currency] = left.get(head.currency, Decimal(0)) + row.amount
            rows.setdefault(head.currency, []).append(f"{head.settlement_id} row {row.source_row}")
    return tuple(
        Finding(
            "cross_account_debt",
            f"Debt moved between marketplaces leaves {money.text(amount, currency)} {currency} over all settlements.",
            "Import the settlement of the other marketplace; if all are in, ask Amazon for the missing half.",
            origin=", ".join(rows[currency]),
            amount=amount,
            is_blocking=False,
        )
        for currency, amount in sorted(left.items())
        if amount
    )
