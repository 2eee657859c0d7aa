"""What a stage leaves behind besides its data: verdicts kept, findings opened or closed, the next look asked for.

Called after every stage by whoever ran it (a Dagster asset body, the command line, the demo), so that the review queue
and the checks say the same wherever the road was walked.
"""

from assets.roadmap import Road
from assets.verdicts import StageResult, Verdict

# What an ERP may say against an account or a period; see `check_accounts` of the targets.
ACCOUNT_CODES = (
    "account_unknown",
    "account_inactive",
    "account_not_postable",
    "account_statistical",
    "account_open_item",
    "account_nature",
    "journal_does_not_fit",
    "period_unknown",
    "period_closed",
)

# Findings that end by themselves when a stage no longer sees them; the others wait for a person.
ENDS_BY_ITSELF: dict[str, frozenset[str]] = {
    "settlement_lines": frozenset(
        {
            "series_gap",
            "series_ambiguous",
            "reserve_chain",
            "debt_chain",
            "transfer_origin",
            "opening_balance",
        }
    ),
    "mapped_lines": frozenset(
        {
            "unmapped_label",
            "unmapped_category",
            "needs_naming",
            "no_marketplace",
            "no_tax_model",
            "tax_model_contradicted",
            "no_vat_rate",
            "no_inter_unit",
            "moves_nothing",
            "carry_unknown",
        }
    ),
    "journals": frozenset({"not_equal_settlement", *ACCOUNT_CODES}),
    "erp_postings": frozenset({"target_misconfigured"}),
}

_ACTIONS: dict[str, tuple[str, ...]] = {
    "series_gap": ("retry", "accept"),
    "series_ambiguous": ("retry", "choose"),
    "debt_chain": ("retry", "choose"),
    "transfer_origin": ("retry", "choose"),
    "settlement_changed": ("keep", "accept"),
    "posting_error": ("recheck", "deleted"),
    "posting_removed": ("recheck", "deleted"),
    "posting_unclear": ("recheck", "deleted"),
    "posting_other_content": ("recheck", "deleted"),
    "posting_unknown_document": ("recheck", "deleted"),
    "posting_refused": ("retry",),
    "changed_after_posting": ("keep",),
}


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
    found = {finding.code for finding in result.findings}
    own = ENDS_BY_ITSELF.get(asset, frozenset())
    for finding in result.findings:
        if finding.is_blocking:
            actions = _ACTIONS.get(finding.code, ("retry",))
            road.stores.review.open(road.connection, settlement_id, finding, actions=actions, run=road.run)
    if own - found:
        road.stores.review.sync(road.connection, settlement_id, (), set(own - found), road.run)


def severity_of(verdict: Verdict) -> str:
    """Return `error` for what stops money, `warn` for what only waits or is worth a look."""
    return "error" if verdict.is_blocking and not verdict.is_waiting else "warn"
