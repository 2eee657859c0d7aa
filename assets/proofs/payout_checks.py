"""What is checked of a day's payouts: each belongs to a settlement that is known, pays what that came to, and arrives.

In: the rows of one day. Out: one verdict per check with the payouts it is about. None of it stops a posting: what the
settlement came to is proved by its own lines. A payout that failed is a review item until Amazon says otherwise.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from assets.bank.payout_rows import Row
from assets.stages.currencies import currency_verdict
from assets.stages.roadmap import Road
from assets.stages.verdicts import Verdict
from ledger import money
from ledger.errors import Finding
from resources.amazon.transfers import BROKEN, NO_PAYOUT
from resources.store.settlements import SettlementRecord

STILL_TOLD, VANISHED = "no_payout_vanished", "payout_vanished"
USABLE = "every_payout_usable"
EQUAL, KNOWN, ARRIVING = "payout_equals_settlement", "settlement_known_for_every_payout", "no_payout_failed"
_ROWS_MAX = 25


def verdicts_of(road: Road, rows: Sequence[Row]) -> tuple[Verdict, ...]:
    """Return the verdicts of a day, in the order of the table of checks."""
    records = {one.settlement_id: one for one in road.stores.settlements.all(road.connection)}
    told = ((str(row["marketplace_id"]), str(row["currency"] or "")) for row in rows)
    return _equal(rows, records), _known(rows, records), _arriving(rows), currency_verdict(told, "payouts")


def _equal(rows: Sequence[Row], records: dict[str, SettlementRecord]) -> Verdict:
    """What is paid out is what the settlement came to; one of zero or less pays nothing."""
    found, differing = 0, []
    for row in rows:
        ids = settlements(row)
        if not ids or not all(one in records for one in ids):
            continue
        found += 1
        totals = [records[one].facts for one in ids]
        currency = str(row["currency"] or totals[0]["currency"])
        total = money.total((money.exact(one["total_amount"], one["currency"]) for one in totals), currency)
        is_mixed = {one["currency"] for one in totals} != {currency}
        paid = money.exact(str(row["amount"] or "0"), currency)
        expected = max(total, Decimal(0))
        # A payout that broke moves nothing; that it did is told by its own check.
        if row["status"] in BROKEN and not row["amount"]:
            continue
        if is_mixed or paid != expected or (row["status"] == NO_PAYOUT) != (expected == 0):
            differing.append(_difference(row, total, paid, currency))
    told = f"{found - len(differing)} of {found} payouts are what their settlements came to."
    return Verdict(EQUAL, not differing, told, is_blocking=False, rows=tuple(differing)).cut(_ROWS_MAX)


def _difference(row: Row, total: Decimal, paid: Decimal, currency: str) -> dict[str, str]:
    return {
        "payout": str(row["payout_id"]),
        "settlement": ", ".join(settlements(row)),
        "status": str(row["status"]),
        "settled": money.text(total, currency),
        "paid out": money.text(paid, currency),
        "difference": money.text(paid - max(total, Decimal(0)), currency),
        "currency": currency,
    }


def _known(rows: Sequence[Row], records: dict[str, SettlementRecord]) -> Verdict:
    """Every payout names a settlement, and that settlement was taken in."""
    missing = [row for row in rows if not settlements(row) or any(one not in records for one in settlements(row))]
    shown = tuple(
        {
            "payout": str(row["payout_id"]),
            "settlement": ", ".join(settlements(row)) or "(none named)",
            "status": str(row["status"]),
            "amount": str(row["amount"] or ""),
            "currency": str(row["currency"] or ""),
        }
        for row in missing
    )
    told = f"The settlements of {len(rows) - len(missing)} of {len(rows)} payouts are known."
    if missing:
        told += " Amazon may list the report a day or two later; an older one is imported as a file."
    return Verdict(KNOWN, not missing, told, is_blocking=False, rows=shown).cut(_ROWS_MAX)


def _arriving(rows: Sequence[Row]) -> Verdict:
    broken = [row for row in rows if row["status"] in BROKEN]
    if not broken:
        return Verdict(ARRIVING, True, "No payout failed or was cancelled.", is_blocking=False)
    findings = tuple(_failed(row) for row in broken)
    told = " ".join(one.sentence for one in findings[:5])
    shown = tuple({"payout": str(row["payout_id"]), "why": str(row["failure_reason"])} for row in broken)
    return Verdict(ARRIVING, False, told, is_blocking=False, rows=shown, findings=findings).cut(_ROWS_MAX)


def _failed(row: Row) -> Finding:
    reason = " ".join(str(row["failure_reason"]).split())[:120].rstrip(".")
    said = f" Amazon says: {reason}." if reason else ""
    amount = Decimal(str(row["amount"])) if row["amount"] else None
    told = f"of {row['amount']} {row['currency']} " if row["amount"] else ""
    return Finding(
        "payout_failed",
        f"Payout {row['payout_id']} {told}for settlement {', '.join(settlements(row)) or '(none named)'} is "
        f"{row['status']}.{said} The money is still with Amazon.",
        "Correct the deposit method in Seller Central. The item ends when Amazon says that the payout went through; a "
        "payout that Amazon makes anew comes with a settlement of its own, or with the next one.",
        origin=str(row["payout_id"]),
        amount=amount,
        details={"currency": row["currency"]} if row["currency"] else {},
    )


def still_told(vanished: Sequence[Row]) -> Verdict:
    """A payout that was told once is told again; one that is not stays as it was, until a person lets it go."""
    if not vanished:
        return Verdict(STILL_TOLD, True, "Every payout that was told of this day is still told.", is_blocking=False)
    findings = tuple(_not_told(row) for row in vanished)
    told = " ".join(one.sentence for one in findings[:5])
    shown = tuple({"payout": str(row["payout_id"]), "status": str(row["status"])} for row in vanished)
    return Verdict(STILL_TOLD, False, told, is_blocking=False, rows=shown, findings=findings).cut(_ROWS_MAX)


def _not_told(row: Row) -> Finding:
    told = f"of {row['amount']} {row['currency']} " if row["amount"] else ""
    return Finding(
        VANISHED,
        f"Amazon no longer tells payout {row['payout_id']} {told}for settlement "
        f"{', '.join(settlements(row)) or '(none named)'}, which it told before as {row['status']}. It stays as it "
        "was.",
        "Look for it in Seller Central, Payments. The item ends when Amazon tells the payout again; `dismiss` leaves "
        "it out from then on.",
        origin=str(row["payout_id"]),
        amount=Decimal(str(row["amount"])) if row["amount"] else None,
        details={"currency": row["currency"]} if row["currency"] else {},
    )


def all_usable(road: Road, day: date, left_out: Sequence[tuple[str, str]]) -> Verdict:
    """Every payout that is told of a day says what it must; one that does not keeps no other of its day out."""
    if not left_out:
        return Verdict(USABLE, True, "Every payout that is told of this day can be used.", is_blocking=False)
    findings = tuple(_left_out(road, day, *one) for one in left_out)
    told = " ".join(one.sentence for one in findings[:5])
    shown = tuple({"payout": name, "why": sentence} for name, sentence in left_out)
    return Verdict(USABLE, False, told, is_blocking=False, rows=shown, findings=findings).cut(_ROWS_MAX)


def _left_out(road: Road, day: date, name: str, sentence: str) -> Finding:
    return Finding(
        "payout_refused",
        f"{name} of {day} cannot be taken over: {sentence} What was kept of it before stays; the others of its day are "
        "taken over, and its month is not proved.",
        "Look at the archived answer; the day is fetched again every morning, and the item ends when the payout can be "
        f"used. By hand: `retry`, or `connector fetch payouts --from {day} --to {day} -c {road.connection}`.",
        origin=name,
    )


def settlements(row: Row) -> list[str]:
    """Return the settlements that a payout pays."""
    ids = row["settlement_ids"]
    return [str(one) for one in ids] if isinstance(ids, (list, tuple)) else []
