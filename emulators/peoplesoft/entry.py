"""What happens when a caller sets properties and saves: defaults, required fields and field edits of Create.

What comes in: header and lines as record fields with the caller's texts. What goes out: an `Entry`, ready to store,
or the messages that the component interface answers with instead. Pure: nothing is stored here.
Source: PeopleTools component interface docs; texts (15,11), (91,34) and (91,37) are unverified.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from emulators.peoplesoft.edits import INVALID_VALUE, Fields, field_errors
from emulators.peoplesoft.records import HEADER_FIELDS, LINE_FIELDS, Field, stored
from emulators.peoplesoft.site import Site

# A header that only carries its key is saved unvalidated, as incomplete (PeopleBooks, runtime considerations for CIs).
KEY_ONLY = frozenset({"BUSINESS_UNIT", "JOURNAL_ID", "JOURNAL_DATE", "UNPOST_SEQ"})


@dataclass(frozen=True)
class Message:
    """One `messages` row of an answer; `kind` is OK, Warning or Error."""

    kind: str
    message_set: int
    number: int
    text: str
    explanation: str = ""


@dataclass(frozen=True)
class Entry:
    """A journal as it would be saved, and the errors that keep it from being saved."""

    header: Fields
    lines: tuple[Fields, ...]
    errors: tuple[Message, ...]


def entered(
    header: Mapping[str, str], lines: Sequence[Mapping[str, str]], site: Site, today: date, default_unit: str
) -> Entry:
    """Return the entry a caller's properties make, with every error found on the way."""
    errors: list[Message] = []
    full = _stored_fields(HEADER_FIELDS, header, _header_path(site), site.profile.header_names, errors)
    _default_header(full, site, today, default_unit)
    rows: list[Fields] = []
    for place, line in enumerate(lines, start=1):
        row = _stored_fields(LINE_FIELDS, line, _line_path(site, place), site.profile.line_names, errors)
        _default_line(row, full, site, place)
        rows.append(row)
    if len({row["JOURNAL_LINE"] for row in rows}) != len(rows):
        errors += _changing(_line_path(site, 1, "JOURNAL_LINE"), "the same line number is given twice")
    if not errors and not (set(_filled(header)) <= KEY_ONLY and not lines):
        errors += _header_errors(full, site)
        for place, row in enumerate(rows, start=1):
            errors += _row_errors(row, full, site, place)
    return Entry(full, tuple(rows), tuple(errors))


def save_error(site: Site) -> Message:
    """Return the message that ends every list of errors."""
    name = site.profile.component_interface
    return Message("Error", 91, 37, f"Error saving Component Interface. {{{name}}} (91,37)")


def _stored_fields(
    fields: tuple[Field, ...], given: Mapping[str, str], path: str, names: Mapping[str, str], errors: list[Message]
) -> dict[str, str]:
    full = dict.fromkeys((field.name for field in fields), "")
    for field in fields:
        value = given.get(field.name, "")
        if value.strip() and not field.is_settable:
            errors += _changing(path + names[field.name], "the property is read-only")
            continue
        try:
            full[field.name] = stored(field, value)
        except ValueError as reason:
            errors += _changing(path + names[field.name], str(reason))
    return full


def _default_header(full: Fields, site: Site, today: date, default_unit: str) -> None:
    full["BUSINESS_UNIT"] = full["BUSINESS_UNIT"] or default_unit
    full["JOURNAL_ID"] = full["JOURNAL_ID"] or "NEXT"
    full["JOURNAL_DATE"] = full["JOURNAL_DATE"] or today.isoformat()
    full["UNPOST_SEQ"] = full["UNPOST_SEQ"] or "0"
    unit = site.unit(full["BUSINESS_UNIT"])
    if unit is not None:
        full["CURRENCY_CD"] = unit.base_currency
        full["FOREIGN_CURRENCY"] = full["FOREIGN_CURRENCY"] or unit.base_currency
        full["LEDGER"] = full["LEDGER"] or unit.ledgers.get(full["LEDGER_GROUP"], "")
    day = date.fromisoformat(full["JOURNAL_DATE"])
    full["FISCAL_YEAR"], full["ACCOUNTING_PERIOD"] = str(day.year), str(day.month)
    full["RT_TYPE"] = full["RT_TYPE"] or site.rate_type
    full["REVERSAL_CD"] = full["REVERSAL_CD"] or "N"


