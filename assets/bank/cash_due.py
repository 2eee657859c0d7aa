"""Settlements whose bank line came in, or changed: asked for, so that their receipt is booked by itself.

In: everything known of payouts and bank lines, after a statement or payouts came in, or a person chose. Out: a due row
for each posted settlement whose cash entries are not those of its bank lines.
"""

from collections.abc import Iterator

from assets.bank.cash_plans import is_posted
from assets.bank.cash_sources import charge_source, charges_of, receipt_source
from assets.bank.matches import Money, charge_id, money_of
from assets.stages.resumption import POSTING_KIND
from assets.stages.roadmap import Road
from ledger.bank_matching import Match
from ledger.cash import is_booked
from ledger.journal import SourceKey
from ledger.posting import PostingState
from resources.store.settlements import SettlementRecord

_REASON = "the bank's lines of its payout came in or changed"


def ask_for_receipts(road: Road) -> list[str]:
    """Ask for what the bank has seen and the books have not, or not any more; return the settlements asked for."""
    if road.policy.bank_receipt != "connector":
        return []
    known, asked = money_of(road), []
    for record in road.stores.settlements.all(road.connection):
        waits = any(_differs(road, source, matches) for source, matches in _wanted(road, known, record))
        if waits and is_posted(road, record.settlement_id):
            asked.append(record.settlement_id)
            road.stores.due.ask(road.connection, POSTING_KIND, record.settlement_id, road.clock.now(), _REASON)
    return asked


def _wanted(road: Road, known: Money, record: SettlementRecord) -> Iterator[tuple[SourceKey, list[Match]]]:
    """Yield each cash source of a settlement with the matches of what is paid under it."""
    settlement_id = record.settlement_id
    charges = {charge_id(settlement_id, one): one for one in range(1, len(charges_of(record)) + 1)}
    payments = known.of_settlement(settlement_id)
    paid = [known.matching.of_payment(one.payment_id) for one in payments if one.payment_id not in charges]
    yield receipt_source(road, settlement_id), [one for one in paid if one is not None]
    for name, number in charges.items():
        match = known.matching.of_payment(name)
        yield charge_source(road, settlement_id, number), [match] if match else []


def _differs(road: Road, source: SourceKey, matches: list[Match]) -> bool:
    """Tell whether the entry of a source is not that of these bank lines; one that was undone waits for a person."""
    documents = road.stores.outbox.documents(source)
    if any(one.state is PostingState.REVERSED for one in documents):
        return False
    lines = [line for match in matches for line in match.lines]
    stored = [one.journal for one in documents if one.state is not PostingState.REFUSED]
    return bool(lines or stored) and not is_booked(stored, lines)
