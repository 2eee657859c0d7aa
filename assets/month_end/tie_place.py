"""Where a tie to the ledger is made: one unit and currency, with the marketplaces and accounts that share it.

In: the settlements of a connection with their places, and its mapping. Out: a `TiePlace` per unit and currency: its
settlements since go-live, the accounts on which Amazon's debt to the seller stands (clearing, reserve, a debt held at
go-live, what is accrued, billed orders), and what the books are said to have held at go-live. Marketplaces whose money
stands on the same accounts in one currency cannot be told apart there, so they are tied together.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from assets.settlements.series import head_of, placed
from assets.stages.roadmap import Road
from ledger.accounts import AccountKey
from ledger.categories import RESERVE
from ledger.combination import Context
from ledger.ledger_tie import AtGoLive
from ledger.mapping import Mapping
from ledger.mapping_uses import account_uses
from ledger.resolution import settlement_marketplace
from ledger.series import Place
from ledger.settlement_head import SettlementHead

# What of the mapping is due from Amazon, beside clearing: reserves, debts held at go-live, accruals.
_DUE = frozenset({"clearing", RESERVE, "opening_debt", "accrued"})
_BILLED = "order_receivable"


@dataclass(frozen=True)
class Placed:
    """One settlement since go-live with its place among its sisters; `due` is the day its money was to be paid out."""

    head: SettlementHead
    place: Place
    due: date


@dataclass(frozen=True)
class TiePlace:
    """One unit and currency; `clearing` is the natural account whose items are settlements.

    `receivables` are those of `accounts` on which billed orders stand, where orders are billed.
    """

    unit: str
    currency: str
    marketplaces: tuple[str, ...]
    clearing: AccountKey
    accounts: tuple[AccountKey, ...]
    settlements: tuple[Placed, ...]
    at_go_live: AtGoLive
    receivables: tuple[AccountKey, ...] = ()

    @property
    def name(self) -> str:
        """Return it for a person: the marketplaces, and the currency."""
        return f"{', '.join(self.marketplaces) or self.unit} in {self.currency}"

    @cached_property
    def natural(self) -> frozenset[tuple[str, str]]:
        """Return unit and natural account of each account: what the ledger is asked for."""
        return frozenset((one.unit, one.account) for one in self.accounts)

    def holds(self, account: AccountKey) -> bool:
        """Tell whether an account is one of them, whatever its other segments."""
        return (account.unit, account.account) in self.natural

    def is_receivable(self, account: AccountKey) -> bool:
        """Tell whether an account is one on which billed orders stand, whatever its other segments."""
        return (account.unit, account.account) in {(one.unit, one.account) for one in self.receivables}

    def is_clearing(self, account: AccountKey) -> bool:
        """Tell whether an account is clearing, whatever its other segments."""
        return (account.unit, account.account) == (self.clearing.unit, self.clearing.account)


def tie_places(road: Road) -> list[TiePlace]:
    """Return the places of a connection, by unit and currency; none before go-live."""
    mapping, places = road.load_mapping(), placed(road)
    found: dict[tuple[str, str], list[Placed]] = defaultdict(list)
    names: dict[tuple[str, str], set[str]] = defaultdict(set)
    for record in road.stores.settlements.all(road.connection):
        head, place = head_of(record), places[record.settlement_id]
        if place.is_before_go_live:
            continue
        context = Context(head.currency, tuple(record.facts["marketplaces"]))
        marketplace = settlement_marketplace(mapping, context) or ""
        key = (mapping.owner_of(marketplace).unit, head.currency)
        due = datetime.fromisoformat(record.facts["deposit_date"] or record.facts["end"])
        found[key].append(Placed(head, place, due.astimezone(road.policy.zone).date()))
        names[key] |= {marketplace} - {""}
    return [_place(road, mapping, key, sorted(names[key]), settlements) for key, settlements in sorted(found.items())]


def due_accounts(mapping: Mapping, unit: str, *, is_billing: bool = False) -> tuple[AccountKey, ...]:
    """Return the accounts of a unit on which stands what Amazon owes; of billed orders as well, where any are."""
    return _accounts(mapping, unit, _DUE | {_BILLED} if is_billing else _DUE)


def _accounts(mapping: Mapping, unit: str, categories: frozenset[str]) -> tuple[AccountKey, ...]:
    uses = account_uses(mapping)
    return tuple(sorted({one.account for one in uses if one.category in categories and one.account.unit == unit}))


def _place(road: Road, mapping: Mapping, key: tuple[str, str], names: list[str], settlements: list[Placed]) -> TiePlace:
    unit, currency = key
    is_billing = road.policy.invoicing is not None
    settlements.sort(key=lambda one: (one.head.start, one.head.settlement_id))
    return TiePlace(
        unit=unit,
        currency=currency,
        marketplaces=tuple(names),
        clearing=mapping.clearing(names[0] if names else None),
        accounts=due_accounts(mapping, unit, is_billing=is_billing),
        settlements=tuple(settlements),
        at_go_live=_at_go_live(road, names, currency, settlements),
        receivables=_accounts(mapping, unit, frozenset({_BILLED})) if is_billing else (),
    )


def _at_go_live(road: Road, names: Iterable[str], currency: str, settlements: list[Placed]) -> AtGoLive:
    """Return what `opening` states for these marketplaces; a loan is no part of what Amazon owes."""
    wanted = {name.strip().casefold() for name in names}
    stated = [
        one for one in road.policy.opening if one.currency == currency and one.marketplace.strip().casefold() in wanted
    ]
    begun = settlements[0].head.start.astimezone(road.policy.zone).date()
    day = road.policy.books_from if isinstance(road.policy.books_from, date) else begun
    return AtGoLive(
        day,
        sum((one.reserve - one.debt for one in stated), AtGoLive.owed),
        sum((one.unpaid_payouts for one in stated), AtGoLive.unpaid),
    )
