"""How one connection keeps its books: the accounting settings, as they stand in its YAML.

In: plain values of a YAML file. Out: a frozen `Policy`, or an error per key that says what to write instead. What has
accounting weight has no default: go-live (`books_from`), the time zone of the ledger and the tax model of each
marketplace. Amounts and rates are text or whole numbers; a YAML float is refused because it loses cents.
"""

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from itertools import combinations
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from ledger import money
from ledger.errors import InputRefused


class TaxModel(StrEnum):
    """Who owes the tax on sales in a marketplace, and whether gross amounts contain it.

    `mixed` decides per order by the rows present: tax withheld makes it `facilitator`, tax rows alone make it
    `added`, neither makes it what `otherwise` says.
    """

    FACILITATOR = "facilitator"
    ADDED = "added"
    INCLUDED = "included"
    MIXED = "mixed"


def exact_number(value: object) -> Decimal:
    """Return a number written as text or as a whole number; raise ValueError for a float or anything else."""
    if isinstance(value, (float, bool)) or not isinstance(value, (str, int, Decimal)):
        raise ValueError('must be written in quotes, for example "1250.37": a bare decimal number loses cents')
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError('must be plain digits with a decimal point, for example "1250.37"') from None
    if not number.is_finite():
        raise ValueError('must be a finite number, for example "1250.37"')
    return number


def code_text(value: object) -> object:
    """Take a bare whole number for the text it was written as; other values are left for the field to judge."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _not_no(value: object) -> object:
    """Refuse what YAML makes of a bare NO, which is Norway."""
    if value is False:
        raise ValueError('must be written in quotes where it is "NO": YAML reads a bare NO as false')
    return value


def country_code(value: object) -> str:
    """Return a country as two capital letters (ISO 3166-1 alpha-2); raise ValueError for anything else."""
    value = _not_no(value)
    if not isinstance(value, str) or not re.fullmatch("[A-Z]{2}", value):
        raise ValueError("must be a country as two capital letters, for example DE")
    return value


def as_tuple(value: object) -> object:
    """Take one value for a list of one."""
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


def iso_date(value: object) -> date:
    """Return a date written as a date or as ISO text; raise ValueError for anything else, numbers included."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("must be a date like 2026-01-31")
    return value


IsoDate = Annotated[date, BeforeValidator(iso_date, json_schema_input_type=date)]
ExactNumber = Annotated[
    Decimal, BeforeValidator(exact_number, json_schema_input_type=Annotated[str | int, Field(title="exact number")])
]
Country = Annotated[str, BeforeValidator(country_code, json_schema_input_type=str)]
Code = Annotated[
    str, BeforeValidator(code_text, json_schema_input_type=str | int), Field(min_length=1, max_length=100, strict=True)
]


