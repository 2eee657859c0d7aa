"""One financial transaction as Amazon tells it, with its breakdown trees and what stands beside them.

In: `Transaction` of Amazon's model finances_2024-06-19 (https://github.com/amzn/selling-partner-api-models); nearly
every field of it can be null or missing. Out: typed values, amounts with the currency's decimals; a sentence for what
cannot be used: no id, no moment, a currency we keep no books in or two of them, an amount that would be rounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ledger import money
from ledger.errors import InputRefused
from ledger.event_leaves import Leaf
from resources.amazon.answers import (
    EARLIEST,
    LATEST,
    Answer,
    misshapen,
    moment_of,
    object_of,
    objects_of,
    possible_moment_of,
    text_of,
)

# Amazon began in 1994; what lies before, or a century ahead, is no date of a sale.
_DEPTH_MAX = 20
# What the warehouse keeps of an amount: DECIMAL(18, 3).
_AMOUNT_LIMIT = Decimal(10) ** 15
_UNNAMED = "(unnamed)"


@dataclass(frozen=True, slots=True)
class Breakdown:
    """One node of a breakdown tree; the amount is None where Amazon states none."""

    kind: str
    amount: Decimal | None
    parts: tuple[Breakdown, ...]

    def leaves(self, above: tuple[str, ...] = ()) -> Iterator[Leaf]:
        """Yield the ends of the tree that have an amount, in Amazon's order."""
        path = (*above, self.kind)
        if not self.parts and self.amount is not None:
            yield Leaf(path, self.amount)
        for part in self.parts:
            yield from part.leaves(path)


@dataclass(frozen=True, slots=True)
class ProductContext:
    """Which product, how many of it, and who shipped it; each "" or None where Amazon does not say."""

    sku: str = ""
    asin: str = ""
    quantity: int | None = None
    network: str = ""


@dataclass(frozen=True, slots=True)
class DeferredContext:
    """Why a transaction is held back (DD7, B2B), and until when."""

    reason: str = ""
    maturity: datetime | None = None


@dataclass(frozen=True, slots=True)
class TransactionItem:
    """One item of a transaction. `identifiers` are by name; several of one name are joined by blanks."""

    description: str
    identifiers: Mapping[str, str]
    total: Decimal | None
    breakdowns: tuple[Breakdown, ...]
    product: ProductContext

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        """Return the ends of the item's trees."""
        return tuple(leaf for one in self.breakdowns for leaf in one.leaves())


@dataclass(frozen=True, slots=True)
class Transaction:
    """One financial transaction; texts are "" where Amazon says nothing, the status is None then.

    `tells_deferral` is off where the source hides what is held back until it is released.
    """

    transaction_id: str
    kind: str
    status: str | None
    description: str
    posted: datetime
    currency: str
    total: Decimal | None
    marketplace_id: str
    marketplace_name: str
    account_type: str
    identifiers: Mapping[str, str]
    items: tuple[TransactionItem, ...]
    breakdowns: tuple[Breakdown, ...]
    product: ProductContext
    deferred: DeferredContext
    tells_deferral: bool = True

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        """Return the ends of the transaction's own trees."""
        return tuple(leaf for one in self.breakdowns for leaf in one.leaves())


def posted_of(connection: str, answer: Answer) -> datetime:
    """Return when a transaction was posted; raises SourceRefused where that is no possible moment."""
    posted = moment_of(connection, answer, "postedDate")
    if posted is None or not EARLIEST <= posted < LATEST:
        raise misshapen(connection, f"{_name_of(answer)} has no possible postedDate")
    return posted


def transaction_of(connection: str, answer: Answer) -> Transaction:
    """Read one transaction; raises SourceRefused where it cannot be used."""
    reader = _Reader(connection, _name_of(answer))
    transaction_id = text_of(connection, answer, "transactionId")
    if transaction_id is None:
        raise misshapen(connection, "a transaction has no transactionId")
    total = reader.amount(answer, "totalAmount")
    breakdowns = reader.breakdowns(answer)
    given_items = objects_of(connection, answer, "items")
    items = tuple(map(reader.item, given_items))
    if not reader.currency:
        raise misshapen(connection, f"{reader.name} names no currency")
    contexts = reader.contexts(answer)
    contexts_of_items = [one for item in given_items for one in reader.contexts(item)]
    details = object_of(connection, answer, "marketplaceDetails")
    seller = object_of(connection, answer, "sellingPartnerMetadata")
    return Transaction(
        transaction_id=transaction_id,
        kind=reader.text(answer, "transactionType"),
        status=text_of(connection, answer, "transactionStatus"),
        description=reader.text(answer, "description"),
        posted=posted_of(connection, answer),
        currency=reader.currency,
        total=total,
        marketplace_id=reader.text(details, "marketplaceId") or reader.text(seller, "marketplaceId"),
        marketplace_name=reader.text(details, "marketplaceName"),
        account_type=reader.text(seller, "accountType"),
        identifiers=reader.identifiers(answer, "relatedIdentifierName", "relatedIdentifierValue"),
        items=items,
        breakdowns=breakdowns,
        product=reader.product(contexts),
        deferred=reader.deferred([*contexts, *contexts_of_items]),
    )


