"""Say which accounting periods take journals: findings about closed ones, and the next open day.

In: journals or a day, and the door. Out: findings, or a date. Periods are calendar months named by a pattern, and asked
for by that name; a name that is not there is believed only when the ledger shows any period at all. Source:
docs.oracle.com/en/cloud/saas/financials/24c/farfa/op-accountingperiodstatuslov-accountingperiodstatuslovuniqid-get.html
(ClosingStatus O open, F future enterable, C closed, N never opened, P permanently closed).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from ledger.errors import Finding, TargetMisconfigured
from ledger.journal import Journal
from resources.erp.fusion import filters
from resources.erp.fusion.door import Door
from resources.erp.fusion.settings import FusionSettings

PERIODS = "accountingPeriodStatusLOV"
_GENERAL_LEDGER, _RECEIVABLES = 101, 222
_KEY = "PeriodNameId"
# An open period is looked for this many months ahead.
_MONTHS_MAX = 24
_NEVER_OPENED = (None, "F", "N")
_WORDS = {"F": "future enterable", "C": "closed", "N": "never opened", "P": "permanently closed"}


def check_periods(
    journals: Sequence[Journal], settings: FusionSettings, door: Door, *, of_receivables: bool = False
) -> list[Finding]:
    """Return findings about periods that are not open on the journals' dates, one per date.

    The periods of the receivables are opened and closed apart from those of the general ledger.
    """
    findings = []
    for day in sorted({one.accounting_date for one in journals}):
        status = _status(day, settings, door, _RECEIVABLES if of_receivables else _GENERAL_LEDGER)
        if not _is_open(status, settings):
            findings.append(_finding(day, status, settings))
    return findings


def open_day(day: date, settings: FusionSettings, door: Door) -> date | None:
    """Return the first day on or after a day whose period is open; see `Target.open_day`."""
    status = _status(day, settings, door)
    if status is None or _is_open(status, settings):
        return day
    for _ in range(_MONTHS_MAX):
        day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        status = _status(day, settings, door)
        if _is_open(status, settings):
            return day
        if status is None:
            return None
    return None


def was_opened(day: date, settings: FusionSettings, door: Door) -> bool:
    """Tell whether the period a day lies in was ever opened: before the first that was, a ledger holds nothing.

    Raises TargetMisconfigured when neither it nor the next one was: then its balances do not exist yet.
    """
    after = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    opened = [_status(one, settings, door) not in _NEVER_OPENED for one in (day, after)]
    if not any(opened):
        raise TargetMisconfigured(
            f"Period {settings.period_name(day)} of ledger {settings.ledger_name} was never opened, so it has no "
            "balances yet. Open it, or check period_pattern of the Fusion settings."
        )
    return opened[0]


def _status(day: date, settings: FusionSettings, door: Door, application: int = _GENERAL_LEDGER) -> str | None:
    """Return the closing status of the period a day lies in; None when the ledger has no such period."""
    ledger = [filters.equals("ApplicationId", application), filters.equals("LedgerId", settings.ledger_id)]
    name = settings.period_name(day)
    rows = [
        row
        for row in door.rows(PERIODS, [filters.equals(_KEY, name), *ledger], key=_KEY)
        if row.text(_KEY) == name and row.text("LedgerId") in ("", str(settings.ledger_id))
    ]
    if rows:
        return rows[0].text("ClosingStatus").upper()
    if not door.rows(PERIODS, ledger, key=_KEY, at_most=1):
        raise TargetMisconfigured(
            f"Fusion shows no accounting period of ledger {settings.ledger_name} to the connector's user. Correct "
            "ledger_id, or give the user data access to the ledger."
        )
    return None


def _is_open(status: str | None, settings: FusionSettings) -> bool:
    return status is not None and status != "" and status in settings.open_period_statuses


def _finding(day: date, status: str | None, settings: FusionSettings) -> Finding:
    name, where = settings.period_name(day), f"ledger {settings.ledger_name}"
    if status is None:
        sentence = f"Fusion shows no accounting period {name} for {day} in {where}."
        cure = "Check period_pattern of the Fusion settings and the ledger's calendar."
        return Finding("period_unknown", sentence, cure, f"{settings.ledger_name} {day}")
    word = _WORDS.get(status, f"in status {status!r}")
    sentence = f"Accounting period {name} is {word} in {where}; the journal is dated {day}."
    cure = "Open the period, or choose another accounting date while nothing is sent."
    details = {"unit": settings.ledger_name, "date": day.isoformat()}
    return Finding("period_closed", sentence, cure, f"{settings.ledger_name} {day}", details=details)
