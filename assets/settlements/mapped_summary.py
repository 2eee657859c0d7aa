"""What the mapped lines of a settlement show: verdicts that do not stop it, and the picture from gross to deposit.

In: what the stage has staged and resolved. Out: verdicts with the rows behind them, and labelled amounts.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from assets.settlements.series import head_of
from assets.settlements.settlement_books import Books, mapped_up_to
from assets.stages.roadmap import Road
from assets.stages.statements import dicts, statement
from assets.stages.verdicts import Verdict
from ledger import money
from ledger.categories import LENDING
from ledger.golive import loan_findings
from ledger.mapping_uses import warnings as mapping_warnings

_NAMED_MAX = 3


def labels_of(row: dict[str, Any]) -> str:
    """Return the three labels of a combination as people read them."""
    return f"{row['transaction_type']} / {row['amount_type']} / {row['amount_description']}"


def tax_verdict(duck: duckdb.DuckDBPyConnection, path: Path, books: Books) -> Verdict:
    """Collected and withheld tax meet per order; what is left is listed and goes to the seller's tax liability."""
    left = dicts(duck.sql(statement("tax_left"), params={"movements": str(path)}))
    if not left:
        return Verdict("collected_and_withheld_tax", True, "Nothing is left of pass-through tax.", is_blocking=False)
    total = money.exact(sum((row["amount"] for row in left), Decimal(0)), books.currency)
    rows = tuple(
        {
            "order": row["order_id"] or "none",
            "left": money.text(row["amount"], books.currency),
            "first row": str(row["source_row"]),
        }
        for row in left
    )
    sentence = f"{len(left)} orders leave {total} {books.currency} of tax, booked to the seller's own tax liability."
    found = " ".join((sentence, *mapping_warnings(books.mapping)))
    return Verdict("collected_and_withheld_tax", False, found, is_blocking=False, rows=rows)


def sign_verdict(odd: list[dict[str, Any]], books: Books) -> Verdict:
    """Show what has the other sign than its label usually has; it is booked all the same."""
    rows = tuple(
        {
            "labels": labels_of(row),
            "lines": str(row["lines"]),
            "amount": money.text(row["amount"], books.currency),
            "first row": str(row["first_row"]),
        }
        for row in odd
    )
    if not odd:
        return Verdict("signs_as_expected", True, "As usual.", is_blocking=False)
    named = ", ".join(row["labels"] for row in rows[:_NAMED_MAX]) + (" and others" if len(rows) > _NAMED_MAX else "")
    sentence = f"{len(odd)} kinds of lines have the other sign than usual (reversals do): {named}."
    return Verdict("signs_as_expected", False, sentence, is_blocking=False, rows=rows)


def loan_verdict(road: Road, duck: duckdb.DuckDBPyConnection, books: Books, totals: list[dict[str, Any]]) -> Verdict:
    """Hold repaid loans against what was borrowed, over the marketplace's settlements from go-live to this one."""
    check = "loan_as_opened"
    if books.place.is_before_go_live or all(row["category"] != LENDING for row in totals):
        return Verdict(check, True, "It moves no loan.", is_blocking=False)
    own = head_of(books.record)
    files = [str(road.stores.warehouse.path(one)) for one in mapped_up_to(road, books)]
    [moved] = dicts(duck.sql(statement("lending_moved"), params={"files": files}))
    findings = loan_findings(own, money.exact(moved["moved"], books.currency), road.policy)
    sentence = findings[0].sentence if findings else "No more of the loan is repaid than was borrowed."
    return Verdict(check, not findings, sentence, is_blocking=False, findings=findings)


_BARS = (
    ("Gross", ("revenue", "shipping_revenue", "gift_wrap_revenue", "liquidation")),
    ("Promotions", ("promo_rebate", "points", "goodwill")),
    (
        "Refunds",
        ("refund", "refund_shipping", "refund_gift_wrap", "a_to_z_claim", "chargeback", "restocking_fee_income"),
    ),
    ("Tax", ("tax_collected", "marketplace_tax_withheld", "tax_on_fees")),
    ("Reserve", ("reserve_movement",)),
    ("Carried", ("negative_balance_carry", "debt_recovery", "transfer_returned", "cross_account_debt", "lending")),
)


def bars(totals: list[dict[str, Any]], books: Books) -> Iterator[tuple[str, Decimal]]:
    """Yield the bars of the picture: gross, promotions, refunds, tax, fees and the rest, reserve, deposit.

    What is negative is no deposit: the debt is carried into the next settlement, or charged.
    """
    amounts = {row["category"]: row["amount"] for row in totals}
    named = {category for _, group in _BARS for category in group}
    fees = sum((amount for category, amount in amounts.items() if category not in named), Decimal(0))
    bars = [(label, sum((amounts.get(one, Decimal(0)) for one in group), Decimal(0))) for label, group in _BARS]
    bars.insert(4, ("Fees etc.", fees))
    yield from ((label, money.exact(amount, books.currency)) for label, amount in bars if amount)
    total = money.exact(books.record.facts["total_amount"], books.currency)
    yield "Deposit" if total >= 0 else "Owed", total
