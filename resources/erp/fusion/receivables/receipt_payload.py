"""Turn a receipt into what `standardReceipts` takes, and read one back into the values the project compares.

In: a receipt document, the site's settings; rows of the resource and of its references. Out: a plain dict, the same for
the same document for ever; values of `resources.erp.target`. Pure. What a receipt puts on clearing is its method's
business, which no read shows; what it is applied to are its references, as far as nothing of it is unapplied. Sources:
docs.oracle.com/en/cloud/saas/financials/26d/farfa/api-standard-receipts.html,
docs.oracle.com/en/cloud/saas/financials/24d/farfa/Create_a_Standard_Receipt_with_Remittance_References.html.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from ledger import money
from ledger.applied import Applied
from ledger.errors import InputRefused, TargetUnavailable
from ledger.journal import Journal, JournalLine, SourceKey
from ledger.references import reference
from resources.erp.fusion import natural_key
from resources.erp.fusion.receivables import payload
from resources.erp.fusion.receivables.settings import ReceiptReversal, ReceiptSettings, ReceivablesSettings
from resources.erp.fusion.rows import Row
from resources.erp.fusion.settings import FusionSettings
from resources.erp.target import BooksState, FoundDocument

RESOURCE, REFERENCES = "standardReceipts", "remittanceReferences"
# That of the column behind it in the older product; for Fusion no length is published.
NUMBER_LENGTH = 30
_MARK_LETTERS = 4


@dataclass(frozen=True)
class HeldReceipt:
    """One receipt as Fusion shows it; `references` are what it is for, `unapplied` what of it is applied to nothing."""

    id: str
    number: str
    state: BooksState
    status: str
    method: str
    business_unit: str
    customer: str
    day: date
    currency: str
    amount: Decimal
    unapplied: Decimal
    comments: str
    references: tuple[tuple[str, Decimal], ...] = ()


def item_start(name: str, ours: ReceivablesSettings) -> str:
    """Return what the numbers of all receipts of a settlement begin with, by its open-item reference: `AZ-S1A2B3C-`."""
    return f"{ours.number_word}-{name}-"


def number_start(source: SourceKey, ours: ReceivablesSettings) -> str:
    """Return what every receipt number of a source begins with, whatever revision and part: `AZ-S1A2B3C-7K2Q-`."""
    mark = natural_key.token(str(source))[1 : _MARK_LETTERS + 1]
    return f"{item_start(reference(source.belongs_to), ours)}{mark}-"


def number(journal: Journal, ours: ReceivablesSettings) -> str:
    """Return the receipt number of a document, its key in Fusion: `AZ-S1A2B3C-7K2Q-1.2`; raise InputRefused.

    What reverses a receipt has the number of that one.
    """
    if journal.reverses:
        return _number_of_key(journal.reverses, ours)
    text = f"{number_start(journal.source, ours)}{journal.revision}.{journal.part}"
    if len(text) > NUMBER_LENGTH:
        raise InputRefused(
            f"The receipt number {text!r} has {len(text)} characters, and {NUMBER_LENGTH} are sure to be kept. Use a "
            "shorter number_word under receivables."
        )
    return text


def _number_of_key(posting_key: str, ours: ReceivablesSettings) -> str:
    """Return the number of the receipt with a posting key."""
    source, _, counted = posting_key.rpartition("#")
    return f"{number_start(SourceKey(*json.loads(source)), ours)}{counted}"


def reversal_id(journal: Journal, ours: ReceivablesSettings) -> str:
    """Return what we call the reversal of a receipt: Fusion gives it no number, so it is that of the receipt, marked.

    For example `AZ-S1A2B3C-7K2Q-1.2.R1`, by the revision of the reversal.
    """
    return f"{number(journal, ours)}.R{journal.revision}"


def undone(journal: Journal) -> Journal:
    """Return the receipt that a reversing document takes back, by its lines."""
    return replace(journal, reverses="", lines=tuple(replace(one, amount=-one.amount) for one in journal.lines))


def reversal(settings: ReceiptReversal) -> dict[str, str]:
    """Return the body of the action that reverses a receipt. The date is Fusion's own: the action takes none."""
    return {
        "calledFrom": settings.called_from,
        "reversalCategoryCode": settings.category,
        "reversalReasonCode": settings.reason,
    }


def receipt(
    journal: Journal, settings: FusionSettings, ours: ReceivablesSettings, receipts: ReceiptSettings
) -> dict[str, Any]:
    """Return the body of the POST that makes a receipt; raises InputRefused for what no receipt can hold."""
    require_bookable(journal, settings)
    day, account = journal.accounting_date.isoformat(), receipts.remittance_bank_account
    return {
        "ReceiptNumber": number(journal, ours),
        "ReceiptMethod": receipts.method,
        "BusinessUnit": ours.business_unit,
        "Amount": money.text(journal.lines[0].amount, journal.currency),
        "Currency": journal.currency,
        "ReceiptDate": day,
        "AccountingDate": day,
        "CustomerAccountNumber": of(journal).customer,
        **({"RemittanceBankAccountNumber": account} if account else {}),
        "Comments": payload.comments(journal, settings),
        REFERENCES: [
            {
                "ReceiptMatchBy": receipts.match_by,
                "ReferenceNumber": name,
                "ReferenceAmount": money.text(amount, journal.currency),
            }
            for name, amount in references(journal, settings)
        ],
    }


