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
_CANDIDATE = re.compile(r"(?<![A-Za-z])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,40}")


def without_account_numbers(words: str, known: Iterable[str] = ()) -> str:
    """Return words in which every account number shows its last four characters only."""
    for account in sorted({"".join(one.split()) for one in known}, key=len, reverse=True):
        if len(account) > KEPT:
            words = _written(account).sub(lambda found: _hidden(found[0]), words)
    return _CANDIDATE.sub(lambda found: _iban_hidden(found[0]), words)


def _written(account: str) -> re.Pattern[str]:
    """Return how a known number may be written: in groups, or broken where a line of the file ends.

    A short one counts only where no digits stand around it, so that it is not found inside references.
    """
    inside = r"[ \-]?(?:\r?\n)?".join(map(re.escape, account))
    return re.compile(inside if len(account) >= _LONG else rf"(?<!\d){inside}(?!\d)", re.IGNORECASE)


def _iban_hidden(words: str) -> str:
    """Hide the IBAN that a run of letters and digits begins with, if it begins with one."""
    length, end, taken = _LENGTH_OF.get(words[:2], 0), 0, 0
    while taken < length and end < len(words):
        taken += words[end] != " "
        end += 1
    if not length or taken < length or not _checks(words[:end].replace(" ", "")):
        return words
    return _hidden(words[:end]) + words[end:]


def _checks(iban: str) -> bool:
    """Tell whether the check digits are right: ISO 7064, modulo 97."""
    return int("".join(str(int(one, 36)) for one in iban[4:] + iban[:4])) % 97 == 1


def _hidden(account: str) -> str:
    signs = [place for place, one in enumerate(account) if one.isalnum()]
    kept = set(signs[-KEPT:])
    return "".join("*" if one.isalnum() and place not in kept else one for place, one in enumerate(account))
