"""Amounts in another currency than their marketplace keeps its accounts in: told, and a person looks.

In: marketplaces, by id or by name, with the currency of what was told of them. Out: a verdict that stops no day. A
settlement is paid in the currency of its marketplace, so another one is a mistake of somebody's, or a rule that is new.
"""

from collections.abc import Iterable

from assets.stages.verdicts import Row, Verdict
from ledger.errors import Finding
from resources.amazon.marketplaces import marketplace, marketplace_named

CHECK, CODE = "currency_of_marketplace", "currency_other"
_ROWS_MAX = 25


def currency_verdict(found: Iterable[tuple[str, str]], origin: str) -> Verdict:
    """Return the verdict on (marketplace, currency) pairs; a marketplace nobody knows is told elsewhere."""
    strange: set[tuple[str, str, str]] = set()
    for name, currency in found:
        place = marketplace(name) or marketplace_named(name)
        if place is not None and currency and currency != place.currency:
            strange.add((place.settlement_name, currency, place.currency))
    if not strange:
        return Verdict(CHECK, True, "Every amount is in the currency of its marketplace.", is_blocking=False)
    rows: tuple[Row, ...] = tuple(
        {"marketplace": name, "currency": told, "keeps its accounts in": own} for name, told, own in sorted(strange)
    )
    words = ", ".join(f"{name} in {told} instead of {own}" for name, told, own in sorted(strange))
    finding = Finding(
        CODE,
        f"Amounts are told in a currency that is not the marketplace's: {words}. They are kept as told.",
        "Compare the archived answer with Seller Central. `retry` fetches the day again; the item ends when Amazon"
        " tells them in the marketplace's own currency.",
        origin=origin,
    )
    return Verdict(CHECK, False, finding.sentence, is_blocking=False, rows=rows, findings=(finding,)).cut(_ROWS_MAX)
