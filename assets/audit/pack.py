"""The pack for auditors: everything that bears on one period of one connection, as pages that prove themselves.

In: a road and a month. Out: pages with rows, each with its count and the SHA-256 of its content, and what the pack was
made from: versions, parameters, whether the chain verifies. The same stores give the same pages; only the moment of
making differs, and that stands in one line.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.metadata import version as installed

from assets.audit.pages import (
    Row,
    approval_rows,
    change_rows,
    decision_rows,
    document_rows,
    events_for,
    opening_rows,
    report_rows,
    settlement_rows,
    total_rows,
    trail_rows,
)
from assets.settlements.listed_settlements import (
    Listed,
    Period,
    Standing,
    beside_settlements,
    listed_settlements,
    strays_of,
)
from assets.stages.roadmap import Road
from resources.store.schema import HEAD
from resources.store.verification import verify

MADE_AT = "made at"


@dataclass(frozen=True)
class Page:
    """One page: its rows in order, and the SHA-256 over them as JSON lines."""

    name: str
    rows: tuple[Row, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns in the order in which they first appear."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row)) or ("nothing",)

    @property
    def lines(self) -> list[str]:
        """Return the rows as JSON lines; amounts are text, days ISO 8601."""
        return [json.dumps(row, default=_plain, ensure_ascii=False) for row in self.rows]

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the rows as JSON lines, each ended by a line feed."""
        return hashlib.sha256("".join(f"{line}\n" for line in self.lines).encode()).hexdigest()


@dataclass(frozen=True)
class Pack:
    """All pages, the parameters they share, and whether the settlements add up."""

    parameters: dict[str, str]
    pages: tuple[Page, ...]
    is_complete: bool
    sentence: str

    def footer(self, page: Page) -> str:
        """Return the line at the foot of a page."""
        told = ", ".join(f"{name} {value}" for name, value in self.parameters.items() if name != MADE_AT)
        return f"page {page.name}: {len(page.rows)} rows, SHA-256 {page.sha256}; {told}"


def audit_pack(road: Road, period_name: str, connector: str) -> Pack:
    """Return the pack of one month; raise InputRefused for what is no month."""
    period = Period.of(period_name)
    listed = listed_settlements(road, period)
    beside = beside_settlements(road, period, listed)
    events = events_for(road, listed, beside)
    totals = tuple(total_rows(listed, beside, strays_of(road, period, listed, beside), period))
    is_complete, sentence = _sentence(listed, totals, period)
    parameters = _parameters(road, period, connector)
    verdict, verified = road.stores.audit.verify(road.connection), verify(road.stores.control)
    rows_said = verified.first_bad.sentence if verified.first_bad else "Every row and balance is what the events tell."
    summary = [{"what": name, "value": value} for name, value in parameters.items()]
    said = {"settlements": sentence, "audit trail": verdict.sentence, "control database": rows_said}
    summary += [{"what": name, "value": value} for name, value in said.items()]
    pages = {
        "summary": summary,
        "totals": totals,
        "settlements": settlement_rows(road, listed, period),
        "reports": report_rows(road, listed, period),
        "documents": document_rows(road, listed, beside, events, period),
        "decisions": decision_rows(road, listed, period),
        "opening_orders": opening_rows(road),
        "approvals": approval_rows(events, listed, beside),
        "changes": change_rows(road, period),
        "trail": trail_rows(events, listed, beside),
    }
    made = tuple(_page(name, rows) for name, rows in pages.items())
    return Pack(parameters, made, is_complete and verified.is_ok, sentence)


def _page(name: str, rows: Iterable[Row]) -> Page:
    return Page(name, tuple(rows))


def _parameters(road: Road, period: Period, connector: str) -> dict[str, str]:
    return {
        "connection": road.connection,
        "period": period.name,
        "time zone": road.policy.time_zone,
        "seller": road.seller,
        "ledger": road.ledger,
        "mapping": road.load_mapping().content_hash,
        "connector": connector,
        "tables": HEAD,
        "Dagster": installed("dagster"),
        "DuckDB": installed("duckdb"),
        MADE_AT: road.clock.now().isoformat(timespec="seconds"),
    }


# What must be zero in every currency.
_ZERO = ("left over", "left over amount", "posted less clearing", "documents without settlement")


def _sentence(listed: list[Listed], totals: tuple[Row, ...], period: Period) -> tuple[bool, str]:
    """Say how the settlements add up, and whether they do, in number and in every currency."""
    counts = " + ".join(f"{sum(one.standing is name for one in listed)} {name}" for name in Standing)
    amounts = "".join(f" {_amounts(row)}." for row in totals)
    is_right = not any(row[name] for row in totals for name in _ZERO)
    words = "" if is_right else " This does not add up: see the page totals."
    return is_right, f"{period.name}: {len(listed)} listed = {counts}.{amounts}{words}"


def _amounts(row: Row) -> str:
    added = " + ".join(str(row[f"{name} amount"]) for name in Standing)
    return f"{row['currency']} {row['listed amount']} = {added}"


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} stands on no page")
