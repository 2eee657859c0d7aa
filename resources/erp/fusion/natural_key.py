"""Make the names that a journal has in Fusion out of its posting key: batch, journal, group, file.

In: a journal and the site's settings. Out: texts and a number, the same for ever. Pure. Fusion enforces none of them,
so they are what a search goes by: every batch of one source begins alike, whatever its revision and part, and ends in
ten characters that only this posting key gives. Journal Import appends source, request and group to a batch name, so
ours stays within 50 characters and the journal's within 25.
"""

from __future__ import annotations

import hashlib
import re

from ledger.errors import InputRefused
from ledger.journal import SETTLEMENT, Journal, SourceKey
from resources.erp.fusion.settings import FusionSettings

BATCH_NAME_LENGTH = 50
JOURNAL_NAME_LENGTH = 25
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TOKEN_DIGITS = 9
_GROUPS = 10**15 - 1
# Room for what follows a source id: ` r99 p999/999 A123456789`.
_START_LENGTH = BATCH_NAME_LENGTH - 24


def token(posting_key: str) -> str:
    """Return the letter A and nine base-36 digits of the key's SHA-256, which end the batch's name."""
    number = _digest(posting_key) % 36**_TOKEN_DIGITS
    digits = ""
    for _ in range(_TOKEN_DIGITS):
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return f"A{digits}"


def group_id(posting_key: str) -> int:
    """Return the GROUP_ID of a posting key: a number from 1 to 15 digits, made apart from the token."""
    return _digest(f"group {posting_key}") % _GROUPS + 1


def journal_name(journal: Journal) -> str:
    """Return REFERENCE4, the journal's name."""
    return token(journal.key)


def batch_name(journal: Journal, settings: FusionSettings) -> str:
    """Return REFERENCE1, the batch's name: `AMZ 12345678901 r1 p1/2 A0B1C2D3E4`; raise InputRefused when too long."""
    start = reference_text(journal.source, settings)
    name = f"{start}{journal.revision} p{journal.part}/{journal.parts} {token(journal.key)}"
    if len(name) > BATCH_NAME_LENGTH:
        raise InputRefused(
            f"The batch name {name!r} has {len(name)} characters, and Fusion keeps {BATCH_NAME_LENGTH} of what we give "
            "it. Use a shorter reference_word in the Fusion settings."
        )
    return name


def file_name(journal: Journal, settings: FusionSettings) -> str:
    """Return the name of the file that carries the journal; a search for files goes by its beginning."""
    return f"{settings.reference_word.lower()}_{group_id(journal.key)}.zip"


def reference_text(source: SourceKey, settings: FusionSettings) -> str:
    """Return what every batch name of this source begins with, whatever revision and part: `AMZ 12345678901 r`.

    Other kinds of document than settlements carry their kind. What is too long for a batch name becomes a hash, which
    is found as well; the description says it whole.
    """
    kind = "" if source.kind == SETTLEMENT else f"{source.kind} "
    text = f"{settings.reference_word} {kind}{source.source_id}"
    if not source.source_id or not re.fullmatch(r"[A-Za-z0-9_. -]{1,120}", text):
        raise InputRefused(
            f"The source id {source.source_id!r} cannot be searched for in Fusion: only letters, digits, blank, dot, "
            "hyphen and underscore are taken into a batch name."
        )
    if len(text) > _START_LENGTH:
        text = f"{settings.reference_word} H{token(f'{source.kind} {source.source_id}')[1:]}"
    return f"{text} r"


def description_start(journal: Journal, settings: FusionSettings) -> str:
    """Return what a batch's description begins with: reference, revision and part, the source id always whole."""
    kind = "" if journal.source.kind == SETTLEMENT else f"{journal.source.kind} "
    text = f"{settings.reference_word} {kind}{journal.source.source_id}"
    return f"{text} r{journal.revision} p{journal.part}/{journal.parts}"


def own_name(shown: str, settings: FusionSettings) -> str:
    """Return our part of a batch name that Journal Import has added to, or "" when the batch is none of ours."""
    word = re.escape(settings.reference_word)
    found = re.match(rf"{word} [A-Za-z0-9_. -]{{1,120}}? r\d+ p\d+/\d+ A[0-9A-Z]{{9}}(?![0-9A-Z])", shown)
    return found[0] if found else ""


def source_id_of(description: str, settings: FusionSettings) -> str:
    """Return the settlement that a description of ours names, or "": `AMZ 12345678901 r1 p1/2 ...`."""
    word = re.escape(settings.reference_word)
    found = re.match(rf"{word} (?:[a-z_]+ )?([A-Za-z0-9_.-]+) r\d+ p\d+/\d+", description)
    return found[1] if found else ""


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