def references(journal: Journal, settings: FusionSettings) -> list[tuple[str, Decimal]]:
    """Return the numbers of what a receipt is applied to, each with its amount, below zero for a credit memo."""
    return [
        (payload.number_of_key(key, settings), -line.amount)
        for line, key in zip(journal.lines, of(journal).to, strict=True)
        if key
    ]


def require_bookable(journal: Journal, settings: FusionSettings) -> None:
    """Raise InputRefused for what no receipt can hold."""
    name, applied = f"Receipt {journal.key}", of(journal)
    if not journal.is_balanced or journal.lines[0].amount <= 0 or applied.to[0] or not all(applied.to[1:]):
        raise InputRefused(f"{name} is not one amount above zero, applied to invoices and credit memos.")
    if journal.currency != settings.ledger_currency:
        raise InputRefused(
            f"{name} is in {journal.currency}, and the ledger in {settings.ledger_currency}: under which names a "
            "receipt takes a rate is not documented. Use clear_by: journal for this connection."
        )
    if not applied.customer or len(applied.customer) > payload.CUSTOMER_LENGTH:
        raise InputRefused(f"{name} names no customer of at most {payload.CUSTOMER_LENGTH} characters.")


def read(row: Row, children: Sequence[Row], receipts: ReceiptSettings) -> HeldReceipt:
    """Read one receipt; it counts as posted once nothing of it is unapplied, and as removed once it is reversed."""
    day = row.day("AccountingDate") or row.day("ReceiptDate")
    if day is None:
        raise TargetUnavailable(f"Fusion's {RESOURCE} answers a receipt without a date.")
    unapplied, state = row.amount("UnappliedAmount"), row.text("State")
    is_reversed = state.casefold() in {one.casefold() for one in receipts.reversed_states}
    books = BooksState.WAITING if unapplied else BooksState.POSTED
    return HeldReceipt(
        id=row.identifier("StandardReceiptId"),
        number=row.text("ReceiptNumber"),
        state=BooksState.REMOVED if is_reversed else books,
        status=" ".join(one for one in (state, row.text("Status")) if one),
        method=row.text("ReceiptMethod"),
        business_unit=row.text("BusinessUnit"),
        customer=row.text("CustomerAccountNumber"),
        day=day,
        currency=row.text("Currency"),
        amount=row.amount("Amount"),
        unapplied=unapplied,
        comments=row.text("Comments"),
        references=tuple((one.text("ReferenceNumber"), one.amount("ReferenceAmount")) for one in children),
    )


def found(
    held: HeldReceipt, asked: Journal | None, settings: FusionSettings, receipts: ReceiptSettings
) -> FoundDocument:
    """Return a receipt as `find` reports it; `asked` is the document that should have this number, if it was asked."""
    given_back = -sum((amount for _, amount in held.references if amount < 0), Decimal(0))
    return FoundDocument(
        erp_id=held.number,
        state=held.state,
        erp_status=held.status,
        currency=held.currency,
        debits=held.amount + given_back,
        credits=held.amount + given_back,
        lines=len(held.references) + 1,
        accounting_date=held.day,
        key_matches=asked.key if asked else "",
        description=held.comments,
        is_same=asked is not None and is_same(held, asked, settings, receipts),
        happened="was reversed" if held.state is BooksState.REMOVED else "",
        source_id=natural_key.source_id_of(held.comments, settings),
    )


def is_same(held: HeldReceipt, journal: Journal, settings: FusionSettings, receipts: ReceiptSettings) -> bool:
    """Tell whether a receipt is exactly what was sent: amount, day, customer, method, and what it is for."""
    told = held.currency, held.day, held.customer, held.method, held.amount
    sent = journal.currency, journal.accounting_date, of(journal).customer, receipts.method, journal.lines[0].amount
    return told == sent and Counter(held.references) == Counter(references(journal, settings))


def lines(held: HeldReceipt, journal: Journal, settings: FusionSettings) -> tuple[JournalLine, ...]:
    """Return what a receipt books, in the order it was sent: clearing, then what it is for; strange ones come last."""
    money_line = journal.lines[0]
    ours = [JournalLine(1, money_line.account, money.exact(held.amount, held.currency), money_line.reference)]
    spare = list(held.references)
    sent = zip(references(journal, settings), journal.lines[1:], strict=True)
    for (name, _), line in sent:
        place = next((at for at, one in enumerate(spare) if one[0] == name), None)
        if place is not None:
            amount = money.exact(-spare.pop(place)[1], held.currency)
            ours.append(JournalLine(line.number, line.account, amount, line.reference))
    account = journal.lines[-1].account
    strange = (JournalLine(0, account, money.exact(-amount, held.currency), name) for name, amount in spare)
    return (*ours, *strange)


def of(journal: Journal) -> Applied:
    """Return the receivables side of a receipt."""
    assert journal.applied is not None, "only receipts come here"
    return journal.applied
