"""The demonstration's bank: its statements, handed in as a person would, each account in a format of its own.

In: the seller and the folder that a connection's files are taken from. Out: one file per account of the connection:
OFX for dollars of both kinds, MT940 for pounds, CAMT.053 for euros.
"""

import os
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from assets.settlements.import_folder import BANK_FOLDER, SETTLED_SECONDS

if TYPE_CHECKING:
    from emulators.demo_seller.seller import DemoSeller

ACCOUNTS = {"amazon_us": ("USD",), "amazon_eu": ("EUR", "GBP"), "amazon_ca": ("CAD",)}
_OPENING = Decimal("1000.00")


def hand_in(seller: "DemoSeller", connection: str, folder: Path) -> None:
    """Write the statements of a connection's accounts into its import folder, old enough to be taken at once."""
    from emulators.demo_seller.bank import BANK_ACCOUNTS, bank_lines, lines_of
    from emulators.demo_seller.bank_files import write_camt053, write_mt940, write_ofx

    ofx = (write_ofx, "ofx")
    writers = {"USD": ofx, "GBP": (write_mt940, "sta"), "EUR": (write_camt053, "xml"), "CAD": ofx}
    lines = bank_lines(seller.world.histories.values(), seller.as_of)
    for currency in ACCOUNTS[connection]:
        write, ending = writers[currency]
        path = folder / BANK_FOLDER / f"{currency.lower()}-account.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(write(BANK_ACCOUNTS[currency], lines_of(lines, currency), _OPENING))
        written = path.stat().st_mtime - 2 * SETTLED_SECONDS
        os.utime(path, (written, written))
