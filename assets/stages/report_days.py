"""Reports that Amazon makes on request, fetched for a span of days and kept day by day.

In: a `ReportStage` and a span. Out: an outcome per day of UTC, each written as a version of its own. A report is asked
for once: who finds one that was asked for a short while ago, perhaps by a process that has died since, goes on with
it. The document is archived before anything looks inside; a file that cannot be used leaves every day as it was.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from assets.stages.day_names import start_of
from assets.stages.days import DayOutcome, RefusedDay, days_between
from assets.stages.kept_days import kept_days
from assets.stages.roadmap import Road
from assets.stages.statements import PARQUET, composed, dicts
from assets.stages.verdicts import Row, StageResult, Verdict
from ledger import money
from ledger.errors import DocumentDamaged, ReportFileRefused, SourceUnavailable, WrittenMeanwhile
from resources.amazon.report_file.read_columns import write_read_columns
from resources.amazon.report_file.reader import ReportFile, read_report, rows_relation
from resources.amazon.report_file.table import ReportTable
from resources.amazon.requested_reports import RequestedReport
from resources.store.warehouse import Version

# A report that was asked for so long ago says what was true then: a new one is asked for.
FRESH = timedelta(hours=6)
# How long a run waits for a report to be made; the next one finds it and goes on.
WAIT_SECONDS_MAX = 900
_POLL_SECONDS_FIRST, _POLL_SECONDS_MAX = 5, 60
_STEP_MINUTES = 5
# Longer than looking for a report and asking for it take, with all their waiting for quota.
_TURN_SECONDS = 3600
_ATTEMPTS_MAX = 5
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class ReportStage:
    """One report as an asset: its type, what its file looks like, and which column says the day a row is of.

    `sums` are the amounts shown per day. `verdicts` is given the rows of a day as a table expression and a way to ask.
    `is_of_orders`: rows belong to orders that may also be taken in one by one, as `searched_orders` does; what was
    taken in after the report was made stays. `is_monthly`: Amazon makes the report of whole months, so whole months are
    asked for. `is_personal`: the file may say who bought what, so only the columns that are read are archived.
    """

    asset: str
    report_type: str
    table: ReportTable
    dated_by: str
    sums: tuple[str, ...]
    verdicts: Callable[["Asking"], tuple[Verdict, ...]]
    is_of_orders: bool = False
    is_monthly: bool = False
    is_personal: bool = False


Asking = Callable[[str], list[dict]]


def fetch_report_days(road: Road, stage: ReportStage, first: date, last: date) -> dict[date, DayOutcome]:
    """Fetch a span and stage each day of it.

    Raises SourceUnavailable while the report is not made, SourceRefused where a person has to act; what cannot be used
    of the file is an outcome of every day.
    """
    wanted = days_between(first, last)
    outcomes: dict[date, DayOutcome] = {}
    for days in _by_month(wanted) if stage.is_monthly else [wanted]:
        outcomes |= _fetched(road, stage, days)
    return outcomes


def _by_month(days: list[date]) -> list[list[date]]:
    return [list(group) for _, group in groupby(days, lambda day: (day.year, day.month))]


def _fetched(road: Road, stage: ReportStage, days: list[date]) -> dict[date, DayOutcome]:
    start, end = _month(days[0]) if stage.is_monthly else _span(road, days)
    report = _made(road, stage, start, end)
    if report.has_no_data or report.document_id is None:
        return _all_staged(road, stage, days, None, report, "", end)
    with scratch() as folder:
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
    with _turn(road, stage, start, end):
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
        waited, pause = waited + pause, min(pause * 3 // 2, _POLL_SECONDS_MAX)
        report = requested.state(report_id)
    return report


@contextmanager
def _turn(road: Road, stage: ReportStage, start: datetime, end: datetime) -> Iterator[None]:
    """Let one worker at a time look for the report of a span and ask for it, so that the others find it.

    Raises SourceUnavailable when another one takes longer than a run waits.
    """
    ids = ",".join(sorted(road.source.marketplace_ids))
    span = hashlib.sha256(f"{road.seller} {ids} {start.isoformat()} {end.isoformat()}".encode()).hexdigest()
    # Two digits of it: every span would leave a name behind for ever, and that two share one costs a short wait.
    name, holder = f"report:{stage.asset}:{span[:2]}", road.holder or road.run
    waited, pause = 0, _POLL_SECONDS_FIRST
    while (lease := road.stores.outbox.lease(name, holder, _TURN_SECONDS)) is None:
        if waited >= WAIT_SECONDS_MAX:
            raise SourceUnavailable(
                f"Another worker has been asking Amazon for {stage.table.called} of {start:%Y-%m-%d} to {end:%Y-%m-%d} "
                f"for connection {road.connection} for {waited // 60} minutes. The next run goes on with that report."
            )
        road.clock.sleep(pause)
        waited, pause = waited + pause, min(pause * 3 // 2, _POLL_SECONDS_MAX)
    try:
        yield
    finally:
        road.stores.outbox.release(lease)


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
) -> DayOutcome:
    """Stage one day of a report.

    A report that was cancelled replaces no rows: Amazon says so where there is nothing, and where somebody called it
    off. Nor does one of its header alone, which refuses the days of which rows are known.
    """
    known = _known_rows(duck, road, stage, day, end) if file is not None and not file[1].rows else 0
    if known:
        sentence = f"Report {report.report_id} holds its header alone, and {known} rows of that day are known."
        return RefusedDay(((report.report_id, sentence),))
    made = {"report": report.report_id, "document": document, "is_complete": end_of(day) <= end}
    facts = {"columns nobody knows": ", ".join(file[1].columns_unknown)} if file and file[1].columns_unknown else {}
    rows = _relation(stage, day, file)

    def compose(before: Version | None) -> tuple[str, dict] | None:
        if file is None and before is not None and before.rows:
            facts["report"] = f"{report.report_id} was cancelled by Amazon: what was kept of the day stays"
            return None
        later = later_rows(road, before, day, end) if stage.is_of_orders else ""
        until = max(end, until_of(before)) if before is not None and later else end
        return newest(rows, later) if later else rows, made | {"until": until.isoformat()}

    return keep_day(duck, road, stage, day, compose, facts)


def _known_rows(duck: duckdb.DuckDBPyConnection, road: Road, stage: ReportStage, day: date, end: datetime) -> int:
    """Return how many rows of a day are known up to the end of a report; what came in later is not the report's.

    Nor is an order that stands on a later day by now: it is kept by its last change, and its old day rightly lacks it.
    """
    known = road.stores.warehouse.current(road.connection, stage.asset, day.isoformat())
    if known is None or not known.rows or not road.stores.warehouse.holds(known):
        return 0
    if not stage.is_of_orders:
        return known.rows
    rows, later = rows_of_version(road, known), later_rows(road, known, day, end)
    if later:
        rows = f"(SELECT * FROM {rows} EXCEPT ALL SELECT * FROM {later})"
    days = kept_days(road, stage.asset).versions
    files = [str(road.stores.warehouse.path(one)) for other, one in days.items() if other > day and one.rows]
    moved = "SELECT order_id FROM read_parquet($files) WHERE order_id IS NOT NULL"
    query = f"SELECT count(*) FROM {rows}" + (f" WHERE order_id NOT IN ({moved})" if files else "")
    [(count,)] = duck.execute(query, {"files": files} if files else {}).fetchall()
    return count


def keep_day(
    duck: duckdb.DuckDBPyConnection,
    road: Road,
    stage: ReportStage,
    day: date,
    compose: Callable[[Version | None], tuple[str, dict] | None],
    facts: Mapping[str, str],
) -> StageResult:
    """Write the rows of one day as its new version and say what they are; the same words are no new version.

    `compose` is given the version that counts now, if its file is there, and returns the rows as a table expression
    with the facts of the new version, or None to leave it. It is asked again when another writer was faster, a bounded
    number of times.
    """
    warehouse = road.stores.warehouse
    for attempt in range(_ATTEMPTS_MAX):
        last = warehouse.current(road.connection, stage.asset, day.isoformat())
        before = last if last is not None and warehouse.holds(last) else None
        composed_day = compose(before)
        if composed_day is None:
            assert before is not None, "there is something to leave"
            return describe(duck, stage, rows_of_version(road, before), before, facts)
        relation, made = composed_day
        made = made | {"fingerprint": _fingerprint(duck, relation)}
        if before is not None and _says_the_same(before.facts, made):
            return describe(duck, stage, relation, before, facts)
        query = f"SELECT * FROM {relation} ORDER BY source_row NULLS LAST, {stage.dated_by}"
        number = 0 if last is None else last.version
        try:
            version = warehouse.write(
                road.connection, stage.asset, day.isoformat(), partial(_copy, duck, query), made, after=number
            )
            return describe(duck, stage, relation, version, facts)
        except WrittenMeanwhile:
            if attempt == _ATTEMPTS_MAX - 1:
                raise
    raise AssertionError("the loop returns or raises")


def _says_the_same(before: dict, made: dict) -> bool:
    """Tell whether a version says what the one before says: rows, whether the day is over, and on which road."""
    names = ("fingerprint", "is_complete", "is_searched")
    return all(before.get(name) == made.get(name) for name in names)


def _fingerprint(duck: duckdb.DuckDBPyConnection, relation: str) -> str:
    """Return a hash over the rows of a day, whatever their order and wherever they stand in the file."""
    told = f"SELECT CAST(told AS VARCHAR) AS told FROM (SELECT * EXCLUDE (source_row) FROM {relation}) AS told"
    query = f"SELECT sha256(coalesce(string_agg(told, chr(10) ORDER BY told), '')) FROM ({told})"
    [(mark,)] = duck.execute(query).fetchall()
    return mark


def _copy(duck: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    duck.execute(f"COPY ({query}) TO $path ({PARQUET})", {"path": str(path)})


def describe(
    duck: duckdb.DuckDBPyConnection,
    stage: ReportStage,
    relation: str,
    version: Version,
    facts: Mapping[str, str],
) -> StageResult:
    """Say what the rows of a day's version are: sums, verdicts, the document they came from."""

    def ask(query: str) -> list[dict]:
        return dicts(duck.sql(query.replace("{rows}", relation)))

    sums = _sums(stage, ask)
    shown: dict = {"rows": version.rows, "day is over": version.facts["is_complete"]}
    shown |= {f"{column} {code}": amount for (code, column), amount in sums.items()}
    document = version.facts["document"]
    return StageResult(
        facts=shown | dict(facts),
        rows_total=version.rows,
        verdicts=stage.verdicts(ask),
        links={"document": document} if document else {},
        version=version.id,
        rows=_shown(sums),
    )


