"""Reports that Amazon makes on request, fetched for a span of days and kept day by day.

In: a `ReportStage` and a span. Out: an outcome per day of UTC, each written as a version of its own. A report is asked
for once: who finds one that was asked for a short while ago, perhaps by a process that has died since, goes on with
it. The document is archived before anything looks inside; a file that cannot be used leaves every day as it was.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from assets.day_names import start_of
from assets.days import DayOutcome, RefusedDay, days_between
from assets.roadmap import Road
from assets.statements import PARQUET, dicts
from assets.verdicts import Row, StageResult, Verdict
from ledger import money
from ledger.errors import DocumentDamaged, ReportFileRefused, SourceUnavailable
from resources.amazon.report_file.read_columns import write_read_columns
from resources.amazon.report_file.reader import ReportFile, read_report, rows_relation
from resources.amazon.report_file.table import ReportTable
from resources.amazon.requested_reports import RequestedReport
from resources.amazon.settlement_file.scan import parquet_relation
from resources.store.warehouse import Version

# A report that was asked for so long ago says what was true then: a new one is asked for.
FRESH = timedelta(hours=6)
# How long a run waits for a report to be made; the next one finds it and goes on.
WAIT_SECONDS_MAX = 900
_POLL_SECONDS_FIRST, _POLL_SECONDS_MAX = 5, 60
_STEP_MINUTES = 5
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class DayRows:
    """The rows of one day as they are about to be kept: how many, sums by (currency, column), and a table to show."""

    rows: int
    sums: dict[tuple[str, str], Decimal]
    table: tuple[Row, ...]
    facts: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class ReportStage:
    """One report as an asset: its type, what its file looks like, and which column says the day a row is of.

    `sums` are the amounts shown per day. `verdicts` is given the rows of a day as a table expression and a way to ask.
    `kept_since` returns the first day the source still has, from today, None where nothing is known of an end.
    `is_monthly`: Amazon makes the report of whole months, so whole months are asked for. `is_personal`: the file may
    say who bought what, so only the columns that are read are archived.
    """

    asset: str
    report_type: str
    table: ReportTable
    dated_by: str
    sums: tuple[str, ...]
    verdicts: Callable[["Asking"], tuple[Verdict, ...]]
    kept_since: Callable[[Road, date], date | None] = lambda road, today: None
    is_monthly: bool = False
    is_personal: bool = False


Asking = Callable[[str], list[dict]]


def fetch_report_days(road: Road, stage: ReportStage, first: date, last: date) -> dict[date, DayOutcome]:
    """Fetch a span and stage each day of it.

    Raises SourceUnavailable while the report is not made, SourceRefused where a person has to act; what cannot be used
    of the file is an outcome of every day.
    """
    today = road.clock.now().astimezone(UTC).date()
    since = stage.kept_since(road, today)
    gone = [day for day in days_between(first, last) if since is not None and day < since]
    outcomes: dict[date, DayOutcome] = {day: _gone(stage, day, since) for day in gone}
    wanted = [day for day in days_between(first, last) if day not in outcomes]
    for days in _by_month(wanted) if stage.is_monthly else [wanted]:
        if days:
            outcomes |= _fetched(road, stage, days)
    return outcomes


def _by_month(days: list[date]) -> list[list[date]]:
    return [list(group) for _, group in groupby(days, lambda day: (day.year, day.month))]


def _fetched(road: Road, stage: ReportStage, days: list[date]) -> dict[date, DayOutcome]:
    start, end = _month(days[0]) if stage.is_monthly else _span(road, days)
    report = _made(road, stage, start, end)
    if report.has_no_data or report.document_id is None:
        return _all_staged(road, stage, days, None, report, "", end)
    with _scratch() as folder:
        download = road.source.download(report.document_id, folder / "report")
        path, charset = download.path, download.charset
        if stage.is_personal:
            try:
                path, charset = write_read_columns(stage.table, path, folder / "read", charset), "utf-8"
            except (ReportFileRefused, DocumentDamaged) as error:
                # Nothing of it is kept: it may hold what must not be.
                return {day: RefusedDay(((report.report_id, str(error)),)) for day in days}
        archived = road.stores.documents.put_file(path)
        rows = folder / "rows.parquet"
        try:
            read = read_report(
                stage.table,
                path,
                rows,
                charset=charset,
                memory_limit_mb=road.memory_limit_mb,
                scratch=folder,
            )
        except (ReportFileRefused, DocumentDamaged) as error:
            return {day: RefusedDay(((archived.sha256, str(error)),)) for day in days}
        return _all_staged(road, stage, days, (rows, read), report, archived.sha256, end)


def _span(road: Road, days: list[date]) -> tuple[datetime, datetime]:
    """Return first and last moment of some days, of today up to a while ago.

    Whole steps, so that a run that follows a dead one within them asks for the very same span and finds its report.
    """
    now = road.clock.now().astimezone(UTC)
    step = now.replace(minute=now.minute - now.minute % _STEP_MINUTES, second=0, microsecond=0)
    return start_of(days[0]), max(start_of(days[0]), min(start_of(days[-1] + _DAY) - _SECOND, step))


def _month(day: date) -> tuple[datetime, datetime]:
    """Return first and last moment of the month a day lies in."""
    first = day.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return start_of(first), start_of(following) - _SECOND


def _made(road: Road, stage: ReportStage, start: datetime, end: datetime) -> RequestedReport:
    """Return the finished report of a span: one that was asked for already, else a new one."""
    requested, ids = road.source.requested, road.source.marketplace_ids
    known = requested.find(stage.report_type, start, end, ids, created_since=road.clock.now() - FRESH)
    report_id = known.report_id if known else requested.request(stage.report_type, start, end, ids)
    report = known or requested.state(report_id)
    waited, pause = 0, _POLL_SECONDS_FIRST
    while not report.is_ended:
        if waited >= WAIT_SECONDS_MAX:
            raise SourceUnavailable(
                f"Amazon has not made {stage.table.called} of {start:%Y-%m-%d} to {end:%Y-%m-%d} for connection "
                f"{road.connection} within {waited // 60} minutes (report {report_id}). The next run goes on with it."
            )
        road.clock.sleep(pause)
        waited, pause = waited + pause, min(2 * pause, _POLL_SECONDS_MAX)
        report = requested.state(report_id)
    return report


def _all_staged(
    road: Road,
    stage: ReportStage,
    days: list[date],
    file: tuple[Path, ReportFile] | None,
    report: RequestedReport,
    document: str,
    end: datetime,
) -> dict[date, DayOutcome]:
    """Stage every day of one report; opening a DuckDB costs more than a day, so one serves all."""
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        return {day: _staged(duck, road, stage, day, file, report, document, end) for day in days}


def _staged(
    duck: duckdb.DuckDBPyConnection,
    road: Road,
    stage: ReportStage,
    day: date,
    file: tuple[Path, ReportFile] | None,
    report: RequestedReport,
    document: str,
    end: datetime,
) -> StageResult:
    """Write the rows of one day and say what they are.

    A report that was cancelled replaces no rows: Amazon says so where there is nothing, and where somebody called it
    off. Rows that are told again in the same words are no new version.
    """
    warehouse = road.stores.warehouse
    before = warehouse.current(road.connection, stage.asset, day.isoformat())
    held = before if file is None and before is not None and before.rows else None
    relation = _relation(stage, day, file) if held is None else parquet_relation(warehouse.path(held))

    def ask(query: str) -> list[dict]:
        return dicts(duck.sql(query.replace("{rows}", relation)))

    version = held or _written(duck, road, stage, day, relation, before, report, document, end)
    sums = _sums(stage, ask)
    facts: dict = {"rows": version.rows, "day is over": version.facts["is_complete"]}
    facts |= {f"{column} {code}": amount for (code, column), amount in sums.items()}
    if held is not None:
        facts["report"] = f"{report.report_id} was cancelled by Amazon: what was kept of the day stays"
    if file is not None and file[1].columns_unknown:
        facts["columns nobody knows"] = ", ".join(file[1].columns_unknown)
    verdicts = stage.verdicts(ask)
    links = {"document": version.facts["document"]} if version.facts["document"] else {}
    return StageResult(
        facts=facts, rows_total=version.rows, verdicts=verdicts, links=links, version=version.id, rows=_shown(sums)
    )


def _written(
    duck: duckdb.DuckDBPyConnection,
    road: Road,
    stage: ReportStage,
    day: date,
    relation: str,
    before: Version | None,
    report: RequestedReport,
    document: str,
    end: datetime,
) -> Version:
    """Return the version that holds the rows of a day now: a new one, unless the one before says the very same."""
    warehouse = road.stores.warehouse
    mark = _fingerprint(duck, relation)
    is_complete = start_of(day + _DAY) - _SECOND <= end
    is_there = before is not None and warehouse.holds(before)
    if is_there and (before.facts.get("fingerprint"), before.facts["is_complete"]) == (mark, is_complete):
        return before
    made = {"report": report.report_id, "document": document, "is_complete": is_complete, "until": end.isoformat()}
    return warehouse.write(
        road.connection,
        stage.asset,
        day.isoformat(),
        lambda path: duck.execute(
            f"COPY (SELECT * FROM {relation} ORDER BY source_row) TO $path ({PARQUET})", {"path": str(path)}
        ),
        {**made, "fingerprint": mark},
    )


def _fingerprint(duck: duckdb.DuckDBPyConnection, relation: str) -> str:
    """Return a hash over the rows of a day, whatever their order and wherever they stand in the file."""
    told = f"SELECT CAST(told AS VARCHAR) AS told FROM (SELECT * EXCLUDE (source_row) FROM {relation}) AS told"
    query = f"SELECT sha256(coalesce(string_agg(told, chr(10) ORDER BY told), '')) FROM ({told})"
    [(mark,)] = duck.execute(query).fetchall()
    return mark


def _relation(stage: ReportStage, day: date, file: tuple[Path, ReportFile] | None) -> str:
    """Return the table expression of a day's rows; the same columns without a row where there is no file."""
    if file is None:
        columns = ", ".join(f"CAST(NULL AS {one.kind.sql_type}) AS {one.name}" for one in stage.table.columns)
        return f"(SELECT {columns}, CAST(NULL AS BIGINT) AS source_row WHERE false)"
    where = f"CAST({stage.dated_by} AS DATE) = DATE '{day.isoformat()}'"
    return f"(SELECT * FROM {rows_relation(file[0])} WHERE {where})"


