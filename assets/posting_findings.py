"""What the posting protocol tells people: sentences, codes and cures, and the code a document in review is held for.

Pure: documents and sightings in, findings out. The code stands at the front of the reason that is stored with the step
to `review`, so that a later worker, or one that cannot see the ERP, says the same as the one that stopped.
"""

from collections.abc import Sequence

from ledger.errors import Finding
from resources.erp.target import FoundDocument, TargetStatus
from resources.store.outbox import OutboxDocument

REFUSED_CODE = "posting_refused"
BLIND_CODE = "posting_blind"
# In review for one of these, a document that is provably absent may be sent once a person has said `recheck`.
SENDABLE_CODES = frozenset({"posting_unclear", "posting_unknown_document"})

REVIEW_CURES = {
    "posting_unknown_document": (
        "Compare it with the plan (connector plan). If it is wrong, delete or reverse it in the ERP and resolve this "
        "item with `recheck`; if it is the settlement itself, resolve with `deleted`, then the refused journal with "
        "`retry`: it is looked up again before anything is sent."
    ),
    "posting_other_content": (
        "Compare both; correct the document in the ERP and resolve this item with `recheck`, or delete it there and "
        "resolve with `deleted`."
    ),
    "posting_error": "Correct or delete the journal in the ERP, then resolve this item with `recheck` or `deleted`.",
    "posting_removed": (
        "It is never created again by itself: resolve this item with `deleted`; a corrected journal then becomes a new "
        "revision, the same one when the refused journal is resolved with `retry`."
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
_REFUSED_CURE = (
    "Correct what the sentence names (mapping, ChartField or period) and prepare the settlement again: the corrected "
    "journal becomes a new revision by itself. To send the same content once more, resolve this item with `retry`."
)
_BLIND_CURE = (
    "Give the connector's user row security for the unit, or confirm an empty ledger under units_confirmed_empty, "
    "which counts until something was first sent there: after that, book any journal in the unit. The next run goes on "
    "by itself."
)


def named(document: OutboxDocument) -> str:
    """Name a document the way a person does."""
    return f"Journal {document.part} of {document.parts} of settlement {document.source.source_id}"


def finding(code: str, document: OutboxDocument, sentence: str, cure: str = "") -> Finding:
    """Return a finding about one document; its key goes along, so that a decision names exactly this one."""
    return Finding(
        code,
        sentence,
        cure or REVIEW_CURES[code],
        origin=document.erp_id or document.key,
        amount=document.journal.debits,
        details={"document": document.key},
    )


def refused_finding(document: OutboxDocument) -> Finding:
    """Return why the newest revision is dead."""
    sentence = f"{named(document)}, revision {document.revision}, is not in the books: {document.reason}"
    return finding(REFUSED_CODE, document, sentence, _REFUSED_CURE)


def blind_finding(document: OutboxDocument, control: str) -> Finding:
    """Return why nothing is sent while the ERP shows no record at all."""
    sentence = (
        f"{named(document)} is not sent: the ERP shows no record that is known to be there ({control or 'none'}), so "
        "its empty answer proves nothing."
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
    """Say that the ERP's edit did not pass, with its own messages."""
    words = " ".join(status.messages) or f"status {status.erp_status}"
    return f"{named(document)} did not pass the ERP's edit: {words}"


def removed_sentence(document: OutboxDocument, erp_status: str) -> str:
    """Say that a person took a document out of the books."""
    how = f"was removed in the ERP (status {erp_status})" if erp_status else "is not in the ERP any more"
    return f"{named(document)}, {document.erp_id}, {how}."


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
