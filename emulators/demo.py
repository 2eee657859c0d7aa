"""Run the demonstration's outside world on loopback: Amazon with its demo seller, demo books in PeopleSoft and Fusion.

In: ports (0 for free ones), a folder for what survives a restart, a seed, the day it is seen from. Out: a context
manager with all three addresses and applications. A folder remembers its seed and day: started again tomorrow it shows
the same settlements, not a seller shifted by a day.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from emulators.amazon.app import AmazonApp
from emulators.amazon.app import build_app as build_amazon
from emulators.amazon.settings import Settings
from emulators.clock import Clock, SystemClock
from emulators.demo_seller.seller import DemoSeller, demo_seller
from emulators.demo_seller.truth import OpeningBalance as Opening
from emulators.faults import FaultPlan
from emulators.fusion import demo_site as fusion_books
from emulators.fusion.app import Fusion
from emulators.fusion.app import build_app as build_fusion
from emulators.fusion.site import Timing
from emulators.peoplesoft.app import PeopleSoft
from emulators.peoplesoft.app import build_app as build_peoplesoft
from emulators.peoplesoft.demo_site import OpeningBalance, demo_site
from emulators.peoplesoft.site import Site
from emulators.serve import serve
from emulators.state import State

DEMO_SEED = 7

# Where the money of a currency is booked: units of PeopleSoft, ledgers of Fusion.
_UNITS = {"USD": "US001", "GBP": "UK001", "EUR": "DE001"}
_LEDGERS = {"CAD": fusion_books.CA_LEDGER}
_RESERVE_ACCOUNT = "110700"
# A pod that nobody else uses, so that a demonstration need not wait for its jobs.
_QUICK = Timing(
    wait_seconds=0.4,
    running_seconds=0.2,
    load_seconds=0.4,
    import_seconds=0.6,
    output_seconds=0.2,
    autopost_after_seconds=0.5,
)


@dataclass(frozen=True, slots=True)
class DemoWorld:
    """All emulators, not yet on any port; `site` is PeopleSoft's."""

    seller: DemoSeller
    site: Site
    amazon: AmazonApp
    peoplesoft: PeopleSoft
    fusion: Fusion

    def close(self) -> None:
        """Close the emulators' files; the same folder may be opened again."""
        self.amazon.close()
        self.peoplesoft.close()
        self.fusion.close()


@dataclass(frozen=True, slots=True)
class ServedDemo:
    """All emulators on loopback; addresses without a slash at the end.

    Amazon's services lie under prefixes of one address: `/lwa`, `/na`, `/eu`, `/fe`; links to documents stay on it.
    """

    world: DemoWorld
    amazon_url: str
    peoplesoft_url: str
    fusion_url: str


def demo_world(
    *,
    seed: int = DEMO_SEED,
    as_of: date | None = None,
    state: Path | None = None,
    clock: Clock | None = None,
    amazon_faults: FaultPlan | None = None,
    peoplesoft_faults: FaultPlan | None = None,
    settings: Settings | None = None,
    disturbances: Iterable[str] = (),
) -> DemoWorld:
    """Build the emulators; the books of PeopleSoft and of Fusion already hold the reserves at go-live.

    Args:
        as_of: The day the seller is seen from; today by the clock, unless the state folder remembers another.
        state: A folder; None keeps everything in memory.
        disturbances: Names of `demo_seller.disturbances.DISTURBANCES` that happen in the American account.
    """
    clock = clock or SystemClock()
    seed, as_of = _remembered(state, seed, as_of, clock.now())
    return world_around(
        demo_seller(seed, as_of, disturbances=disturbances),
        state=state,
        clock=clock,
        amazon_faults=amazon_faults,
        peoplesoft_faults=peoplesoft_faults,
        settings=settings,
    )


def world_around(
    seller: DemoSeller,
    *,
    state: Path | None = None,
    clock: Clock | None = None,
    amazon_faults: FaultPlan | None = None,
    peoplesoft_faults: FaultPlan | None = None,
    settings: Settings | None = None,
) -> DemoWorld:
    """Build the emulators around a seller, whose world Amazon's changes; arguments as for `demo_world`."""
    site = _peoplesoft_site(seller)
    amazon_path, peoplesoft_path, fusion_path = (
        None if state is None else state / f"{name}.db" for name in ("amazon", "peoplesoft", "fusion")
    )
    return DemoWorld(
        seller,
        site,
        build_amazon(seller.world, clock, amazon_faults, settings, amazon_path),
        build_peoplesoft(site, clock, peoplesoft_faults, peoplesoft_path),
        build_fusion(_fusion_site(seller), clock, None, fusion_path),
    )


def _peoplesoft_site(seller: DemoSeller) -> Site:
    """Return the site whose books hold the reserves of the accounts that are booked in PeopleSoft."""
    own = _openings_in(seller, _UNITS)
    opening = [
        OpeningBalance(_UNITS[one.currency], _RESERVE_ACCOUNT, one.reserve, description="Amazon reserve") for one in own
    ]
    return demo_site(seller.as_of, opening=opening, opening_on=_first_day(seller, own))


def _fusion_site(seller: DemoSeller) -> fusion_books.Site:
    """Return the pod whose books hold the reserves of the accounts that are booked in Fusion."""
    own = _openings_in(seller, _LEDGERS)
    opening = [
        fusion_books.OpeningBalance(_LEDGERS[one.currency], _RESERVE_ACCOUNT, one.reserve, "Amazon reserve")
        for one in own
    ]
    return fusion_books.demo_site(seller.as_of, timing=_QUICK, opening=opening, opening_on=_first_day(seller, own))


def _openings_in(seller: DemoSeller, places: Container[str]) -> list[Opening]:
    return [one for one in seller.openings if one.currency in places]


def _first_day(seller: DemoSeller, openings: Iterable[Opening]) -> date:
    """Return the first day on which one of these accounts is booked."""
    sellers = {one.seller_id for one in openings}
    return min(account.books_from for account in seller.sellers if account.seller_id in sellers)


@contextmanager
def serve_demo(
    world: DemoWorld, *, port_amazon: int = 0, port_peoplesoft: int = 0, port_fusion: int = 0
) -> Iterator[ServedDemo]:
    """Serve all until the block ends.

    Raises:
        OSError: A port is taken.
    """
    with (
        serve({"": world.amazon}, port_amazon) as amazon,
        serve({"": world.peoplesoft}, port_peoplesoft) as peoplesoft,
        serve({"": world.fusion}, port_fusion) as fusion,
    ):
        yield ServedDemo(world, amazon.url, peoplesoft.url, fusion.url)


def _remembered(state: Path | None, seed: int, as_of: date | None, now: datetime) -> tuple[int, date]:
    today = now.astimezone(UTC).date()
    if state is None:
        return seed, as_of or today
    memory = State(state / "demo.db")
    try:
        before = memory.get("demo", "world")
        if as_of is None and before is not None and before["seed"] == seed:
            return seed, date.fromisoformat(before["as_of"])
        memory.put("demo", "world", {"seed": seed, "as_of": (as_of or today).isoformat()})
        return seed, as_of or today
    finally:
        memory.close()
