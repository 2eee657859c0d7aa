"""The cash entries of a settlement read back: each once and as it was sent, and the item closed by it to the cent.

In: posted cash entries, the ERP. Out: a verdict; what a person took out of the books goes into review. An item must be
closed in its own currency and in the base currency: a rest there means that the ERP has converted anew what the item
was carried at, or that somebody else has booked the receipt as well.
"""

from collections.abc import Sequence

from assets.bank.cash_sources import cash_sets
from assets.posting.books_read import ids_of, into_review, looked_for, once, read_of, same
from assets.posting.desk import require_own_key
from assets.posting.document_sets import ever_in_books, undoing_of
from assets.posting.read_back import put_right
from assets.stages.roadmap import Road
from assets.stages.verdicts import Verdict
from ledger import money
from ledger.errors import Finding
from ledger.posting import PostingState
from resources.erp.target import ItemEntry
from resources.store.outbox import OutboxDocument

CHECK, CODE = "cash_entry_in_books", "cash_differs"
_CURE = (
    "Look at the documents in the ERP; nothing is corrected by itself. Undo there what is too much, and this item ends "
    "with the next read-back."
)


def cash_documents(road: Road, settlement_id: str) -> list[OutboxDocument]:
    """Return the newest cash entries of a settlement and what undoes them, put right where they stand posted again."""
    found: list[OutboxDocument] = []
    for newest in cash_sets(road, settlement_id):
        for document in newest:
            require_own_key(road.target, document)
        newest = put_right(road, newest)
        undoing = undoing_of(road, newest)
        found += [*newest, *(put_right(road, list(undoing.documents)) if undoing else ())]
    return found


def cash_verdict(road: Road, settlement_id: str, currency: str, entries: Sequence[ItemEntry]) -> Verdict:
    """Return whether the cash entries of a settlement stand in the books as sent; `entries` are those on its item."""
    sets = [one for one in cash_sets(road, settlement_id) if any(each.state is PostingState.POSTED for each in one)]
    if not sets:
        return Verdict(CHECK, True, "No cash entry of the connector's stands in the books.", is_blocking=False)
    undone = [undoing for newest in sets if (undoing := undoing_of(road, newest)) and undoing.is_under_way]
    states = {str(one.state) for newest in sets for one in newest} - {str(PostingState.POSTED)}
    if states or undone:
        words = ", ".join(sorted(states)) or "being reversed"
        return Verdict(CHECK, False, f"Not whole in the books: {words}.", is_blocking=False, is_waiting=True)
    told: list[Finding] = []
    sentences: list[str] = []
    for newest in sets:
        documents = ever_in_books(road, newest) if newest[0].revision > 1 else newest
        sightings, gone = looked_for(road, documents)
        if gone:
            told += into_review(road, sightings, gone)
            continue
        for compared in (once(documents, sightings, []), same(read_of(road, documents))):
            sentences.append(compared.sentence)
            if not compared.passed:
                told.append(Finding(CODE, compared.sentence, _CURE, origin=", ".join(ids_of(newest))))
    told += _rest(sets, currency, entries) if not told else []
    words = " ".join(one.sentence for one in told) or " ".join(sentences)
    return Verdict(CHECK, not told, words, is_blocking=False, findings=tuple(told))


def _rest(sets: Sequence[Sequence[OutboxDocument]], currency: str, entries: Sequence[ItemEntry]) -> list[Finding]:
    """Return what is left on the item that a receipt has closed; charges close no item."""
    receipts = [one for newest in sets for one in newest if one.journal.document_reference]
    if not receipts:
        return []
    own = [one for one in entries if one.currency == currency]
    left = {currency: money.total((one.amount for one in own), currency)}
    for base in {one.base_currency for one in own if one.base_currency}:
        amounts = [one.base_amount for one in own if one.base_amount is not None]
        left[base] = money.total(amounts, base)
    rest = ", ".join(f"{money.text(amount, name)} {name}" for name, amount in sorted(left.items()) if amount)
    if not rest:
        return []
    names = ", ".join(ids_of(receipts))
    sentence = f"{names} has booked the receipt, and the clearing item still stands at {rest}."
    return [Finding(CODE, sentence, _CURE, origin=names, amount=left[currency])]
