"""The open-item reference of a settlement: at most ten characters that stand on each of its clearing lines.

Settlement ids have 11 digits and may have 20, an ERP's field may have ten characters (PeopleSoft JRNL_LN_REF). Ids up
to 14 digits become `S` and the number in base 36, which leads back by itself; others become `H` and a hash, which
leads back through the full id in the line's description.
"""

from __future__ import annotations

import hashlib
import re

from ledger.errors import InputRefused

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PLACES = 9
_REVERSIBLE_MAX = 36**_PLACES
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Stands on clearing lines that carry in what the books held by hand before go-live, where no settlement is known.
OPENING = "OPENING"


def reference(settlement_id: str) -> str:
    """Return the reference of a settlement, the same for ever; raise InputRefused for an id that names nothing."""
    if not _ID.fullmatch(settlement_id):
        raise InputRefused(f"{settlement_id[:80]!r} is no settlement id: letters, digits, _ and - only.")
    is_number = settlement_id.isascii() and settlement_id.isdigit() and str(int(settlement_id)) == settlement_id
    if is_number and int(settlement_id) < _REVERSIBLE_MAX:
        return "S" + _base36(int(settlement_id))
    digest = int.from_bytes(hashlib.sha256(settlement_id.encode()).digest(), "big")
    return "H" + _base36(digest % _REVERSIBLE_MAX).rjust(_PLACES, "0")


def settlement_of(text: str) -> str | None:
    """Return the settlement id a reference was made from; None when only the id itself can tell (`leads_back`)."""
    if not re.fullmatch(r"S[0-9A-Z]{1,9}", text):
        return None
    settlement_id = str(int(text[1:], 36))
    return settlement_id if reference(settlement_id) == text else None


def leads_back(text: str, settlement_id: str) -> bool:
    """Tell whether a reference is that of a settlement."""
    return text == reference(settlement_id)


def _base36(number: int) -> str:
    letters = ""
    while number:
        number, digit = divmod(number, 36)
        letters = _DIGITS[digit] + letters
    return letters or "0"
