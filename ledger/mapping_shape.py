"""The shape of a mapping file: what an accountant may write, key by key.

One YAML file per connection says which account each category is booked to. The shape is strict (an unknown key is
refused) and forgiving where nothing can be lost: an account may stand alone or with segments, one booking may stand
for a list of one, and a bare whole number is the text it was written as. `ledger/mapping_file.py` reads the file and
`ledger/mapping_rules.py` checks what no single key can know.
"""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from ledger.accounts import AccountKey, Nature
from ledger.errors import InputRefused
from ledger.policy import Code, Country, IsoDate, Settings, as_tuple

# Segments with a key of their own; sites with others write them under `segments`.
SEGMENTS = (
    "department",
    "product",
    "operating_unit",
    "project",
    "affiliate",
    "chartfield1",
    "chartfield2",
    "chartfield3",
    "fund",
    "program",
    "budget_reference",
)


class Dated(Settings):
    """Anything that holds from one accounting date to another, both included."""

    valid_from: IsoDate | None = None
    valid_to: IsoDate | None = None

    @model_validator(mode="after")
    def _dates_in_order(self) -> "Dated":
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from: swap them")
        return self

    def holds_on(self, day: date) -> bool:
        """Tell whether it holds on an accounting date."""
        return (self.valid_from or date.min) <= day <= (self.valid_to or date.max)

    def overlaps(self, other: "Dated") -> bool:
        """Tell whether both hold on some date."""
        latest_start = max(self.valid_from or date.min, other.valid_from or date.min)
        return latest_start <= min(self.valid_to or date.max, other.valid_to or date.max)

    def spans(self, other: "Dated") -> bool:
        """Tell whether it holds whenever the other does."""
        is_early_enough = (self.valid_from or date.min) <= (other.valid_from or date.min)
        return is_early_enough and (self.valid_to or date.max) >= (other.valid_to or date.max)


class Booking(Dated):
    """An account with its segments, and the unit whose books it stands in (by default the owner's).

    A segment written as `~` (nothing) is left out even where the owner has one for every line. `nature` is needed only
    where a category can be several things, for example `tax_on_fees` as an expense where the seller is not registered.
    """

    account: Code
    unit: Code | None = None
    department: Code | None = None
    product: Code | None = None
    operating_unit: Code | None = None
    project: Code | None = None
    affiliate: Code | None = None
    chartfield1: Code | None = None
    chartfield2: Code | None = None
    chartfield3: Code | None = None
    fund: Code | None = None
    program: Code | None = None
    budget_reference: Code | None = None
    segments: dict[str, Code | None] = Field(default_factory=dict)
    nature: Nature | None = None

    @model_validator(mode="after")
    def _is_an_account(self) -> "Booking":
        clash = sorted({"account", "unit", *SEGMENTS} & set(self.segments))
        if clash:
            raise ValueError(f"segments repeats {', '.join(clash)}: write it one level up")
        _as_key(self.unit or "UNIT", {"account": self.account, **self.own_segments})
        return self

    @property
    def own_segments(self) -> dict[str, str | None]:
        """Return the segments written here; None where one is written as nothing."""
        written = {name: getattr(self, name) for name in SEGMENTS if name in self.model_fields_set}
        return {**written, **self.segments}

    def key(self, unit: str, defaults: dict[str, str | None]) -> AccountKey:
        """Return the account in the books of `unit` (or its own), with `defaults` for segments it does not write."""
        return AccountKey.of(self.unit or unit, **{**defaults, **self.own_segments, "account": self.account})


def _as_booking(value: object) -> object:
    """Take an account standing alone for a booking."""
    if value is None:
        raise ValueError("is empty: fill it in")
    return value if isinstance(value, (dict, Booking)) else {"account": value}


def _as_key(unit: str, segments: dict[str, str | None]) -> AccountKey:
    try:
        return AccountKey.of(unit, **segments)
    except InputRefused as refusal:
        raise ValueError(str(refusal)) from None


_AnyBooking = str | int | Booking
OneBooking = Annotated[Booking, BeforeValidator(_as_booking, json_schema_input_type=_AnyBooking)]
Bookings = Annotated[
    tuple[OneBooking, ...],
    BeforeValidator(as_tuple, json_schema_input_type=_AnyBooking | list[_AnyBooking]),
    Field(min_length=1),
]
Patterns = Annotated[
    tuple[Code, ...], BeforeValidator(as_tuple, json_schema_input_type=str | int | list[str | int]), Field(min_length=1)
]


class BankBooking(Booking):
    """The account that stands for a bank account in the books, or for several of them.

    `account_ending` and `currency` narrow it to bank accounts that end so, and keep that currency; of several that fit
    the one that says more is taken.
    """

    account_ending: Code | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None

    def takes(self, account_tail: str, currency: str) -> bool:
        """Tell whether money of a bank account, by what is known of its number, is booked here."""
        is_account = self.account_ending is None or account_tail.endswith(self.account_ending.upper())
        return is_account and self.currency in (None, currency)

    @property
    def narrowness(self) -> tuple[bool, bool]:
        """Return how much it says of the bank account: an ending is more than a currency."""
        return self.account_ending is not None, self.currency is not None


_AnyBank = str | int | BankBooking
OneBank = Annotated[BankBooking, BeforeValidator(_as_booking, json_schema_input_type=_AnyBank)]
Banks = Annotated[
    tuple[OneBank, ...],
    BeforeValidator(as_tuple, json_schema_input_type=_AnyBank | list[_AnyBank]),
    Field(min_length=1),
]


