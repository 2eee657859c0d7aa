"""The proof table: each settlement's total against what stands in the ERP's books, read back at this moment.

In: a road. Out: one row per settlement. `clearing` are the clearing lines of the settlement's own posted journals as
the books hold them, `open_item` what is still open under its reference (a debt carried on is no longer open), `payout`
what must reach the bank, `bank` when it did. A settlement ties when clearing equals its total, its open item equals
the expected payout, every document is posted and no blocking check failed; money on its way changes nothing of that.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from connector_defs.demo.place import CONNECTIONS

if TYPE_CHECKING:
    from assets.bank.matches import Money
    from assets.stages.roadmap import Road

# What names a journal in every ERP: a letter and nine digits. Unit, date and settlement stand in other columns.
_JOURNAL = re.compile(r"\bA[0-9A-Z]{9}\b")
LEFT_ALONE = "before go-live, left alone"
ON_ITS_WAY = "on its way"


@dataclass(frozen=True)
class ProofRow:
    """One settlement; amounts in its own currency, None where nothing is posted on purpose."""

    connection: str
    settlement_id: str
    marketplace: str
    period: str
    currency: str
    total: Decimal
    erp: str
    journals: str
    clearing: Decimal | None
    open_item: Decimal | None
    payout: Decimal
    difference: Decimal | None
    state: str
    ties: bool
    bank: str = ""
    why: str = ""  # what speaks against it, where it does not tie


def proof(road: "Road", settlement_ids: Iterable[str]) -> list[ProofRow]:
    """Return the proof of settlements, in the order given."""
    from assets.bank.matches import money_of
    from assets.settlements.series import placed
    from connector_defs.connections import connection
    from connector_defs.project import Project

    places, known = placed(road), money_of(road)
    erp = connection(Project(), road.connection).settings.erp_name
    return [_row(road, erp, one, places[one].is_before_go_live, _at_bank(known, one)) for one in settlement_ids]


def in_order(rows: Iterable[ProofRow]) -> list[ProofRow]:
    """Return rows by connection as the demonstration names them, currency and period."""
    return sorted(
        rows, key=lambda row: (CONNECTIONS.index(row.connection), row.currency, row.period, row.settlement_id)
    )


def _at_bank(known: "Money", settlement_id: str) -> str:
    """Say when what a settlement paid out was booked at the bank; nothing where it paid nothing."""
    said = []
    for payment in known.of_settlement(settlement_id):
        if payment.amount < 0:
            continue
        found = known.matching.of_payment(payment.payment_id)
        if found is None:
            said.append(ON_ITS_WAY)
        elif found.difference:
            said.append(f"differs by {found.difference}")
        else:
            said.append(max(line.value_date for line in found.lines).isoformat())
    return ", ".join(said)


def _row(road: "Road", erp: str, settlement_id: str, is_before_go_live: bool, bank: str) -> ProofRow:
    from assets.review.approval import documents_of
    from assets.settlement_reports import registered
    from ledger import money

    facts = registered(road, settlement_id).facts
    currency = facts["currency"]
    total = money.exact(facts["total_amount"], currency)
    documents = documents_of(road, settlement_id)
    given = {
        "connection": road.connection,
        "settlement_id": settlement_id,
        "marketplace": _selling(facts["marketplaces"]),
        "period": f"{facts['start'][:10]} to {facts['end'][:10]}",
        "currency": currency,
        "total": total,
        "erp": erp,
        "journals": ", ".join(one.erp_id for one in documents if one.erp_id),
        "payout": max(total, money.exact(0, currency)),
        "bank": bank,
    }
    if is_before_go_live:
        untouched = {"clearing": None, "open_item": None, "difference": None}
        why = "journals exist, although it lies before go-live" if documents else ""
        return ProofRow(**given, **untouched, state=LEFT_ALONE, ties=not documents, why=why)
    clearing, open_item = _in_books(road, settlement_id, documents, currency)
    state = ", ".join(dict.fromkeys(str(one.state) for one in documents)) or "nothing posted"
    against = [] if state == "posted" else [f"it is {state}" if documents else state]
    if clearing != total:
        against.append(f"its clearing lines come to {clearing}, not {total}")
    if open_item != given["payout"]:
        against.append(f"{open_item} is open under its reference, not {given['payout']}")
    against += _failed_checks(road, settlement_id)
    return ProofRow(
        **given,
        clearing=clearing,
        open_item=open_item,
        difference=clearing - total,
        state=state,
        ties=not against,
        why="; ".join(against),
    )


def _in_books(road: "Road", settlement_id: str, documents: list, currency: str) -> tuple[Decimal, Decimal]:
    """Return the clearing lines of the settlement's own journals, and what is still open, as the ERP has them."""
    from assets.journals import planned_journals
    from ledger import money
    from ledger.posting import PostingState

    zero = money.exact(0, currency)
    posted = [one for one in documents if one.state is PostingState.POSTED]
    if not posted:
        return zero, zero
    planned = planned_journals(road, settlement_id)
    lines = [line for one in posted for line in road.target.read_back(one.journal).lines]
    own = [one.amount for one in lines if (one.account, one.reference) == (planned.clearing, planned.reference)]
    open_items = road.target.open_item(planned.clearing, planned.reference, settlement_id)
    return money.total(own, currency), money.exact(open_items.get(currency, zero), currency)


