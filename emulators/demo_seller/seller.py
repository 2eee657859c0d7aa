"""The demonstration seller: three Amazon accounts, four currencies, the last ninety days, the same for the same seed.

In: a seed and the day it is seen from. Out: `DemoSeller`: the world for the Amazon emulator, and beside it the truth
that a reader of the files must arrive at. Three settlements lie before go-live. Nothing in it is a real seller, order
or person; every credential begins with Amazon's prefix and holds the word `demo`.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial

from emulators.amazon.history import Listing, SellerHistory
from emulators.amazon.login import ACCESS_TOKEN_START
from emulators.amazon.world import Application, Grant, Seller, World
from emulators.demo_seller.after_sales import refunds_of, reimbursements_of, returns_of
from emulators.demo_seller.catalog import PRODUCTS
from emulators.demo_seller.disturbances import disturb
from emulators.demo_seller.fee_invoices import fee_invoices_of
from emulators.demo_seller.finance_truth import SeriesTruth
from emulators.demo_seller.order_history import orders_of, unsettled_orders
from emulators.demo_seller.payouts import groups_of, payouts_of
from emulators.demo_seller.plans import Series, ca_series, de_series, uk_series, us_series
from emulators.demo_seller.publishing import publish, publish_duplicate, publish_other_report
from emulators.demo_seller.series import ChainedSettlement, make_chain
from emulators.demo_seller.transactions import open_rows, transactions_of
from emulators.demo_seller.truth import OpeningBalance, SettlementTruth, openings_of, truth_of

_NORTH_AMERICA = ("ATVPDKIKX0DER", "A2EUQ1WTGCTBG2", "A1AM78C64UM0Y8")
_CANADA = ("A2EUQ1WTGCTBG2",)
_EUROPE = (
    "A1F83G8C2ARO7P",
    "A1PA6795UKMFR9",
    "A13V1IB3VIYZZH",
    "APJ6JRA9NG5V4",
    "A1RKKUPIHCS9HS",
    "A1805IZSGTT6HS",
    "A2NODRKZP88ZB9",
    "A1C3SOZRARQ6R3",
    "AMEN7PMS3EDWL",
)


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One of the three accounts, with what a connection to it needs.

    `books_from` is the day (UTC) on which the first settlement to be posted starts; `before_go_live` the settlements
    that started earlier and are left alone.
    """

    name: str
    seller_id: str
    region: str
    marketplace_ids: tuple[str, ...]
    client_id: str
    client_secret: str
    refresh_token: str
    books_from: date
    before_go_live: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DemoSeller:
    """World and truth; `secrets` lists every credential and how access tokens begin, for a scan for leaks."""

    seed: int
    as_of: date
    world: World
    sellers: tuple[DemoAccount, ...]
    settlements: tuple[SettlementTruth, ...]
    openings: tuple[OpeningBalance, ...]
    series: tuple[SeriesTruth, ...]
    secrets: tuple[str, ...]


def demo_seller(
    seed: int, as_of: date, *, has_unknown_label: bool = False, disturbances: Iterable[str] = ()
) -> DemoSeller:
    """Build the seller as seen from a day: all settlements closed and published within the 86 days before it.

    Args:
        has_unknown_label: Let the newest US settlement hold a fee under a label that no classification knows.
        disturbances: Names of `disturbances.DISTURBANCES` to happen in the American account; `placed` of its history
            says what a check must find.
    """
    world = World()
    client_id = f"amzn1.application-oa2-client.demo{_digest(seed, 'client')[:28]}"
    client_secret = f"amzn1.oa2-cs.v1.demo-client-secret-{_digest(seed, 'secret')[:40]}"
    world.add_application(Application(client_id, {client_secret}))
    accounts: list[DemoAccount] = []
    settlements: list[SettlementTruth] = []
    finances: list[SeriesTruth] = []
    for name, region, marketplace_ids, series in (
        ("amazon_us", "na", _NORTH_AMERICA, (us_series(has_unknown_label=has_unknown_label),)),
        ("amazon_eu", "eu", _EUROPE, (uk_series(), de_series())),
        ("amazon_ca", "na", _CANADA, (ca_series(),)),
    ):
        seller_id = f"A{_digest(seed, name)[:6].upper()}DEMO{region.upper()}"
        refresh_token = f"Atzr|demo-refresh-{region}-{_digest(seed, name, 'refresh')}"
        seller = Seller(seller_id, region, "Trail and Camp Demo", marketplace_ids)
        world.add_seller(seller, Grant(refresh_token, client_id, seller_id))
        truths = _settle(world, seller_id, seed, as_of, series, finances)
        settlements += truths
        if name == "amazon_us":
            disturb(world.histories[seller_id], disturbances)
        accounts.append(
            DemoAccount(
                name=name,
                seller_id=seller_id,
                region=region,
                marketplace_ids=marketplace_ids,
                client_id=client_id,
                client_secret=client_secret,
                refresh_token=refresh_token,
                books_from=min(truth.start for truth in truths if not truth.is_before_go_live).date(),
                before_go_live=tuple(truth.settlement_id for truth in truths if truth.is_before_go_live),
            )
        )
    return DemoSeller(
        seed=seed,
        as_of=as_of,
        world=world,
        sellers=tuple(accounts),
        settlements=tuple(settlements),
        openings=tuple(openings_of(settlements)),
        series=tuple(finances),
        secrets=(client_secret, *(account.refresh_token for account in accounts), ACCESS_TOKEN_START),
    )


