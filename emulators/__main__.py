"""Start the demonstration's Amazon, PeopleSoft and Fusion from a command line: `python -m emulators --state FOLDER`.

In: ports, a state folder, a seed, a day, what is to go wrong. Out: one JSON line with the addresses, and with what was
placed on purpose, as soon as all answer; then it serves until it is told to stop (Ctrl-C or SIGTERM). It listens on
loopback only and prints no credential.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

from emulators.amazon.settings import Settings
from emulators.demo import DEMO_SEED, demo_world, serve_demo
from emulators.demo_seller.disturbances import DISTURBANCES


def main(arguments: Sequence[str] | None = None, stop: threading.Event | None = None) -> int:
    """Serve until `stop` is set; without one, until a signal comes. Returns the exit code."""
    options = _options(arguments)
    if stop is None:
        stop = threading.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: stop.set())
    settings = Settings(access_token_seconds=options.access_token_seconds)
    try:
        world = demo_world(
            seed=options.seed,
            as_of=options.as_of,
            state=options.state,
            settings=settings,
            disturbances=options.disturb,
        )
        ports = {name: getattr(options, name) for name in ("port_amazon", "port_peoplesoft", "port_fusion")}
        with serve_demo(world, **ports) as served:
            addresses = {"amazon": served.amazon_url, "peoplesoft": served.peoplesoft_url, "fusion": served.fusion_url}
            placed = [asdict(one) for history in world.seller.world.histories.values() for one in history.placed]
            told = {**addresses, "as_of": world.seller.as_of.isoformat(), "placed": placed}
            sys.stdout.write(json.dumps(told, default=str) + "\n")
            sys.stdout.flush()
            stop.wait()
        world.close()
    except OSError as error:
        sys.stderr.write(f"The emulators could not start: {error}. Choose other ports or another state folder.\n")
        return 1
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m emulators", description=__doc__.partition("\n")[0])
    for name in ("amazon", "peoplesoft", "fusion"):
        parser.add_argument(f"--port-{name}", type=int, default=0, metavar="N", help="0 takes a free one (default)")
    parser.add_argument("--state", type=Path, metavar="FOLDER", help="keep tokens, quotas and books here over restarts")
    parser.add_argument("--seed", type=int, default=DEMO_SEED, help="another seed is another seller")
    parser.add_argument("--as-of", type=date.fromisoformat, metavar="YYYY-MM-DD", help="the day it is seen from")
    parser.add_argument(
        "--disturb",
        action="append",
        default=[],
        choices=DISTURBANCES,
        metavar="NAME",
        help=f"let this go wrong in the American account; may be said several times: {', '.join(DISTURBANCES)}",
    )
    parser.add_argument("--access-token-seconds", type=int, default=3600, metavar="N", help="life of access tokens")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
