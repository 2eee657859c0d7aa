"""What the posting protocol works with: the ERP, the outbox, a clock, its patience, and who is acting.

Plain values, made by the road and handed to every step; what a step leaves behind is a `Driven`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from assets.posting.findings import removed_sentence
from ledger.errors import Finding, TargetMisconfigured
from ledger.journal import Journal, SourceKey
from ledger.posting import PostingState
from resources.clock import Clock
from resources.erp.target import FoundDocument, Sightings, Target, TargetStatus
from resources.store.outbox import Outbox, OutboxDocument
from resources.transport.record import take_exchanges

# Nothing of a document in these states is in the ERP's books, nor on its way there.
UNSENT = frozenset({PostingState.PLANNED, PostingState.APPROVED, PostingState.REFUSED})


@dataclass(frozen=True)
class PostingPatience:
    """How long the protocol waits, in seconds.

    `lease` bounds how long a dead worker blocks a document and must exceed the longest call. `in_run` is how long one
    run follows the ERP's own batch before it ends `importing`; `poll` lies between two looks; `follow_up` between two
    runs, and grows with a document's age. `blind` is how long an unclear document may stay without a trustworthy read
    before a person is asked.
    """

    lease: float = 900
    in_run: float = 20
    poll: float = 2
    follow_up: float = 60
    blind: float = 6 * 3600


@dataclass(frozen=True)
class Desk:
    """Everything the protocol needs, and who is acting.

    `may_send` is False while the gate is closed or an earlier part is not through: documents are followed, none is
    sent. `may_send_again` holds the keys of documents in review that a person wants sent if they are provably absent.
    `unless_begun` are sources of which nothing may be planned, under way or done when a document is sent: reversals of
    what it carries in, and the accrual of the month it is dated in. `other_names` are sources under which the same
    document may have been sent: it is looked for under these as well, and nothing of them may be begun either.
    """

    outbox: Outbox
    target: Target
    clock: Clock
    patience: PostingPatience
    holder: str
    run: str = ""
    person: str = ""
    may_send: bool = True
    may_send_again: frozenset[str] = frozenset()
    unless_begun: tuple[SourceKey, ...] = ()
    other_names: tuple[SourceKey, ...] = ()

    def sought(self, siblings: Sequence[Journal]) -> list[Journal]:
        """Return what is looked for before a first send: documents, and the same under their other names."""
        named = [replace(one, source=name, revision=1) for name in self.other_names for one in siblings]
        return [*siblings, *named]

    def look(self, document: OutboxDocument, siblings: Sequence[Journal]) -> Sightings:
        """Look for every document of a source, also in units that earlier revisions were in and this one is not.

        An old copy of the records may not know that one of those was sent. What is seen there counts; certainty does
        not ask for such a unit, for it may be one that the mapping was corrected away from; so with receipts that a
        revision had and this one has not.
        """
        sightings = self.target.find(self.sought(siblings))
        if document.revision == 1:
            return sightings
        units, form = {one.unit for one in siblings}, document.journal.form
        own = {one.journal.form for one in self.outbox.documents(document.source, document.revision)}
        numbers = range(1, document.revision)
        earlier = [one.journal for number in numbers for one in self.outbox.documents(document.source, number)]
        left = [one for one in earlier if one.form not in own or (one.form == form and one.unit not in units)]
        return replace(sightings, found=(*sightings.found, *self.target.find(left).found)) if left else sightings


@dataclass(frozen=True)
class Driven:
    """Where a document came to rest in this run.

    `again_at` says when to look again, `waits_for` what the ERP is doing meanwhile, `finding` what holds it.
    """

    document: OutboxDocument
    again_at: datetime | None = None
    finding: Finding | None = None
    waits_for: str = ""


def require_own_key(target: Target, document: OutboxDocument) -> None:
    """Raise TargetMisconfigured when a document would be looked for under another key than the one it was sent with.

    An empty answer would then prove nothing. One that was sent and seems not to have arrived keeps its key as well: if
    it arrives late, that key alone makes the ERP turn the second away. A refused one is dead, its correction is new.
    """
    if document.erp_id is None or document.state in (PostingState.PLANNED, PostingState.REFUSED):
        return
    key = target.erp_id(document.journal)
    if key != document.erp_id:
        raise TargetMisconfigured(
            f"Document {document.key} ({document.state}) was sent as {document.erp_id}, and would be looked for as "
            f"{key}: a setting that makes its key (journal_id_letter, reference_word) has been changed since. "
            "Nothing is asked or sent for it. Put the old values back."
        )


def removal(target: Target, document: OutboxDocument, seen: FoundDocument | TargetStatus | None = None) -> str:
    """Say how a person took a document out of the books, under the id it was sent or found with.

    Records that were made anew may not hold that id yet: then it is the one that the document's key makes.
    """
    return removed_sentence(document, document.erp_id or target.erp_id(document.journal), seen)


def decided_on() -> dict[str, Any]:
    """Return what a step tells of the exchanges it follows from: the last one, and all where there were several.

    A document that was looked for is proved by the query that shows it, the control and the query after that.
    """
    taken = take_exchanges()
    facts = {"exchanges": list(taken)} if len(taken) > 1 else None
    return {"exchange": taken[-1] if taken else "", "facts": facts}
