"""What `connector check` says of the ERP's master data: whether customers and items can be read, and who is missing.

In: an ERP's reader of masters, and how the connection makes invoices. Out: sentences with a cure, none where all is
well. Nothing is matched and nothing is kept: that is `connector masters`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.policy import Invoicing
    from resources.erp.masters import MasterReader

Answer = list[tuple[bool, str, str]]  # ok, sentence, cure
_SIGHT = "Give the connector's user data access to customer accounts, or correct control_customer."


def masters_answer(reader: "MasterReader", invoicing: "Invoicing | None", now: datetime) -> Answer:
    """Ask for the accounts that invoices are billed to, and for what changed of the items since yesterday.

    Raises InputRefused for an account number that cannot be asked for, TargetUnavailable and TargetMisconfigured when
    the ERP cannot be asked.
    """
    numbers = sorted(set(invoicing.bill_to.values())) if invoicing else []
    for number in numbers:
        reader.check_number(number)
    read = reader.customers(numbers)
    items = reader.items(now - timedelta(days=1))
    if numbers and not read.control:
        return [(False, "No customer account is shown, so nothing is known to be missing.", _SIGHT)]
    missing = list(_missing(numbers, {one.number for one in read.found}, invoicing))
    if missing:
        return missing
    words = f"Customer accounts that are billed: {len(numbers)}, all there."
    return [(True, f"{words} Items can be read; {len(items)} changed since yesterday.", "")]


def _missing(numbers: list[str], found: set[str], invoicing: "Invoicing | None") -> Iterator[tuple[bool, str, str]]:
    for number in numbers:
        if number not in found:
            places = ", ".join(sorted(place for place, one in invoicing.bill_to.items() if one == number))
            sentence = f"Customer account {number} is not there, and {places} is billed to it."
            yield False, sentence, "Create the account in the ERP, or correct books.invoicing.bill_to."