def end_of(day: date) -> datetime:
    """Return the last second of a day of UTC."""
    return start_of(day + _DAY) - _SECOND


def until_of(version: Version) -> datetime:
    """Return the moment up to which a day's version surely knows what happened; it may lie behind the day's end.

    What was told again in the same words since then is not counted, so it may know more.
    """
    if "until" in version.facts:
        return datetime.fromisoformat(version.facts["until"])
    day = date.fromisoformat(version.partition)
    return end_of(day) if version.facts["is_complete"] else start_of(day)


def later_rows(road: Road, before: Version | None, day: date, end: datetime) -> str:
    """Return the rows that were taken in after a report's end as a table expression; empty when there are none."""
    if before is None or min(until_of(before), end_of(day)) <= end:
        return ""
    moment = end.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
    return f"(SELECT * FROM {rows_of_version(road, before)} WHERE updated_at > TIMESTAMP '{moment}')"


def newest(rows: str, before: str) -> str:
    """Return rows laid over those that were kept before, of each order its newest state, as a table expression."""
    return "(" + composed("newest_orders", rows=rows, before=before) + ")"


def rows_of_version(road: Road, version: Version) -> str:
    """Return the table expression of a version's rows."""
    path = str(road.stores.warehouse.path(version)).replace("'", "''")
    return f"read_parquet('{path}')"


def _relation(stage: ReportStage, day: date, file: tuple[Path, ReportFile] | None) -> str:
    """Return the table expression of a day's rows; the same columns without a row where there is no file."""
    if file is None:
        return no_rows(stage)
    where = f"CAST({stage.dated_by} AS DATE) = DATE '{day.isoformat()}'"
    return f"(SELECT * FROM {rows_relation(file[0])} WHERE {where})"


def no_rows(stage: ReportStage) -> str:
    """Return the table expression of no row with a report's columns."""
    columns = ", ".join(f"CAST(NULL AS {one.kind.sql_type}) AS {one.name}" for one in stage.table.columns)
    return f"(SELECT {columns}, CAST(NULL AS BIGINT) AS source_row WHERE false)"


def _sums(stage: ReportStage, ask: Asking) -> dict[tuple[str, str], Decimal]:
    """Return the amounts of a day by currency and column, exact."""
    code = stage.table.currency
    if not code:
        return {}
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


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield a folder that is gone afterwards."""
    with TemporaryDirectory(prefix="connector-") as folder:
        yield Path(folder)
