"""How one Fusion site has named things: address, token endpoint, ledger, chart of accounts, import job, times.

In: a mapping (from YAML). Out: a checked, frozen `FusionSettings`. Secrets are named here, never held. Whatever Oracle
leaves to the site, or where public samples disagree, is a setting with the most common answer as its default. Sources:
docs.oracle.com/en/cloud/saas/financials/24c/farfa/op-erpintegrations-post.html (bulk import),
docs.oracle.com/en/cloud/saas/financials/25d/farfa/Retrieving_Bearer_Token_Using_IDCS.html (token).
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from resources.erp.fusion.master_settings import MasterDataSettings
from resources.erp.fusion.receivables.settings import ReceivablesSettings
from resources.secret_names import SecretName

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
SEGMENTS_MAX = 30
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NO_COMMA = r"^[^,\x00-\x1f]+$"
_ATTRIBUTE_NAME = r"^[A-Za-z_][A-Za-z0-9_]{0,79}$"
_PARAMETER_NAMES = frozenset({"data_access_set", "source", "ledger_id", "group_id"})
# What we ask of an account combination -> its attribute, as seen in use; the site's `describe` lists its own.
COMBINATION_ATTRIBUTES = {
    "key": "_CODE_COMBINATION_ID",
    "chart": "_CHART_OF_ACCOUNTS_ID",
    "enabled": "EnabledFlag",
    "postable": "DetailPostingAllowedFlag",
    "type": "AccountType",
    "reconciled": "JgzzReconFlag",
    "from": "StartDateActive",
    "to": "EndDateActive",
}
StateWord = Literal["waiting", "posted", "error"]
BATCH_STATES: dict[str, StateWord] = {"U": "waiting", "P": "posted"}


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SegmentSettings(_Settings):
    """One segment of the chart of accounts.

    `position` counts from 1 (SEGMENT1 of the import file), `name` is the segment's name in `accountCombinationsLOV`,
    `holds` what of an account goes there: `unit`, or a segment of the mapping such as `account` or `department`.
    `default` stands where an account says nothing, for example 000.
    """

    position: int = Field(ge=1, le=SEGMENTS_MAX)
    name: str = Field(pattern=_ATTRIBUTE_NAME)
    holds: str = Field("", pattern=r"^([a-z][a-z0-9_]{0,29})?$")
    default: str = Field("", max_length=25)


class BalanceSettings(_Settings):
    """How the ledger's balances are read, for the tie to the general ledger.

    `currencies` are those other than the ledger's that the accounts of the marketplace hold. In the ledger's currency a
    balance is what all currencies come to (`total`), or what was entered in it: nowhere said. `is_percent_any` asks for
    an account with % in its other segments instead of for each combination. `control` is a combination that holds
    something, by which an empty answer is told from a blind one. `months_max` bounds how far back journals of other
    currencies are walked.
    """

    currencies: tuple[Annotated[str, Field(pattern=r"^[A-Z]{3}$")], ...] = ()
    ledger_currency_is: Literal["total", "entered"] = "total"
    is_percent_any: bool = False
    control: str = Field("", pattern=r"^[^,;='%]*$")
    months_max: int = Field(24, ge=1, le=120)


class FusionSettings(_Settings):
    """Everything site-specific that the client needs; secrets are named here, never held. Times are seconds."""

    # Where.
    base_url: str = ""
    pod: str = ""
    region: str = ""
    is_plain_http_allowed: bool = False
    rest_version: str = Field("11.13.18.05", pattern=r"^[0-9.]{1,30}$|^latest$")
    framework_version: int = Field(4, ge=1, le=9)
    certificates: str = ""  # PEM file with the company's own authority, trusted beside the public ones

    # Who.
    token_url: str
    scope: str = Field(min_length=1)  # opaque: copied whole from the identity domain, which spells it in three ways
    credentials_in: Literal["header", "form"] = "header"
    client_id_secret: SecretName = "fusion_client_id"
    client_secret_secret: SecretName = "fusion_client_secret"

    # The books.
    ledger_id: int = Field(ge=1)
    ledger_name: str = Field(min_length=1)
    ledger_currency: str = Field(pattern=r"^[A-Z]{3}$")
    chart_of_accounts_id: int = Field(ge=1)
    chart: tuple[SegmentSettings, ...] = Field(min_length=1)
    chart_delimiter: str = Field("-", pattern=r"^[^A-Za-z0-9\s]$")
    data_access_set: str = Field("#NULL", pattern=_NO_COMMA)
    journal_source: str = Field(pattern=_NO_COMMA, max_length=25)
    journal_category: str = Field(min_length=1, max_length=25)
    reference_word: str = Field("AMZ", pattern=r"^[A-Za-z0-9]{1,10}$")
    # Where a line's reference stands: JGZZ_RECON_REF, or before its description where the site does not show that.
    reference_in: Literal["reconciliation", "description"] = "reconciliation"
    period_pattern: str = "{Mon}-{yy}"
    is_period_sent: bool = True
    lines_max: int = Field(1_000, ge=2)
    balance_sheet_types: str = "ALO"
    income_statement_types: str = "RE"
    open_item_check: Literal["block", "warn"] = "warn"
    # A combination that nobody has used yet does not exist: an error, or made by the import where the site allows it.
    new_combination_check: Literal["block", "warn"] = "block"

    # Order documents, where orders become invoices.
    receivables: ReceivablesSettings | None = None

    # Customers and items, where they are read and matched.
    master_data: MasterDataSettings | None = None

    # The import job.
    import_job: str = "/oracle/apps/ess/financials/generalLedger/programs/common,JournalImportLauncher"
    import_parameters: str = "{data_access_set},{source},{ledger_id},{group_id},N,N,N"
    document_account: str = "fin$/generalLedger$/import$"
    job_options: str = "ImportOption=Y,PurgeOption=N,ExtractFileType=ALL"
    notification_code: str = Field("10", pattern=r"^\d{2}$")
    are_files_asked_for: bool = True

    # The ledger's balances, where books.read_balances is on.
    balances: BalanceSettings = BalanceSettings()

    # Posting.
    posting: Literal["site", "client"] = "site"
    posting_package: str = "/oracle/apps/ess/financials/generalLedger/programs/common/"
    posting_job: str = "AutomaticPosting"
    posting_criteria_set: str = ""

    # Reads.
    batch_states: dict[str, StateWord] = {}  # laid over U waiting and P posted, the only two that are known
    state_of_unknown_batches: StateWord = "error"
    open_period_statuses: str = Field("O", pattern=r"^[A-Z]+$")
    combination_attributes: dict[str, Annotated[str, Field(pattern=_ATTRIBUTE_NAME)]] = {}
    controls: dict[str, str] = {}
    is_ledger_confirmed_empty: bool = False
    groups_confirmed_gone: frozenset[int] = frozenset()
    page_size: int = Field(200, ge=1, le=499)
    rows_max: int = Field(20_000, ge=100)
    batch_link: str = ""  # where people see a batch that is in the books
    journal_link: str = ""  # where they find a journal by its names, before it has an id
    item_months: int = Field(3, ge=1, le=24)  # how far back an open item is read whose own journal is not found

    # How long.
    connect_timeout_seconds: float = Field(15, gt=0)
    read_timeout_seconds: float = Field(180, gt=0)
    quiet_period_seconds: int = Field(3_600, ge=0)

    @model_validator(mode="after")
    def _is_consistent(self) -> FusionSettings:
        self._require_address()
        self._require_chart()
        if self.quiet_period_seconds <= self.read_timeout_seconds:
            raise ValueError(
                f"quiet_period_seconds ({self.quiet_period_seconds}) must be longer than read_timeout_seconds "
                f"({self.read_timeout_seconds:g}), and should be three times as long as a slow import: a file whose "
                "answer was lost may still be waiting for its job"
            )
        if self.posting == "client" and not self.posting_criteria_set:
            raise ValueError("posting is client: name the AutoPost criteria set under posting_criteria_set")
        unknown = sorted(set(self.combination_attributes) - set(COMBINATION_ATTRIBUTES))
        if unknown:
            known = ", ".join(COMBINATION_ATTRIBUTES)
            raise ValueError(f"combination_attributes names {', '.join(unknown)}; known are {known}")
        if self.ledger_currency in self.balances.currencies:
            raise ValueError(f"balances.currencies names {self.ledger_currency}, which is the ledger's own currency")
        _require_template("import_parameters", self.import_parameters, _PARAMETER_NAMES)
        if self.receivables is not None:
            _require_template("invoice_link", self.receivables.invoice_link, frozenset({"number"}))
            named = frozenset({"business_unit", "source", "date"})
            _require_template("receivables.import_parameters", self.receivables.import_parameters, named)
        _require_template("batch_link", self.batch_link, frozenset({"batch_id", "name"}))
        _require_template("journal_link", self.journal_link, frozenset({"name", "journal"}))
        if "{group_id}" not in self.import_parameters:
            raise ValueError(
                "import_parameters must name {group_id}: without it the job would import rows that others left"
            )
        _require_template("period_pattern", self.period_pattern, frozenset({"Mon", "MON", "mm", "yy", "yyyy"}))
        return self

    def _require_address(self) -> None:
        if bool(self.base_url) == bool(self.pod or self.region) or bool(self.pod) != bool(self.region):
            raise ValueError("give either base_url, or pod and region, not both and not neither")
        for name, address in (("base_url", self.root_url), ("token_url", self.token_url)):
            parts = urlsplit(address)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
                raise ValueError(f"{name} must look like https://host, without user, password or query")
            if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS and not self.is_plain_http_allowed:
                raise ValueError(
                    f"{name} is plain http, which shows secrets to the network: use https, or set "
                    "is_plain_http_allowed: true where the network is trusted"
                )

    def _require_chart(self) -> None:
        positions = sorted(one.position for one in self.chart)
        if positions != list(range(1, len(positions) + 1)):
            raise ValueError(f"chart must number its segments from 1 without a gap, not {positions}")
        held = [one.holds for one in self.chart if one.holds]
        if len(set(held)) < len(held) or not {"unit", "account"} <= set(held):
            raise ValueError("chart must say once each which segment holds unit and which holds account")
        for one in self.chart:
            if self.chart_delimiter in one.default:
                raise ValueError(f"chart segment {one.name}: the default must not hold {self.chart_delimiter!r}")
            if not one.holds and not one.default:
                raise ValueError(f"chart segment {one.name} holds nothing of an account: give it a default")

    @property
    def root_url(self) -> str:
        """Return scheme and host."""
        return self.base_url.rstrip("/") or f"https://{self.pod}.fa.{self.region}.oraclecloud.com"

    @property
    def segments(self) -> tuple[SegmentSettings, ...]:
        """Return the segments of the chart in their order."""
        return tuple(sorted(self.chart, key=lambda one: one.position))

    def batch_state(self, status: str) -> StateWord:
        """Return what a batch's status code comes to."""
        return {**BATCH_STATES, **self.batch_states}.get(status, self.state_of_unknown_batches)

    def combination_attribute(self, what: str) -> str:
        """Return what the site calls an attribute of an account combination."""
        return self.combination_attributes.get(what, COMBINATION_ATTRIBUTES[what])

    def url(self, path: str) -> str:
        """Return the address of a resource; `path` is below the version, for example journalBatches."""
        return f"{self.root_url}/fscmRestApi/resources/{self.rest_version}/{path}"

    def period_name(self, day: date) -> str:
        """Return the name of the period a day lies in, for example Jan-26: periods are calendar months here."""
        return self.period_pattern.format(
            Mon=MONTHS[day.month - 1],
            MON=MONTHS[day.month - 1].upper(),
            mm=f"{day.month:02}",
            yy=f"{day.year % 100:02}",
            yyyy=f"{day.year:04}",
        )


def _require_template(name: str, text: str, known: frozenset[str]) -> None:
    named = set(re.findall(r"\{(\w+)\}", text))
    rest = re.sub(r"\{\w+\}", "", text)
    if not named <= known or "{" in rest or "}" in rest:
        raise ValueError(f"{name} may name {', '.join(sorted(known))} in braces, and nothing else")
