"""Bring PeopleSoft's messages home as sentences: which line, which ChartField, which value, what is wrong.

In: messages of a refused Create, or rows of the edit-error query, and the journal they are about. Out: sentences such
as "line 3, ACCOUNT 400100: ChartField combination error in group SALES". Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ledger.errors import InputRefused
from ledger.journal import Journal
from resources.erp.peoplesoft import payload
from resources.erp.peoplesoft.profile import PeopleSoftProfile
from resources.erp.peoplesoft.queries import Row
from resources.erp.peoplesoft.reply import Message

SENTENCES_MAX = 20

# Messages of a component interface name the property as {INTERFACE.COLLECTION(row).PROPERTY}.
_PLACE = re.compile(r"\{[\w.]*?\((\d+)\)\.(\w*)\}|\{\w+\.(\w+)\}")


def refusal(messages: Iterable[Message], journal: Journal, profile: PeopleSoftProfile) -> tuple[str, ...]:
    """Return one sentence per message of an answer that says no, each once, the first twenty."""
    fields = {name: field for field, name in profile.line_properties.items()}
    headers = {name: field for field, name in profile.header_properties.items()}
    sentences = []
    for message in messages:
        place = _PLACE.search(message.explanation) or _PLACE.search(message.text)
        number = int(place[1]) if place and place[1] else 0
        given = (place[2] or place[3] or "") if place else ""
        field = fields.get(given, given) if number else headers.get(given, given)
        words = " ".join(_PLACE.sub("", str(message)).split())
        sentences.append(_sentence(number, field, words, journal, profile))
    return tuple(dict.fromkeys(sentences))[:SENTENCES_MAX]


def edit_errors(rows: Iterable[Row], journal: Journal, profile: PeopleSoftProfile) -> tuple[str, ...]:
    """Return one sentence per error that the journal edit left behind."""
    sentences = []
    for row in rows:
        number = (row.text("MESSAGE_SET_NBR", ""), row.text("MESSAGE_NBR", ""))
        words = row.text("MESSAGE_TEXT")
        if all(number) and not words.endswith(")"):
            words = f"{words} ({','.join(number)})"
        field = row.text("FIELDNAME", "")
        sentences.append(_sentence(row.number("JOURNAL_LINE", 0), field, words, journal, profile))
    return tuple(dict.fromkeys(sentences))[:SENTENCES_MAX]


def _sentence(number: int, field: str, words: str, journal: Journal, profile: PeopleSoftProfile) -> str:
    if not number:
        value = _header_value(field, journal, profile)
        return f"header, {' '.join(one for one in (field, value) if one)}: {words}" if field else words
    value = _line_values(number, journal, profile).get(field, "")
    where = f"line {number}" + (f", {' '.join(one for one in (field, value) if one)}" if field else "")
    return f"{where}: {words}"


def _line_values(number: int, journal: Journal, profile: PeopleSoftProfile) -> Mapping[str, str]:
    line = next((one for one in journal.lines if one.number == number), None)
    if line is None:
        return {}
    try:
        values = payload.chartfields(line.account, profile)
    except InputRefused:
        return {}
    return {**values, "BUSINESS_UNIT": line.account.unit, "JRNL_LN_REF": line.reference}


def _header_value(field: str, journal: Journal, profile: PeopleSoftProfile) -> str:
    return {
        "BUSINESS_UNIT": journal.unit,
        "JOURNAL_DATE": journal.accounting_date.isoformat(),
        "LEDGER_GROUP": profile.ledger_group,
        "SOURCE": profile.source,
        "FOREIGN_CURRENCY": journal.currency,
        "RT_TYPE": journal.rate_type,
    }.get(field, "")
