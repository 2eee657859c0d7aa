"""A British account by hand for the emulated Amazon of `bench.py`: two settlements, one open period, few transactions.

The first settlement pays 70.00 of 100.00, the second is negative, the third is open and charged with its debt.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from emulators.amazon.history import GroupRecord, Leaf, PayoutRecord, TransactionItem, TransactionRecord
from emulators.amazon.world import World
from tests.emulators.amazon.bench import NOW, Bench, make_bench, small_world

UK, DE = "A1F83G8C2ARO7P", "A1PA6795UKMFR9"
SELLER = "ADEMOEU"
FIRST = NOW - timedelta(days=35)
SECOND, OPEN = FIRST + timedelta(days=14), FIRST + timedelta(days=28)
D = Decimal

GROUPS = (
    GroupRecord("G1", UK, "GBP", FIRST, SECOND, "901", D("20.00"), D("0.00"), D("30.00"), D("70.00")),
    GroupRecord("G2", UK, "GBP", SECOND, OPEN, "902", D("30.00"), D("0.00"), D("0.00"), D("-15.00")),
    GroupRecord("G3", UK, "GBP", OPEN, debt_carried=D("15.00")),
)


def sold(number: int, amount: str, posted: datetime, group: str = "", **changes: Any) -> TransactionRecord:
    """Make a sale of one item, shown twenty minutes after it was posted."""
    leaf = Leaf(("ProductCharges", "OurPricePrincipal"), D(amount))
    names = (("FINANCIAL_EVENT_GROUP_ID", group),) if group else ()
    settlement = {"G1": "901", "G2": "902"}.get(group)
    names += (("SETTLEMENT_ID", settlement),) if settlement else ()
    plain = TransactionRecord(
        transaction_id=f"T{number}",
        transaction_type="Shipment",
        description="Order Payment",
        posted=posted,
        visible=posted + timedelta(minutes=20),
        currency="GBP",
        marketplace_id=UK,
        marketplace_name="Amazon.co.uk",
        leaves=(Leaf(("Sales", "ProductCharges"), D(amount)),),
        items=(TransactionItem((leaf,), "MUG", "B0DEMOMUG1", 2, "AFN", identifiers=()),),
        identifiers=(("ORDER_ID", f"202-0000000-{number:07d}"), ("SHIPMENT_ID", f"S{number}"), *names),
    )
    return replace(plain, **changes)


def charged(number: int, kind: str, path: tuple[str, ...], amount: str, posted: datetime, group: str) -> Any:
    """Make a transaction without an order and without items."""
    made = sold(number, amount, posted, group, transaction_type=kind, description=path[-1], items=())
    return replace(made, leaves=(Leaf(path, D(amount)),), identifiers=made.identifiers[2:])


TRANSACTIONS = (
    sold(1, "90.00", FIRST + timedelta(days=1), "G1"),
    # Shipped in the first period, released in the second.
    sold(2, "40.00", SECOND - timedelta(days=3), "G2", deferred_until=SECOND + timedelta(days=4)),
    charged(3, "ServiceFee", ("Subscription", "Base"), "-10.00", FIRST + timedelta(days=2), "G1"),
    charged(4, "ProductAdsPayment", ("TransactionTotalAmount",), "-85.00", SECOND + timedelta(days=6), "G2"),
    charged(5, "DebtRecovery", ("DebtPayment",), "15.00", OPEN + timedelta(minutes=7), "G3"),
    sold(6, "60.00", OPEN + timedelta(days=2), "G3", deferred_until=NOW + timedelta(days=3)),
    sold(7, "25.00", OPEN + timedelta(days=3), "G3"),
)


def payout(number: int, amount: str, group: GroupRecord, **changes: Any) -> PayoutRecord:
    """Make the payout of a group, paid two days after its end."""
    assert group.end is not None
    end = group.end
    plain = PayoutRecord(
        payout_id=group.settlement_id,
        settlement_id=group.settlement_id,
        marketplace_id=group.marketplace_id,
        currency=group.currency,
        amount=D(amount),
        created=end,
        period_start=group.start,
        period_end=end,
        statuses=(("STARTED", end), ("IN_TRANSIT", end + timedelta(hours=9)), ("PAID", end + timedelta(days=2))),
        trace_id=f"TRACE{number}",
        account_tail="902",
        rail="FASTER_PAYMENTS",
        group_id=group.group_id,
    )
    return replace(plain, **changes)


def payouts() -> list[PayoutRecord]:
    """Return one paid, one that pays nothing, and three of Germany: under way, failed, changed into pounds."""
    german = replace(GROUPS[1], marketplace_id=DE, currency="EUR", settlement_id="911", group_id="H1")
    late = replace(german, end=NOW - timedelta(days=1), settlement_id="912", group_id="H2")
    old = replace(german, end=FIRST, start=FIRST - timedelta(days=14), settlement_id="910", group_id="H0")
    assert german.end is not None
    failed = (("STARTED", german.end), ("IN_TRANSIT", german.end), ("FAILED", german.end + timedelta(days=1)))
    return [
        payout(1, "70.00", GROUPS[0]),
        payout(2, "-15.00", GROUPS[1], statuses=(("NO_PAYOUT", OPEN),), trace_id="", account_tail=""),
        payout(3, "50.10", late),
        payout(4, "33.33", german, statuses=failed),
        payout(5, "12.00", old, converted=(D("10.33"), "GBP")),
    ]


def finance_world() -> World:
    """Return the two sellers with this history for the European one."""
    world = small_world()
    history = world.histories[SELLER]
    history.groups += GROUPS
    history.transactions += TRANSACTIONS
    history.payouts += payouts()
    history.balances_at_start[UK, "GBP"] = D("20.00")
    return world


def finance_bench(**settings: Any) -> Bench:
    """Build an emulator with this history."""
    return make_bench(finance_world(), **settings)


def every_page(bench: Bench, path: str, name: str, token_name: str = "nextToken", **params: Any) -> list[Any]:
    """Follow the tokens to the end and return everything; quotas are waited for."""
    found: list[Any] = []
    token: str | None = None
    for _ in range(50):
        answer = bench.call(path, params={**params, **({token_name: token} if token else {})})
        assert answer.status_code == 200, answer.text
        body = answer.json().get("payload", answer.json())
        found += body[name]
        token = body.get(token_name)
        if token is None:
            return found
        bench.clock.advance(3)
    raise AssertionError("The pages do not end.")