class OwnerUnit(Settings):
    """A unit whose bank account Amazon pays, and the segments that each of its lines carries."""

    unit: Code
    segments: dict[str, Code | None] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_a_unit(self) -> "OwnerUnit":
        _as_key(self.unit, {**self.segments, "account": "1"})
        return self


class Owner(OwnerUnit):
    """The unit that owns the settlements, and others for marketplaces whose payouts go to another unit's bank."""

    marketplaces: dict[str, OwnerUnit] = Field(default_factory=dict)


class InterUnit(Settings):
    """The accounts two units use between each other: what is due from the partner, what is due to the partner.

    `partner_segment` names a segment that shall hold the partner's unit, for example `affiliate`.
    """

    units: Annotated[tuple[Code, ...], Field(min_length=2, max_length=2)]
    due_from: Annotated[Booking, BeforeValidator(_as_booking, json_schema_input_type=_AnyBooking)]
    due_to: Annotated[Booking, BeforeValidator(_as_booking, json_schema_input_type=_AnyBooking)]
    partner_segment: str | None = None

    @field_validator("units")
    @classmethod
    def _are_two(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if value[0] == value[1]:
            raise ValueError("must name two different units")
        return value


class Accounts(Settings):
    """Accounts by the part they play rather than by category.

    `clearing` (required, open item) is the counter-account of every line. `pass_through_tax` takes tax collected and
    withheld where the marketplace remits it, `tax_liability` tax the seller owes, `input_tax` tax on Amazon's fees,
    `input_tax_waiting` the same until the number of its invoice is known, needed with `input_tax: when_invoiced` only,
    `card_in_transit` what Amazon charged to the card. `accrued` is the counter-account of month-end accruals, on the
    balance sheet and needed with `month_end: accrue` only. `opening_debt` is where the books held a debt to Amazon at
    go-live, if not on clearing; `opening_receivable` where they held orders shipped before go-live and not settled.
    `order_receivable` is where invoices of orders stand until their settlement clears them, needed with `invoicing`
    only. `inventory_loss` takes the cost of units that came back and cannot be sold, needed with `cost_of_goods` once
    there is such a unit. `bank` is where money that arrives goes, and `fx_realised` what it came to more or less than
    it was carried at: both only where the connection books the receipt itself.
    """

    clearing: OneBooking
    pass_through_tax: Bookings | None = None
    tax_liability: Bookings | None = None
    input_tax: Bookings | None = None
    input_tax_waiting: Bookings | None = None
    card_in_transit: Bookings | None = None
    accrued: OneBooking | None = None
    opening_debt: OneBooking | None = None
    opening_receivable: OneBooking | None = None
    order_receivable: OneBooking | None = None
    inventory_loss: Bookings | None = None
    bank: Banks | None = None
    fx_realised: Bookings | None = None
    inter_unit: tuple[InterUnit, ...] = ()


class When(Settings):
    """What a rule looks at: every key given must fit; a list fits when one of it does; `*` and `?` are wild.

    `country` is where an order was sent; it is known, and a rule with it fits, only where a marketplace splits VAT by
    country.
    """

    category: Patterns
    marketplace: Patterns | None = None
    sku: Patterns | None = None
    fulfilment: Annotated[
        tuple[Literal["AFN", "MFN"], ...] | None, BeforeValidator(as_tuple, json_schema_input_type=str | list[str])
    ] = None
    country: Annotated[
        tuple[Country, ...] | None, BeforeValidator(as_tuple, json_schema_input_type=str | list[str])
    ] = None
    transaction_type: Patterns | None = None
    amount_type: Patterns | None = None
    amount_description: Patterns | None = None


class Rule(Dated):
    """A booking for part of a category; the first rule that fits wins, before `categories`."""

    when: When
    book: OneBooking
    name: str = ""

    @field_validator("book")
    @classmethod
    def _dates_stand_on_the_rule(cls, value: Booking) -> Booking:
        if value.valid_from or value.valid_to:
            raise ValueError("valid_from and valid_to belong beside when and book, not inside book")
        return value


class TripleRow(Settings):
    """The user's own classification of labels the shipped table does not know or does not trust; `*` is wild.

    An empty label is the label of amounts that Amazon tells without one.
    """

    transaction_type: str
    amount_type: str
    amount_description: str
    category: str


class LeafRow(Settings):
    """The user's own classification of lines of financial transactions, for month-end accruals; `*` is wild.

    `leaf_path` is the names of the breakdown from the top down with a slash between them, empty for a bare total.
    """

    transaction_type: Annotated[str, Field(min_length=1)]
    leaf_path: str
    category: str


def _by_currency(value: object) -> object:
    """Take one name for the name of every currency."""
    return {"*": value} if isinstance(value, str) else {} if value is None else value


class MappingShape(Settings):
    """A whole mapping file.

    `marketplace_for_blank` is the marketplace of lines without one in settlements that have no selling marketplace, or
    several: one name, or a name per currency.
    """

    version: Literal[1]
    owner: Owner
    accounts: Accounts
    categories: dict[str, Bookings] = Field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    triples: tuple[TripleRow, ...] = ()
    event_leaves: tuple[LeafRow, ...] = ()
    marketplace_for_blank: Annotated[
        dict[str, str], BeforeValidator(_by_currency, json_schema_input_type=str | dict[str, str])
    ] = Field(default_factory=dict)

    @field_validator("categories", mode="before")
    @classmethod
    def _nothing_is_empty(cls, value: Any) -> Any:
        return {} if value is None else value

    @field_validator("rules", "triples", "event_leaves", mode="before")
    @classmethod
    def _nothing_is_an_empty_list(cls, value: Any) -> Any:
        return () if value is None else value
