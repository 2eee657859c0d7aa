"""What a connection reads by day beside its settlements: which assets, from which day on, how often.

In: the connection's settings. Out: the day stages it has, their first day and their schedules. The first day is the
same on every load as long as the settings are, because Dagster's partitions begin there.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from pydantic import BaseModel, ConfigDict

from assets.stages.day_stages import DAY_STAGES
from assets.stages.days import DayStage
from assets.stages.roadmap import EventsSource, OrdersRoad
from connector_defs.cron import CronLine
from ledger.policy import IsoDate, Policy

# Before go-live is what was sold then and reaches the seller afterwards: invoiced orders are held for a month.
BEFORE_GO_LIVE = timedelta(days=45)
# Where nothing says when the books begin.
LOOK_BACK = timedelta(days=90)


class DaySchedules(BaseModel):
    """How often what is read by day is fetched, as cron lines in UTC; each time the last days are fetched anew."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    financial_events: CronLine = "*/15 * * * *"
    orders: CronLine = "*/15 * * * *"
    fba_reimbursements: CronLine = "40 5 * * *"
    fba_returns: CronLine = "55 5 * * *"
    fba_replacements: CronLine = "58 5 * * *"
    fulfilled_shipments: CronLine = "20 * * * *"
    vat_transactions: CronLine = "10 7 3-9 * *"
    payouts: CronLine = "25 * * * *"
    expected_payouts: CronLine = "30 0,6,12,18 * * *"
    balances: CronLine = "35 3,9,15,21 * * *"
    settlement_summaries: CronLine = "45 3,9,15,21 * * *"
    fee_invoices: CronLine = "35 5 * * *"
    bank_deposits: CronLine = "50 5 * * *"
    receivable_invoices: CronLine = "3-59/15 * * * *"
    invoice_postings: CronLine = "5-59/15 * * * *"
    cost_postings: CronLine = "8-59/15 * * * *"
    return_postings: CronLine = "20 7,19 * * *"
    input_tax_postings: CronLine = "20 6,18 * * *"
    item_postings: CronLine = "28 * * * *"


class DaySources(BaseModel):
    """What is read by day beside the settlements, and from which day on; each source may be switched off."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    events_from: IsoDate | None = None
    financial_events: bool = True
    events_source: EventsSource = "transactions"
    orders: bool = True
    orders_road: OrdersRoad = "reports"
    fba_reimbursements: bool = True
    fba_returns: bool = True
    fba_replacements: bool = True
    fulfilled_shipments: bool = True
    vat_transactions: bool = False
    payouts: bool = True
    expected_payouts: bool = True
    balances: bool = True
    settlement_summaries: bool = True
    fee_invoices: bool = True
    bank_deposits: bool = True
    receivable_invoices: bool = True
    invoice_postings: bool = True
    cost_postings: bool = True
    return_postings: bool = True
    input_tax_postings: bool = True
    item_postings: bool = True
    schedules: DaySchedules = DaySchedules()


def day_stages(sources: DaySources, books: Policy) -> Mapping[str, DayStage]:
    """Return the stages that a connection has and does not switch off, by asset."""
    wanted = {name: stage for name, stage in DAY_STAGES.items() if stage.is_wanted(books)}
    return {name: stage for name, stage in wanted.items() if getattr(sources, name)}


def switched_off(sources: DaySources) -> frozenset[str]:
    """Return the sources by day that a connection does not read."""
    return frozenset(name for name in DAY_STAGES if not getattr(sources, name))


def first_day(sources: DaySources, books: Policy, now: datetime) -> date:
    """Return the day that partitions begin with.

    The setting, else 45 days before the books do; where they have no date yet, the first day of the month that lies 90
    days back, which moves once a month.
    """
    if sources.events_from is not None:
        return sources.events_from
    if isinstance(books.books_from, date):
        return books.books_from - BEFORE_GO_LIVE
    return (now.astimezone(UTC) - LOOK_BACK).date().replace(day=1)
