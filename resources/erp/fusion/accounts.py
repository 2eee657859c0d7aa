"""Say what would keep accounts and periods from being posted to, before anything is sent.

In: accounts as a mapping means to use them, journals, and the door. Out: findings, each with a sentence and a cure;
none means that every combination exists, is enabled and takes entries on its date, and stands on the right side of the
balance sheet. An empty answer is believed only after the same read has shown another row of the same chart: without
data access Fusion answers 200 and nothing. Sources:
docs.oracle.com/en/cloud/saas/financials/24d/farfa/op-accountcombinationslov-get.html,
docs.oracle.com/en/cloud/saas/financials/25d/farfa/Get_Enterprise_Structures_Using_REST_API.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ledger.accounts import AccountKey
from ledger.errors import Finding, InputRefused, TargetMisconfigured
from ledger.journal import Journal
from resources.erp.fusion import chart, filters, natural_key, payload
from resources.erp.fusion.door import Door
from resources.erp.fusion.filters import Condition
from resources.erp.fusion.rows import Row
from resources.erp.fusion.settings import FusionSettings
from resources.erp.target import AccountUse

COMBINATIONS = "accountCombinationsLOV"
LEDGERS = "ledgersLOV"


def check_ledger(settings: FusionSettings, door: Door) -> list[Finding]:
    """Return findings about a ledger that is not the one the settings describe."""
    rows = door.rows(LEDGERS, [filters.equals("LedgerId", settings.ledger_id)], key="LedgerId")
    if not rows:
        sentence = f"Fusion shows no ledger {settings.ledger_id} to the connector's user."
        cure = "Correct ledger_id, or give the user a data access set that holds the ledger."
        return [Finding("ledger_unknown", sentence, cure, str(settings.ledger_id))]
    wanted = {
        "Name": settings.ledger_name,
        "CurrencyCode": settings.ledger_currency,
        "ChartOfAccountsId": str(settings.chart_of_accounts_id),
    }
    keys = {"Name": "ledger_name", "CurrencyCode": "ledger_currency", "ChartOfAccountsId": "chart_of_accounts_id"}
    return [
        Finding(
            "ledger_other",
            f"Ledger {settings.ledger_id} has {name} {rows[0].text(name)!r} in Fusion, and {value!r} in the settings.",
            f"Correct {keys[name]} of the Fusion settings.",
            f"{settings.ledger_id} {name}",
        )
        for name, value in wanted.items()
        if rows[0].text(name) not in ("", value)
    ]


def check_fit(journals: Iterable[Journal], settings: FusionSettings) -> list[Finding]:
    """Return findings about journals that the import file cannot hold, or whose names meet."""
    findings = []
    keys: dict[object, str] = {}
    for journal in journals:
        try:
            payload.rows(journal, settings)
            names = natural_key.batch_name(journal, settings), natural_key.group_id(journal.key)
        except InputRefused as error:
            findings.append(Finding("journal_does_not_fit", str(error), "Correct the mapping.", journal.key))
            continue
        for name in names:
            if keys.setdefault(name, journal.key) != journal.key:
                sentence = f"Journals {keys[name]} and {journal.key} would both be called {name} in Fusion."
                cure = "Prepare one of them again: its next revision has another name."
                findings.append(Finding("journal_names_meet", sentence, cure, journal.key))
    return findings


def check_uses(uses: Sequence[AccountUse], settings: FusionSettings, door: Door) -> list[Finding]:
    """Return findings about account combinations; one per combination and date, naming the categories that use it."""
    findings: list[Finding] = []
    known: dict[str, Row | None] = {}
    for use in uses:
        try:
            name = chart.combination(use.account, settings)
            known[name] = known[name] if name in known else _combination(use.account, settings, door)
        except InputRefused as error:
            findings.append(_finding("segment_unknown", str(error), "Correct the mapping or the settings.", use))
            continue
        findings.extend(_use_findings(use, name, known[name], settings))
    if any(row is None for row in known.values()):
        require_sight(settings, door)
    return list({(one.code, one.sentence): one for one in findings}.values())


def _combination(account: AccountKey, settings: FusionSettings, door: Door) -> Row | None:
    values = zip(settings.segments, chart.values(account, settings), strict=True)
    conditions = [_of_chart(settings), *(filters.equals(segment.name, value) for segment, value in values)]
    rows = door.rows(COMBINATIONS, conditions, key=settings.combination_attribute("key"))
    if len(rows) > 1:
        raise TargetMisconfigured(
            f"Fusion answers {len(rows)} combinations for {chart.combination(account, settings)}: the names under "
            "chart of the Fusion settings are not those of all its segments."
        )
    return rows[0] if rows else None


def combinations(
    given: Mapping[str, str], settings: FusionSettings, door: Door, *, at_most: int | None = None
) -> list[str]:
    """Return the combinations whose segments hold these values, whole, as Fusion shows them; or the first of them.

    `given` are values by what a segment holds, such as unit and account. Raises TargetMisconfigured when the read does
    not show every segment of a combination.
    """
    asked = [filters.equals(one.name, given[one.holds]) for one in settings.segments if one.holds in given]
    key = settings.combination_attribute("key")
    found = []
    for row in door.rows(COMBINATIONS, [_of_chart(settings), *asked], key=key, at_most=at_most):
        values = {one.name: row.text(one.name) for one in settings.segments}
        missing = [name for name, value in values.items() if not value]
        if missing:
            raise TargetMisconfigured(
                f"Fusion's {COMBINATIONS} shows no {', '.join(missing)} of a combination: the names under chart of the "
                "Fusion settings are not those of its segments."
            )
        found.append(settings.chart_delimiter.join(values.values()))
    return found


def require_sight(settings: FusionSettings, door: Door) -> None:
    """Raise TargetMisconfigured when no combination of the chart is visible at all: then none that is missing is."""
    key = settings.combination_attribute("key")
    if not door.rows(COMBINATIONS, [_of_chart(settings)], key=key, at_most=1):
        raise TargetMisconfigured(
            f"Fusion shows no account combination of chart of accounts {settings.chart_of_accounts_id} to the "
            "connector's user. Correct chart_of_accounts_id, or give the user data access to the ledger."
        )


def _of_chart(settings: FusionSettings) -> Condition:
    return filters.equals(settings.combination_attribute("chart"), settings.chart_of_accounts_id)


def _use_findings(use: AccountUse, name: str, row: Row | None, settings: FusionSettings) -> Iterator[Finding]:
    if row is None:
        sentence = f"Account combination {name} does not exist in Fusion{_for(use)}."
        cure = (
            "Create it, or map to one that exists; where the import may create combinations, set "
            "new_combination_check: warn."
        )
        yield _finding("account_unknown", sentence, cure, use, name, settings.new_combination_check == "block")
        return
    attribute = settings.combination_attribute
    first, last = row.day(attribute("from")), row.day(attribute("to"))
    is_in_time = (first is None or first <= use.on) and (last is None or use.on <= last)
    if row.flag(attribute("enabled")) is False or not is_in_time:
        sentence = f"Account combination {name} is not enabled on {use.on}{_for(use)}."
        yield _finding("account_inactive", sentence, "Enable it, or map to an enabled one.", use, name)
    if row.flag(attribute("postable")) is False:
        sentence = f"Account combination {name} allows no detail posting{_for(use)}."
        yield _finding("account_not_postable", sentence, "Map to an account that takes entries.", use, name)
    if use.needs_open_item:
        yield from _open_item_findings(use, row.flag(attribute("reconciled")), name, settings)
    if use.nature is not None:
        yield from _nature_findings(use, row.text(attribute("type"))[:1].upper(), name, settings)


def _open_item_findings(use: AccountUse, flag: bool | None, name: str, settings: FusionSettings) -> Iterator[Finding]:
    """Return what is wrong with a clearing account; where the flag is not shown only a block says so."""
    is_blocking = settings.open_item_check == "block"
    if flag is True or (flag is None and not is_blocking):
        return
    what = "is not set up for reconciliation in Fusion" if flag is False else "Fusion does not show its reconciliation"
    sentence = f"{name} is the clearing account, but {what}."
    cure = "Enable reconciliation for the account, or leave open_item_check at warn."
    yield _finding("account_open_item", sentence, cure, use, name, is_blocking)


def _nature_findings(use: AccountUse, kind: str, name: str, settings: FusionSettings) -> Iterator[Finding]:
    is_sheet = use.nature is not None and use.nature.is_balance_sheet
    right = settings.balance_sheet_types if is_sheet else settings.income_statement_types
    if kind and kind in right:
        return
    side = "a balance sheet" if is_sheet else "an income statement"
    who = f"category {use.category} ({use.nature})" if use.category else f"a {use.nature} amount"
    sentence = f"{name} should be {side} account, because {who} books to it, but its account type is {kind!r}."
    yield _finding("account_nature", sentence, f"Map to {side} account, or correct the account's type.", use, name)


def _finding(code: str, sentence: str, cure: str, use: AccountUse, name: str = "", is_blocking: bool = True) -> Finding:
    """Return a finding whose origin tells it from one about another combination that the same category uses."""
    origin = ", ".join(one for one in (name or str(use.account), use.category) if one)
    return Finding(code, sentence, cure, origin=origin, is_blocking=is_blocking)


def _for(use: AccountUse) -> str:
    return f", but category {use.category} books to it" if use.category else ""
