"""What a stage leaves behind besides its data: verdicts kept, findings opened or closed.

Called after every stage by whoever ran it (a Dagster asset body, the command line, the demo), so that the review queue
and the checks say the same wherever the road was walked. Every finding code has its actions here, and the stage that
ends it when it looks again and does not find it any more.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from assets.accounting_dates import CLOSED_CODE, MOVE
from assets.posting_findings import BLIND_CODE, REFUSED_CODES, REVERSAL_REFUSED_CODE, REVIEW_CURES
from assets.resumption import sentence_of
from assets.roadmap import Road
from assets.verdicts import StageResult, Verdict
from ledger import money
from ledger.errors import DocumentDamaged, Finding, LeaseLost, SourceUnavailable, TargetUnavailable

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

# Findings that end by themselves when their stage looks again and no longer sees them; the others wait for a person.
ENDS_BY_ITSELF: dict[str, frozenset[str]] = {
    "settlement_reports": frozenset(),
    "settlement_lines": SERIES_CODES - {"carry_unknown"},
    "mapped_lines": frozenset(
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
            "carry_unknown",
        }
    ),
    "journals": ACCOUNT_CODES | {"not_equal_settlement"},
    "erp_postings": ACCOUNT_CODES
    | {"not_equal_settlement", "changed_meanwhile", "target_misconfigured", "changed_after_posting"}
    | {"settlement_reversed", "reversal_of_nothing", "carried_item_reversed"}
    | {BLIND_CODE, *REFUSED_CODES, *REVIEW_CURES},
    # What was taken out of the books and posted again there is found right by reading back, without a posting run.
    "reconciliations": frozenset(
        {"not_once", "books_differ", "clearing_differs", "posting_removed", "posting_other_content"}
    ),
    "erp_documents": frozenset({"unknown_document"}),
    "discovery": frozenset({"discovery_failed"}),
    "days": frozenset({"day_refused", "fetch_failed"}),
    "financial_events": frozenset({"leaves_differ"}),
    "payouts": frozenset({"payout_failed"}),
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
    "changed_after_posting": ("keep",),
    "settlement_reversed": ("repost", "keep"),
    CLOSED_CODE: ("retry", MOVE),  # `move` only where the connection asks, see `actions_of`
    "books_differ": ("retry", "accept"),
    "not_once": ("retry", "accept"),
    "unknown_document": ("retry", "dismiss"),
    "bank_line_unclear": ("choose", "dismiss"),
    "bank_line_unexplained": ("choose", "dismiss"),
}

# What passes by itself: asked again by a due row, not worth a person's time.
PASSING = (SourceUnavailable, TargetUnavailable, DocumentDamaged, LeaseLost)


def keep(road: Road, asset: str, settlement_id: str, result: StageResult) -> None:
    """Store the verdicts of a stage and bring the review queue in line with its findings."""
    for verdict in result.verdicts:
        road.stores.verdicts.store(
            road.connection,
            settlement_id,
            verdict.check,
            verdict.passed,
            severity_of(verdict),
            {"asset": asset, "sentence": verdict.sentence, "rows": list(verdict.rows)},
            road.run,
        )
    has_looked = asset != "reconciliations" or not any(verdict.is_waiting for verdict in result.verdicts)
    ends = ENDS_BY_ITSELF.get(asset, frozenset()) if has_looked else frozenset()
    align(road, settlement_id, result.findings, ends | {_failure_code(asset)})


def keep_failure(road: Road, asset: str, settlement_id: str, error: Exception) -> None:
    """Open an item for a stage that raised what will not pass by itself; it ends when the stage gets through."""
    if isinstance(error, PASSING):
        return
    sentence = f"{asset} of settlement {settlement_id} could not be made: {sentence_of(error)}"
    cure = "Correct what the sentence names, then resolve this item with `retry`; it is also tried again by itself."
    align(road, settlement_id, (Finding(_failure_code(asset), sentence, cure, origin=asset),), frozenset())


def align(road: Road, settlement_id: str, findings: tuple[Finding, ...], ends: frozenset[str] | set[str]) -> None:
    """Open what blocks, and close items of the codes in `ends` whose very finding is gone."""
    findings = told_whole(road, settlement_id, findings)
    wanted: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.is_blocking:
            wanted[finding.code, finding.details.get("document", "")].append(finding)
    for item in road.stores.review.listing(road.connection, partition=settlement_id):
        if item.code in ends:
            wanted.setdefault((item.code, item.document_key), [])
    for (code, document_key), found in wanted.items():
        closing = {code} if code in ends else set()
        road.stores.review.sync(
            road.connection,
            settlement_id,
            found,
            closing,
            road.run,
            document_key=document_key,
            actions=actions_of(road, code),
        )


def actions_of(road: Road, code: str) -> tuple[str, ...]:
    """Return what a person can say to a finding of this connection."""
    actions = ACTIONS.get(code, ("retry",))
    asks = road.policy.closed_period == "ask"
    return actions if asks or code != CLOSED_CODE else tuple(one for one in actions if one != MOVE)


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
