"""What every connection from an Amazon seller account to an ERP is told, and what it must be able to say of its ERP.

In: a mapping from YAML. Out: checked, frozen settings. A pairing adds the settings of its ERP and says of it which
ledger it means, where it is, which secrets it needs, which units it names, and how its door is opened; nobody else
knows which ERP it is.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Self

import httpx
from pydantic import BaseModel, ConfigDict, Field, model_validator

from connector_defs.cron import CronLine
from connector_defs.day_sources import DaySources
from ledger.policy import Policy
from resources.bank.settings import BankSettings
from resources.clock import Clock
from resources.erp.target import ReachableTarget
from resources.secret_names import SecretName
from resources.store.stores import Stores
from resources.vault import Vault


class StrictSettings(BaseModel):
    """Settings without a key that nobody knows."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AmazonSecrets(StrictSettings):
    """Names of the vault's secrets for one seller; never values."""

    client_id: SecretName
    client_secret: SecretName
    refresh_token: SecretName


class AmazonSettings(StrictSettings):
    """One seller account in one region; `api_url` and `token_url` override the published hosts."""

    seller_id: str = Field(pattern=r"^[A-Z0-9]{3,20}$")
    region: str = Field(pattern="^(na|eu|fe)$")
    marketplaces: tuple[str, ...] = Field(min_length=1)
    secrets: AmazonSecrets
    application_name: str = "SettlementConnector"
    api_url: str | None = None
    token_url: str | None = None
    look_back_days: int = Field(89, ge=1, le=89)


class PostingSettings(StrictSettings):
    """How long posting waits, in seconds; see PostingPatience."""

    follow_in_run_seconds: float = Field(20, ge=0, le=600)
    poll_seconds: float = Field(2, gt=0, le=60)
    follow_up_seconds: float = Field(60, ge=1)
    lease_seconds: float = Field(900, ge=180)
    blind_seconds: float = Field(6 * 3600, ge=600)


@dataclass(frozen=True)
class ErpDoors:
    """What the door to an ERP is opened with; `transport` is given by tests and by nobody else."""

    connection: str
    user_agent: str
    stores: Stores
    vault: Vault
    clock: Clock
    transport: httpx.BaseTransport | None = None


class AmazonToErpSettings(StrictSettings):
    """A connection from one Amazon seller account to one ledger of an ERP."""

    description: str = ""
    amazon: AmazonSettings
    books: Policy
    mapping: str
    automatic: bool = False
    discovery_schedule: CronLine = "17 * * * *"
    by_day: DaySources = DaySources()
    bank: BankSettings = BankSettings()
    posting: PostingSettings = PostingSettings()

    @model_validator(mode="after")
    def _accrue_what_is_told(self) -> Self:
        """Refuse accruals from a source that hides what is held back: they would miss it without a word."""
        if self.books.month_end == "accrue" and self.by_day.events_source == "v0":
            raise ValueError(
                "books.month_end: accrue needs by_day.events_source: transactions; the older API hides held sales"
            )
        return self

    @model_validator(mode="after")
    def _bill_where_it_can_be(self) -> Self:
        """Refuse invoices without receivables to hold them, or without the transactions they are made of."""
        if self.books.invoicing is None:
            return self
        if not self.keeps_receivables:
            raise ValueError("books.invoicing: this ERP takes no invoices here, or its settings name no receivables")
        if self.books.invoicing.clear_by == "receipts" and not self.keeps_receipts:
            raise ValueError(
                "books.invoicing.clear_by: receipts: this ERP takes no receipts here, or its settings describe none"
            )
        if not self.by_day.financial_events or self.by_day.events_source == "v0":
            raise ValueError("books.invoicing needs by_day.financial_events, with events_source: transactions")
        if self.books.invoicing.dates_by_report and not self.by_day.fulfilled_shipments:
            raise ValueError("books.invoicing.dated_by: shipment_report needs by_day.fulfilled_shipments")
        return self

    @model_validator(mode="after")
    def _cost_what_is_told(self) -> Self:
        """Refuse cost of goods without the transactions that tell of shipments."""
        is_told = self.by_day.financial_events and self.by_day.events_source == "transactions"
        if self.books.cost_of_goods is not None and not self.books.costs_at_settlement and not is_told:
            raise ValueError("books.cost_of_goods needs by_day.financial_events, with events_source: transactions")
        return self

    @model_validator(mode="after")
    def _claim_what_is_invoiced(self) -> Self:
        """Refuse tax that waits for invoices which are not read: it would wait for ever."""
        if self.books.holds_input_tax and not (self.by_day.fee_invoices and self.by_day.input_tax_postings):
            raise ValueError("books.input_tax: when_invoiced needs by_day.fee_invoices and by_day.input_tax_postings")
        return self

    @model_validator(mode="after")
    def _create_where_it_can_be(self) -> Self:
        """Refuse to create items in an ERP whose items are not read, or of which nobody says what one is given."""
        if self.books.create_missing_items and not self.makes_items:
            raise ValueError(
                "books.create_missing_items: this ERP's items are not read here, or its settings do not say what a new "
                "item is given"
            )
        return self

    @property
    def keeps_receivables(self) -> bool:
        """Tell whether orders can become invoices in this ERP, as it is set up."""
        return False

    @property
    def keeps_receipts(self) -> bool:
        """Tell whether receipts can be applied to invoices in this ERP, as it is set up."""
        return False

    @property
    def makes_items(self) -> bool:
        """Tell whether items can be created in this ERP, as it is set up."""
        return False

    @property
    def reads_masters(self) -> bool:
        """Tell whether customers and items of this ERP are read and matched."""
        return False

    @property
    @abstractmethod
    def ledger_id(self) -> str:
        """Return the ERP ledger's own id, whatever host it is reached at; part of every posting key."""

    @property
    @abstractmethod
    def erp_name(self) -> str:
        """Return what people call the ERP."""

    @property
    @abstractmethod
    def erp_address(self) -> str:
        """Return scheme and host of the ERP, for people."""

    @property
    @abstractmethod
    def erp_secrets(self) -> tuple[str, ...]:
        """Return the names of the vault's secrets that the ERP needs."""

    @property
    @abstractmethod
    def erp_units(self) -> tuple[str, ...]:
        """Return the units that the settings of the ERP name, beside those of the mapping."""

    @abstractmethod
    def open_target(self, doors: ErpDoors) -> ReachableTarget:
        """Open the door to the ERP; no request is made yet. Raises ConfigurationRefused."""