class _Reader:
    """Reads the parts of one transaction; its first currency is the only one it may have."""

    def __init__(self, connection: str, name: str) -> None:
        self.connection = connection
        self.name = name
        self.currency = ""

    def text(self, answer: Answer, name: str) -> str:
        return text_of(self.connection, answer, name) or ""

    def amount(self, answer: Answer, name: str) -> Decimal | None:
        """Return an amount, None where there is none; its currency is that of the whole transaction."""
        given = object_of(self.connection, answer, name)
        value, currency = given.get("currencyAmount"), self.text(given, "currencyCode").strip().upper()
        if currency:
            self._take_currency(currency)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            raise misshapen(self.connection, f"{name} of {self.name} is no number")
        if not self.currency:
            raise misshapen(self.connection, f"{self.name} has an amount without a currency")
        try:
            exact = money.exact(value, self.currency)
        except InputRefused as refused:
            raise misshapen(self.connection, f"{name} of {self.name}: {refused}") from None
        if abs(exact) >= _AMOUNT_LIMIT:
            raise misshapen(self.connection, f"{name} of {self.name} is no amount of money")
        return exact

    def _take_currency(self, currency: str) -> None:
        if self.currency and currency != self.currency:
            raise misshapen(self.connection, f"{self.name} has amounts in {self.currency} and in {currency}")
        try:
            money.minor_units(currency)
        except InputRefused as refused:
            raise misshapen(self.connection, f"{self.name}: {refused}") from None
        self.currency = currency

    def item(self, answer: Answer) -> TransactionItem:
        return TransactionItem(
            description=self.text(answer, "description"),
            identifiers=self.identifiers(answer, "itemRelatedIdentifierName", "itemRelatedIdentifierValue"),
            total=self.amount(answer, "totalAmount"),
            breakdowns=self.breakdowns(answer),
            product=self.product(self.contexts(answer)),
        )

    def breakdowns(self, answer: Answer, depth: int = 0) -> tuple[Breakdown, ...]:
        """Read a list of nodes; Amazon's own example wraps it in an object once more."""
        given = answer.get("breakdowns")
        if isinstance(given, dict):
            answer = given
        if depth > _DEPTH_MAX:
            raise misshapen(self.connection, f"the breakdowns of {self.name} do not come to an end")
        return tuple(self._node(one, depth) for one in objects_of(self.connection, answer, "breakdowns"))

    def _node(self, answer: Answer, depth: int) -> Breakdown:
        kind = " ".join(self.text(answer, "breakdownType").split()) or _UNNAMED
        amount = self.amount(answer, "breakdownAmount")
        return Breakdown(kind, amount, self.breakdowns(answer, depth + 1))

    def identifiers(self, answer: Answer, name: str, value: str) -> dict[str, str]:
        found: dict[str, list[str]] = {}
        for one in objects_of(self.connection, answer, "relatedIdentifiers"):
            key, given = self.text(one, name), self.text(one, value)
            if key and given and given not in found.setdefault(key, []):
                found[key].append(given)
        return {key: " ".join(sorted(values)) for key, values in found.items()}

    def contexts(self, answer: Answer) -> list[Answer]:
        return objects_of(self.connection, answer, "contexts")

    def product(self, contexts: list[Answer]) -> ProductContext:
        for one in contexts:
            if one.get("contextType") == "ProductContext":
                return ProductContext(
                    sku=self.text(one, "sku"),
                    asin=self.text(one, "asin"),
                    quantity=self.quantity(one),
                    network=self.text(one, "fulfillmentNetwork"),
                )
        return ProductContext()

    def quantity(self, context: Answer) -> int | None:
        """Return how many; below zero is possible where something came back."""
        value = context.get("quantityShipped")
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**31):
            raise misshapen(self.connection, f"quantityShipped of {self.name} is no whole number")
        return value

    def deferred(self, contexts: list[Answer]) -> DeferredContext:
        for one in contexts:
            if one.get("contextType") == "DeferredContext":
                return DeferredContext(
                    self.text(one, "deferralReason"), possible_moment_of(self.connection, one, "maturityDate")
                )
        return DeferredContext()


def _name_of(answer: Answer) -> str:
    """Name a transaction in a sentence; its id is Amazon's own and says nothing of a person."""
    given = answer.get("transactionId")
    shown = "".join(letter for letter in given[:60] if letter.isprintable()) if isinstance(given, str) else ""
    return f"transaction {shown}" if shown else "a transaction without an id"
