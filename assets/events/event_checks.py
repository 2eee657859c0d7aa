"""What is checked of a day's financial events; none of it stops the day, what stops money is a review item of its own.

In: the day's transactions as rows, those that came twice with other content, those no longer told. Out: one verdict per
check, with the transactions or names it is about.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal

from assets.events.event_rows import EventRows
from assets.stages.currencies import currency_verdict
from assets.stages.verdicts import Row, Verdict
from ledger import money
from ledger.errors import Finding
from ledger.event_classification import classify_event
from ledger.event_leaves import DIFFERENCE_PATH
from ledger.mapping import Mapping, category_of

ROWS_MAX = 25
# Beyond that the answers have changed their shape, and one item says so for all.
_ITEMS_MAX = 20


def verdicts_of(
    day: date,
    events: Sequence[EventRows],
    changed: Collection[str],
    vanished: Sequence[str],
    kept_since: date,
    mapping: Mapping | None = None,
) -> tuple[Verdict, ...]:
    """Return the verdicts of a day, in the order of the table of checks; `kept_since` as Amazon documents it.

    `mapping` names categories of its own; None where it cannot be read now.
    """
    return (
        _leaves(day, events),
        _classified(events, mapping),
        _statuses(events),
        _once(events, changed),
        _vanished(day, vanished),
        _still_kept(day, events, kept_since),
        currency_verdict(
            ((one.transaction.marketplace_id, one.transaction.currency) for one in events), f"transactions of {day}"
        ),
    )


def _leaves(day: date, events: Sequence[EventRows]) -> Verdict:
    differing = [one for one in events if one.difference]
    if not differing:
        return _fine("leaves_sum_to_total", f"The lines of {len(events)} transactions add up to their totals.")
    rows = tuple(
        {
            "transaction": one.transaction.transaction_id,
            "type": one.transaction.kind,
            "total": money.text(one.total, one.transaction.currency),
            "difference": money.text(one.difference, one.transaction.currency),
            "currency": one.transaction.currency,
        }
        for one in differing
    )
    sentence = (
        f"The lines of {len(differing)} of {len(events)} transactions do not add up to their totals; each difference"
        f" is a line of its own, {DIFFERENCE_PATH}."
    )
    findings = tuple(map(_differs, differing)) if len(differing) <= _ITEMS_MAX else (_many_differ(day, len(differing)),)
    return Verdict("leaves_sum_to_total", False, sentence, is_blocking=False, rows=rows[:ROWS_MAX], findings=findings)


def _differs(event: EventRows) -> Finding:
    one = event.transaction
    total, lines = (money.text(amount, one.currency) for amount in (event.total, event.total - event.difference))
    return Finding(
        "leaves_differ",
        f"Transaction {one.transaction_id} ({one.kind or 'no type'}) comes to {total} {one.currency}, its lines come to"
        f" {lines}. The difference is staged as a line of its own, which nothing classifies.",
        "Compare the archived answer with the transaction in Seller Central. `retry` fetches the day again; the item"
        " ends when Amazon tells lines that add up.",
        origin=one.transaction_id,
        amount=event.difference,
        details={"currency": one.currency},
    )


def _many_differ(day: date, count: int) -> Finding:
    return Finding(
        "leaves_differ",
        f"The lines of {count} transactions posted on {day} do not add up to their totals. Amazon tells them in a shape"
        " that is not known here.",
        "Look at the archived answer, and please report it as a fault of the connector. `retry` fetches the day again.",
        origin=f"transactions of {day}",
    )


def _classified(events: Sequence[EventRows], mapping: Mapping | None) -> Verdict:
    """Lines without money need no category; the mapping may name what is not shipped."""
    unknown: dict[tuple[str, str, str], list[Decimal]] = defaultdict(list)
    for event in events:
        for row in event.rows:
            kind, path, amount = str(row["transaction_type"]), str(row["leaf_path"]), Decimal(str(row["amount"]))
            if amount and classify_event(kind, path) is None and not _is_named(kind, path, mapping):
                unknown[kind, path, event.transaction.currency].append(amount)
    if not unknown:
        return _fine("every_leaf_classified", "Every line with money in it has a category.")
    rows = tuple(
        {
            "type": kind,
            "line": path or "(the total alone)",
            "lines": str(len(amounts)),
            "amount": money.text(money.total(amounts, currency), currency),
            "currency": currency,
        }
        for (kind, path, currency), amounts in sorted(unknown.items())
    )
    sentence = f"{len(unknown)} kinds of lines have no category; what counts on them waits until they have one."
    return Verdict("every_leaf_classified", False, sentence, is_blocking=False, rows=rows[:ROWS_MAX])


def _is_named(kind: str, path: str, mapping: Mapping | None) -> bool:
    return mapping is not None and category_of(kind, "", path, mapping, is_event=True) is not None


def _statuses(events: Sequence[EventRows]) -> Verdict:
    untold = [one for one in events if not one.standing.is_told and one.standing.is_known]
    unknown = [one for one in events if not one.standing.is_known]
    if not untold and not unknown:
        return _fine("statuses_known", f"All {len(events)} transactions have a status that is known.")
    words = []
    if untold:
        words.append(f"{len(untold)} transactions have no status and count as released.")
    if unknown:
        words.append(
            f"{len(unknown)} have a status that is not known, or none beside another transaction, and count neither as"
            " cash nor as sales."
        )
    rows = tuple(
        {
            "transaction": one.transaction.transaction_id,
            "type": one.transaction.kind,
            "status": one.standing.status if one.standing.is_told else "(none)",
        }
        for one in (*untold, *unknown)
    )
    return Verdict("statuses_known", False, " ".join(words), is_blocking=False, rows=rows[:ROWS_MAX])


def _once(events: Sequence[EventRows], changed: Collection[str]) -> Verdict:
    if not changed:
        return _fine("each_transaction_once", f"Each of {len(events)} transactions came once, or in the same words.")
    sentence = f"{len(changed)} transactions came twice in one fetch with other content; the later answer counts."
    return Verdict("each_transaction_once", False, sentence, is_blocking=False, rows=_named(sorted(changed)))


def _vanished(day: date, vanished: Sequence[str]) -> Verdict:
    if not vanished:
        return _fine("no_transaction_vanished", "Every transaction that was told of this day is still told.")
    sentence = (
        f"{len(vanished)} transactions that Amazon once told of {day} are not told any more. They are kept out; earlier"
        " versions of the day still hold them."
    )
    return Verdict("no_transaction_vanished", False, sentence, is_blocking=False, rows=_named(vanished))


def _still_kept(day: date, events: Sequence[EventRows], kept_since: date) -> Verdict:
    """Nothing may be what happened, or what is left of it."""
    if events or day >= kept_since:
        return _fine("day_still_kept", "The day has transactions, or is young enough for Amazon to have them.")
    sentence = (
        f"Amazon told nothing of {day}. For its older API it says that it keeps events from {kept_since} on, for this"
        " one it says nothing: a day without any may be one that it keeps no more."
    )
    return Verdict("day_still_kept", False, sentence, is_blocking=False)


def _named(ids: Sequence[str]) -> tuple[Row, ...]:
    return tuple({"transaction": one} for one in ids[:ROWS_MAX])


def _fine(check: str, sentence: str) -> Verdict:
    return Verdict(check, True, sentence, is_blocking=False)
