"""Turn a journal into the component interface's buffer: names, lengths and texts as the site takes them.

In: a `Journal` and the site's profile. Out: a nested plain dict of property name -> text, lines as a list under the
collection's name, in no particular order (the WSDL orders them). Pure. Everything that PeopleSoft would refuse or cut
is refused here, by name and length. The natural key is made here too, from the posting key and never by the server
(`NEXT` would number a journal anew on every send).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal

from ledger import money
from ledger.accounts import AccountKey
from ledger.errors import InputRefused
from ledger.journal import SETTLEMENT, Journal, JournalLine, SourceKey
from ledger.references import leads_back, settlement_of
from resources.erp.peoplesoft.profile import PeopleSoftProfile

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ID_DIGITS = 9

# Semicolons and typographic marks break the component interface's parser at some sites.
_REPLACED = str.maketrans(
    {
        ";": ",",
        **dict.fromkeys("\u2018\u2019\u201a\u2032\u00b4`", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        "\u2026": "...",
    }
)
_LONG_NUMBER = re.compile(r"(?<!\d)\d{9,20}(?!\d)")


def journal_id(posting_key: str, letter: str) -> str:
    """Return the JOURNAL_ID of a posting key: one letter and nine base-36 digits of its SHA-256, the same for ever."""
    number = int.from_bytes(hashlib.sha256(posting_key.encode()).digest(), "big") % 36**_ID_DIGITS
    digits = ""
    for _ in range(_ID_DIGITS):
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return letter + digits


def natural_key(journal: Journal, profile: PeopleSoftProfile) -> tuple[str, str, str]:
    """Return unit, JOURNAL_ID and date of a journal; with UNPOST_SEQ 0 that is its key in PeopleSoft."""
    return (
        journal.unit,
        journal_id(journal.key, profile.journal_id_letter),
        journal.accounting_date.isoformat(),
    )


def reference_text(source: SourceKey, profile: PeopleSoftProfile) -> str:
    """Return what every description of this source begins with, whatever revision and part: `AMZ 12345678901 r`.

    A settlement is the plain case; other kinds of document carry their kind, so that a search never mixes them.
    Raises InputRefused for an id that a query prompt (a list with commas) cannot carry.
    """
    words = [profile.reference_word, source.source_id]
    if source.kind != SETTLEMENT:
        words.insert(1, source.kind)
    text = " ".join(words)
    if not source.source_id or not re.fullmatch(r"[A-Za-z0-9_. -]{1,80}", text) or text != clean(text):
        raise InputRefused(
            f"The source id {source.source_id!r} cannot be searched for in PeopleSoft: only letters, digits, "
            "blank, dot, hyphen and underscore pass through a query prompt."
        )
    return f"{text} r"


def source_id_of(description: str, profile: PeopleSoftProfile) -> str:
    """Return the settlement that a description of ours names, or "": `AMZ 12345678901 r1 p1/2 ...`."""
    found = re.match(rf"{re.escape(profile.reference_word)} (?:[a-z_]+ )?([A-Za-z0-9_.-]+) r\d+ p\d+/\d+", description)
    return found[1] if found else ""


def description_text(journal: Journal, profile: PeopleSoftProfile) -> str:
    """Return DESCR254: reference, revision and part first, then the journal's own words, cut to the field."""
    start = f"{reference_text(journal.source, profile)}{journal.revision} p{journal.part}/{journal.parts}"
    length = profile.header_lengths["DESCR254"]
    return clean(f"{start} {journal.description}")[:length].rstrip()


def line_text(line: JournalLine, source: SourceKey, profile: PeopleSoftProfile) -> str:
    """Return LINE_DESCR, cut to the field; on an open-item line the settlement's full id survives the cut."""
    text, length = clean(line.description), profile.line_lengths["LINE_DESCR"]
    full_id = _full_id(line, text, source)
    if not full_id or full_id in text[:length]:
        return text[:length].rstrip()
    room = length - len(full_id) - 1
    return f"{(text or profile.reference_word)[:room].rstrip()} {full_id}"


def names_another_source(line_description: str, header_description: str, source_id: str) -> bool:
    """Tell whether a line of one of our own journals names another full id; journals of others may say anything."""
    numbers = _LONG_NUMBER.findall(line_description)
    is_ours = re.match(r"[A-Za-z0-9]{1,10} .*? r\d+ p\d+/\d+", header_description) is not None
    return is_ours and bool(numbers) and source_id not in numbers


def prompt_text(description: str) -> str:
    """Return the beginning of a description that a query prompt can carry: up to a comma, at most 30 characters."""
    return description.partition(",")[0][:30].strip()


