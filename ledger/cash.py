"""The cash entry of a settlement: what the bank received of its payout closes its clearing item, on value date.

In: what is certain between payouts and bank lines, what the books hold on the item, and the accounts. Out: balanced
documents. A receipt in the settlement's own currency is one document, Dr bank / Cr clearing. Where Amazon or the bank
changed the money into another currency it is two, each in one currency, because a ledger may balance every currency by
itself: Dr fx_realised / Cr clearing at what the item was carried at, and Dr bank / Cr fx_realised at what the bank
booked, so that fx_realised keeps the difference. A charge to the card is the other way round: Dr card in transit / Cr
bank. Pure. Rule: ACCOUNTING, "One open item per settlement" and "Currency".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from ledger import money
from ledger.accounts import AccountKey
from ledger.bank_line import BankLine
from ledger.bank_matching import Match
from ledger.errors import InputRefused
from ledger.journal import Journal, JournalLine, JournalSet, SourceKey

KIND = "cash"
_KEY_LETTERS = 8


@dataclass(frozen=True)
class Share:
    """What one bank line brought of one payment, in the bank's currency; negative where the bank paid."""

    line: BankLine
    amount: Decimal


@dataclass(frozen=True)
class Receipt:
    """One share as it is booked: the bank's account, and how much of the settlement's currency it closes (positive)."""

    share: Share
    bank: AccountKey
    closes: Decimal


@dataclass(frozen=True)
class Carrying:
    """What the books hold on an item: in the settlement's currency, and in the base currency of the ledger."""

    amount: Decimal
    base_amount: Decimal
    base_currency: str


@dataclass(frozen=True)
class CashFrame:
    """What all documents of one cash entry share; amounts that are closed stand in `currency`."""

    source: SourceKey
    closed: AccountKey
    reference: str
    currency: str
    rate_type: str
    fx_realised: AccountKey | None = None


def charge_source_id(settlement_id: str, number: int) -> str:
    """Return the source id of a charge to the card in a settlement, counted from 1."""
    return f"{settlement_id}.charge{number}"


def shares_of(match: Match, payment_id: str) -> tuple[Share, ...]:
    """Return what each line brought of one payment, lines and payments taken in the order of the match.

    A line of several payments gives each its own amount; a payment in several lines takes each line's. Raises
    InputRefused where the bank booked another sum than was paid, or money of both directions: a person books that.
    """
    if match.difference:
        currency = match.lines[0].currency
        raise InputRefused(
            f"The bank booked {money.text(match.received, currency)} {currency}, which is "
            f"{money.text(match.difference, currency)} {currency} more than was paid"
        )
    signs = {one.amount > 0 for one in (*match.payments, *match.lines)}
    if len(signs) > 1:
        raise InputRefused("Money that came and money that went are matched together")
    sign = 1 if signs == {True} else -1
    left = [(line, abs(line.amount)) for line in match.lines]
    for payment in match.payments:
        wanted, taken = abs(payment.amount), list[Share]()
        while wanted:
            line, rest = left[0]
            part = min(wanted, rest)
            taken.append(Share(line, sign * part))
            wanted -= part
            left = [(line, rest - part), *left[1:]] if rest > part else left[1:]
        if payment.payment_id == payment_id:
            return tuple(taken)
    raise InputRefused(f"{payment_id} is not in the match")