def _default_line(row: Fields, header: Fields, site: Site, place: int) -> None:
    row["JOURNAL_LINE"] = row["JOURNAL_LINE"] or str(place)
    row["BUSINESS_UNIT"] = row["BUSINESS_UNIT"] or header["BUSINESS_UNIT"]
    unit = site.unit(row["BUSINESS_UNIT"])
    row["CURRENCY_CD"] = unit.base_currency if unit else ""
    row["LEDGER"] = row["LEDGER"] or (unit.ledgers.get(header["LEDGER_GROUP"], "") if unit else header["LEDGER"])
    row["FOREIGN_CURRENCY"] = row["FOREIGN_CURRENCY"] or header["FOREIGN_CURRENCY"]
    row["RT_TYPE"] = row["RT_TYPE"] or header["RT_TYPE"]
    row["IS_GENERATED"] = "N"
    is_base = row["FOREIGN_CURRENCY"] == row["CURRENCY_CD"]
    if is_base:
        row["FOREIGN_AMOUNT"] = row["FOREIGN_AMOUNT"] or row["MONETARY_AMOUNT"] or "0"
        row["MONETARY_AMOUNT"] = row["MONETARY_AMOUNT"] or row["FOREIGN_AMOUNT"]
    row["FOREIGN_AMOUNT"] = row["FOREIGN_AMOUNT"] or "0"


def _header_errors(full: Fields, site: Site) -> Iterator[Message]:
    unit = site.unit(full["BUSINESS_UNIT"])
    if unit is None:
        yield from _required_or_invalid("BUSINESS_UNIT", full, site)
    if unit is not None and full["LEDGER_GROUP"] not in unit.ledgers:
        yield from _required_or_invalid("LEDGER_GROUP", full, site)
    if site.source(full["SOURCE"]) is None:
        yield from _required_or_invalid("SOURCE", full, site)
    if unit is not None and full["FOREIGN_CURRENCY"] not in site.currencies():
        yield from _required_or_invalid("FOREIGN_CURRENCY", full, site)
    if full["UNPOST_SEQ"] != "0":
        yield from _changing(_header_path(site) + site.profile.header_names["UNPOST_SEQ"], "a new journal has 0")
    if full["REVERSAL_CD"] == "D" and not full["REVERSAL_DATE"]:
        yield _required(_header_path(site) + site.profile.header_names["REVERSAL_DATE"])


def _required_or_invalid(name: str, full: Fields, site: Site) -> Iterator[Message]:
    path = _header_path(site) + site.profile.header_names[name]
    if not full[name]:
        yield _required(path)
    else:
        yield from _invalid(path)


def _row_errors(row: Fields, header: Fields, site: Site, place: int) -> Iterator[Message]:
    if not row["ACCOUNT"]:
        yield _required(_line_path(site, place, "ACCOUNT"))
    if row["FOREIGN_CURRENCY"] not in site.currencies():
        yield from _invalid(_line_path(site, place, "FOREIGN_CURRENCY"))
    is_base = row["FOREIGN_CURRENCY"] == row["CURRENCY_CD"]
    if is_base and Decimal(row["MONETARY_AMOUNT"]) != Decimal(row["FOREIGN_AMOUNT"]):
        yield from _changing(_line_path(site, place, "MONETARY_AMOUNT"), "it differs from the entered amount")
    if site.switches.is_prompt_edit_at_create:
        for error in field_errors(row, site, date.fromisoformat(header["JOURNAL_DATE"])):
            yield from _invalid(_line_path(site, place, error.field))


def _filled(given: Mapping[str, str]) -> list[str]:
    return [name for name, value in given.items() if value.strip()]


def _header_path(site: Site) -> str:
    return f"{site.profile.component_interface}."


def _line_path(site: Site, place: int, field: str = "") -> str:
    name = site.profile.line_names[field] if field else ""
    return f"{site.profile.component_interface}.{site.profile.lines_collection}({place}).{name}"


def _required(path: str) -> Message:
    return Message("Error", 15, 30, f"Field is required. {{{path}}} (15,30)")


def _invalid(path: str) -> Iterator[Message]:
    yield Message("Error", 15, 11, INVALID_VALUE, f"{{{path}}}")
    yield from _changing(path, "the value is not in the list of valid values")


def _changing(path: str, reason: str) -> Iterator[Message]:
    yield Message("Error", 91, 34, f"Error changing value. {{{path}}} (91,34)", reason)


def is_fragile(header: Mapping[str, str], lines: Sequence[Mapping[str, str]]) -> bool:
    """Say whether a text holds what broke parsers of some sites: semicolons and typographic quotes."""
    names = ("DESCR", "DESCR254", "LINE_DESCR")
    texts = [row.get(name, "") for row in (header, *lines) for name in names]
    return any(mark in text for text in texts for mark in ";‘’“”")
