"""Run the demonstration's outside world on loopback: Amazon with its demo seller, PeopleSoft with its demo books.

In: ports (0 for free ones), a folder for what survives a restart, a seed, the day it is seen from. Out: a context
manager with both addresses and both applications. A folder remembers its seed and day: started again tomorrow it shows
the same settlements, not a seller shifted by a day.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from emulators.amazon.app import AmazonApp
from emulators.amazon.app import build_app as build_amazon
from emulators.amazon.settings import Settings
from emulators.clock import Clock, SystemClock
from emulators.demo_seller.seller import DemoSeller, demo_seller
from emulators.faults import FaultPlan
from emulators.peoplesoft.app import PeopleSoft
from emulators.peoplesoft.app import build_app as build_peoplesoft
from emulators.peoplesoft.demo_site import OpeningBalance, demo_site
from emulators.peoplesoft.site import Site
from emulators.serve import serve
from emulators.state import State

DEMO_SEED = 7

_UNITS = {"USD": "US001", "GBP": "UK001", "EUR": "DE001"}
_RESERVE_ACCOUNT = "110700"


@dataclass(frozen=True, slots=True)
class DemoWorld:
    """Both emulators, not yet on any port."""

    seller: DemoSeller
    site: Site
    amazon: AmazonApp
    peoplesoft: PeopleSoft

    def close(self) -> None:
        """Close both emulators' files; the same folder may be opened again."""
        self.amazon.close()
        self.peoplesoft.close()


@dataclass(frozen=True, slots=True)
class ServedDemo:
    """Both emulators on loopback; addresses without a slash at the end.

    Amazon's services lie under prefixes of one address: `/lwa`, `/na`, `/eu`, `/fe`; links to documents stay on it.
    """

    world: DemoWorld
    amazon_url: str
    peoplesoft_url: str


def demo_world(
    *,
    seed: int = DEMO_SEED,
    as_of: date | None = None,
    state: Path | None = None,
    clock: Clock | None = None,
    amazon_faults: FaultPlan | None = None,
    peoplesoft_faults: FaultPlan | None = None,
    settings: Settings | None = None,
) -> DemoWorld:
    """Build both emulators; the books of PeopleSoft already hold the reserves at go-live.

    Args:
        as_of: The day the seller is seen from; today by the clock, unless the state folder remembers another.
        state: A folder; None keeps everything in memory.
    """
    clock = clock or SystemClock()
    seed, as_of = _remembered(state, seed, as_of, clock.now())
    return world_around(
        demo_seller(seed, as_of),
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
    """Build both emulators around a seller, whose world Amazon's changes; arguments as for `demo_world`."""
    opening = [
        OpeningBalance(_UNITS[one.currency], _RESERVE_ACCOUNT, one.reserve, description="Amazon reserve")
        for one in seller.openings
    ]
    first_day = min(account.books_from for account in seller.sellers)
    site = demo_site(seller.as_of, opening=opening, opening_on=first_day)
    amazon_path, peoplesoft_path = (None, None) if state is None else (state / "amazon.db", state / "peoplesoft.db")
    return DemoWorld(
        seller,
        site,
        build_amazon(seller.world, clock, amazon_faults, settings, amazon_path),
        build_peoplesoft(site, clock, peoplesoft_faults, peoplesoft_path),
    )


@contextmanager
def serve_demo(world: DemoWorld, *, port_amazon: int = 0, port_peoplesoft: int = 0) -> Iterator[ServedDemo]:
    """Serve both until the block ends.

    Raises:
        OSError: A port is taken.
    """
    with serve({"": world.amazon}, port_amazon) as amazon, serve({"": world.peoplesoft}, port_peoplesoft) as peoplesoft:
        yield ServedDemo(world, amazon.url, peoplesoft.url)


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
