"""The gate before money moves: mapped, tied, balanced, equal to the settlement, accounts valid, period open.

The journals stage shows these verdicts; the posting step asks them again with what is true then, because a blocking
check guards only the run it is in.
"""

from collections.abc import Iterable
from decimal import Decimal

from assets.posting.accounting_dates import told
from assets.stages.roadmap import Road
from assets.stages.verdicts import Verdict
from ledger.accounts import AccountKey, Nature
from ledger.errors import Finding
from ledger.journal import Journal, JournalSet
from ledger.mapping import AccountUsed, Mapping, account_uses
from ledger.reconciliation import Compared, journal_equals_settlement
from ledger.series import Place
from resources.erp.target import AccountUse

WHOLE_CHECK = "journal_balanced_and_equal"


def journal_verdict(
    road: Road, journals: JournalSet, clearing: AccountKey, reference: str, total: Decimal, currency: str
) -> Verdict:
    """Every part balances, and the clearing lines of all parts together are the settlement's total-amount."""
    per_unit = road.policy.inter_unit == "accounts"
    compared = journal_equals_settlement(journals, clearing, reference, total, currency, per_unit=per_unit)
    return verdict_of(WHOLE_CHECK, compared, "not_equal_settlement", _REPORT_IT)


def verdict_of(check: str, compared: Compared, code: str, cure: str, origin: str = "") -> Verdict:
    """Return a comparison as the verdict of a check; what differs becomes a finding."""
    finding = Finding(code, compared.sentence, cure, origin=origin, amount=compared.difference)
    return Verdict(
        check, compared.passed, compared.sentence, rows=compared.rows, findings=() if compared.passed else (finding,)
    )


_REPORT_IT = "This is a fault of the connector, nothing was posted: keep the settlement file and report it."


def accounts_verdict(road: Road, mapping: Mapping | None, journals: JournalSet) -> Verdict:
    """The ERP knows every account used, active, postable and of the right nature on its date; the periods are open.

    Without a mapping natures are not asked: what undoes a posting uses the accounts it was posted to.
    """
    if not journals.journals:
        return Verdict("accounts_valid", True, "Nothing of it is to be sent: what is in the ERP stands.")
    found = road.target.check_accounts(tuple(_uses(_named(road, mapping), journals.journals)), journals.journals)
    findings = tuple(told(road, finding, journals.source) for finding in found)
    blocking = any(finding.is_blocking for finding in findings)
    used = {line.account for journal in journals.journals for line in journal.lines}
    fine = f"{len(used)} accounts exist, are active, postable and of the right nature; the periods are open."
    return Verdict(
        "accounts_valid",
        not findings,
        " ".join(finding.sentence for finding in findings) or fine,
        is_blocking=blocking or not findings,
        rows=tuple({"what": finding.sentence, "cure": finding.cure} for finding in findings),
        findings=findings,
    )


def _named(road: Road, mapping: Mapping | None) -> tuple[AccountUsed, ...]:
    """Return the accounts that the mapping names, and the catalogue where there is one."""
    if mapping is None:
        return ()
    catalogue = road.load_catalogue()
    return (*account_uses(mapping), *(catalogue.account_uses(mapping) if catalogue else ()))


def _uses(named: Iterable[AccountUsed], journals: Iterable[Journal]) -> Iterable[AccountUse]:
    """Yield each account on each accounting date with the natures that mapping and catalogue give it."""
    natures: dict[AccountKey, list[AccountUsed]] = {}
    for use in named:
        natures.setdefault(use.account, []).append(use)
    seen: set[tuple[AccountKey, object, Nature | None]] = set()
    for journal in journals:
        for account in {line.account for line in journal.lines}:
            for use in natures.get(account, [None]):
                nature = use.nature if use else None
                if (account, journal.accounting_date, nature) in seen:
                    continue
                seen.add((account, journal.accounting_date, nature))
                yield AccountUse(
                    account,
                    journal.accounting_date,
                    nature,
                    use.category if use else "",
                    needs_open_item=bool(use and use.needs_open_item),
                )


def place_verdict(place: Place) -> Verdict:
    """The settlement stands in its series without an open question."""
    blocking = tuple(finding for finding in place.findings if finding.is_blocking)
    sentence = " ".join(finding.sentence for finding in blocking) or f"It stands in {place.series}."
    return Verdict("placed_in_series", not blocking, sentence, findings=blocking)
