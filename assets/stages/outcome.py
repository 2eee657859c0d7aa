"""What a stage leaves behind besides its data: verdicts kept, findings opened or closed.

Called after every stage by whoever ran it (a Dagster asset body, the command line, the demo), so that the review queue
and the checks say the same wherever the road was walked. Every finding code has its actions here, and the stage that
ends it when it looks again and does not find it any more.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from assets.posting.accounting_dates import CLOSED_CODE, MOVE
from assets.posting.document_sets import may_exist, newest_documents
from assets.posting.findings import (
    APPROVAL_CODE,
    APPROVAL_CODES,
    BLIND_CODE,
    CASH_APPROVAL_CODE,
    INPUT_TAX_REVERSED_CODE,
    ORDER_REVERSED_CODE,
    REFUSED_CODES,
    REVERSAL_REFUSED_CODE,
    REVIEW_CURES,
)
from assets.posting.unasked_gate import UNANSWERED_CODE
from assets.stages.resumption import sentence_of
from assets.stages.roadmap import Road
from assets.stages.verdicts import NOT_COMPARED, StageResult, Verdict, kept_rows
from ledger import money
from ledger.cash import KIND as CASH_KIND
from ledger.errors import DocumentDamaged, Finding, LeaseLost, SourceUnavailable, TargetUnavailable
from ledger.posting import PostingState
from resources.store.review import ReviewItem
from resources.store.verdicts import Said

# What an ERP may say against an account or a period; see `check_accounts` of the targets.
ACCOUNT_CODES = frozenset(
    {
        "account_unknown",
        "account_inactive",
        "account_not_postable",
        "account_statistical",
        "account_open_item",
        "account_nature",
        "segment_unknown",
        "journal_does_not_fit",
        "journal_names_meet",
        "ledger_unknown",
        "ledger_other",
        "period_unknown",
        "period_closed",
    }
)

# Findings about the place of a settlement among its sisters: another settlement that comes in may end them.
SERIES_CODES = frozenset(
    {
        "series_gap",
        "series_ambiguous",
        "reserve_chain",
        "debt_chain",
        "debt_not_carried",
        "transfer_origin",
        "opening_balance",
        "carry_unknown",
    }
)

# What keeps a line from being mapped.
MAPPING_CODES = frozenset(
    {
        "unmapped_label",
        "unmapped_category",
        "needs_naming",
        "no_marketplace",
        "no_tax_model",
        "tax_model_contradicted",
        "no_vat_rate",
        "no_vat_country",
        "no_inter_unit",
        "moves_nothing",
    }
)

# Findings that end by themselves when their stage looks again and no longer sees them; the others wait for a person.
ENDS_BY_ITSELF: dict[str, frozenset[str]] = {
    "settlement_reports": frozenset(),
    "settlement_lines": SERIES_CODES - {"carry_unknown"},
    "mapped_lines": MAPPING_CODES | {"carry_unknown"},
    "journals": ACCOUNT_CODES | {"not_equal_settlement", "receipt_not_possible"},
    "erp_postings": ACCOUNT_CODES
    | {"not_equal_settlement", "changed_meanwhile", "target_misconfigured", "changed_after_posting"}
    | {"receipt_not_possible", UNANSWERED_CODE}
    | {"settlement_reversed", "reversal_of_nothing", "carried_item_reversed", "order_not_billed"}
    | {APPROVAL_CODE, BLIND_CODE, *REFUSED_CODES, *REVIEW_CURES},
    "receivable_invoices": MAPPING_CODES
    | {"no_bill_to", "order_not_billable", "refund_exceeds_invoice", "unmapped_product", "invoice_dated_otherwise"}
    | {"shipment_unclear"},
    "invoice_postings": ACCOUNT_CODES
    | {"order_is_revenue", "changed_meanwhile", "target_misconfigured", "books_differ"}
    | {"changed_after_posting", ORDER_REVERSED_CODE, "reversal_of_nothing"}
    | {APPROVAL_CODE, BLIND_CODE, *REFUSED_CODES, *REVIEW_CURES},
    "cost_postings": ACCOUNT_CODES
    | {"no_marketplace", "unmapped_product", "units_unknown", "changed_meanwhile", "target_misconfigured"}
    | {"books_differ", "changed_after_posting", ORDER_REVERSED_CODE, "reversal_of_nothing"}
    | {APPROVAL_CODE, BLIND_CODE, *REFUSED_CODES, *REVIEW_CURES},
    "return_postings": ACCOUNT_CODES
    | {"return_exceeds_cost", "inventory_loss_account", "return_unclear", "changed_meanwhile", "target_misconfigured"}
    | {"books_differ", "changed_after_posting", ORDER_REVERSED_CODE, "reversal_of_nothing"}
    | {APPROVAL_CODE, BLIND_CODE, *REFUSED_CODES, *REVIEW_CURES},
    "input_tax_postings": ACCOUNT_CODES
    | {"input_tax_account", "changed_meanwhile", "changed_after_posting", "target_misconfigured"}
    | {INPUT_TAX_REVERSED_CODE, "reversal_of_nothing"}
    | {"books_differ", APPROVAL_CODE, BLIND_CODE, *REFUSED_CODES, *REVIEW_CURES},
    "item_postings": ACCOUNT_CODES
    | {"changed_meanwhile", "target_misconfigured", "books_differ"}
    | {APPROVAL_CODE, BLIND_CODE, *REFUSED_CODES, *REVIEW_CURES},
    "accruals": MAPPING_CODES
    | ACCOUNT_CODES
    | {"accrual_period_closed", "not_equal_events", "changed_meanwhile", "target_misconfigured", UNANSWERED_CODE}
    | {"settlement_reversed", "reversal_of_nothing", "not_once", "books_differ"}
    | {APPROVAL_CODE, BLIND_CODE, *REFUSED_CODES, *REVIEW_CURES},
    # What was taken out of the books and posted again there is found right by reading back, without a posting run.
    "cash_entries": ACCOUNT_CODES
    | {"cash_unclear", "cash_account", "cash_item_closed", "cash_item_differs", "cash_reversed"}
    | {"changed_meanwhile", "target_misconfigured", "changed_after_posting", "reversal_of_nothing", UNANSWERED_CODE}
    | {CASH_APPROVAL_CODE, BLIND_CODE, *REFUSED_CODES, *REVIEW_CURES},
    "reconciliations": frozenset(
        {"not_once", "books_differ", "cash_differs", "clearing_differs", "posting_removed", "posting_other_content"}
    ),
    "erp_documents": frozenset({"unknown_document", "erp_documents_failed"}),
    "discovery": frozenset({"discovery_failed"}),
    "days": frozenset({"day_refused", "fetch_failed"}),
    "months": frozenset({"month_failed"}),
    "month_proofs": frozenset({"balance_unexplained"}),
    "ledger_ties": frozenset({"entry_of_others"}),
    "financial_events": frozenset({"leaves_differ", "currency_other"}),
    **dict.fromkeys(("orders", "balances"), frozenset({"currency_other"})),
    "payouts": frozenset({"payout_failed", "payout_vanished", "payout_refused", "currency_other"}),
    "bank_deposits": frozenset({"bank_line_unclear", "bank_line_unexplained"}),
}

# What a person can say to a finding; every other one takes `retry`: look again.
ACTIONS: dict[str, tuple[str, ...]] = {
    "series_gap": ("retry", "accept"),
    "reserve_chain": ("retry", "accept"),
    "series_ambiguous": ("retry", "choose"),
    "debt_chain": ("retry", "choose"),
    "transfer_origin": ("retry", "choose"),
    "settlement_changed": ("keep", "accept"),
    "settlement_elsewhere": ("retry", "dismiss"),
    "file_refused": ("retry", "dismiss"),  # `retry` only for a report, which can be fetched again
    "document_refused": ("dismiss",),
    "posting_error": ("recheck", "deleted"),
    "posting_removed": ("recheck", "deleted"),
    "posting_unclear": ("recheck", "deleted"),
    "posting_other_content": ("recheck", "deleted"),
    "posting_unknown_document": ("recheck", "accept", "deleted"),
    "posting_collision": ("deleted",),
    REVERSAL_REFUSED_CODE: ("retry", "keep"),
    **dict.fromkeys(sorted(APPROVAL_CODES), ("approve", "reject")),
    "changed_after_posting": ("keep",),
    "settlement_reversed": ("repost", "keep"),
    "cash_reversed": ("repost", "keep"),
    **dict.fromkeys((ORDER_REVERSED_CODE, INPUT_TAX_REVERSED_CODE), ("repost", "keep")),
    "cash_item_closed": ("retry", "keep"),
    "cash_unclear": ("retry", "keep"),
    CLOSED_CODE: ("retry", MOVE),  # `move` only where the connection asks, see `actions_of`
    "accrual_period_closed": ("retry", "keep"),
    "books_differ": ("retry", "accept"),
    "not_once": ("retry", "accept"),
    "unknown_document": ("retry", "dismiss"),
    "days_gone": ("dismiss",),
    "payout_vanished": ("retry", "dismiss"),
    "order_not_billable": ("retry", "dismiss"),
    "refund_exceeds_invoice": ("retry", "dismiss"),
    "shipment_unclear": ("retry", "dismiss"),
    "invoice_dated_otherwise": ("retry", "dismiss"),
    "units_unknown": ("retry", "dismiss"),
    "return_exceeds_cost": ("retry", "dismiss"),
    "return_unclear": ("retry", "dismiss"),
    "entry_of_others": ("retry", "dismiss"),
    "bank_line_unclear": ("choose", "dismiss"),
    "bank_line_unexplained": ("choose", "dismiss"),
}

# What passes by itself: asked again by a due row, not worth a person's time.
PASSING = (SourceUnavailable, TargetUnavailable, DocumentDamaged, LeaseLost)
# Marks what is kept of a verdict that cannot be given yet.
WAITS = "waits"
# So many failures in a row take six hours at least: longer than the window in which a system is usually maintained.
FAILURES_UNTOLD_MAX = 11


def keep(road: Road, asset: str, settlement_id: str, result: StageResult) -> None:
    """Store the verdicts of a stage and bring the review queue in line with its findings."""
    said = [_said(asset, verdict) for verdict in result.verdicts]
    road.stores.verdicts.store(road.connection, settlement_id, said, road.run)
    has_looked = asset != "reconciliations" or not any(verdict.is_waiting for verdict in result.verdicts)
    ends = ENDS_BY_ITSELF.get(asset, frozenset()) if has_looked else frozenset()
    ends_here = partial(_ends_at, asset)
    align(road, settlement_id, result.findings, ends | {_failure_code(asset)}, ends_here)


def keep_changed(road: Road, asset: str, name: str, result: StageResult, ends: frozenset[str] | set[str]) -> None:
    """Store the verdicts that say something new, and bring the review queue in line; for what is made again and again.

    `name` is that of a day or a month, `ends` are the codes of items that end when this look no longer finds them.
    """
    known = {
        one.check: (one.passed, one.severity, one.facts) for one in road.stores.verdicts.latest(road.connection, name)
    }
    said = [_said(asset, verdict) for verdict in result.verdicts]
    news = [one for one in said if known.get(one.check) != (one.passed, one.severity, one.facts)]
    road.stores.verdicts.store(road.connection, name, news, road.run)
    align(road, name, result.findings, ends)


def _said(asset: str, verdict: Verdict) -> Said:
    waits = {WAITS: True} if verdict.is_waiting and not verdict.passed else {}
    marks = waits if verdict.is_compared else {**waits, NOT_COMPARED: True}
    facts = {"asset": asset, "sentence": verdict.sentence, **kept_rows("rows", verdict.rows), **marks}
    return Said(verdict.check, verdict.passed, severity_of(verdict), facts)


def is_told(error: Exception, failures: int) -> bool:
    """Tell whether a person should know: of what will not pass by itself at once, of an outage when it lasts."""
    return not isinstance(error, PASSING) or failures > FAILURES_UNTOLD_MAX


def keep_failure(road: Road, asset: str, settlement_id: str, error: Exception, failures: int) -> None:
    """Open an item for a stage that raised, if a person should know; it ends when the stage gets through.

    `failures` counts those in a row, this one included.
    """
    if not is_told(error, failures):
        return
    tried = f" {failures} times in a row" if failures > 1 else ""
    sentence = f"{asset} of settlement {settlement_id} could not be made{tried}: {sentence_of(error)}"
    cure = "Correct what the sentence names, then resolve this item with `retry`; it is also tried again by itself."
    align(road, settlement_id, (Finding(_failure_code(asset), sentence, cure, origin=asset),), frozenset())


def _ends_at(asset: str, item: ReviewItem) -> bool:
    """Tell whether an item is one that a stage would tell again: both book documents, each looks at its own."""
    about_cash = f',"{CASH_KIND}",' in item.document_key or f".{CASH_KIND}." in item.document_key
    if asset == "cash_entries":
        return about_cash or item.code.startswith("cash_")
    return not about_cash or asset == "reconciliations"


def align(
    road: Road,
    settlement_id: str,
    findings: tuple[Finding, ...],
    ends: frozenset[str] | set[str],
    ends_here: Callable[[ReviewItem], bool] = lambda item: True,
) -> None:
    """Open what blocks, and close items of the codes in `ends` whose very finding is gone; others are left alone."""
    findings = told_whole(road, settlement_id, findings)
    wanted: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.is_blocking:
            wanted[finding.code, finding.details.get("document", "")].append(finding)
    staying: set[int] = set()
    for item in road.stores.review.listing(road.connection, partition=settlement_id):
        if item.code in ends and ends_here(item):
            wanted.setdefault((item.code, item.document_key), [])
        else:
            staying.add(item.id)
    for (code, document_key), found in wanted.items():
        closing = {code} if code in ends else set()
        road.stores.review.sync(
            road.connection,
            settlement_id,
            found,
            closing,
            road.run,
            document_key=document_key,
            actions=actions_of(road, code, settlement_id),
            staying=staying,
        )


def actions_of(road: Road, code: str, settlement_id: str) -> tuple[str, ...]:
    """Return what a person can say to a finding of this connection; a date moves only while nothing may be sent."""
    actions = ACTIONS.get(code, ("retry",))
    if code != CLOSED_CODE:
        return actions
    settled = (PostingState.POSTED, PostingState.REVERSED)
    documents = [one for one in newest_documents(road, settlement_id) if one.state not in settled]
    is_movable = not may_exist(documents)
    asks = road.policy.closed_period == "ask" and is_movable
    return actions if asks else tuple(one for one in actions if one != MOVE)


def told_whole(road: Road, settlement_id: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings each with an origin, the money it stops and that money's currency.

    What says no amount of its own stops the whole settlement, so its total is what waits.
    """
    record = road.stores.settlements.get(road.connection, settlement_id)
    if record is None:
        return tuple(findings)
    currency = record.facts["currency"]
    total = money.exact(record.facts["total_amount"], currency)
    return tuple(
        replace(
            one,
            origin=one.origin or f"settlement {settlement_id}",
            amount=one.amount or total,
            details={"currency": currency, **one.details} if one.amount else {**one.details, "currency": currency},
        )
        for one in findings
    )


def severity_of(verdict: Verdict) -> str:
    """Return `error` for what stops money, `warn` for what only waits or is worth a look."""
    return "error" if verdict.is_blocking and not verdict.is_waiting else "warn"


def _failure_code(asset: str) -> str:
    return f"{asset}_failed"
