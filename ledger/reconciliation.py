"""What must be true of a posted settlement, as verdicts: what was compared, what came out, what differs.

In: amounts and lines from both sides (the settlement, our journals, the ERP's books). Out: a verdict per rule with a
sentence a person can act on and the rows that differ, and the proof row of a settlement. Nothing here asks anybody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ledger import money
from ledger.accounts import AccountKey
from ledger.journal import Journal, JournalLine, JournalSet


@dataclass(frozen=True)
class Compared:
    """The outcome of one comparison; `rows` are what differs, each a dict of text for a table."""

    passed: bool
    sentence: str
    rows: tuple[dict[str, str], ...] = ()
    difference: Decimal = Decimal(0)


@dataclass(frozen=True)
class Proof:
    """One settlement proved: what Amazon says, what we posted, what the books hold, what the bank should see."""

    settlement_id: str
    currency: str
    total: Decimal
    journal_ids: tuple[str, ...]
    clearing_item: Decimal
    expected_payout: Decimal
    difference: Decimal

    @property
    def ties(self) -> bool:
        """Tell whether nothing is left to explain."""
        return self.difference == 0


def ties_to_total(sum_amount: Decimal, total: Decimal, currency: str) -> Compared:
    """Compare the sum of a settlement's lines with its total-amount."""
    return _equal("The lines add up to", sum_amount, "total-amount is", total, currency)


def journal_equals_settlement(
    journals: JournalSet,
    clearing: AccountKey,
    reference: str,
    total: Decimal,
    currency: str,
    *,
    per_unit: bool = True,
) -> Compared:
    """Compare the clearing lines of all documents with total-amount; each document balances per unit besides.

    `per_unit` is off where the ERP itself balances units within a document.
    """
    lopsided = [row for journal in journals.journals for row in unbalanced(journal, per_unit=per_unit)]
    if lopsided:
        parts = ", ".join(sorted({row["part"] for row in lopsided}))
        return Compared(False, f"Out of balance: part {parts}. Nothing may be sent.", tuple(lopsided))
    booked = money.exact(journals.reference_total(clearing, reference), currency)
    return _equal(f"The clearing lines of {reference} add up to", booked, "total-amount is", total, currency)


def unbalanced(journal: Journal, *, per_unit: bool = True) -> list[dict[str, str]]:
    """Return a row per unit in which debits and credits differ; `per_unit` off where the ERP balances units itself."""
    sums: dict[str, Decimal] = {}
    for line in journal.lines:
        unit = line.account.unit if per_unit else journal.unit
        sums[unit] = sums.get(unit, Decimal(0)) + line.amount
    return [
        {"part": str(journal.part), "unit": unit, "difference": money.text(amount, journal.currency)}
        for unit, amount in sorted(sums.items())
        if amount
    ]


def read_back_equals_journal(journal: Journal, lines: Iterable[JournalLine]) -> Compared:
    """Compare a document line by line with what the books hold; lines the ERP generated are left out by the caller.

    Account, amount and reference must be equal; line numbers and descriptions are the ERP's to change.
    """
    ours = Counter((str(line.account), line.reference, _text(line.amount, journal)) for line in journal.lines)
    theirs = Counter((str(line.account), line.reference, _text(line.amount, journal)) for line in lines)
    rows = tuple(
        {
            "account": account,
            "reference": reference,
            "ours": _counted(amount, ours[key]),
            "theirs": _counted(amount, theirs[key]),
        }
        for key in sorted(ours.keys() | theirs.keys())
        if ours[key] != theirs[key]
        for account, reference, amount in (key,)
    )
    count = len(journal.lines)
    if rows:
        return Compared(False, f"{len(rows)} kinds of line differ between our {count} lines and the books.", rows)
    return Compared(True, f"All {count} lines stand in the books as they were sent.")


def generated_lines_net_to_zero(journal: Journal, lines: Iterable[JournalLine]) -> Compared:
    """Require that what the ERP added by itself (balancing, rounding) moves nothing in sum per unit."""
    sums: dict[str, Decimal] = {}
    for line in lines:
        sums[line.account.unit] = sums.get(line.account.unit, Decimal(0)) + line.amount
    rows = tuple({"unit": unit, "sum": _text(amount, journal)} for unit, amount in sorted(sums.items()) if amount)
    total = sum(sums.values(), Decimal(0))
    if total:
        return Compared(False, f"Lines the ERP added sum to {_text(total, journal)} instead of zero.", rows, total)
    return Compared(True, "Lines the ERP added net to zero." if sums else "The ERP added no lines.")


def clearing_item_equals_total(
    held: Decimal, total: Decimal, currency: str, *, carried_later: Decimal = Decimal(0), received: Decimal = Decimal(0)
) -> Compared:
    """Compare a settlement's open item in the books with its total, less what has closed it since.

    All amounts debit positive: `carried_later` is what later settlements moved on this item (a debt of 321.69 carried
    on is +321.69), `received` what the bank receipt moved (a receipt of 1,016.08 is -1,016.08).
    """
    expected = total + carried_later + received
    closed_by = [
        f"{name} {money.text(amount, currency)}"
        for name, amount in (("carried later", carried_later), ("received", received))
        if amount
    ]
    words = f"total-amount {money.text(total, currency)}" + "".join(f", {part}" for part in closed_by) + " give"
    return _equal("The books hold on the clearing item", held, words, expected, currency)


def once_only(expected_ids: Sequence[str], found_ids: Sequence[str]) -> Compared:
    """Require that the books hold each of our documents exactly once, and none of this source that is not ours."""
    found = Counter(found_ids)
    rows = [{"document": one, "times": str(found[one])} for one in sorted(set(expected_ids)) if found[one] != 1]
    rows += [{"document": one, "times": f"{found[one]}, unknown"} for one in sorted(set(found) - set(expected_ids))]
    if rows:
        said = "; ".join(_counted_document(row["document"], found[row["document"]], expected_ids) for row in rows)
        return Compared(False, f"The books do not hold each document once: {said}.", tuple(rows))
    return Compared(True, f"The books hold {', '.join(expected_ids) or 'no document'} exactly once.")


def _counted_document(document: str, times: int, expected: Sequence[str]) -> str:
    if document not in expected:
        return f"{document} stands there too, and is none of those that are to stand there"
    return f"{document} stands there {times} times" if times else f"{document} is not there"


def proof(
    settlement_id: str, currency: str, total: Decimal, journal_ids: Sequence[str], clearing_item: Decimal
) -> Proof:
    """Return the proof row of a settlement, before any receipt: its item in the books must be its total.

    Nothing is paid out for a zero or negative total.
    """
    payout = max(total, Decimal(0))
    return Proof(settlement_id, currency, total, tuple(journal_ids), clearing_item, payout, clearing_item - total)


def _equal(left: str, ours: Decimal, right: str, theirs: Decimal, currency: str) -> Compared:
    difference = ours - theirs
    texts = [money.text(amount, currency) for amount in (ours, theirs, difference)]
    sentence = f"{left} {texts[0]}, {right} {texts[1]} {currency}"
    ending = "." if not difference else f": the difference is {texts[2]}."
    return Compared(not difference, sentence + ending, difference=difference)


def _text(amount: Decimal, journal: Journal) -> str:
    return money.text(amount, journal.currency)


def _counted(amount: str, times: int) -> str:
    return "" if times == 0 else amount if times == 1 else f"{times} x {amount}"
