"""How one PeopleSoft site has named things: addresses, component interface, properties, queries, times.

Nothing of a component-interface service is the same at two sites, and no delivered component interface for journals is
documented; so every name is a setting. The defaults are the profile `JOURNAL_ENTRY_CI`, properties named like the
record fields. In: a mapping (from YAML). Out: a checked, frozen `PeopleSoftProfile`. Maps given by a user are laid over
the shipped ones, so that only what differs is written. Sources: PeopleTools Integration Broker, "Naming Conventions for
Integration Metadata" and "PeopleSoftServiceListeningConnector"; PeopleTools Reporting Web Services, "ExecuteQuery".
"""

from __future__ import annotations

import re
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from resources.erp.peoplesoft.record_fields import CHARTFIELDS, HEADER_LENGTHS, LINE_LENGTHS
from resources.secret_names import SecretName

METHOD_SUFFIXES = {"Create": "C", "Get": "G"}
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
FaultClass = Literal["misconfigured", "refused", "unclear"]

_JOURNAL_KEY = {"BUSINESS_UNIT": "BU", "JOURNAL_ID": "JID", "JOURNAL_DATE": "JDT"}

# What each query is for -> its name, its unique prompt names, and the columns that are not called A.FIELD or FIELD.
SHIPPED_QUERIES: dict[str, dict[str, Any]] = {
    "by_key": {"name": "X_JRNL_BY_KEY", "prompts": _JOURNAL_KEY},
    "by_reference": {"name": "X_JRNL_BY_REF", "prompts": {"BUSINESS_UNIT": "BU", "REFERENCE": "REF"}},
    "by_source": {
        "name": "X_JRNL_BY_SOURCE",
        "prompts": {"BUSINESS_UNIT": "BU", "SOURCE": "SRC", "FROM_DATE": "FROMDT", "TO_DATE": "TODT"},
    },
    "lines": {"name": "X_JRNL_LINES", "prompts": _JOURNAL_KEY},
    "errors": {"name": "X_JRNL_ERRORS", "prompts": _JOURNAL_KEY},
    "period": {
        "name": "X_PERIOD_OPEN",
        "prompts": {"BUSINESS_UNIT": "BU", "LEDGER_GROUP": "LG", "SOURCE": "SRC", "JOURNAL_DATE": "JDT"},
    },
    "values": {
        "name": "X_CHARTFIELD_VALUES",
        "prompts": {"BUSINESS_UNIT": "BU", "FIELDNAME": "FLD", "VALUE": "VAL", "ASOF": "ASOF"},
    },
    "control": {"name": "X_CONTROL", "prompts": {"BUSINESS_UNIT": "BU"}},
    # Only where balances are read.
    "balances": {
        "name": "X_LEDGER_BALANCE",
        "prompts": {
            "BUSINESS_UNIT": "BU",
            "LEDGER": "LGR",
            "ACCOUNT": "ACCT",
            "FISCAL_YEAR": "YR",
            "ACCOUNTING_PERIOD": "PER",
        },
    },
    "entries": {
        "name": "X_LEDGER_ENTRIES",
        "prompts": {"BUSINESS_UNIT": "BU", "ACCOUNT": "ACCT", "FROM_DATE": "FROMDT", "TO_DATE": "TODT"},
    },
}


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class QuerySettings(_Settings):
    """One PS Query: `prompts` maps our name to the unique prompt name, `columns` a record field to the row's key.

    A field without an entry in `columns` is looked for as `A.FIELD`, `B.FIELD` and `FIELD`; `LINE_BUSINESS_UNIT` is
    the unit of a line, by default `B.BUSINESS_UNIT`.
    """

    name: str
    prompts: dict[str, str]
    columns: dict[str, str] = {}


