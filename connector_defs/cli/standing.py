"""Where a settlement stands, as one row: for `post`, `export` and the demo's proof.

In: the road and a settlement. Out: state of its documents, ERP ids, what stopped it and what to do. Everything is read
from the stores; nothing is asked of marketplace or ERP.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connector_defs.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from assets.stages.roadmap import Road
    from ledger.errors import ConnectorError
    from ledger.journal import SourceKey
    from resources.store.outbox import OutboxDocument
    from resources.store.review import ReviewItem

BEFORE_GO_LIVE = "before go-live"
NOTHING_TO_POST = "nothing to post"
NOT_STARTED = "not started"
_AT_WORK = frozenset({"sent", "importing"})
_AT_REST = frozenset({"posted", "reversed"})


@dataclass(frozen=True)
class Standing:
    """One settlement: `state` is a posting state or one of the words above; `waits_for` says what would end a stop."""

    settlement_id: str
    period: str
    currency: str
    total: str
    state: str
    documents: str
    waits_for: str
    exit_code: ExitCode

    @property
    def row(self) -> dict[str, str]:
        """Return the row that people and machines read."""
        return {name: value for name, value in vars(self).items() if name != "exit_code"}


def standing(
    road: "Road", settlement_id: str, *, is_before_go_live: bool, error: str = "", code: int = 0, told: str = ""
) -> Standing:
    """Return where a settlement stands now.

    `error` and its `code` tell what ended the last attempt; `told` is what that attempt says of documents under way.
    """
    from assets.bank.cash_sources import cash_sets
    from assets.posting.document_sets import undoing_of
    from assets.review.approval import documents_of

    documents = documents_of(road, settlement_id)
    state = _state(documents, is_before_go_live)
    undoing = undoing_of(road, documents)
    if undoing is not None and undoing.is_under_way:
        documents = [*documents, *undoing.documents]
        state = f"{state}; reversal {_state(list(undoing.documents), is_before_go_live)}"
    for cash in cash_sets(road, settlement_id):
        documents = [*documents, *cash]
        state = f"{state}; receipt {_state(cash, is_before_go_live)}"
    items = [one for one in road.stores.review.listing(road.connection) if one.partition == settlement_id]
    waits_for = error or _reasons(road, settlement_id, documents, state, items, told)
    return Standing(
        settlement_id=settlement_id,
        **_head(road, settlement_id, documents),
        state=state,
        documents=", ".join(one.erp_id for one in documents if one.erp_id),
        waits_for=waits_for,
        exit_code=ExitCode(code)
        if code
        else _code({str(one.state) for one in documents}, bool(items and waits_for), waits_for),
    )


def order_standing(road: "Road", source: "SourceKey", error: "ConnectorError | None" = None) -> Standing:
    """Return where a document of an order stands now; `error` ended the last attempt."""
    from assets.posting.document_sets import undoing_of
    from ledger import money

    documents = road.stores.outbox.documents(source)
    partition, journals = documents[0].partition, [one.journal for one in documents]
    state, undoing = _state(documents, is_before_go_live=False), undoing_of(road, documents)
    if undoing is not None and undoing.is_under_way:
        documents = [*documents, *undoing.documents]
        state = f"{state}; reversal {_state(list(undoing.documents), is_before_go_live=False)}"
    keys = {one.key for one in documents}
    items = [
        one
        for one in road.stores.review.listing(road.connection, partition=partition)
        if one.document_key in keys or one.origin == f"{source.source_id}.{documents[0].revision}"
    ]
    waits_for = str(error) if error else _reasons(road, partition, documents, state, items, "")
    currencies = list(dict.fromkeys(one.currency for one in journals))
    totals = [money.total((one.debits for one in journals if one.currency == name), name) for name in currencies]
    code = ExitCode(error.exit_code) if error else None
    return Standing(
        settlement_id=source.source_id,
        period=journals[0].accounting_date.isoformat(),
        currency=", ".join(currencies),
        total=", ".join(money.text(total, name) for total, name in zip(totals, currencies, strict=True)),
        state=state,
        documents=", ".join(one.erp_id for one in documents if one.erp_id),
        waits_for=waits_for,
        exit_code=code or _code({str(one.state) for one in documents}, bool(items and waits_for), waits_for),
    )


def _head(road: "Road", name: str, documents: list["OutboxDocument"]) -> dict[str, str]:
    """Return period, currency and total of a settlement; an accrual's total is what its first day of two books."""
    from assets.settlement_reports import registered
    from ledger import money
    from ledger.accrual import month_of_accrual

    month = month_of_accrual(name)
    if month is None:
        facts = registered(road, name).facts
        period = f"{facts['start'][:10]} to {facts['end'][:10]}"
        return {"period": period, "currency": facts["currency"], "total": facts["total_amount"]}
    journals = [one.journal for one in documents if one.journal.accounting_date <= month.last]
    currency = name.split("-")[-3]
    total = money.total((one.debits for one in journals), currency)
    return {"period": str(month), "currency": currency, "total": money.text(total, currency)}


def _state(documents: list["OutboxDocument"], is_before_go_live: bool) -> str:
    if is_before_go_live:
        return BEFORE_GO_LIVE
    states = [str(one.state) for one in documents]
    return ", ".join(dict.fromkeys(states)) if states else NOT_STARTED


def _reasons(
    road: "Road",
    settlement_id: str,
    documents: list["OutboxDocument"],
    state: str,
    items: list["ReviewItem"],
    told: str,
) -> str:
    """Return what holds it: open review items first, then approval, then the ERP's own work."""
    if state == BEFORE_GO_LIVE:
        return ""
    if items:
        return " ".join(f"[review {one.id}] {one.sentence} {one.cure}" for one in items)
    if "planned" in state:
        return f"A person approves it: connector approve {settlement_id} --connection {road.connection} --reason TEXT"
    under_way = [one.reason for one in documents if str(one.state) not in ("posted", "refused", "reversed")]
    return (told if under_way else "") or " ".join(under_way)


def _code(states: set[str], has_items: bool, waits_for: str) -> ExitCode:
    """The ERP at work is fine: a later run looks again. What waits for a person is not, nor what nobody knows yet."""
    if has_items:
        return ExitCode.WAITS
    if "unclear" in states:
        return ExitCode.ERP
    if states & _AT_WORK and states <= _AT_WORK | _AT_REST:
        return ExitCode.FINE
    return ExitCode.WAITS if waits_for else ExitCode.FINE
