"""Say what would keep accounts and periods from being posted to, before anything is sent.

In: accounts as a mapping means to use them, journals, and a way to run queries. Out: findings, each with a sentence and
a cure; none means that every ChartField value exists, is active and takes entries on its date, stands on the right
side of the balance sheet, and that every period is open for the unit, ledger group and source.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta

from ledger.errors import Finding, InputRefused
from ledger.journal import Journal
from resources.erp.peoplesoft import books, payload, queries
from resources.erp.peoplesoft.profile import PeopleSoftProfile
from resources.erp.peoplesoft.queries import Row
from resources.erp.target import AccountUse

Ask = Callable[..., list[Row]]
Values = dict[tuple[str, str, date], dict[str, Row]]

# Up to this many values of one field are asked for one by one; more are cheaper as one list.
_ASKED_SINGLY_MAX = 3
# An open period is looked for this many months ahead.
_MONTHS_MAX = 24


def check_uses(uses: Sequence[AccountUse], profile: PeopleSoftProfile, ask: Ask) -> list[Finding]:
    """Return findings about ChartField values; one per value, unit and date, naming the categories that use it."""
    findings: list[Finding] = []
    wanted: dict[tuple[str, str, date], set[str]] = defaultdict(set)
    readable: list[tuple[AccountUse, dict[str, str]]] = []
    for use in uses:
        try:
            fields = payload.chartfields(use.account, profile)
        except InputRefused as error:
            findings.append(_finding("segment_unknown", str(error), "Correct the mapping or the settings.", use))
            continue
        readable.append((use, fields))
        for field, value in fields.items():
            if field not in profile.fields_not_checked:
                wanted[use.account.unit, field, use.on].add(value)
    known = {place: _values(*place, sorted(values), ask) for place, values in wanted.items()}
    for use, fields in readable:
        findings.extend(_value_findings(use, fields, known, profile))
    return _each_once(findings)


def check_periods(journals: Sequence[Journal], profile: PeopleSoftProfile, ask: Ask) -> list[Finding]:
    """Return findings about periods that are not open on the journals' dates, in any unit that has a line in them."""
    places = sorted(
        {(unit, one.accounting_date) for one in journals for unit in (one.unit, *(x.account.unit for x in one.lines))}
    )
    findings = []
    for unit, day in places:
        rows = _period(unit, day, profile, ask)
        if not _is_open(rows):
            findings.append(_period_finding(unit, day, rows, profile))
    return findings


def open_day(unit: str, day: date, profile: PeopleSoftProfile, ask: Ask) -> date | None:
    """Return the first day on or after a day whose period is open in a unit; see `Target.open_day`.

    Asked month by month; the month found is then halved until its first open day is certain, because a period need not
    begin with a month.
    """
    rows = _period(unit, day, profile, ask)
    if not rows or _is_open(rows):
        return day
    closed, open_one = day, day
    for _ in range(_MONTHS_MAX):
        open_one = (open_one.replace(day=1) + timedelta(days=32)).replace(day=1)
        rows = _period(unit, open_one, profile, ask)
        if not rows:
            return None
        if _is_open(rows):
            return _first_open(unit, closed, open_one, profile, ask)
        closed = open_one
    return None


def period_of(unit: str, day: date, profile: PeopleSoftProfile, ask: Ask) -> str:
    """Return the accounting period that a date belongs to in a unit, for example 11/2026; "" when it is not shown."""
    rows = _period(unit, day, profile, ask)
    return books.period(rows[0]) if rows else ""


def _first_open(unit: str, closed: date, open_one: date, profile: PeopleSoftProfile, ask: Ask) -> date:
    """Return the first open day after a closed one and up to an open one."""
    while (open_one - closed).days > 1:
        middle = closed + (open_one - closed) // 2
        if _is_open(_period(unit, middle, profile, ask)):
            open_one = middle
        else:
            closed = middle
    return open_one


def _period(unit: str, day: date, profile: PeopleSoftProfile, ask: Ask) -> list[Row]:
    asked = {"BUSINESS_UNIT": unit, "LEDGER_GROUP": profile.ledger_group, "SOURCE": profile.source}
    return ask("period", **asked, JOURNAL_DATE=day.isoformat())


def _is_open(rows: list[Row]) -> bool:
    return any(row.text("OPEN_FLAG").upper() == "Y" for row in rows)


def check_fit(journals: Iterable[Journal], profile: PeopleSoftProfile) -> list[Finding]:
    """Return findings about journals that PeopleSoft's fields cannot hold."""
    findings = []
    for journal in journals:
        try:
            payload.buffer(journal, profile)
        except InputRefused as error:
            findings.append(Finding("journal_does_not_fit", str(error), "Correct the mapping.", journal.key))
    return findings