def _settle(
    world: World,
    seller_id: str,
    seed: int,
    as_of: date,
    all_series: tuple[Series, ...],
    finances: list[SeriesTruth],
) -> list[SettlementTruth]:
    """Make all settlements of an account, publish them and return what they come to; `finances` grows by series."""
    truths: list[SettlementTruth] = []
    for series in all_series:
        draw = random.Random(f"{seed}/{series.market.marketplace_id}")
        # Seen from another day it is another seller's history, so its ids are others too.
        ids = random.Random(f"{seed}/{series.market.marketplace_id}/{as_of}")
        first_id = 24_000_000_000 + ids.randrange(10**8, 9 * 10**8)
        chain = make_chain(
            series.market,
            series.plans,
            start=datetime.combine(as_of - timedelta(days=2 + series.days), series.changes_at, UTC),
            # An odd step: ids of both parities, which the emulator shows in both shapes of date-times.
            settlement_ids=[str(first_id + 10_007 * position) for position in range(len(series.plans))],
            reserve=series.reserve,
            draw=draw,
        )
        publish(world, seller_id, series.market, chain)
        # A generator of its own: the settlements are the same with and without orders beside them.
        draw = random.Random(f"{seed}/{series.market.marketplace_id}/{as_of}/orders")
        finances.append(_remember(world.histories[seller_id], seller_id, series, chain, as_of, draw))
        for position, link in enumerate(chain):
            is_before = position < series.before_go_live
            truths.append(truth_of(seller_id, series.market, link, is_before_go_live=is_before))
    publish_duplicate(world, seller_id)
    publish_other_report(world, seller_id)
    return truths


def _remember(
    history: SellerHistory,
    seller_id: str,
    series: Series,
    chain: list[ChainedSettlement],
    as_of: date,
    draw: random.Random,
) -> SeriesTruth:
    """Put what lies behind a chain and came of it into the history, and return what that comes to."""
    market = series.market
    closed = chain[-1].settlement.end
    unsettled = unsettled_orders(market, series.open_orders.shipped, closed, as_of, draw)
    history.listings += [
        Listing(one.sku, one.asin, one.title, (market.marketplace_id,), gtin=f"40123456{place:05d}")
        for place, one in enumerate(PRODUCTS)
    ]
    history.orders += orders_of(market, chain, unsettled, series.open_orders, as_of, draw)
    history.transactions_later.append(partial(transactions_of, market, chain, history.orders, unsettled))
    history.groups += groups_of(market, chain)
    history.payouts += payouts_of(market, chain)
    history.fee_invoices += fee_invoices_of(market, chain, as_of)
    history.balances_at_start[market.marketplace_id, market.currency] = series.reserve
    refunds = refunds_of(market, chain)
    history.refunds += refunds
    # A generator of its own again: nothing else is another with returns beside it.
    history.returns += returns_of(refunds, history.orders, random.Random(f"{market.marketplace_id}/{as_of}/returns"))
    history.reimbursements += reimbursements_of(market, chain, draw)
    rows = (*(row for order, _ in unsettled for row in order.rows), *open_rows(chain))
    return SeriesTruth(seller_id, market, tuple(chain), history.orders, rows)


def _digest(*parts: object) -> str:
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()
