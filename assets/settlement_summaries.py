"""Settlement summaries: what each settlement came to by Amazon's own summing up, by the day the settlement ended.

In: the settlements that are registered, and listSummary of each, every answer archived first. Out: one Parquet file per
day of UTC, a row per settlement for its net proceeds and one per part. It is fetched here, with the other days, and not
by the proof that reads it: the proof asks nobody outside, so that a person can repeat it at will.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from assets.stages.day_answers import Archiving
from assets.stages.day_files import write_day
from assets.stages.day_names import start_of
from assets.stages.days import DayOutcome, RefusedDay, days_between
from assets.stages.roadmap import Road
from assets.stages.verdicts import StageResult, Verdict
from ledger import money
from ledger.errors import SourceRefused
from resources.amazon.balances import Summary
from resources.amazon.transaction import Breakdown
from resources.store.settlements import SettlementRecord
from resources.store.warehouse import Version

TABLE = "settlement_summaries"
TOLD = "every_settlement_summed_up"
SEPARATOR = "/"
# Amazon tells of a transaction up to two days late, so of a sum as well.
_TOLD_WITHIN = timedelta(days=3)

Row = dict[str, str | None]


def fetch_summaries(road: Road, first: date, last: date) -> dict[date, DayOutcome]:
    """Fetch the summaries of the settlements that ended from a first to a last day, and stage each day.

    Raises SourceRefused or SourceUnavailable when Amazon does not answer; an answer that cannot be used refuses the day
    of its settlement.
    """
    ended: dict[date, list[SettlementRecord]] = {day: [] for day in days_between(first, last)}
    for record in road.stores.settlements.all(road.connection):
        day = day_of_end(record)
        if day in ended:
            ended[day].append(record)
    return {day: _of_day(road, day, records) for day, records in ended.items()}


def day_of_end(record: SettlementRecord) -> date:
    """Return the day of UTC on which a settlement ended."""
    return datetime.fromisoformat(record.facts["end"]).astimezone(UTC).date()


def _of_day(road: Road, day: date, records: list[SettlementRecord]) -> DayOutcome:
    archive = Archiving(road)

    rows: list[Row] = []
    refused: list[tuple[str, str]] = []
    for record in records:
        try:
            found = road.source.balances.summary(record.settlement_id, archive)
        except SourceRefused as error:
            if error.status is not None:
                raise
            refused.append((record.settlement_id, str(error)))
            continue
        rows += [row for one in found for row in _rows(record.settlement_id, one)]
    if refused:
        return RefusedDay(tuple(refused))
    return _shown(road, day, records, rows, write_day(road, TABLE, day, rows, {"documents": archive.documents}))


def _rows(settlement_id: str, one: Summary) -> Iterator[Row]:
    if one.net_proceeds is None:
        return
    currency = one.net_proceeds.currency
    shared = {
        "settlement_id": settlement_id,
        "marketplace_id": one.marketplace_id,
        "account_type": one.account_type,
        "currency": currency,
        "document": one.document,
    }
    yield {**shared, "path": "", "amount": money.text(one.net_proceeds.amount, currency)}
    for path, part in _parts(one.breakdowns):
        if part.amount is not None:
            yield {**shared, "path": path, "amount": money.text(part.amount, currency)}


def _parts(breakdowns: tuple[Breakdown, ...], above: str = "") -> Iterator[tuple[str, Breakdown]]:
    for one in breakdowns:
        path = f"{above}{SEPARATOR}{one.kind}" if above else one.kind
        yield path, one
        yield from _parts(one.parts, path)


def _shown(road: Road, day: date, records: list[SettlementRecord], rows: list[Row], version: Version) -> StageResult:
    documents = version.facts["documents"]
    net = [row for row in rows if not row["path"]]
    return StageResult(
        facts={"settlements": len(records), "summaries": len(net)},
        rows=tuple(
            {
                "settlement": str(row["settlement_id"]),
                "net proceeds": str(row["amount"]),
                "currency": str(row["currency"]),
            }
            for row in net
        ),
        rows_total=version.rows,
        verdicts=(_told(road, day, records, {row["settlement_id"] for row in net}),),
        links={"document": documents[0]} if documents else {},
        version=version.id,
    )


def _told(road: Road, day: date, records: list[SettlementRecord], told: set[str | None]) -> Verdict:
    missing = tuple({"settlement": one.settlement_id} for one in records if one.settlement_id not in told)
    if not missing:
        return Verdict(TOLD, True, f"Amazon sums up {len(records)} of {len(records)} settlements.", is_blocking=False)
    is_young = road.clock.now() - start_of(day) <= _TOLD_WITHIN
    sentence = f"Amazon tells no net proceeds of {len(missing)} of {len(records)} settlements"
    return Verdict(TOLD, False, f"{sentence}{' yet' if is_young else ''}.", False, is_young, missing)