def _sums(stage: ReportStage, ask: Asking) -> dict[tuple[str, str], Decimal]:
    """Return the amounts of a day by currency and column, exact."""
    code = stage.table.currency
    columns = ", ".join(f"sum({name}) AS {name}" for name in stage.sums)
    found = ask(f"SELECT {code} AS code, {columns} FROM {{rows}} WHERE {code} IS NOT NULL GROUP BY ALL ORDER BY ALL")
    return {
        (row["code"], name): money.exact(row[name], row["code"])
        for row in found
        for name in stage.sums
        if row[name] is not None
    }


def _shown(sums: dict[tuple[str, str], Decimal]) -> tuple[Row, ...]:
    return tuple(
        {"currency": code, "what": column.replace("_", " "), "amount": money.text(amount, code)}
        for (code, column), amount in sums.items()
    )


def _gone(stage: ReportStage, day: date, since: date | None) -> RefusedDay:
    sentence = (
        f"Amazon keeps {stage.table.called} from {since} on, so nothing of {day} can be had any more: what was sold "
        "then is not absent, it is unknown here."
    )
    return RefusedDay(((f"{stage.asset} {day}", sentence),))


@contextmanager
def _scratch() -> Iterator[Path]:
    with TemporaryDirectory(prefix="connector-") as folder:
        yield Path(folder)
