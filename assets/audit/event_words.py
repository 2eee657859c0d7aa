"""What an event of the audit trail says, in words that an auditor reads without knowing the program.

In: kind and facts of an event, and what its document is called. Out: one sentence. Pure. A kind nobody foresaw is told
by its name and facts, so that nothing of the trail is ever left out.
"""

from collections.abc import Callable, Mapping
from typing import Any

Facts = Mapping[str, Any]


def sentence_of_event(kind: str, facts: Facts, document: str = "") -> str:
    """Return an event in words; `document` names the journal it is about."""
    if kind.startswith("document_") and kind not in _TOLD:
        return _step(kind.removeprefix("document_"), facts, document or "the journal")
    told = _TOLD.get(kind)
    if told is None:
        return _plainly(kind, facts)
    try:
        return told(facts, document or "a journal")
    except (KeyError, TypeError, ValueError):
        return _plainly(kind, facts)


def _plainly(kind: str, facts: Facts) -> str:
    words = ", ".join(f"{name.replace('_', ' ')}: {_text(value)}" for name, value in sorted(facts.items()))
    return f"{kind.replace('_', ' ').capitalize()}" + (f" ({words})." if words else ".")


def _text(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(_text(one) for one in value) or "none"
    return "none" if value is None or value == "" else str(value)


def _short(sha256: object) -> str:
    return str(sha256)[:12]


_STEPS = {
    "approved": "{document} may be sent",
    "unapproved": "{document} is not to be sent before a person approves it",
    "sending": "The call that sends {document} begins, send number {attempts}",
    "sent": "The ERP has saved {document}",
    "importing": "{document} is in the ERP, which still works on it",
    "posted": "{document} is posted in the ERP's books",
    "refused": "{document} is dead and will not be sent",
    "unclear": "Nobody knows whether {document} arrived; the ERP is asked by key",
    "review": "{document} is held until a person decides",
    "reversed": "{document} is undone in the books",
}


def _step(state: str, facts: Facts, document: str) -> str:
    words = _STEPS.get(state, f"{{document}} is {state}")
    said = words.format(document=document, attempts=facts.get("attempts", "?"))
    reason = str(facts.get("reason") or facts.get("why") or "").strip()
    before = f" (before: {facts['from']})" if facts.get("from") else ""
    said = said[:1].upper() + said[1:]
    return f"{said}{before}: {reason.rstrip('.')}." if reason else f"{said}{before}."


def _planned(facts: Facts, document: str) -> str:
    amount = f"{facts['debits']} {facts['currency']}" if "debits" in facts else "its amount"
    undoes = f", undoing {facts['reverses']}" if facts.get("reverses") else ""
    undoes += f", with {_text(facts['takes_along'])}" if facts.get("takes_along") else ""
    undoes += f", for refund {facts['refund_id']}" if facts.get("refund_id") else ""
    # What moves no amount, such as an item, has no lines; an item is made with no mapping.
    holds = f"debits and credits {amount} each, {facts['lines']} lines" if facts["lines"] else "no amount"
    made_with = f"made with mapping {_short(facts['mapping_hash'])}, " if facts["mapping_hash"] else ""
    return (
        f"{document[:1].upper()}{document[1:]} is planned as part {facts['part']} of {facts['parts']}, revision "
        f"{facts['revision']}: unit {facts['unit']}, accounting date {facts['accounting_date']}, {holds}{undoes}; "
        f"{made_with}fingerprint {_short(facts['fingerprint'])}."
    )


def _redated(facts: Facts, document: str) -> str:
    details = facts["details"]
    return (
        f"{document[:1].upper()}{document[1:]} is taken over as the ERP holds it, {_text(details['taken_over'])}: "
        f"accounting date {facts['accounting_date']}, debits and credits {facts['debits']} {facts['currency']} each, "
        f"{facts['lines']} lines; fingerprint {_short(facts['fingerprint'])}. Reason: {details['reason']}."
    )


def _new(facts: Facts, document: str) -> str:
    came = f"report {facts['report']} of the marketplace" if facts["source"] == "api" else "a file handed in"
    return f"The settlement came by {came}; its bytes are kept as document {_short(facts['document'])}."


def _seen_again(facts: Facts, document: str) -> str:
    return f"It came again with the same content, as document {_short(facts['document'])}; nothing changed."


def _changed(facts: Facts, document: str) -> str:
    return (
        f"It came again with other content, as document {_short(facts['document'])}; what was read first still counts "
        "until a person decides."
    )


def _accepted(facts: Facts, document: str) -> str:
    return f"From now on document {_short(facts['document'])} counts for it. Reason: {facts['reason']}."


def _opened(facts: Facts, document: str) -> str:
    amount = f" Amount: {facts['amount']}." if facts.get("amount") else ""
    origin = f" Origin: {facts['origin']}." if facts.get("origin") else ""
    return f"Review item {facts['item']} ({facts['code']}) is opened: {facts['sentence']}{amount}{origin}"


def _updated(facts: Facts, document: str) -> str:
    amount = f" Amount: {facts['amount']}." if facts.get("amount") else ""
    return f"Review item {facts['item']} ({facts['code']}) now says: {facts['sentence']}{amount}"


def _noted(facts: Facts, document: str) -> str:
    under = f", document {_text(facts['document'])}," if facts.get("document") else ""
    return f"Report {_text(facts['report'])}{under} is noted as taken in."


def _resolved(facts: Facts, document: str) -> str:
    return (
        f"Review item {facts['item']} ({facts['code']}) is decided with {facts['action']!r}. Reason: {facts['reason']}."
    )


def _proposed(facts: Facts, document: str) -> str:
    return (
        f"For review item {facts['item']} ({facts['code']}) {facts['action']!r} is proposed; another person confirms "
        f"it. Reason: {facts['reason']}."
    )


def _cleared(facts: Facts, document: str) -> str:
    return f"Review item {facts['item']} ({facts['code']}) ends by itself: what it was about is not found any more."


def _content_changed(facts: Facts, document: str) -> str:
    return (
        f"The journals would be other than revision {facts['revision']} that was sent (documents: "
        f"{_text(facts['differing'])}); nothing is sent without a decision."
    )


def _configuration(facts: Facts, document: str) -> str:
    owner = f", owned by the account {facts['owner']}" if facts.get("owner") else ""
    before = f" in place of {_short(facts['previous_sha256'])}" if facts.get("previous_sha256") else ""
    return f"The {facts['kind']} file {facts['name']}{owner} is used as {_short(facts['sha256'])}{before}."


def _confirmed(facts: Facts, document: str) -> str:
    return f"Changes {_text(facts['changes'])} of the files are confirmed by approving journals made with them."


def _restored(facts: Facts, document: str) -> str:
    return (
        f"The control database was restored from the backup of {str(facts['made_at'])[:19].replace('T', ' ')} UTC "
        f"({_short(facts['backup'])}), which ended with event {facts['events']}."
    )


def _reversal(facts: Facts, document: str) -> str:
    memos = f", with credit memos {_text(facts['credit_memos'])}" if facts.get("credit_memos") else ""
    return f"It is asked to undo {_text(facts['documents'])}{memos}. Reason: {facts['reason']}."


_TOLD: dict[str, Callable[[Facts, str], str]] = {
    "settlement_new": _new,
    "settlement_seen_again": _seen_again,
    "settlement_changed": _changed,
    "settlement_accepted": _accepted,
    "document_planned": _planned,
    "document_redated": _redated,
    "report_noted": _noted,
    "review_opened": _opened,
    "review_updated": _updated,
    "review_resolved": _resolved,
    "review_proposed": _proposed,
    "review_cleared": _cleared,
    "content_changed": _content_changed,
    "configuration_changed": _configuration,
    "configuration_confirmed": _confirmed,
    "restored": _restored,
    "reversal_asked": _reversal,
}
