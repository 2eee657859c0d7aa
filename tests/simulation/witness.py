"""A witness at the ERP's door: every send must be one that the protocol allows, whatever the books say afterwards.

In: every call to the ERP, before it is made and after it is answered, and what is committed in the control database at
that moment. Out: `broken`, a sentence for each send that was not preceded, in this order and by the same worker, by a
look over all revisions that was answered and did not show the document, made after any earlier intent of it, with a
record of the same books seen beside it, and by the commit of the intent. A worker that sleeps between its last call and
the send may be late; the ERP's key is for that. Books can be right by luck, for the ERP's key and the looks cover for
one another; this cannot.
"""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote_plus

import httpx

from tests.simulation.doors import changes
from tests.simulation.onlooker import Onlooker

# Answers that say that nothing was taken in; the same intent covers another call after one of them.
_TURNED_AWAY = (401, 429)
_STORED = "SELECT key, source_id, erp_id, state FROM outbox_documents WHERE erp_id IS NOT NULL"
_INTENTS = "SELECT sequence, run FROM audit_events WHERE document_key = ? AND kind = 'document_sending' ORDER BY 1"
# Where documents are searched for; a record that comes back through it tells an empty answer from a blind one.
_BOOKS = re.compile(
    r"/(?:X_JRNL_BY_REF|journalBatches|receivablesInvoices|receivablesCreditMemos|standardReceipts|itemsV2)[/?]"
)
_ROWS = re.compile(r'"(?:rows|items)":\s*\[\s*\{')
_NEWEST = "SELECT coalesce(max(sequence), 0) FROM audit_events"


@dataclass(frozen=True)
class _Look:
    """One answered search: the newest audit event when it was asked, what was asked, what came back."""

    after: int
    asked: str
    answer: str

    @property
    def shows_records(self) -> bool:
        """Tell whether any record came back through a search of the books."""
        return bool(_BOOKS.search(self.asked) and _ROWS.search(self.answer))


@dataclass(frozen=True)
class _Stored:
    """A document of which an intent is committed."""

    key: str
    source_id: str
    erp_id: str
    state: str

    @property
    def name(self) -> str:
        """Return what it is called in a call: the middle of "UNIT JOURNAL DATE", else the whole."""
        words = self.erp_id.split()
        return words[1] if len(words) == 3 else self.erp_id

    def is_named_in(self, text: str) -> bool:
        """Tell whether a field of a call holds the name and nothing else: a reversal mentions what it undoes."""
        return re.search(rf"(?<=[>\",]){re.escape(self.name)}(?=[<\",])", text) is not None

    def is_asked_for(self, asked: str) -> bool:
        """Tell whether a search goes over all revisions of its source: by description, by an invoice's number, or by an
        item's, which all of them have."""
        of_source = re.search(rf"(?<!\d){re.escape(self.source_id)} r(?!\d)", asked)
        of_item = f"ItemNumber = '{self.erp_id}'"
        return of_source is not None or of_item in asked or f"'{self.erp_id.rpartition('-')[0]}-%'" in asked


class Witness:
    """Sees the calls of one world; `sends` are the operations that write a document."""

    def __init__(self, onlooker: Onlooker, sends: frozenset[str]) -> None:
        self.broken: list[str] = []
        self.sends = 0
        self._onlooker = onlooker
        self._writing = sends
        self._looks: dict[str, list[_Look]] = defaultdict(list)
        self._asked: dict[str, int] = defaultdict(int)
        self._mark: tuple[int, int] = (-1, -1)
        self._number = 0
        self._covered: set[tuple[str, int]] = set()

    def called(self, worker: str, operation: str, request: httpx.Request) -> Callable[[int, bytes], None]:
        """Judge a call before it is made; return what is to be told its status and body."""
        if request.method == "GET":
            after = self._asked[worker] = self._newest()
            asked = unquote_plus(str(request.url))
            return lambda status, body: self._answered(
                worker, status, _Look(after, asked, body.decode("utf-8", "replace"))
            )
        named = self._judge(worker, operation, request.content)
        return lambda status, body: self._covered.difference_update(named if status in _TURNED_AWAY else ())

    def _answered(self, worker: str, status: int, look: _Look) -> None:
        if status == 200:
            self._looks[worker].append(look)

    def _judge(self, worker: str, operation: str, body: bytes) -> set[tuple[str, int]]:
        """Judge a call that writes; return the intents that it is covered by."""
        text = _text(body)
        stored = [one for one in (_Stored(*row) for row in self._onlooker.read(_STORED)) if one.is_named_in(text)]
        if operation in self._writing and not stored:
            self.broken.append(f"{worker} sends what no stored intent names")
        intents = set()
        for one in stored:
            self.sends += 1
            sequence, wrong = self._wrong(worker, one)
            self.broken += [f"{worker} sends {one.erp_id}: {wrong}"] if wrong else []
            intents.add((one.key, sequence))
        self._covered |= intents
        return intents

    def _wrong(self, worker: str, document: _Stored) -> tuple[int, str]:
        """Return the intent that a send goes by, and what is wrong with it or ""."""
        intents = [(0, ""), *self._onlooker.read(_INTENTS, document.key)]
        own = max((place for place, (_, run) in enumerate(intents) if run == worker), default=0)
        sequence, asked_after = intents[own][0], intents[own - 1][0]
        if not own or (intents[own] == intents[-1] and document.state != "sending"):
            return sequence, f"its own intent is not committed; it is {document.state} by {intents[-1][1] or 'nobody'}"
        if own + 1 < len(intents) and intents[own + 1][0] <= self._asked[worker]:
            return sequence, f"{intents[-1][1]} had taken it over before the last thing that this worker did"
        if (document.key, sequence) in self._covered:
            return sequence, "a second time under one intent"
        looks = [one for one in self._looks[worker] if asked_after <= one.after < sequence]
        if not any(document.is_asked_for(one.asked) and document.name not in one.answer for one in looks):
            which = "again" if asked_after else "for the first time"
            return sequence, f"{which}, and no look of this worker has shown that it is not there"
        if not any(one.shows_records for one in looks):
            return sequence, "the looks showed no record at all, so an empty answer proves nothing"
        return sequence, ""

    def _newest(self) -> int:
        """Return the number of the newest audit event; read anew only where something was committed since."""
        mark = changes[0], self._onlooker.inode
        if mark != self._mark:
            self._mark, self._number = mark, self._onlooker.read(_NEWEST)[0][0]
        return self._number


def _text(body: bytes) -> str:
    """Return what a call carries, the file in it unpacked; what a receipt is for is nothing that it makes."""
    if not body.startswith(b"{"):
        return body.decode("utf-8", "replace")
    given = json.loads(body)
    content = given.get("DocumentContent", "")
    if not content:
        return json.dumps({name: value for name, value in given.items() if name != "remittanceReferences"})
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(content))) as archive:
        return "\n".join(archive.read(name).decode("utf-8") for name in archive.namelist())
