"""Bank deposits: the lines of the bank's statements, one version per booking day, each with the payout it brought.

In: the statement files that were handed in. Out: one Parquet file per day over all of them, every line once. What can
belong to several payouts, and what names the marketplace and fits nothing, is a review item; nothing is guessed.
"""

from collections.abc import Sequence
from datetime import date

from assets.bank.cash_due import ask_for_receipts
from assets.bank.matches import Money, money_of
from assets.bank.statement_files import DEPOSITS, lines_with_documents, row_of_line
from assets.stages.day_files import write_day
from assets.stages.day_names import today
from assets.stages.days import DayOutcome, days_between
from assets.stages.roadmap import Road
from assets.stages.verdicts import Row, StageResult, Verdict
from ledger import money
from ledger.bank_line import BankLine
from ledger.bank_matching import UNCLEAR, UNEXPLAINED, Doubt, HandMade, Match, age_days
from ledger.errors import Finding

CHECK = "every_deposit_explained"
_ROWS_MAX = 25
_ID_LENGTH = 40


def compose_deposits(road: Road, first: date, last: date) -> dict[date, DayOutcome]:
    """Write the bank's lines of each day from all statements, and say which payout each of them brought."""
    found = lines_with_documents(road, first, last)
    known = money_of(road)
    by_day: dict[date, list[tuple[BankLine, str]]] = {day: [] for day in days_between(first, last)}
    for line, document in found:
        by_day[line.booking_date].append((line, document))
    ask_for_receipts(road)
    return {day: _staged(road, day, lines, known) for day, lines in by_day.items()}


def _staged(road: Road, day: date, lines: Sequence[tuple[BankLine, str]], known: Money) -> StageResult:
    documents = sorted({document for _, document in lines})
    rows_of_lines = (row_of_line(*one) for one in lines)
    version = write_day(road, DEPOSITS, day, rows_of_lines, {"documents": documents}, typed_by="bank_lines")
    rows = [_row(line, known) for line, _ in lines]
    shown: dict = {"lines": len(lines), "statements": len(documents)}
    for currency in sorted({line.currency for line, _ in lines}):
        amounts = [line.amount for line, _ in lines if line.currency == currency]
        shown[f"into the bank {currency}"] = money.total((one for one in amounts if one > 0), currency)
        shown[f"out of the bank {currency}"] = money.total((one for one in amounts if one < 0), currency)
    return StageResult(
        facts=shown,
        rows=tuple(rows),
        rows_total=version.rows,
        verdicts=(_explained(road, [line for line, _ in lines], known),),
        links={"document": documents[0]} if documents else {},
        version=version.id,
    )


def _row(line: BankLine, known: Money) -> Row:
    found = known.matching.of_line(line.key)
    return {
        "account": f"...{line.account_tail}",
        "value date": line.value_date.isoformat(),
        "amount": money.text(line.amount, line.currency),
        "currency": line.currency,
        "text": line.text[:80],
        "payout": _payouts(found) if found else "",
        "by": found.by if found else "",
    }


def _payouts(found: Match) -> str:
    return ", ".join(one.payment_id for one in found.payments)


def _explained(road: Road, lines: Sequence[BankLine], known: Money) -> Verdict:
    """Every line of the marketplace's brought a payout, or a charge, and only one is possible."""
    matching, keys = known.matching, {line.key for line in lines}
    matched = [line for line in lines if matching.of_line(line.key)]
    doubts = {line.key: doubt for doubt in matching.doubts for line in doubt.lines if line.key in keys}
    now = today(road.clock)
    not_taken = {one.line_key: one for one in matching.refused_by_hand}
    findings = [_unclear(line, doubts[line.key], not_taken.get(line.key)) for line in lines if line.key in doubts]
    rest = [line for line in lines if line.key not in doubts and line not in matched]
    rest = [line for line in rest if line.names_marketplace(known.payers) and line.key not in known.left_alone]
    findings += [_unexplained(line, not_taken.get(line.key)) for line in rest]
    rows = tuple(
        {
            "account": f"...{line.account_tail}",
            "value date": line.value_date.isoformat(),
            "amount": money.text(line.amount, line.currency),
            "currency": line.currency,
            "days": str(age_days(line.value_date, now)),
            "why": doubts[line.key].sentence if line.key in doubts else "no payout of that amount within its days",
        }
        for line in lines
        if line.key in doubts or line in rest
    )
    told = f"{len(matched)} of {len(lines)} lines brought a payout or a charge that is known."
    if rows:
        told += f" {len(rows)} are the marketplace's, or may be, and are not explained."
    return Verdict(CHECK, not rows, told, is_blocking=False, rows=rows, findings=tuple(findings)).cut(_ROWS_MAX)


_CHOOSE = (
    "Resolve it with `choose`, the reason beginning with the settlement or payout it brought (several with blanks "
    "between them): `24758260539: the second of that day`. `dismiss` leaves the line alone."
)


def _unclear(line: BankLine, doubt: Doubt, not_taken: HandMade | None) -> Finding:
    candidates = ", ".join(one.payment_id for one in doubt.payments) or "none"
    told = f"{doubt.sentence} Payouts that may be meant: {candidates}.{_why_not(not_taken)}"
    return _finding(UNCLEAR, line, told)


def _unexplained(line: BankLine, not_taken: HandMade | None) -> Finding:
    amount = f"{money.text(line.amount, line.currency)} {line.currency}"
    return _finding(
        UNEXPLAINED,
        line,
        f"The bank booked {amount} of the marketplace on {line.booking_date} (account "
        f"...{line.account_tail}), and no payout or charge of that amount is known within its days."
        f"{_why_not(not_taken)}",
    )


def _why_not(not_taken: HandMade | None) -> str:
    """Say of a person's choice that it could not be followed; without a word it would look as if it were lost."""
    if not_taken is None:
        return ""
    ids = ", ".join(one[:_ID_LENGTH] for one in not_taken.payment_ids) or "nothing"
    return (
        f" {ids} was chosen and could not be taken: each must be a known payout or charge, or the settlement of exactly"
        " one, in the line's currency, and not be another line's already."
    )


def _finding(code: str, line: BankLine, sentence: str) -> Finding:
    return Finding(code, sentence, _CHOOSE, origin=line.key, amount=line.amount, details={"currency": line.currency})