class Settings(BaseModel):
    """What all settings share: unknown keys are refused, nothing changes once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class VatRate(Settings):
    """A VAT rate in per cent with the accounting dates from and to which it holds (both included)."""

    rate: ExactNumber
    valid_from: IsoDate | None = None
    valid_to: IsoDate | None = None
    country: Annotated[str, BeforeValidator(_not_no)] = ""

    @field_validator("rate")
    @classmethod
    def _is_a_rate(cls, value: Decimal) -> Decimal:
        if not 0 <= value <= 100:
            raise ValueError('must be a rate in per cent between 0 and 100, for example "19"')
        return value

    @model_validator(mode="after")
    def _dates_in_order(self) -> "VatRate":
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from: swap them")
        return self

    def holds_on(self, day: date) -> bool:
        """Tell whether the rate holds on a date."""
        return (self.valid_from or date.min) <= day <= (self.valid_to or date.max)

    def overlaps(self, other: "VatRate") -> bool:
        """Tell whether both hold on some date."""
        latest_start = max(self.valid_from or date.min, other.valid_from or date.min)
        return latest_start <= min(self.valid_to or date.max, other.valid_to or date.max)


class Marketplace(Settings):
    """The tax model of one marketplace, and its VAT rates where gross amounts contain VAT.

    `vat_by`: `one_rate` takes the one rate of the date for every line, `country` the rate of the country that the
    order was sent to. `vat_order_countries` says the country of single orders that Amazon's reports do not name, by
    order id; `vat_country_without_order` that of amounts that belong to no order.
    """

    tax_model: TaxModel
    otherwise: Literal[TaxModel.ADDED, TaxModel.INCLUDED] | None = None
    vat_by: Literal["one_rate", "country"] = "one_rate"
    vat_rates: tuple[VatRate, ...] = ()
    vat_order_countries: dict[str, Country] = Field(default_factory=dict)
    vat_country_without_order: Country | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> "Marketplace":
        if (self.tax_model is TaxModel.MIXED) != (self.otherwise is not None):
            raise ValueError("otherwise (added or included) belongs to tax_model mixed and is required there")
        if TaxModel.INCLUDED in (self.tax_model, self.otherwise) and not self.vat_rates:
            raise ValueError("gross amounts contain VAT, so vat_rates must list at least one rate")
        self._require_countries()
        ordered = sorted(self.vat_rates, key=lambda rate: rate.valid_from or date.min)
        for one, other in combinations(ordered, 2):
            if one.overlaps(other) and (not self.is_by_country or one.country == other.country):
                rates = f"{one.rate} and {other.rate}" + (f" of {one.country}" if self.is_by_country else "")
                raise ValueError(f"the rates {rates} hold on the same dates: end one earlier")
        return self

    def _require_countries(self) -> None:
        """Raise ValueError where VAT by country lacks a country, or a country is said and not looked at."""
        if self.is_by_country:
            if TaxModel.INCLUDED not in (self.tax_model, self.otherwise):
                raise ValueError("vat_by: country splits VAT off prices that contain it, so it belongs to included")
            for rate in self.vat_rates:
                try:
                    country_code(rate.country)
                except ValueError as error:
                    raise ValueError(f"vat_by: country, so the country of the rate {rate.rate} {error}") from None
        elif self.vat_order_countries or self.vat_country_without_order:
            raise ValueError("vat_order_countries and vat_country_without_order belong to vat_by: country")

    @property
    def is_by_country(self) -> bool:
        """Tell whether VAT is split by the country that an order was sent to."""
        return self.vat_by == "country"


class Opening(Settings):
    """What the books held by hand at go-live for one marketplace and currency; all amounts are zero or more.

    `reserve` is money Amazon held back, `debt` what the seller owed Amazon from a negative settlement, `loan` what was
    borrowed, `unpaid_payouts` payouts not yet in the bank. Where a marketplace has two series, `first_settlement`
    says which one is meant.
    """

    marketplace: str
    currency: str
    reserve: ExactNumber = Decimal(0)
    debt: ExactNumber = Decimal(0)
    loan: ExactNumber = Decimal(0)
    unpaid_payouts: ExactNumber = Decimal(0)
    first_settlement: Code | None = None

    @model_validator(mode="after")
    def _amounts_are_exact(self) -> "Opening":
        for name in ("reserve", "debt", "loan", "unpaid_payouts"):
            amount = getattr(self, name)
            try:
                money.exact(amount, self.currency)
            except InputRefused as refusal:
                raise ValueError(f"{name}: {refusal}") from None
            if amount < 0:
                raise ValueError(f"{name} must be zero or more: write the amount held or owed without a sign")
        return self


class OrdersBeforeGoLive(Settings):
    """The orders that were shipped before go-live and are settled after it, and where their sales go.

    `file` lists them (a column `order_id`, and `shipped` and `amount` where known), beside the mapping. Their prices
    less promotions go to `revenue` like any other sale, or clear `accounts.opening_receivable` of the mapping, because
    the books hold them as receivables already. Either way they are listed.
    """

    file: Annotated[str, Field(min_length=1)]
    book_to: Literal["revenue", "opening_receivable"]


class Invoicing(Settings):
    """Orders become invoices and credit memos in the ERP's receivables; settlements then clear what was billed.

    `shipped_from`: orders first shipped before that day, in the ledger's time zone, stay revenue of their settlement.
    `bill_to` names the customer account by marketplace; `*` stands for every other one. `clear_by`: what closes an
    invoice when its order is settled, the settlement's journal or receipts; each is closed the way it was billed,
    whatever is said later. `applied_to_max`: to how many invoices and credit memos one receipt is applied. `dated_by`
    says who tells the day of a shipment by Amazon, the Shipment transaction or the report of fulfilled shipments.
    `tolerance`: how much of a later difference is made up for by a document of its own, in the invoice's currency.
    `amounts_from_report_after`: so many hours after it left, a shipment that no transaction tells is billed with the
    amounts of the report; never without it.
    """

    shipped_from: IsoDate
    bill_to: Annotated[dict[str, Code], Field(min_length=1)]
    clear_by: Literal["journal", "receipts"] = "journal"
    applied_to_max: Annotated[int, Field(ge=1, le=100_000)] = 1_000
    dated_by: Literal["transaction", "shipment_report"] = "transaction"
    tolerance: Annotated[ExactNumber, Field(ge=0)] = Decimal(0)
    amounts_from_report_after: Annotated[int, Field(ge=1, le=720)] | None = None

    @model_validator(mode="after")
    def _dates_what_it_bills(self) -> "Invoicing":
        if self.bills_by_report and not self.dates_by_report:
            raise ValueError(
                "amounts_from_report_after needs dated_by: shipment_report, so that an invoice has one date whoever "
                "tells of its shipment first"
            )
        return self

    @property
    def bills_by_report(self) -> bool:
        """Tell whether shipments are billed by the report of fulfilled shipments where no transaction comes."""
        return self.amounts_from_report_after is not None

    @property
    def dates_by_report(self) -> bool:
        """Tell whether invoices of what Amazon shipped are dated by the report of fulfilled shipments."""
        return self.dated_by == "shipment_report"

    def customer(self, marketplace: str) -> str:
        """Return the bill-to account of a marketplace, whatever the case of its name; "" when none is named."""
        named = {name.strip().casefold(): customer for name, customer in self.bill_to.items()}
        return named.get(marketplace.strip().casefold(), named.get("*", ""))


class CostOfGoods(Settings):
    """What was sold is taken out of the stock in the books with its revenue: debit cost of goods, credit inventory.

    That is when it is shipped, where invoices or accruals book the revenue then, and else when it is settled. Only for
    books whose inventory is not issued by the ERP itself: an ERP that issues the stock books the same cost, and must
    not get it twice. `shipped_from`: what was shipped (settled, where cost is booked then) before that day, in the
    ledger's time zone, carries none. `returned_from`: what came back before that day takes none back, because it was
    booked by hand.
    """

    shipped_from: IsoDate
    returned_from: IsoDate | None = None

    def takes_back(self, returned: date) -> bool:
        """Tell whether what came back on a day takes its cost back."""
        return returned >= (self.returned_from or self.shipped_from)


def _date_or_ids(value: object) -> object:
    """Take a date, or a list of settlement ids written as text or whole numbers; raise ValueError for the rest."""
    if value is None:
        return None
    if not isinstance(value, (list, tuple)):
        return iso_date(value)
    ids = tuple(code_text(one) for one in value)
    if not ids or not all(isinstance(one, str) and one for one in ids):
        raise ValueError("must be a date like 2026-01-31, or a list of settlement ids with at least one in it")
    return ids


class Policy(Settings):
    """The accounting settings of a connection.

    `books_from`: a date (settlements that start on or after it, in the ledger's time zone) or the first settlement of
    each series; without it nothing is posted. `accounting_date`: the day the settlement ends, its deposit date, or
    the last day of the month in which it ends. `grain`: what journal lines are added up by. `quantities`: the ERP's
    statistics code for units sold, or nothing. `closed_period`: what becomes of a journal whose period is closed while
    nothing of it is in the ERP: it waits, moves to the first open day, or a person is asked. `bank_receipt`: who books
    the money that arrives, the ERP's own bank process or the connector, never both; `receipt_days` is how long that may
    take. `read_balances`: the ERP's balances are read at a month's end and tied to Amazon's. `invoicing`: orders become
    invoices when they are shipped, where the ERP keeps receivables for them; without it they are revenue when settled.
    `catalogue`: a CSV or YAML file beside the mapping that says of each product where it is booked and what it costs.
    `cost_of_goods`: what is shipped is also booked from inventory to cost; off unless set, and never together with an
    ERP whose inventory issues the stock. `input_tax`: where tax on the marketplace's fees goes when it is settled:
    straight to the account it is claimed from, or to one where it waits until the number of its invoice is known.
    `create_missing_items`: products that were sold and have no item in the ERP become one there; off unless set.
    """

    time_zone: str
    books_from: Annotated[date | tuple[str, ...] | None, BeforeValidator(_date_or_ids)] = None
    opening: tuple[Opening, ...] = ()
    orders_before_go_live: OrdersBeforeGoLive | None = None
    month_end: Literal["split", "accrue", "none"] = "split"
    accounting_date: Literal["settlement_end", "deposit_date", "month_last_day"] = "settlement_end"
    grain: Literal["account", "day", "sku", "order"] = "account"
    lines_max: Annotated[int, Field(ge=2, le=100_000)] = 300
    quantities: str | None = None
    rate_type: Annotated[str, Field(min_length=1, max_length=30)] = "CRRNT"
    marketplaces: dict[str, Marketplace] = Field(default_factory=dict)
    inter_unit: Literal["accounts", "erp"] = "accounts"
    approval: Literal["automatic", "required"] = "required"
    closed_period: Literal["hold", "next_open", "ask"] = "hold"
    bank_receipt: Literal["erp", "connector"] = "erp"
    receipt_days: Annotated[int, Field(ge=1, le=90)] = 10
    read_balances: bool = False
    invoicing: Invoicing | None = None
    catalogue: Annotated[str, Field(min_length=1)] | None = None
    cost_of_goods: CostOfGoods | None = None
    input_tax: Literal["when_settled", "when_invoiced"] = "when_settled"
    create_missing_items: bool = False

    @field_validator("quantities", mode="before")
    @classmethod
    def _off_is_nothing(cls, value: Any) -> Any:
        return None if value in (False, "off", "no", "none", "") else value

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        if value not in _zone_names():
            raise ValueError(f"{value!r} is no IANA time zone: write one like America/New_York or Europe/Berlin")
        return value

    @model_validator(mode="after")
    def _names_are_unique(self) -> "Policy":
        names = [name.strip().casefold() for name in self.marketplaces]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"marketplaces lists {', '.join(twice)} twice: names differ only in case or blanks")
        keys = [(one.marketplace.strip().casefold(), one.currency, one.first_settlement) for one in self.opening]
        if len(set(keys)) < len(keys):
            raise ValueError("opening lists a marketplace and currency twice: join them, or name first_settlement")
        return self

    @model_validator(mode="after")
    def _nothing_before_the_books(self) -> "Policy":
        if not isinstance(self.books_from, date):
            return self  # which day that is, the first settlement of each series says
        for name in ("invoicing", "cost_of_goods"):
            begins = getattr(self, name)
            if begins is not None and begins.shipped_from < self.books_from:
                raise ValueError(
                    f"{name}.shipped_from {begins.shipped_from} lies before books_from {self.books_from}: what was "
                    "shipped before go-live is in the books by hand"
                )
        return self

    @model_validator(mode="after")
    def _cost_follows_revenue(self) -> "Policy":
        if self.cost_of_goods is None:
            return self
        if self.catalogue is None:
            raise ValueError("cost_of_goods needs catalogue: the file that says what a unit costs")
        return self

    @property
    def costs_at_settlement(self) -> bool:
        """Tell whether cost of goods is booked with the settlement, as its revenue is: nothing bills or accrues it."""
        return self.cost_of_goods is not None and self.invoicing is None and self.month_end != "accrue"

    @property
    def holds_input_tax(self) -> bool:
        """Tell whether tax on fees waits for the number of its invoice."""
        return self.input_tax == "when_invoiced"

    @property
    def zone(self) -> ZoneInfo:
        """Return the ledger's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def decides_by_order(self) -> bool:
        """Tell whether any marketplace is mixed, so that lines must know which tax rows their order has."""
        return any(one.tax_model is TaxModel.MIXED for one in self.marketplaces.values())

    def marketplace(self, name: str) -> Marketplace | None:
        """Return the settings of a marketplace by its name in settlements, whatever its case; None when not listed."""
        wanted = name.strip().casefold()
        return next((one for key, one in self.marketplaces.items() if key.strip().casefold() == wanted), None)

    def opening_of(self, marketplace: str, currency: str, first_settlement: str) -> Opening | None:
        """Return what the books held for a series at go-live; an entry that names the settlement comes first."""
        wanted = (marketplace.strip().casefold(), currency)
        fitting = [one for one in self.opening if (one.marketplace.strip().casefold(), one.currency) == wanted]
        named = [one for one in fitting if one.first_settlement == first_settlement]
        return next(iter(named or [one for one in fitting if one.first_settlement is None]), None)


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())
