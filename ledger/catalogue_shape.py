"""The shape of a product catalogue: which products are booked where, what they cost, when their revenue is earned.

One file per connection, YAML or CSV with the same keys (a column is named like the key, with dots between its parts).
Accounts, segments, patterns and dates are written as in the mapping. `ledger/catalogue_file.py` reads the file.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from ledger.mapping_shape import Booking, Dated, OneBooking, Patterns
from ledger.policy import Code, ExactNumber, Settings, iso_date

AT_SHIPMENT, NEXT_MONTH = "shipment", "next_month"


def _start(value: object) -> object:
    return value if value in (AT_SHIPMENT, NEXT_MONTH) else iso_date(value)


class RuleShape(Settings):
    """An accounting rule of the ERP, by which it spreads the revenue of a product over time.

    `start` is the day of shipment, the first day of the month after it, or a date; `periods` how many periods the rule
    takes, for rules that leave that to the line.
    """

    name: Annotated[Code, Field(max_length=30)]
    start: Annotated[Literal["shipment", "next_month"] | date, BeforeValidator(_start)] = AT_SHIPMENT
    periods: Annotated[int, Field(ge=1, le=999)] | None = None

    @field_validator("periods", mode="before")
    @classmethod
    def _is_whole(cls, value: object) -> object:
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        if isinstance(value, str) and value.isdecimal():
            return int(value)
        raise ValueError("must be a whole number of periods, from 1 to 999")

    def starts(self, shipped: date) -> date:
        """Return the day the rule starts for what was shipped on a day."""
        if isinstance(self.start, date):
            return self.start
        if self.start == NEXT_MONTH:
            return date(shipped.year + shipped.month // 12, shipped.month % 12 + 1, 1)
        return shipped


class Product(Dated):
    """What is said of the products whose SKU fits; the first entry that fits and says it wins, for each thing it says.

    `revenue` takes the amounts of `category` (the price of the goods alone, unless it names others) to an account, and
    `accounting_rule` spreads them. `cogs` and `inventory` are the two sides of their cost, `unit_cost` what one unit
    costs in `currency`. `sku` and `category` may be lists; `*` and `?` are wild.
    """

    sku: Patterns
    category: Patterns | None = None
    name: str = ""
    revenue: OneBooking | None = None
    accounting_rule: RuleShape | None = None
    cogs: OneBooking | None = None
    inventory: OneBooking | None = None
    unit_cost: ExactNumber | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None

    @property
    def categories(self) -> tuple[str, ...]:
        """Return the patterns of categories that `revenue` takes."""
        return self.category or ("revenue",)

    def says(self, answer: str) -> bool:
        """Tell whether it says something: `revenue`, `cogs` (with its inventory) or `unit_cost`."""
        return getattr(self, answer) is not None

    def bookings(self) -> tuple[tuple[str, Booking], ...]:
        """Return its accounts by key."""
        named = ((key, getattr(self, key)) for key in ("revenue", "cogs", "inventory"))
        return tuple((key, booking) for key, booking in named if booking is not None)


class CatalogueShape(Settings):
    """A whole catalogue file."""

    version: Literal[1]
    products: tuple[Product, ...] = ()
