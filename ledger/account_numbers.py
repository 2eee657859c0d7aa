"""Find account numbers in somebody else's words and leave four characters of each.

In: text, and account numbers that are known. Out: the text with every known number and every IBAN hidden. An IBAN is
known by its country, its length and its check digits, so that a reference that only looks like one stays whole.
Source: ISO 13616, IBAN registry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

KEPT = 4
_LONG = 8
_LENGTHS = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 "
    "FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 "
    "LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 "
    "SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20"
)
_LENGTH_OF = {one[:2]: int(one[2:]) for one in _LENGTHS.split()}
_BEGINNING = re.compile(r"(?<![A-Za-z])[A-Z]{2}\d{2}")


def without_account_numbers(words: str, known: Iterable[str] = ()) -> str:
    """Return words in which every account number shows its last four characters only."""
    for account in sorted({"".join(one.split()) for one in known}, key=len, reverse=True):
        if len(account) > KEPT:
            words = _written(account).sub(lambda found: _hidden(found[0]), words)
    return _ibans_hidden(words)


def without_long_numbers(words: str, digits_min: int) -> str:
    """Return words in which of every run of so many digits, in groups or in one, the last four are shown only."""
    return re.sub(rf"\d(?:[ \-/]?\d){{{digits_min - 1},}}", lambda found: _hidden(found[0]), words)


def _written(account: str) -> re.Pattern[str]:
    """Return how a known number may be written: in groups, or broken where a line of the file ends.

    A short one counts only where no digits stand around it, so that it is not found inside references.
    """
    inside = r"[ \-]?(?:\r?\n)?".join(map(re.escape, account))
    return re.compile(inside if len(account) >= _LONG else rf"(?<!\d){inside}(?!\d)", re.IGNORECASE)


def _ibans_hidden(words: str) -> str:
    """Hide every IBAN, wherever in a run of letters and digits it stands: references are written right before it."""
    found = _BEGINNING.search(words)
    while found:
        end = _iban_end(words, found.start())
        if end:
            words = words[: found.start()] + _hidden(words[found.start() : end]) + words[end:]
        found = _BEGINNING.search(words, end or found.start() + 1)
    return words


def _iban_end(words: str, start: int) -> int:
    """Return where the IBAN ends that begins at a place, in groups or in one; 0 where none begins."""
    length = _LENGTH_OF.get(words[start : start + 2], 0)
    found = re.compile(rf"[A-Z0-9](?: ?[A-Z0-9]){{{length - 1}}}").match(words, start) if length else None
    return found.end() if found and _checks(found[0].replace(" ", "")) else 0


def _checks(iban: str) -> bool:
    """Tell whether the check digits are right: ISO 7064, modulo 97."""
    return int("".join(str(int(one, 36)) for one in iban[4:] + iban[:4])) % 97 == 1


def _hidden(account: str) -> str:
    signs = [place for place, one in enumerate(account) if one.isalnum()]
    kept = set(signs[-KEPT:])
    return "".join("*" if one.isalnum() and place not in kept else one for place, one in enumerate(account))