def _values(unit: str, field: str, on: date, values: list[str], ask: Ask) -> dict[str, Row]:
    """Return the rows of the values that exist, by value."""

    def rows(asked: str) -> list[Row]:
        return ask("values", BUSINESS_UNIT=unit, FIELDNAME=field, VALUE=asked, ASOF=on.isoformat())

    if len(values) > _ASKED_SINGLY_MAX:
        try:
            return {row.text("VALUE"): row for row in rows("%")}
        except queries.Truncated:
            pass  # A long list: ask for each.
    found = [row for value in values for row in rows(value)]
    return {row.text("VALUE"): row for row in found}


def _value_findings(
    use: AccountUse, fields: dict[str, str], known: Values, profile: PeopleSoftProfile
) -> Iterator[Finding]:
    for field, value in fields.items():
        if field in profile.fields_not_checked:
            continue
        name = f"{field} {value} of unit {use.account.unit}"
        row = known[use.account.unit, field, use.on].get(value)
        if row is None:
            sentence = f"{name} does not exist in PeopleSoft on {use.on}{_for(use)}."
            yield _finding("account_unknown", sentence, "Create it, or map to one that exists.", use, name)
        elif row.text("EFF_STATUS") != "A":
            sentence = f"{name} is not active on {use.on}{_for(use)}."
            yield _finding("account_inactive", sentence, "Activate it, or map to an active one.", use, name)
        elif field == "ACCOUNT":
            yield from _account_findings(use, row, name, profile)


def _account_findings(use: AccountUse, row: Row, name: str, profile: PeopleSoftProfile) -> Iterator[Finding]:
    if row.text("POSTABLE", "Y") == "N":
        sentence = f"{name} takes no journal entries{_for(use)}."
        yield _finding("account_not_postable", sentence, "Map to an account that takes entries.", use, name)
    if row.text("STATISTICS_ACCOUNT", "N") == "Y":
        sentence = f"{name} takes quantities only, no money{_for(use)}."
        yield _finding("account_statistical", sentence, "Map to a monetary account.", use, name)
    if use.needs_open_item and row.text("OPEN_ITEM") != "Y":
        sentence = f"{name} is the clearing account, but is not set up for open items in PeopleSoft."
        cure = "Switch open-item accounting on for it, or set open_item_check: warn."
        yield _finding("account_open_item", sentence, cure, use, name, profile.open_item_check == "block")
    if use.nature is not None:
        yield from _nature_findings(use, row.text("ACCOUNT_TYPE"), name, profile)


def _nature_findings(use: AccountUse, kind: str, name: str, profile: PeopleSoftProfile) -> Iterator[Finding]:
    sheet, income = profile.balance_sheet_types, profile.income_statement_types
    right, wrong = (sheet, income) if use.nature and use.nature.is_balance_sheet else (income, sheet)
    if kind and kind in right:
        return
    side = "a balance sheet" if right is sheet else "an income statement"
    fact = f"its account type is {kind!r}" if kind and kind in wrong else f"its account type {kind!r} is neither side"
    who = f"category {use.category} ({use.nature})" if use.category else f"a {use.nature} amount"
    sentence = f"{name} should be {side} account, because {who} books to it, but {fact}."
    yield _finding("account_nature", sentence, f"Map to {side} account, or correct the account's type.", use, name)


def _period_finding(unit: str, day: date, rows: list[Row], profile: PeopleSoftProfile) -> Finding:
    where = f"unit {unit}, ledger group {profile.ledger_group}, source {profile.source}"
    if not rows:
        sentence = f"PeopleSoft shows no accounting period for {day} in {where}."
        return Finding(
            "period_unknown", sentence, "Check ledger group, source and the unit's calendar.", f"{unit} {day}"
        )
    period = f"{rows[0].text('ACCOUNTING_PERIOD', '')}/{rows[0].text('FISCAL_YEAR', '')}".strip("/")
    sentence = f"Accounting period {period or day} is closed in {where}; the journal is dated {day}."
    cure = "Open the period, or choose another accounting date while nothing is sent."
    return Finding("period_closed", sentence, cure, f"{unit} {day}", details={"unit": unit, "date": day.isoformat()})


def _finding(code: str, sentence: str, cure: str, use: AccountUse, name: str = "", is_blocking: bool = True) -> Finding:
    """Return a finding whose origin tells it from one about another value that the same category uses."""
    origin = ", ".join(one for one in (name or str(use.account), use.category) if one)
    return Finding(code, sentence, cure, origin=origin, is_blocking=is_blocking)


def _for(use: AccountUse) -> str:
    return f", but category {use.category} books to it" if use.category else ""


def _each_once(findings: list[Finding]) -> list[Finding]:
    return list({(one.code, one.sentence): one for one in findings}.values())
