"""What the posting protocol tells people: sentences, codes and cures, and the code a document in review is held for.

Pure: documents and sightings in, findings out. The code stands at the front of the reason that is stored with the step
to `review`, so that a later worker, or one that cannot see the ERP, says the same as the one that stopped.
"""

from collections.abc import Sequence

from assets.stages.commands import approving
from ledger.cash import KIND as CASH_KIND
from ledger.cost_documents import KIND as COST
from ledger.cost_returns import KIND as COST_RETURN
from ledger.errors import Finding
from ledger.journal import SETTLEMENT
from ledger.order_documents import CREDIT_MEMO, INVOICE
from ledger.reversal import KIND as REVERSAL_KIND
from ledger.reversal import undone_by
from resources.erp.target import BooksState, FoundDocument, TargetStatus
from resources.store.outbox import OutboxDocument

REFUSED_CODE, REVERSAL_REFUSED_CODE = "posting_refused", "reversal_refused"
REFUSED_CODES = frozenset({REFUSED_CODE, REVERSAL_REFUSED_CODE})
BLIND_CODE = "posting_blind"
# What is planned where somebody else has to approve it; a cash entry is told of on its own, beside its settlement.
APPROVAL_CODE, CASH_APPROVAL_CODE = "approval_needed", "cash_approval_needed"
REVERSED_CODE, CASH_REVERSED_CODE = "settlement_reversed", "cash_reversed"
ORDER_REVERSED_CODE, INPUT_TAX_REVERSED_CODE = "order_document_reversed", "input_tax_reversed"
# Documents of a day are reversed, wanted again and left out one by one.
BY_DAY_REVERSED_CODES = frozenset({ORDER_REVERSED_CODE, INPUT_TAX_REVERSED_CODE})
APPROVAL_CODES = frozenset({APPROVAL_CODE, CASH_APPROVAL_CODE})
# In review for one of these, a document that is provably absent may be sent once a person has said `recheck`.
SENDABLE_CODES = frozenset({"posting_unclear", "posting_unknown_document"})

REVIEW_CURES = {
    "posting_unknown_document": (
        "Compare it with the plan (connector plan). If it is this settlement on another date, or a later revision of "
        "it, resolve this item with `accept`: it is taken over once every line is as planned. If it is wrong, delete "
        "or reverse it in the ERP and resolve this item with `recheck`."
    ),
    "posting_other_content": (
        "Compare both; correct the document in the ERP and resolve this item with `recheck`, or delete it there and "
        "resolve with `deleted`."
    ),
    "posting_error": "Correct or delete the document in the ERP, then resolve this item with `recheck` or `deleted`.",
    "posting_removed": (
        "It is never created again by itself. Post it again in the ERP, unchanged, and this item ends with the next "
        "read-back; `recheck` looks at once. If it is to stay out, resolve with `deleted`: a corrected journal then "
        "becomes a new revision, the same one when the refused journal is resolved with `retry`."
    ),
    "posting_unclear": (
        "Look in the ERP for the journal named above. Resolve this item with `recheck`: what is there is followed, "
        "what is provably absent is sent again; or with `deleted` to give this revision up."
    ),
    "posting_collision": (
        "Report this collision. Nothing was sent: resolve this item with `deleted`, then the refused journal with "
        "`retry`; the next revision has another key."
    ),
}
# Documents of orders, kept by day, with what one of them is called.
ORDER_KINDS = {CREDIT_MEMO: "Credit memo", INVOICE: "Invoice", COST: "Cost", COST_RETURN: "Returned cost"}
# What documents of a kind belong to, in front of its name; another kind stands for itself.
_OF_KIND = {"cash": "the receipt of settlement", "cost_return": "returned cost", "input_tax": "input tax of"}
_REFUSED_CURE = (
    "Correct what the sentence names (mapping, account or period) and prepare the settlement again: the corrected "
    "journal becomes a new revision by itself. To send the same content once more, resolve this item with `retry`."
)
_REVERSAL_REFUSED_CURE = (
    "What it undoes stands in the books. Correct what the sentence names (account or period) in the ERP, then "
    "resolve this item with `retry`: the same reversal is sent as a new revision. Resolve it with `keep` to give the "
    "reversal up instead, as long as no part is undone."
)
_BLIND_CURE = (
    "Where the sentence names a job or a file of this journal, settle that first, as it says. Else give the "
    "connector's user sight of the unit's documents (row security, data access), or confirm an empty ledger in the "
    "ERP's settings (units_confirmed_empty, is_ledger_confirmed_empty), which counts until something was first sent "
    "there: after that, book any journal in the unit. The next run goes on by itself."
)


def named(document: OutboxDocument) -> str:
    """Name a document the way a person does."""
    if document.journal.item is not None:
        return document.journal.description
    if _kind_of(document) in ORDER_KINDS:
        return _named_of_order(document)
    what = "Receipt" if document.journal.applied else "Journal"
    if document.source.kind == REVERSAL_KIND:
        what = "Reversal of receipt" if document.journal.applied else "Reversing journal"
    kind = _kind_of(document)
    return f"{what} {document.part} of {document.parts} of {_OF_KIND.get(kind, kind)} {document.partition}"


