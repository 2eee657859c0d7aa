"""A settlement held against Amazon's own summary of it: net proceeds, and what they are made of.

In: a staged settlement, and the summary that is kept of it. Out: a verdict. Whether reserves and carried debts of a
settlement are in its net proceeds no source says (the operation is of July 2026), so either may fit; a returned
transfer may be in them or not as well. The verdict says which it was.
"""

from collections.abc import Collection
from decimal import Decimal

from assets.settlement_summaries import SEPARATOR, TABLE, day_of_end
from assets.settlements.staged_settlement import Staged
from assets.stages.verdicts import Row, Verdict, nothing_compared
from ledger import money
from ledger.categories import DEBT_CARRIED, RESERVE
from ledger.source_match import CARRIED_BETWEEN

CHECK = "summary_equals_settlement"
_WHOLE = "the whole settlement"


def summary_verdict(staged: Staged) -> Verdict:
    """What the settlement came to is what Amazon sums up for it."""
    days, day = staged.days(TABLE), day_of_end(staged.record)
    if not days:
        return nothing_compared(CHECK, "No summaries are read by this connection.")
    if day < days.first:
        return nothing_compared(CHECK, f"Summaries are read from {days.first} on only.")
    told = _told(staged)
    net = next((amount for path, amount in told if not path), None)
    if net is None:
        sentence = (
            "Amazon's summary of this settlement is not kept. If it does not come by itself: connector fetch "
            f"{TABLE} --from {day} --to {day} -c {staged.road.connection}"
        )
        return Verdict(CHECK, True, sentence, is_blocking=False, is_waiting=True)
    fitting = [what for what, amount in _readings(staged).items() if amount == net]
    amount = f"{money.text(net, staged.currency)} {staged.currency}"
    if fitting:
        return Verdict(CHECK, True, f"Amazon's net proceeds of {amount} are {fitting[0]}.", is_blocking=False)
    sentence = f"Amazon's net proceeds of {amount} are neither the whole settlement nor what it is without its carries."
    return Verdict(CHECK, False, sentence, is_blocking=False, rows=tuple(_rows(staged, net, told)))


def _told(staged: Staged) -> list[tuple[str, Decimal]]:
    """Return what is told of a settlement by path, added up over marketplaces and account types."""
    day = day_of_end(staged.record)
    files = staged.days(TABLE).files(day, day)
    bound = {"settlement_id": staged.record.settlement_id, "currency": staged.currency}
    found = staged.ask("summary_of_settlement", lines=None, summaries=files, **bound)
    return [(row["path"], money.exact(row["amount"], staged.currency)) for row in found]


def _readings(staged: Staged) -> dict[str, Decimal]:
    """Return what net proceeds may be meant to hold."""
    total = money.exact(staged.record.facts["total_amount"], staged.currency)
    return {
        _WHOLE: total,
        "the settlement without reserves and carried debts": total - _sum(staged, {RESERVE, DEBT_CARRIED}),
        "the settlement without reserves, carried debts and returned transfers": total - _sum(staged, CARRIED_BETWEEN),
    }


def _sum(staged: Staged, categories: Collection[str]) -> Decimal:
    return money.total((amount for _, one, amount in staged.by_category if one in categories), staged.currency)


def _rows(staged: Staged, net: Decimal, told: list[tuple[str, Decimal]]) -> list[Row]:
    """Return each reading beside the summary, then what the summary is made of."""
    currency = staged.currency
    rows = [
        {
            "what": what,
            "settlement": money.text(amount, currency),
            "summary": money.text(net, currency),
            "difference": money.text(net - amount, currency),
        }
        for what, amount in _readings(staged).items()
    ]
    parts = [(path, amount) for path, amount in told if path and SEPARATOR not in path]
    return [*rows, *({"what": f"Amazon: {path}", "summary": money.text(one, currency)} for path, one in parts)]