class PeopleSoftProfile(_Settings):
    """Everything site-specific that the client needs; secrets are named here, never held.

    Times are seconds. `rows_max` bounds one query answer: one that reaches it is never taken as complete.
    """

    # Where.
    base_url: str = ""
    host: str = ""
    port: int | None = Field(None, ge=1, le=65535)
    is_plain_http_allowed: bool = False
    certificates: str = ""  # PEM file with the company's own authority, trusted beside the public ones
    node: str = "PSFT_EP"
    is_gateway_shared: bool = False
    soap_path: str = "/PSIGW/PeopleSoftServiceListeningConnector"
    rest_path: str = "/PSIGW/RESTListeningConnector"
    wsdl_path: str = ""
    post_path: str = ""
    is_message_id_sent: bool = True

    # Who.
    auth: Literal["ws_security", "basic", "both", "anonymous"] = "ws_security"
    user_secret: SecretName = "peoplesoft_user"
    password_secret: SecretName = "peoplesoft_password"

    # The component interface.
    component_interface: str = "JOURNAL_ENTRY_CI"
    service: str = ""
    service_version: int = Field(1, ge=1)
    operations: dict[Literal["Create", "Get"], str] = {}
    actions: dict[Literal["Create", "Get"], str] = {}
    lines_collection: str = "JRNL_LN"
    header_properties: dict[str, str] = {}
    line_properties: dict[str, str] = {}
    header_constants: dict[str, str] = {}
    line_constants: dict[str, str] = {}
    fields_not_sent: frozenset[str] = frozenset()

    # The books.
    units: tuple[str, ...] = ()
    ledger_group: str = "ACTUALS"
    ledger: str = ""  # set where the ledger group keeps several ledgers in one journal: only its lines are read
    source: str = Field("AMZ", min_length=1, max_length=3)
    journal_id_letter: str = Field("A", pattern=r"^[A-Z]$")
    reference_word: str = Field("AMZ", pattern=r"^[A-Za-z0-9]{1,10}$")
    statistics_code: str = ""
    segments: dict[str, str] = CHARTFIELDS
    header_lengths: dict[str, int] = HEADER_LENGTHS
    line_lengths: dict[str, int] = LINE_LENGTHS
    lines_max: int = Field(300, ge=2)
    balance_sheet_types: str = "ALQ"
    income_statement_types: str = "RE"
    open_item_check: Literal["block", "warn"] = "block"
    fields_not_checked: frozenset[str] = frozenset({"AFFILIATE"})  # its values are business units, no list of values

    # Reads.
    read_back: Literal["qas", "ci_get"] = "qas"
    query_operation: str = "ExecuteQuery.v1"
    query_owner: Literal["PUBLIC", "PRIVATE", "public", "private"] = "PUBLIC"
    queries: dict[str, QuerySettings] = {}
    rows_max: int = Field(20_000, ge=100)
    controls: dict[str, str] = {}
    units_confirmed_empty: frozenset[str] = frozenset()
    journal_link: str = ""

    # How answers are read; numbers of messages as "set,number".
    fault_classes: dict[str, FaultClass] = {}
    duplicate_texts: tuple[str, ...] = ("already exist", "duplicate key")
    absent_texts: tuple[str, ...] = ("no rows exist", "no matching", "not found for the specified key")

    # How long.
    connect_timeout_seconds: float = Field(10, gt=0)
    read_timeout_seconds: float = Field(120, gt=0)
    quiet_period_seconds: int = Field(330, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _laid_over(cls, given: Any) -> Any:
        """Lay the user's maps over the shipped ones."""
        if not isinstance(given, dict):
            return given
        laid = dict(given)
        shipped = {"segments": CHARTFIELDS, "header_lengths": HEADER_LENGTHS, "line_lengths": LINE_LENGTHS}
        for name, defaults in shipped.items():
            if isinstance(given.get(name, {}), dict):
                laid[name] = {**defaults, **given.get(name, {})}
        if isinstance(given.get("queries", {}), dict):
            laid["queries"] = _queries_laid_over(given.get("queries", {}))
        return laid

    @field_validator("fault_classes")
    @classmethod
    def _is_message_number(cls, given: dict[str, str]) -> dict[str, str]:
        for number in given:
            if not re.fullmatch(r"\d+,\d+", number):
                raise ValueError(f"{number!r} is no message number: write set and number, for example '158,45'")
        return given

    @model_validator(mode="after")
    def _is_consistent(self) -> PeopleSoftProfile:
        if bool(self.base_url) == bool(self.host):
            raise ValueError("give either base_url or host (with port), not both and not neither")
        parts = urlsplit(self.root_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise ValueError("base_url must look like https://host:port, without user, password or query")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS and not self.is_plain_http_allowed:
            raise ValueError(
                "the address is plain http, which shows the password to the network: use https, or set "
                "is_plain_http_allowed: true where the network is trusted"
            )
        if self.quiet_period_seconds <= self.read_timeout_seconds:
            raise ValueError(
                f"quiet_period_seconds ({self.quiet_period_seconds}) must be longer than read_timeout_seconds "
                f"({self.read_timeout_seconds:g}): a send can still be saved while its answer is waited for"
            )
        self._require_known_fields()
        return self

    def _require_known_fields(self) -> None:
        header, line = set(self.header_lengths), set(self.line_lengths)
        for name, fields, known in (
            ("header_properties", set(self.header_properties), header),
            ("line_properties", set(self.line_properties), line),
            ("segments", set(self.segments.values()), line),
            ("fields_not_sent", set(self.fields_not_sent), header | line),
        ):
            unknown = sorted(fields - known)
            if unknown:
                raise ValueError(f"{name} names {', '.join(unknown)}, of which the journal records know nothing")

    @property
    def root_url(self) -> str:
        """Return scheme, host and port."""
        if self.base_url:
            return self.base_url.rstrip("/")
        return f"https://{self.host}" + (f":{self.port}" if self.port else "")

    @property
    def service_name(self) -> str:
        """Return the service: `CI_` and the component interface's name, unless named."""
        return self.service or f"CI_{self.component_interface}"

    @property
    def soap_url(self) -> str:
        """Return the address requests are posted to; it never comes from the WSDL."""
        shared = f"/{self.node}" if self.is_gateway_shared else ""
        return self.root_url + (self.post_path or f"{self.soap_path}{shared}")

    @property
    def wsdl_url(self) -> str:
        """Return the address of the WSDL."""
        shared = f"/{self.node}" if self.is_gateway_shared else ""
        return self.root_url + (
            self.wsdl_path or f"{self.soap_path}{shared}/{self.service_name}.{self.service_version}.wsdl"
        )

    def query_url(self, name: str) -> str:
        """Return the address that runs one query and answers JSON."""
        return (
            f"{self.root_url}{self.rest_path}/{self.node}/{self.query_operation}/{self.query_owner}/{name}/JSON/NONFILE"
        )

    def operation(self, method: str) -> str:
        """Return the service operation of a CI method: `CI_X_C` for Create."""
        return self.operations.get(method) or f"{self.service_name}_{METHOD_SUFFIXES[method]}"

    def action(self, method: str, described: str) -> str:
        """Return the SOAPAction: as set, else as the WSDL describes it, else the operation's first version."""
        return self.actions.get(method) or described or f"{self.operation(method)}.V1"

    def header_property(self, field: str) -> str:
        """Return what the component interface calls a header field."""
        return self.header_properties.get(field, field)

    def line_property(self, field: str) -> str:
        """Return what the component interface calls a line field."""
        return self.line_properties.get(field, field)


def _queries_laid_over(given: dict[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(given) - set(SHIPPED_QUERIES))
    if unknown:
        raise ValueError(f"queries names {', '.join(unknown)}; known are {', '.join(SHIPPED_QUERIES)}")
    laid: dict[str, Any] = {}
    for purpose, shipped in SHIPPED_QUERIES.items():
        own = given.get(purpose, {})
        if isinstance(own, QuerySettings):
            own = own.model_dump()
        laid[purpose] = {**shipped, **own, "prompts": {**shipped["prompts"], **own.get("prompts", {})}}
    return laid