def _named_of_order(document: OutboxDocument) -> str:
    """Name a document of an order by its number in the ERP, where it has one, and the order."""
    is_reversal = document.source.kind == REVERSAL_KIND
    number = f" {document.erp_id}" if document.erp_id and document.journal.billing else ""
    what = ORDER_KINDS[_kind_of(document)]
    source_id = undone_by(document.source).source_id if is_reversal else document.source.source_id
    of_order = f"of order {source_id.partition('.')[0]}"
    if is_reversal:
        return f"The reversal{number} of {what[:1].lower()}{what[1:]} {of_order}"
    return f"{what}{number} {of_order}"


def _kind_of(document: OutboxDocument) -> str:
    """Return the kind of a document, or of the one that it undoes."""
    return undone_by(document.source).kind if document.source.kind == REVERSAL_KIND else document.source.kind


def finding(code: str, document: OutboxDocument, sentence: str, cure: str = "") -> Finding:
    """Return a finding about one document; its key goes along, so that a decision names exactly this one."""
    return Finding(
        code,
        sentence,
        cure or REVIEW_CURES[code],
        origin=document.erp_id or document.key,
        # Of a settlement its total stops, which whoever keeps the finding knows.
        amount=None if _kind_of(document) == SETTLEMENT else document.journal.debits,
        details={"document": document.key},
    )


def refused_finding(document: OutboxDocument) -> Finding:
    """Return why the newest revision is dead."""
    sentence = f"{named(document)}, revision {document.revision}, is not in the books: {document.reason}"
    if document.source.kind == REVERSAL_KIND:
        return finding(REVERSAL_REFUSED_CODE, document, sentence, _REVERSAL_REFUSED_CURE)
    return finding(REFUSED_CODE, document, sentence, _REFUSED_CURE)


def approval_finding(documents: Sequence[OutboxDocument]) -> Finding:
    """Return that planned documents of one set wait for a person's word; `origin` is the content that it would be."""
    first = documents[0]
    kind = _kind_of(first)
    words = f"{len(documents)} documents" if len(documents) > 1 else "1 document"
    of = f"{_OF_KIND.get(kind, kind)} {first.partition}"
    what = f"The reversal of {of}" if first.source.kind == REVERSAL_KIND else f"What is planned for {of}"
    return Finding(
        CASH_APPROVAL_CODE if kind == CASH_KIND else APPROVAL_CODE,
        f"{what} waits for approval: {words}, revision {first.revision}. Nothing of it is sent before.",
        approving(first.connection, first.partition),
        origin=first.set_fingerprint[:16],
    )


def blind_finding(document: OutboxDocument, control: str) -> Finding:
    """Return why nothing is sent while an empty answer of the ERP proves nothing; `control` is what it showed."""
    sentence = (
        f"{named(document)} is not sent: that the ERP does not show it proves nothing "
        f"({control or 'no record that is known to be there'})."
    )
    return finding(BLIND_CODE, document, sentence, _BLIND_CURE)


def review_reason(code: str, sentence: str) -> str:
    """Return the reason stored with a step to review."""
    return f"{code}: {sentence}"


def review_code(document: OutboxDocument) -> str:
    """Return the code a document in review is held for."""
    code = document.reason.partition(": ")[0]
    return code if code in REVIEW_CURES else "posting_unclear"


def kept_finding(document: OutboxDocument) -> Finding:
    """Return the finding that put a document into review, as it was told then."""
    code = review_code(document)
    return finding(code, document, document.reason.removeprefix(f"{code}: "))


def error_sentence(document: OutboxDocument, status: TargetStatus) -> str:
    """Say that the ERP took it and found it wrong, with its own messages."""
    words = " ".join(map(_ended, status.messages)) or f"status {status.erp_status}."
    return f"{named(document)} did not pass the ERP's checks: {words}"


def _ended(message: str) -> str:
    """Return a message of the ERP with a stop at its end, so that the next one does not run into it."""
    return message if message.rstrip().endswith((".", "!", "?")) else f"{message}."


def removed_sentence(document: OutboxDocument, erp_id: str, seen: FoundDocument | TargetStatus | None = None) -> str:
    """Say how a person took a document out of the books; nothing is seen when no trace of it is left.

    `erp_id` is its id in the ERP, which records that were made anew may not hold yet.
    """
    if seen is None:
        how = "is not in the ERP any more: it was deleted there"
    elif seen.state is BooksState.REMOVED:
        how = f"{seen.happened or 'was removed'} in the ERP (status {seen.erp_status})"
    else:
        how = f"was posted, and is not any more: somebody is at work on it in the ERP (status {seen.erp_status})"
    return f"{named(document)}, {erp_id}, {how}."


def other_content_sentence(document: OutboxDocument, seen: FoundDocument) -> str:
    """Say what stands under our key instead of ours."""
    return (
        f"The ERP holds {seen.erp_id} under the key of {named(document)}, with debits {seen.debits}, credits "
        f"{seen.credits} and {seen.lines} lines, which is not what we would post."
    )


def stranger_sentence(document: OutboxDocument, strangers: Sequence[FoundDocument]) -> str:
    """Name the documents of this settlement that nobody here knows."""
    known = ", ".join(f"{found.erp_id} ({found.erp_status}, {found.debits} {found.currency})" for found in strangers)
    return (
        f"{named(document)} was not sent: the ERP already holds {known} for this settlement, which is not in our "
        "records."
    )