def _failed_checks(road: "Road", settlement_id: str) -> list[str]:
    """Return what the checks say that stop money and failed at their last look."""
    verdicts = road.stores.verdicts.latest(road.connection, settlement_id)
    failed = [one for one in verdicts if not one.passed and one.severity == "error"]
    return [f"{one.check}: {one.facts.get('sentence', 'failed')}" for one in failed]


def _selling(names: Iterable[str]) -> str:
    return ", ".join(name for name in names if name and not name.lower().startswith("non-amazon"))


def table_rows(rows: Iterable[ProofRow]) -> list[dict[str, object]]:
    """Return the rows as people read them."""
    return [
        {
            "settlement": row.settlement_id,
            "marketplace": row.marketplace,
            "period": row.period,
            "": row.currency,
            "total": row.total,
            "ERP": row.erp,
            "journals there": _journal_ids(row.journals),
            "clearing in books": row.clearing,
            "still open": row.open_item,
            "expected payout": row.payout,
            "difference": row.difference,
            "in the bank": row.bank,
            "state": row.state if row.ties or row.state != "posted" else "posted, does not tie",
        }
        for row in rows
    ]


def _journal_ids(erp_ids: str) -> str:
    """Shorten `US001 AB12CD34EF 2026-10-31` and `AMZ 24758260539 r1 p1/1 AB12CD34EF` to the journal's own name."""
    named = ((one, _JOURNAL.search(one)) for one in erp_ids.split(", ") if one)
    return ", ".join(found[0] if found else one for one, found in named)


def verdict_sentence(rows: Iterable[ProofRow]) -> str:
    """Say in one sentence what the table proves, or which settlements do not tie."""
    rows = list(rows)
    wrong = [f"\n  {row.settlement_id}: {row.why}" for row in rows if not row.ties]
    posted = [row for row in rows if row.state != LEFT_ALONE]
    if not rows:
        return "No settlement was found, so nothing is proved."
    if wrong:
        return f"{len(wrong)} of {len(rows)} settlements do not tie:{''.join(wrong)}"
    return (
        f"{len(posted)} settlements are posted{_by_erp(posted)}, each exactly once and tied to the cent; "
        f"{len(rows) - len(posted)} before go-live are left alone.{_bank_sentence(rows)}"
    )


def _by_erp(posted: Iterable[ProofRow]) -> str:
    """Say how many stand in which ERP, where there are several."""
    counted = Counter(row.erp for row in posted)
    return f" ({', '.join(f'{number} in {erp}' for erp, number in counted.items())})" if len(counted) > 1 else ""


def _bank_sentence(rows: Iterable[ProofRow]) -> str:
    said = [one for row in rows for one in row.bank.split(", ") if one]
    on_its_way, differing = said.count(ON_ITS_WAY), sum(one.startswith("differs") for one in said)
    if not said:
        return ""
    words = f" {len(said) - on_its_way - differing} of {len(said)} payouts are in the bank to the cent"
    words += f", {on_its_way} on their way" if on_its_way else ""
    return words + (f", {differing} with a difference." if differing else ".")
