"""What Amazon owes a seller and how it came to be: listBalances and listSummary of the Finances API 2024-06-19.

In: a day, a settlement or a period. Out: a tree of balances per marketplace and account type, and sums with the tree of
what they are made of; complete or not at all. The balance at the end of a month is the marketplace's own word for what
the clearing, reserve and accrual accounts hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from ledger.errors import SourceRefused
from resources.amazon.answers import Answer, misshapen, needed_text, object_of, objects_of, possible_moment_of, text_of
from resources.amazon.door import Door
from resources.amazon.paged import Archive, Listed, Listing, listed
from resources.amazon.stated import Stated, day_of, settlements_of, shown, stated_of
from resources.amazon.transaction import Breakdown

TOTAL = "TOTAL"
_BALANCES = Listing("listBalances", "/finances/2024-06-19/balances", "balances")
_SUMMARIES = Listing("listSummary", "/finances/2024-06-19/summary", "summaries")
_DEPTH_MAX = 20


@dataclass(frozen=True, slots=True)
class Balance:
    """One balance and those it is made of: TOTAL is AVAILABLE and RESERVED, RESERVED is DEFERRED and the rest."""

    kind: str
    stated: Stated
    parts: tuple[Balance, ...] = ()

    def walk(self) -> Iterator[Balance]:
        """Yield this balance and all below it."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def amount(self, kind: str) -> Decimal | None:
        """Return the amount of a kind of balance in this tree; None where the tree has none."""
        return next((one.stated.amount for one in self.walk() if one.kind == kind), None)

    @property
    def difference(self) -> Decimal:
        """Return how much the balance is more than its parts, zero without parts; nothing forces Amazon to agree."""
        if not self.parts:
            return Decimal(0)
        return self.stated.amount - sum((part.stated.amount for part in self.parts), Decimal(0))


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """The balances of one account type in one marketplace: at the end of `as_of`, or as `updated` tells, now."""

    marketplace_id: str
    account_type: str
    total: Balance
    as_of: date | None
    updated: datetime | None
    document: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What a settlement or a period came to, and from what; `net_proceeds` is None where Amazon states none."""

    marketplace_id: str
    account_type: str
    net_proceeds: Stated | None
    breakdowns: tuple[Breakdown, ...]
    settlement_ids: tuple[str, ...]
    period_start: date | None
    period_end: date | None
    document: str


class Balances:
    """Balances and summaries of one connection, of all its marketplaces and account types.

    Args:
        door: Calls the operations.
    """

    def __init__(self, door: Door) -> None:
        self._door = door

    def balances(self, archive: Archive, as_of: date | None = None) -> tuple[AccountBalance, ...]:
        """Return what Amazon owes at the end of a day, or now.

        `archive` is handed every answer before anything looks inside it, and returns the name it is kept under.

        Raises:
            SourceRefused: A person has to act; without `status` an answer is not of the documented shape.
            SourceUnavailable: Throttled or out of order beyond all attempts, or the pages do not come to an end.
        """
        day = {} if as_of is None else {"asOfDate": as_of.isoformat()}
        connection = self._door.connection
        found = listed(self._door, _BALANCES, {"balanceType": TOTAL, **day}, archive)
        read = tuple(_balance_of(connection, one) for one in found)
        # Today's balance taken for that of a month's end would prove nothing and look like a proof.
        if as_of is not None and any(one.as_of != as_of for one in read):
            raise misshapen(connection, f"listBalances was asked for {as_of} and answers for another day")
        return read

    def summary(self, settlement_id: str, archive: Archive) -> tuple[Summary, ...]:
        """Return what a settlement came to; nothing where Amazon knows none of that id. Raises as `balances`."""
        assert settlement_id, "without an id every settlement would be summed up"
        wanted = {"relatedIdentifierName": "SETTLEMENT_ID", "relatedIdentifierValue": settlement_id}
        try:
            found = self._summaries(wanted, archive)
        except SourceRefused as refused:
            if refused.status == 404:
                return ()
            raise
        if any(one.settlement_ids and settlement_id not in one.settlement_ids for one in found):
            raise misshapen(self._door.connection, "listSummary answers with another settlement than was asked for")
        return found

    def period_summary(self, first: date, last: date, archive: Archive) -> tuple[Summary, ...]:
        """Return what a span of days came to, both ends included. Raises as `balances`."""
        assert first <= last, "dates run forwards"
        return self._summaries({"periodStart": first.isoformat(), "periodEnd": last.isoformat()}, archive)

    def _summaries(self, parameters: Mapping[str, str], archive: Archive) -> tuple[Summary, ...]:
        found = listed(self._door, _SUMMARIES, parameters, archive)
        return tuple(_summary_of(self._door.connection, one) for one in found)


def _balance_of(connection: str, one: Listed) -> AccountBalance:
    partner = object_of(connection, one.answer, "partnerMetadata")
    marketplace_id = text_of(connection, partner, "marketplaceId") or ""
    total = _tree(connection, one.answer, f"marketplace {shown(marketplace_id)}")
    if total.kind != TOTAL:
        raise misshapen(connection, f"listBalances was asked for {TOTAL} and answers with {shown(total.kind)}")
    if any(part.stated.currency != total.stated.currency for part in total.walk()):
        raise misshapen(connection, "a balance has parts in another currency")
    return AccountBalance(
        marketplace_id=marketplace_id,
        account_type=text_of(connection, partner, "accountType") or "",
        total=total,
        as_of=day_of(connection, one.answer, "asOfDate", "a balance"),
        updated=possible_moment_of(connection, one.answer, "lastUpdatedTime"),
        document=one.document,
    )


def _tree(connection: str, answer: Answer, what: str, depth: int = 0) -> Balance:
    if depth > _DEPTH_MAX:
        raise misshapen(connection, f"the balances of {what} do not come to an end")
    kind = needed_text(connection, answer, "balanceType")
    stated = stated_of(connection, answer, "amount", f"balance {shown(kind)} of {what}")
    if stated is None:
        raise misshapen(connection, f"balance {shown(kind)} of {what} has no amount")
    below = objects_of(connection, answer, "balances")
    return Balance(kind, stated, tuple(_tree(connection, part, what, depth + 1) for part in below))


def _summary_of(connection: str, one: Listed) -> Summary:
    partner = object_of(connection, one.answer, "partnerMetadata")
    settlement_ids = settlements_of(connection, one.answer)
    what = f"the summary of {', '.join(map(shown, settlement_ids)) or 'a period'}"
    net = stated_of(connection, one.answer, "netProceeds", what)
    return Summary(
        marketplace_id=text_of(connection, partner, "marketplaceId") or "",
        account_type=text_of(connection, partner, "accountType") or "",
        net_proceeds=net,
        breakdowns=_Tree(connection, what, net.currency if net else "").nodes(one.answer),
        settlement_ids=settlement_ids,
        period_start=day_of(connection, one.answer, "periodStart", what),
        period_end=day_of(connection, one.answer, "periodEnd", what),
        document=one.document,
    )


class _Tree:
    """Reads the breakdowns of one summary; the first currency named is the only one it may have."""

    def __init__(self, connection: str, what: str, currency: str) -> None:
        self._connection = connection
        self._what = what
        self._currency = currency

    def nodes(self, answer: Answer, depth: int = 0) -> tuple[Breakdown, ...]:
        """Return the nodes below an answer or a node."""
        if depth > _DEPTH_MAX:
            raise misshapen(self._connection, f"the breakdowns of {self._what} do not come to an end")
        return tuple(self._node(one, depth) for one in objects_of(self._connection, answer, "breakdowns"))

    def _node(self, node: Answer, depth: int) -> Breakdown:
        stated = stated_of(self._connection, node, "breakdownAmount", self._what)
        if stated is not None:
            self._currency = self._currency or stated.currency
            if stated.currency != self._currency:
                raise misshapen(self._connection, f"{self._what} has parts in another currency than the rest")
        kind = " ".join((text_of(self._connection, node, "breakdownType") or "(unnamed)").split())
        return Breakdown(kind, stated.amount if stated else None, self.nodes(node, depth + 1))
