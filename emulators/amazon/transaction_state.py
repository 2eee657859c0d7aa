"""What a transaction looks like at a moment: not told yet, deferred, released, and the twin that carries a release.

In: a `TransactionRecord`, which holds a transaction's whole life, and a moment. Out: the one or two transactions that
Amazon tells of it then. A deferred one is told twice over its life: as it was posted, and once more when it is released
(https://developer-docs.amazon.com/sp-api/docs/finances-api-v2024-06-19-use-case-guide).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from emulators.amazon.history import TransactionRecord

DEFERRED, DEFERRED_RELEASED, RELEASED = "DEFERRED", "DEFERRED_RELEASED", "RELEASED"
STATUSES = (DEFERRED, DEFERRED_RELEASED, RELEASED)
# Known of the release only: what was posted before belonged to no settlement yet.
_OF_RELEASE = frozenset({"FINANCIAL_EVENT_GROUP_ID", "SETTLEMENT_ID", "DISBURSEMENT_ID"})


@dataclass(frozen=True, slots=True)
class Told:
    """One transaction as it is told at a moment."""

    record: TransactionRecord
    transaction_id: str
    posted: datetime
    status: str
    identifiers: tuple[tuple[str, str], ...]


def release_id(record: TransactionRecord) -> str:
    """Return the id of the transaction that carries a deferred one's release."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"release/{record.transaction_id}").hex


def told_at(
    record: TransactionRecord,
    now: datetime,
    names_on: Literal["expected", "swapped"] = "expected",
    group_on: Literal["release", "both"] = "release",
) -> Iterator[Told]:
    """Yield what is told of a record at a moment.

    `names_on`: no source says on which of the two DEFERRED_TRANSACTION_ID and RELEASE_TRANSACTION_ID stand; expected is
    that each names the other one's part. `group_on`: nor whether the deferred one names the group of its release.
    """
    if record.visible > now or (record.replaced is not None and record.replaced <= now):
        return
    if record.deferred_until is None:
        yield Told(record, record.transaction_id, record.posted, RELEASED, record.identifiers)
        return
    delay = record.visible - record.posted
    is_released = record.deferred_until + delay <= now
    is_named = is_released and group_on == "both"
    plain = record.identifiers if is_named else tuple(one for one in record.identifiers if one[0] not in _OF_RELEASE)
    to_release, to_deferred = ("RELEASE_TRANSACTION_ID", "DEFERRED_TRANSACTION_ID")
    if names_on == "swapped":
        to_release, to_deferred = to_deferred, to_release
    own, twin = record.transaction_id, release_id(record)
    linked = (*plain, (to_release, twin)) if is_released else plain
    yield Told(record, own, record.posted, DEFERRED_RELEASED if is_released else DEFERRED, linked)
    if is_released:
        yield Told(record, twin, record.deferred_until, RELEASED, (*record.identifiers, (to_deferred, own)))
