"""What may be booked: the periods of each ledger and the account combinations, as they stand now.

What comes in: the site, the store (people change periods, journals create combinations). What goes out: a period's
status, and for an account on a day what is wrong with it, by Journal Import's error codes:
https://rpforacle.blogspot.com/2018/09/gl-interface-errors-in-oracle-apps-r12.html (E-Business Suite; assumed to hold).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from emulators.fusion.site import GENERAL_LEDGER, Chart, Combination, Ledger, Period, SegmentValue, Site
from emulators.fusion.store import Store

Wrong = tuple[str, str]


class Setup:
    """Periods and accounts of one pod."""

    def __init__(self, site: Site, store: Store) -> None:
        self._site = site
        self._store = store
        changed = store.rows("SELECT * FROM SETTING WHERE NAME LIKE 'period/%'")
        self._changed = {row["NAME"]: row["VALUE"] for row in changed}

    def periods(self) -> list[Period]:
        """Return every period of every ledger and application with its status of now."""
        return [self._as_of_now(row) for row in self._site.periods]

    def set_period(self, ledger_id: int, name: str, status: str, application_id: int = GENERAL_LEDGER) -> None:
        """Open, close or reopen a period; remembered across restarts.

        Raises:
            KeyError: The ledger has no such period.
        """
        for row in self._site.periods:
            if (row.ledger_id, row.application_id, row.name) == (ledger_id, application_id, name):
                self._store.remember(_setting_of(row), status)
                self._changed[_setting_of(row)] = status
                return
        raise KeyError(f"Ledger {ledger_id} has no period {name!r} of application {application_id}.")

    def period_named(self, ledger_id: int, name: str) -> Period | None:
        """Return a general ledger period by its name, or None."""
        found = (row for row in self._site.periods if _is_of(row, ledger_id) and row.name == name)
        return next((self._as_of_now(row) for row in found), None)

    def period_of(self, ledger_id: int, day: date, application_id: int = GENERAL_LEDGER) -> Period | None:
        """Return the period of a day, adjusting periods aside, or None."""
        every = (row for row in self._site.periods if not row.is_adjustment)
        found = (row for row in every if (row.ledger_id, row.application_id) == (ledger_id, application_id))
        return next((self._as_of_now(row) for row in found if row.first_day <= day <= row.last_day), None)

    def _as_of_now(self, row: Period) -> Period:
        status = self._changed.get(_setting_of(row), row.status)
        return row if status == row.status else replace(row, status=status)

    def combinations(self) -> list[tuple[int, Combination]]:
        """Return every combination that exists with its id: set up ones, then those that journals created."""
        rows = {
            (row["CHART_ID"], row["ACCOUNT"]): int(row["ID"]) for row in self._store.rows("SELECT * FROM COMBINATION")
        }
        known = {(str(row.chart_id), row.account): row for row in self._site.combinations}
        for chart_id, account in rows:
            known.setdefault((chart_id, account), Combination(int(chart_id), account))
        return sorted((rows[key], row) for key, row in known.items() if key in rows)

    def remember_combinations(self) -> None:
        """Give every combination that was set up an id, once."""
        rows = {(row["CHART_ID"], row["ACCOUNT"]) for row in self._store.rows("SELECT * FROM COMBINATION")}
        for row in self._site.combinations:
            if (str(row.chart_id), row.account) not in rows:
                self._create(row.chart_id, row.account)

    def use(self, ledger: Ledger, account: str) -> None:
        """Create a combination that a journal uses for the first time."""
        if not self._exists(ledger.chart_id, account):
            self._create(ledger.chart_id, account)

    def values_of(self, chart: Chart, account: str) -> list[SegmentValue | None]:
        """Return the segment values of a combination, None for each that does not exist."""
        parts = account.split(chart.delimiter)
        return [self._site.value(segment, part) for segment, part in zip(chart.segments, parts, strict=False)]

    def fault_of(self, ledger: Ledger, segments: Sequence[str], day: date) -> Wrong | None:
        """Say what keeps an account from being booked on a day: (code, sentence), or None."""
        chart = self._site.chart_of(ledger)
        account = chart.delimiter.join(segments[: len(chart.segments)])
        if any(segments[len(chart.segments) :]) or not all(segments[: len(chart.segments)]):
            return "EF04", f"The account {account} doesn't have the segments of chart {chart.name}"
        values = []
        for segment, part in zip(chart.segments, segments, strict=False):
            value = self._site.value(segment, part)
            if value is None:
                return "EF04", f"The value {part} of segment {segment} doesn't exist"
            values.append(value)
        for value in values:
            wrong = _fault_of_row(value, f"The value {value.value} of segment {value.segment}", day)
            if wrong:
                return wrong
        return self._combination_fault(chart, account, dict(zip(chart.segments, segments, strict=False)), day)

    def _combination_fault(self, chart: Chart, account: str, parts: dict[str, str], day: date) -> Wrong | None:
        for rule in self._site.rules:
            is_concerned = rule.account_from <= parts[chart.account_segment] <= rule.account_to
            if is_concerned and parts[rule.segment] not in rule.allowed:
                return "EF04", f"The account {account} breaks the cross-validation rule {rule.name}"
        combination = self._site.combination(chart.id, account)
        if combination is not None:
            return _fault_of_row(combination, f"The account {account}", day)
        if not chart.is_dynamic_insertion_allowed and not self._exists(chart.id, account):
            return "EF04", f"The account {account} doesn't exist, and new combinations aren't created on the fly"
        return None

    def _exists(self, chart_id: int, account: str) -> bool:
        found = self._store.rows(
            "SELECT 1 FROM COMBINATION WHERE CHART_ID = ? AND ACCOUNT = ?", [str(chart_id), account]
        )
        return bool(found)

    def _create(self, chart_id: int, account: str) -> None:
        number = self._store.count_up("object_id", self._site.switches.first_id)
        self._store.insert("COMBINATION", {"ID": str(number), "CHART_ID": str(chart_id), "ACCOUNT": account})


def _fault_of_row(row: SegmentValue | Combination, name: str, day: date) -> Wrong | None:
    if not row.is_enabled:
        return "EF03", f"{name} is disabled"
    if (row.starts_on and day < row.starts_on) or (row.ends_on and day > row.ends_on):
        return "EF01", f"{name} isn't active on {day.isoformat()}"
    if not row.is_postable:
        return "EF02", f"{name} doesn't allow detail posting"
    return None


def _is_of(period: Period, ledger_id: int) -> bool:
    return period.ledger_id == ledger_id and period.application_id == GENERAL_LEDGER


def _setting_of(period: Period) -> str:
    return f"period/{period.ledger_id}/{period.application_id}/{period.name}"