def clean(text: str) -> str:
    """Return text that every site takes: plain quotes and hyphens, no semicolons, no control characters."""
    plain = unicodedata.normalize("NFC", text).translate(_REPLACED)
    kept = "".join(" " if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Cn", "Co") else one for one in plain)
    return " ".join(kept.split())


def buffer(journal: Journal, profile: PeopleSoftProfile) -> dict[str, object]:
    """Return the whole buffer of Create.

    Raises InputRefused for a journal that is out of balance, has too many lines, names a segment without a ChartField
    or holds a value longer than its field.
    """
    _require_bookable(journal, profile)
    header = {profile.header_property(name): value for name, value in _header(journal, profile).items()}
    lines = [
        {profile.line_property(name): value for name, value in _line(line, journal, profile).items()}
        for line in journal.lines
    ]
    return {**header, profile.lines_collection: lines}


def key_values(journal: Journal, profile: PeopleSoftProfile) -> dict[str, object]:
    """Return the get keys of a journal by property name."""
    fields = zip(("BUSINESS_UNIT", "JOURNAL_ID", "JOURNAL_DATE"), natural_key(journal, profile), strict=True)
    return {profile.header_property(name): value for name, value in (*fields, ("UNPOST_SEQ", "0"))}


def chartfields(account: AccountKey, profile: PeopleSoftProfile) -> dict[str, str]:
    """Return an account's segments by ChartField; raise InputRefused for a segment that the profile does not know."""
    values = {}
    for segment, value in account.segments:
        field = profile.segments.get(segment)
        if field is None:
            raise InputRefused(
                f"Account {account} has a segment {segment!r} that no ChartField stands for. Known segments are "
                f"{', '.join(sorted(profile.segments))}; add it under segments of the PeopleSoft settings."
            )
        values[field] = value
    return values


def _header(journal: Journal, profile: PeopleSoftProfile) -> dict[str, str]:
    unit, identifier, day = natural_key(journal, profile)
    values = {
        "BUSINESS_UNIT": unit,
        "JOURNAL_ID": identifier,
        "JOURNAL_DATE": day,
        "UNPOST_SEQ": "0",
        "LEDGER_GROUP": profile.ledger_group,
        "SOURCE": profile.source,
        "FOREIGN_CURRENCY": journal.currency,
        "RT_TYPE": journal.rate_type,
        "DESCR254": description_text(journal, profile),
    }
    where = f"Journal {unit} {identifier} {day}"
    return _fitting({**values, **profile.header_constants}, profile.header_lengths, profile, where)


def _line(line: JournalLine, journal: Journal, profile: PeopleSoftProfile) -> dict[str, str]:
    values = {
        "BUSINESS_UNIT": line.account.unit,
        "JOURNAL_LINE": str(line.number),
        **chartfields(line.account, profile),
        "FOREIGN_CURRENCY": journal.currency,
        "FOREIGN_AMOUNT": money.text(line.amount, journal.currency),
        **_base_amount(line, journal),
        "JRNL_LN_REF": line.reference,
        "LINE_DESCR": line_text(line, journal.source, profile),
        **_statistics(line, profile),
    }
    where = f"Line {line.number} ({line.account})"
    return _fitting({**profile.line_constants, **values}, profile.line_lengths, profile, where)


def _full_id(line: JournalLine, text: str, source: SourceKey) -> str:
    """Return the id of the settlement that a line's reference stands for, as far as that can be told, else ""."""
    if not line.reference:
        return ""
    known = settlement_of(line.reference) or next(iter(_LONG_NUMBER.findall(text)), "")
    own = source.belongs_to
    return known or (own if _is_id(own) and leads_back(line.reference, own) else "")


def _is_id(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9_-]{1,25}", text) is not None


def _base_amount(line: JournalLine, journal: Journal) -> dict[str, str]:
    """Return the base amount of a line that states it; PeopleSoft converts the others by rate type and date."""
    if line.base_amount is None:
        return {}
    return {"MONETARY_AMOUNT": money.text(line.base_amount, journal.base_currency)}


def _statistics(line: JournalLine, profile: PeopleSoftProfile) -> dict[str, str]:
    if line.quantity is None:
        return {}
    if not profile.statistics_code:
        raise InputRefused(
            f"Line {line.number} carries a quantity, but no statistics code says what it counts: set statistics_code "
            "of the PeopleSoft settings, or switch quantities off."
        )
    if line.quantity != line.quantity.quantize(Decimal("0.01")):
        raise InputRefused(
            f"Line {line.number} has a quantity of more than two decimals, which STATISTIC_AMOUNT drops."
        )
    return {"STATISTICS_CODE": profile.statistics_code, "STATISTIC_AMOUNT": format(line.quantity, "f")}


def _require_bookable(journal: Journal, profile: PeopleSoftProfile) -> None:
    name = " ".join(natural_key(journal, profile))
    if not journal.lines:
        raise InputRefused(f"Journal {name} has no lines: a settlement without amounts posts nothing.")
    if len(journal.lines) > profile.lines_max:
        raise InputRefused(
            f"Journal {name} has {len(journal.lines)} lines; this site takes {profile.lines_max} in one journal. "
            "Set lines_max of the accounting settings to that number, so that it is split into parts."
        )
    if not journal.is_balanced:
        raise InputRefused(f"Journal {name} is out of balance: debits {journal.debits}, credits {journal.credits}.")
    if [line.number for line in journal.lines] != list(range(1, len(journal.lines) + 1)):
        raise InputRefused(f"Journal {name} does not number its lines from 1 without a gap.")


def _fitting(
    values: Mapping[str, str], lengths: Mapping[str, int], profile: PeopleSoftProfile, where: str
) -> dict[str, str]:
    """Leave out what is blank or not sent; refuse what is too long or holds characters a ChartField cannot."""
    kept = {name: value for name, value in values.items() if value and name not in profile.fields_not_sent}
    for name, value in kept.items():
        length = lengths.get(name)
        if length is not None and len(value) > length:
            raise InputRefused(
                f"{where}: {_segment_of(name, profile)}{name} holds {length} characters, but {value!r} has "
                f"{len(value)}. Use a shorter value, or set the length of {name} where the site has widened it."
            )
        if clean(value) != value:
            raise InputRefused(f"{where}: {_segment_of(name, profile)}{name} has characters PeopleSoft does not take.")
    return kept


def _segment_of(field: str, profile: PeopleSoftProfile) -> str:
    """Return the mapping's word for a ChartField, so that a person finds it: `segment department, `."""
    names = [segment for segment, known in profile.segments.items() if known == field]
    return f"segment {names[0]}, " if names else ""
