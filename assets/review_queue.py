"""The review queue as people see it: what waits, how much money and since when, and what each decision does.

In: open items of one connection. Out: a table and a verdict for the UI, and the same words for the command line. Only
the control database is read: this costs nothing, and says the same wherever it is asked.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from assets.stages.day_names import day_of_name
from assets.stages.month_names import month_of_name
from assets.stages.verdicts import Row, StageResult, Verdict
from resources.clock import Clock
from resources.store.review import ReviewItem
from resources.store.stores import Stores

ASSET = "review_queue"
CHECK = "nothing_waits_for_a_person"

# What happens when a person resolves an item with an action; for some findings it means something of its own.
MEANINGS: dict[str, str] = {
    "retry": "Looks again: the settlement goes on when the cause is gone, else the item comes back.",
    "recheck": "Looks for the journal in the ERP: what is there is followed, what provably is not may be sent again.",
    "deleted": "Gives this journal up, once the ERP shows that it is gone; a corrected one becomes a new revision.",
    "keep": "Leaves the books as they are; this very difference is not told again.",
    "accept": "Takes it as it is, with your reason; the settlement goes on.",
    "choose": "Says which settlement is meant: begin the reason with its id and a colon.",
    "dismiss": "Ends the item and changes nothing; it is not told again.",
    "move": "Books the journal on the first open day after its closed period, and marks it as late.",
    "approve": "Lets what is planned be sent, exactly as it is; by another person than who planned it.",
    "reject": "Keeps what is planned out of the books; a `retry` of the refused journal plans it once more.",
    "repost": "Posts the settlement again as a new revision, as it would be booked now.",
}
MEANINGS_OF_CODE: dict[tuple[str, str], str] = {
    ("series_gap", "accept"): "Goes on without the missing settlement; the gap and your reason stay on record.",
    ("reserve_chain", "accept"): "Goes on with the reserve as it is; the difference and your reason stay on record.",
    ("settlement_changed", "keep"): "What was read first stays what counts; the newer document is kept aside.",
    (
        "settlement_changed",
        "accept",
    ): "The newer document counts from now on; what is posted already is compared with it.",
    ("books_differ", "accept"): "Takes this very difference in the books as right; nothing is sent or changed.",
    ("not_once", "accept"): "Takes the documents that the sentence names as right; nothing is sent or changed.",
    (
        "posting_unknown_document",
        "accept",
    ): "Takes over the ERP's document as this settlement's, on its own date; refused unless every line is as planned.",
    ("posting_refused", "retry"): "Sends the same journal again as a new revision, after looking for it in the ERP.",
    ("reversal_refused", "retry"): "Sends the same reversal again as a new revision, after looking for it in the ERP.",
    (
        "reversal_refused",
        "keep",
    ): "Gives the reversal up: the settlement stays in the books; refused once a part of it is undone.",
    ("file_refused", "retry"): "The next discovery fetches the report again; a file of your own is imported again.",
    ("discovery_failed", "retry"): "The next discovery tries again.",
    ("day_refused", "retry"): "Fetches the day again.",
    ("days_gone", "dismiss"): "Leaves these days unknown; they are told again when somebody asks for them.",
    (
        "fetch_failed",
        "retry",
    ): "Fetches today again; the days that are missing follow with the next run of the schedule.",
    ("bank_line_unclear", "choose"): "Says what the line brought: begin the reason with settlements and a colon.",
    ("bank_line_unclear", "dismiss"): "Leaves the line alone: it is matched with nothing, and not told again.",
    ("bank_line_unexplained", "choose"): "Says what the line brought: begin the reason with settlements and a colon.",
    ("bank_line_unexplained", "dismiss"): "Leaves the line alone: it is matched with nothing, and not told again.",
    ("payout_vanished", "retry"): "Fetches the day again; the item ends when Amazon tells the payout.",
    ("payout_vanished", "dismiss"): "Leaves the payout out, from the next fetch of its day on.",
    ("payout_refused", "retry"): "Fetches the day again; the item ends when the payout can be used.",
    ("payout_failed", "retry"): "Fetches the day again; the item ends when the payout went through.",
    (
        "currency_other",
        "retry",
    ): "Fetches the day again; the item ends when its amounts are in the marketplace's currency.",
    ("leaves_differ", "retry"): "Fetches the day again; the item ends when its lines add up.",
    ("settlement_elsewhere", "retry"): "The next discovery looks at the report again.",
    ("unknown_document", "retry"): "Lists the ERP's documents again at once.",
    ("erp_documents_failed", "retry"): "Lists the ERP's documents again at once.",
    ("settlement_reversed", "keep"): "The settlement stays reversed; nothing is posted again.",
    ("cash_reversed", "keep"): "The receipt stays reversed; nothing is booked again.",
    ("cash_unclear", "keep"): "Leaves the receipt to whoever booked it in the ERP; another difference is told again.",
    ("order_document_reversed", "keep"): "The document stays reversed; nothing is posted again.",
    ("input_tax_reversed", "keep"): "The tax stays waiting; nothing is claimed again.",
    ("invoice_dated_otherwise", "dismiss"): "Leaves the invoice in the month it was sent for; not told again.",
    ("cash_item_closed", "keep"): "Takes that entry for the receipt: nothing is booked beside it.",
}

_LONG_HASH = re.compile(r"[0-9a-f]{64}")
_HASH_SHOWN = 12
# What a reason for `choose` may begin with and stand in a command as it is: settlements or payouts.
_CHOSEN = re.compile(r"[\w., -]{1,100}")


def review_queue(stores: Stores, connection: str, clock: Clock) -> StageResult:
    """Return the open items of a connection as a table, and the verdict that nothing waits."""
    items = in_order(stores.review.listing(connection))
    now = clock.now()
    blocking = [one for one in items if one.is_blocking]
    rows = tuple(_row(one, now) for one in items)
    verdict = Verdict(CHECK, not items, _sentence(connection, items), is_blocking=bool(blocking), rows=rows)
    facts: dict[str, str | int | Decimal | bool] = {
        "waiting": len(items),
        "of these stopping money": len(blocking),
        "oldest": age(min((one.opened_at for one in items), default=now), now) if items else "none",
    }
    for currency, amount in sorted(stopped_sums(blocking).items()):
        facts[f"stopped, {currency}"] = amount
    return StageResult(facts, rows, len(rows), (verdict,))


def in_order(items: Sequence[ReviewItem]) -> list[ReviewItem]:
    """Return what stops money first, then the oldest first."""
    return sorted(items, key=lambda one: (not one.is_blocking, one.opened_at, one.id))


def digest(items: Sequence[ReviewItem]) -> str:
    """Return a mark of everything that the table shows of these items, their age aside."""
    shown = [
        [one.id, one.sentence, one.is_blocking, str(one.amount), *one.actions, proposal(one), next_command(one)]
        for one in items
    ]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:16]


def meaning(code: str, action: str) -> str:
    """Say what happens when an item of a code is resolved with an action."""
    return MEANINGS_OF_CODE.get((code, action)) or MEANINGS[action]


def subject(item: ReviewItem) -> str:
    """Return the settlement an item is about, or what else it is about in a word a person knows."""
    return about(item.partition)


def about(partition: str) -> str:
    """Return what a partition of our stores is in a word a person knows: a settlement, a day, a month, a file."""
    of_period = day_of_name(partition) or month_of_name(partition)
    if of_period is not None:
        return f"{of_period[0]} of {of_period[1]}"
    kind, _, name = partition.partition("-")
    if kind in ("report", "file"):
        return f"{kind} {name}"
    return "no settlement" if kind == "document" else partition or "the connection"


def amount_text(item: ReviewItem) -> str:
    """Return the money in question with its currency, or nothing where no amount is known."""
    if item.amount is None:
        return ""
    return f"{item.amount:,f} {item.details.get('currency', '')}".strip()


def origin_text(item: ReviewItem) -> str:
    """Return where a finding comes from; a mark that only tells two findings apart gives way to what it is about."""
    where = item.details.get("where") or item.origin
    return _LONG_HASH.sub(lambda found: f"document {found[0][:_HASH_SHOWN]}", where)


def age(since: datetime, now: datetime) -> str:
    """Return how long something has waited, in the unit a person would say."""
    waited = max(now - since, timedelta())
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        count = waited // length
        if count:
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "just now"


def command(item: ReviewItem, action: str) -> str:
    """Return the command that resolves an item with an action."""
    return f'connector review resolve {item.id} --action {action} --reason "{_reason(item, action)}"'


def proposal(item: ReviewItem) -> str:
    """Say what one person has proposed and another has not confirmed yet; nothing where nobody has."""
    return f" ({item.proposed_action!r} is proposed by {item.proposed_by})" if item.proposed_action else ""


def next_command(item: ReviewItem) -> str:
    """Return the command that confirms what is proposed for an item, else the one of its first action."""
    return command(item, item.proposed_action or item.actions[0])


def _reason(item: ReviewItem, action: str) -> str:
    """Return how a reason begins: with what was proposed where the reason says what is chosen."""
    chosen, colon, _ = item.proposed_reason.partition(":")
    if not colon or (action, item.proposed_action) != ("choose", "choose") or not _CHOSEN.fullmatch(chosen.strip()):
        return "..."
    return f"{chosen.strip()}: ..."


def _row(item: ReviewItem, now: datetime) -> Row:
    return {
        "item": str(item.id),
        "": "stops money" if item.is_blocking else "worth a look",
        "settlement": subject(item),
        "what it is": item.sentence,
        "amount": amount_text(item),
        "waits": age(item.opened_at, now),
        "finding": item.code,
        "actions": ", ".join(item.actions) + proposal(item),
        "to decide": next_command(item),
    }


def short_row(row: Row) -> Row:
    """Return of a row what fits beside others without a click."""
    return {name: row[name] for name in ("item", "", "settlement", "finding", "amount", "waits")}


def line(row: Row) -> tuple[str, str]:
    """Return a row as a name and a text, for where a table hides behind a click."""
    money = f"{row['']}, {row['amount']}" if row["amount"] else row[""]
    words = (
        f"{row['what it is']} ({money}; waits: {row['waits']}; actions: {row['actions']}). Decide: {row['to decide']}"
    )
    return f"item {row['item']}, {row['settlement']}", words


def _sentence(connection: str, items: Sequence[ReviewItem]) -> str:
    if not items:
        return "Nothing waits for a person."
    blocking = sum(one.is_blocking for one in items)
    counted = "1 item waits" if len(items) == 1 else f"{len(items)} items wait"
    stops = f"{blocking} of them stop money" if blocking else "none of them stops money"
    return f"{counted} for a person, {stops}. All of them: connector review list -c {connection}"


def stopped_sums(items: Sequence[ReviewItem]) -> dict[str, Decimal]:
    """Return the largest amount per settlement, added up by currency: findings of one settlement stop one money."""
    largest: dict[tuple[str, str], Decimal] = {}
    for one in items:
        currency = one.details.get("currency")
        if one.amount is not None and currency:
            key = (currency, one.partition)
            largest[key] = max(largest.get(key, Decimal(0)), abs(one.amount))
    sums: dict[str, Decimal] = {}
    for (currency, _), amount in largest.items():
        sums[currency] = sums.get(currency, Decimal(0)) + amount
    return sums
