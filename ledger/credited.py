"""What is left of an invoice that credit memos took a part back of: the document that undoes just that.

In: what would undo the whole invoice, and the credit memos in the books. Out: the same less what each memo took back of
each line, on the same accounts. Nothing left is a document without lines, which stands in our records and goes to no
ERP: that the invoice is undone is then true already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from ledger import money
from ledger.errors import InputRefused
from ledger.journal import Journal


def left_of(whole: Journal, memos: Sequence[Journal]) -> Journal:
    """Return what undoes the rest of an invoice, given what would undo all of it.

    Raises InputRefused where more was taken back of a line than there is, and where what is left would owe the customer
    less than nothing: no credit memo can be of that.
    """
    assert whole.billing is not None, "only an invoice is credited"
    gone = _taken(memos)
    left = [line.amount - gone[place] for line, place in zip(whole.lines, whole.billing.credited_lines, strict=True)]
    assert gone.keys() <= {0, *whole.billing.credited_lines}, "a credit memo takes back lines of its own invoice"
    kept = [at for at, amount in enumerate(left) if amount]
    _require_within(whole, left, -gone[0])
    lines = tuple(
        replace(
            whole.lines[at],
            number=number,
            amount=left[at],
            # Of a line that a memo took amounts off, nobody knows how many units are left.
            quantity=whole.lines[at].quantity if left[at] == whole.lines[at].amount else None,
        )
        for number, at in enumerate(kept, start=1)
    )
    form = {name: tuple(getattr(whole.billing, name)[at] for at in kept) for name in ("items", "kinds")}
    credited = tuple(whole.billing.credited_lines[at] for at in kept)
    billing = replace(whole.billing, **form, credited_lines=credited)
    return replace(whole, lines=lines, billing=billing, takes_along=tuple(sorted(one.key for one in memos)))


def _taken(memos: Sequence[Journal]) -> dict[int, Decimal]:
    """Return what memos took back by place among the invoice's own lines, 0 being the receivable."""
    gone: dict[int, Decimal] = defaultdict(Decimal)
    for memo in memos:
        assert memo.billing is not None, "every credit memo has its billing"
        for line, place in zip(memo.lines, memo.billing.credited_lines, strict=True):
            gone[place] += line.amount
    return gone


def _require_within(whole: Journal, left: Sequence[Decimal], given_back: Decimal) -> None:
    """Refuse what credit memos took more of than there was; raises InputRefused.

    `given_back` is what they moved on the receivable, which an invoice of nothing has no line of.
    """
    assert whole.billing is not None, "only an invoice is credited"
    places = whole.billing.credited_lines
    beyond = [at for at, place in enumerate(places) if place and left[at] * whole.lines[at].amount < 0]
    owed = left[places.index(0)] if 0 in places else given_back
    if beyond or owed > 0:
        rest = money.text(-owed, whole.currency)
        raise InputRefused(
            f"What its credit memos left of the invoice of order {whole.billing.order_id} comes to {rest} "
            f"{whole.currency}, and a line of it may be over-credited: no credit memo takes that back."
        )