def apportioned(total: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Return a total by weights, to the cent: each share rounded, the last one what is left."""
    whole = sum(weights, Decimal(0))
    unit = Decimal(1).scaleb(-money.minor_units(currency))
    shares = [(total * weight / whole).quantize(unit, ROUND_HALF_EVEN) for weight in weights[:-1]]
    return [*shares, money.exact(total - sum(shares, Decimal(0)), currency)]


def closing_amounts(total: Decimal, currency: str, shares: Sequence[Share]) -> list[Decimal]:
    """Return how much of an item each share closes, in the settlement's currency, all positive.

    Raises InputRefused where the bank booked the same currency and the shares are not the total.
    """
    own = [abs(one.amount) for one in shares if one.line.currency == currency]
    if len(own) < len(shares):
        return apportioned(total, [abs(one.amount) for one in shares], currency)
    if sum(own, Decimal(0)) != total:
        booked = money.text(sum(own, Decimal(0)), currency)
        raise InputRefused(f"{booked} {currency} were paid, and {money.text(total, currency)} {currency} are to close")
    return own


def cash_journals(frame: CashFrame, receipts: Sequence[Receipt], carrying: Carrying | None = None) -> JournalSet:
    """Return the documents of a receipt, or of a charge, one after the other by bank line.

    `carrying` is needed for what closes an item: its base amount is taken to the bank, or to fx_realised, and never
    converted anew. Raises InputRefused where fx_realised is needed and there is none.
    """
    bases = _bases(frame, receipts, carrying)
    made = [one for receipt, base in zip(receipts, bases, strict=True) for one in _documents(frame, receipt, base)]
    journals = tuple(_journal(frame, carrying, one, part, len(made)) for part, one in enumerate(made, start=1))
    return JournalSet(frame.source, 1, journals)


@dataclass(frozen=True)
class _Document:
    """One document before it is numbered: debit, credit and a positive amount in one currency."""

    debit: AccountKey
    credit: AccountKey
    amount: Decimal
    currency: str
    day: date
    words: str
    base_amount: Decimal | None
    is_debit_closed: bool | None  # whether the item stands on the debit side; None where it is on neither


def _bases(frame: CashFrame, receipts: Sequence[Receipt], carrying: Carrying | None) -> list[Decimal | None]:
    """Return at what each receipt closes the item in base currency; nothing where that is the item's own."""
    if carrying is None or carrying.base_currency == frame.currency:
        return [None] * len(receipts)
    return [*apportioned(carrying.base_amount, [one.closes for one in receipts], carrying.base_currency)]


def _documents(frame: CashFrame, receipt: Receipt, base: Decimal | None) -> Iterator[_Document]:
    line, words = receipt.share.line, receipt_words(receipt.share.line)
    is_in = receipt.share.amount > 0
    if line.currency == frame.currency:
        yield _paired(frame.closed, receipt.bank, receipt.closes, line, words, base, is_in)
        return
    if frame.fx_realised is None:
        raise InputRefused("accounts.fx_realised is missing")
    yield _paired(frame.closed, frame.fx_realised, receipt.closes, line, words, base, is_in, currency=frame.currency)
    amount = abs(receipt.share.amount)
    debit, credit = (receipt.bank, frame.fx_realised) if is_in else (frame.fx_realised, receipt.bank)
    yield _Document(debit, credit, amount, line.currency, line.value_date, words, None, None)


def _paired(
    closed: AccountKey,
    other: AccountKey,
    amount: Decimal,
    line: BankLine,
    words: str,
    base: Decimal | None,
    is_in: bool,
    currency: str = "",
) -> _Document:
    """Return the document that closes: money that came credits the item, money that went debits what stood for it."""
    debit, credit = (other, closed) if is_in else (closed, other)
    return _Document(debit, credit, amount, currency or line.currency, line.value_date, words, base, not is_in)


def _journal(frame: CashFrame, carrying: Carrying | None, one: _Document, part: int, parts: int) -> Journal:
    references = {True: (frame.reference, ""), False: ("", frame.reference), None: ("", "")}[one.is_debit_closed]
    base = one.base_amount
    lines = (
        JournalLine(1, one.debit, one.amount, references[0], "cash receipt", None, base),
        JournalLine(2, one.credit, -one.amount, references[1], "cash receipt", None, None if base is None else -base),
    )
    return Journal(
        source=frame.source,
        revision=1,
        part=part,
        parts=parts,
        unit=frame.closed.unit,
        accounting_date=one.day,
        currency=one.currency,
        rate_type=frame.rate_type,
        description=one.words,
        lines=lines,
        document_reference=frame.reference,
        base_currency=carrying.base_currency if carrying and base is not None else "",
    )


def receipt_words(line: BankLine) -> str:
    """Return what a document says of its bank line: by these words the line is known again."""
    return f"Amazon payout, bank account {line.account_tail}, line {line.key[:_KEY_LETTERS]}"


def is_booked(journals: Iterable[Journal], lines: Iterable[BankLine]) -> bool:
    """Tell whether documents are those of these bank lines and no others."""
    wanted = {receipt_words(one) for one in lines}
    booked = {one.description.partition(" (late")[0] for one in journals}
    return bool(wanted) and wanted == booked


def carrying_of(journals: Sequence[Journal], currency: str) -> Carrying | None:
    """Return at what stored documents close their item; None where they say nothing of a base currency."""
    closing = [one for one in journals if one.base_currency]
    if not closing:
        return None
    base = sum((line.base_amount or Decimal(0) for one in closing for line in one.lines if line.amount > 0), Decimal(0))
    amount = sum((one.debits for one in closing), Decimal(0))
    return Carrying(money.exact(amount, currency), base, closing[0].base_currency)
