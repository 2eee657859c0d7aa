"""Which account a settlement line is booked to, and how: the two halves of the mapping together.

In: one distinct combination of what the mapping looks at (never a single line: a settlement may have ten million),
the mapping, the policy and what the settlement says of itself. Out: account, treatment and where they came from, or a
finding with a cure. There is no silent default: what is not named stops its settlement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from ledger.accounts import AccountKey, Nature
from ledger.categories import (
    INPUT_TAX_WAITING,
    ROLE_OF_CATEGORY,
    TAX_COLLECTED,
    TAX_ON_FEES,
    TAX_WITHHELD,
    Category,
    categories,
)
from ledger.classification import Classified, Labels, classify, fits, is_sign_unexpected, label, triple
from ledger.combination import Combination, Context, Resolved, Treatment, Unmapped, is_multi_channel
from ledger.errors import Finding
from ledger.event_classification import classify_event, pair
from ledger.event_leaves import DIFFERENCE_PATH
from ledger.glob import takes
from ledger.mapping_book import InterUnitAccounts, Mapping
from ledger.mapping_shape import Booking, OwnerUnit, When
from ledger.policy import Marketplace, Policy, TaxModel
from ledger.tax import model_of_order, no_country, no_rate, rate_on

# Types of settlement rows and of transactions that take a sale back; a retrocharge touches its tax alone.
_TAKING_BACK = frozenset(
    {"refund", "a-to-z guarantee refund", "chargeback refund", "guaranteeclaim", "guarantee claim", "chargeback"}
)


@dataclass
class _Stopped(Exception):
    """Carries a finding out of the resolution; never leaves this module."""

    finding: Finding
    wanted: tuple[str, str] = field(default=("", ""))
    also: tuple[tuple[str, str], ...] = ()


def settlement_marketplace(mapping: Mapping, context: Context) -> str | None:
    """Return the marketplace a settlement belongs to: its only selling one, else what the mapping says."""
    return context.selling_marketplace or mapping.marketplace_for_blank(context.currency)


def resolve(combination: Combination, mapping: Mapping, policy: Policy, context: Context) -> Resolved | Unmapped:
    """Return account and treatment of a combination, or what is missing and how to end it."""
    try:
        return _Resolution(combination, mapping, policy, context).resolved()
    except _Stopped as stopped:
        return Unmapped(combination, stopped.finding, stopped.wanted, stopped.also)


def category_of(
    transaction_type: str, amount_type: str, amount_description: str, mapping: Mapping, *, is_event: bool = False
) -> str | None:
    """Return the category these labels have with a mapping; None where nothing says so or the row needs naming."""
    labels = (transaction_type, amount_type, amount_description)
    one = Combination(*labels, "", None, None, date.min, None, is_event=is_event)
    try:
        return _Resolution(one, mapping, Policy(time_zone="UTC"), Context("", ()))._category()[0].name
    except _Stopped:
        return None


@dataclass(frozen=True)
class _Resolution:
    combination: Combination
    mapping: Mapping
    policy: Policy
    context: Context

    def resolved(self) -> Resolved:
        """Classify, find marketplace, treatment and account, in that order."""
        category, classified = self._category()
        marketplace = self._marketplace()
        home = settlement_marketplace(self.mapping, self.context)
        owner = self.mapping.owner_of(home)
        clearing = self.mapping.clearing(home)
        positive = self.combination.positive
        is_odd = classified is not None and positive is not None and is_sign_unexpected(classified, positive)
        if category.is_carried:
            where = self.mapping.where("accounts", "clearing")
            return Resolved(
                category.name,
                category.nature,
                clearing,
                where,
                Treatment.CARRY,
                clearing,
                marketplace,
                is_sign_unexpected=is_odd,
            )
        model = self._tax_model(category, marketplace)
        treatment = _treatment(category, model)
        is_sale = _is_sale(self.combination, category, treatment)
        is_opening = is_sale and self.combination.order_is_opening
        is_refund = _is_refund(self.combination, category, treatment)
        is_billed = is_sale and self.combination.order_is_billed and not is_opening
        is_billed = is_billed or (is_refund and self.combination.order_is_credited)
        is_cleared = is_opening or is_billed
        if is_cleared:
            # Sold, and its tax owed, in books kept by hand or on an invoice: the whole amount clears what they hold.
            receivable = self._opening_receivable() if is_opening else self._order_receivable()
            treatment, (booking, rule) = Treatment.PLAIN, receivable
        else:
            booking, rule = self._booking(category, marketplace, model)
        account = booking.key(owner.unit, owner.segments)
        if account == clearing:
            raise self._stopped("moves_nothing", f"{rule} books to the clearing account itself.", f"Correct {rule}.")
        tax_account = self._tax_account(treatment, marketplace, owner)
        return Resolved(
            category=category.name,
            nature=Nature.RECEIVABLE if is_cleared else booking.nature or category.nature,
            account=account,
            rule=rule,
            treatment=treatment,
            clearing=clearing,
            marketplace=marketplace,
            vat_account=tax_account if treatment is Treatment.SPLIT_VAT else None,
            vat_rate=self._rate(marketplace) if treatment is Treatment.SPLIT_VAT else None,
            vat_country=self._country(marketplace) if treatment is Treatment.SPLIT_VAT else "",
            remainder_account=tax_account if treatment is Treatment.PASS_THROUGH else None,
            inter_unit=self._inter_unit(owner, account),
            is_sign_unexpected=is_odd,
            is_sale=is_sale,
            is_refund=is_refund,
            clears_order=is_billed,
        )

    def _order_receivable(self) -> tuple[Booking, str]:
        """Return the account that invoices of orders stand on, and where it is named."""
        found = self.mapping.role("order_receivable", self.combination.accounting_date)
        if found is not None:
            return found
        raise self._stopped(
            "unmapped_category",
            "The order was billed, and the account that its invoice stands on has no name here.",
            f"Add one under accounts, order_receivable in {self.mapping.file}.",
            "accounts",
            "order_receivable",
        )

    def _opening_receivable(self) -> tuple[Booking, str]:
        """Return the account that the books held orders on at go-live, and where it stands."""
        found = self.mapping.role("opening_receivable", self.combination.accounting_date)
        if found is not None:
            return found
        raise self._stopped(
            "unmapped_category",
            "The order was shipped before go-live and clears a receivable that has no account.",
            f"Add one under accounts, opening_receivable in {self.mapping.file}.",
            "accounts",
            "opening_receivable",
        )

    def _category(self) -> tuple[Category, Classified | None]:
        """Return the category: own exact row, shipped exact row, own wildcard, shipped wildcard; named where needed."""
        one = self.combination
        if one.is_event and one.amount_description == DIFFERENCE_PATH:
            sentence = "The lines of a transaction do not add up to its total, and nothing says what the rest is."
            raise self._stopped("unmapped_label", sentence, "End the item leaves_differ of that day first.")
        shipped = (
            classify_event(one.transaction_type, one.amount_description)
            if one.is_event
            else classify(one.transaction_type, one.amount_type, one.amount_description)
        )
        needs_name = shipped is not None and _needs_name(shipped)
        own = self._own_category(wildcards_too=shipped is None or needs_name or not shipped.is_exact)
        if own is not None:
            return categories()[own], shipped if shipped is not None and shipped.category == own else None
        if shipped is None:
            sentence = "No row of the shipped classification and none of yours fits these labels."
            raise self._stopped("unmapped_label", sentence, self._name_it(), self._own_key, "")
        if needs_name:
            sentence = (
                f"The shipped classification says {shipped.category}, which posts only once you have named the row."
            )
            raise self._stopped("needs_naming", sentence, self._name_it(), self._own_key, shipped.category)
        return categories()[shipped.category], shipped

    def _own_category(self, *, wildcards_too: bool) -> str | None:
        """Return the category the user's own rows give these labels: an exact row, else a row with `*`."""
        one = self.combination
        own: Sequence[tuple[Labels, bool, str]] = self.mapping.own_leaves if one.is_event else self.mapping.own_triples
        labels: Labels = (
            pair(one.transaction_type, one.amount_description)
            if one.is_event
            else triple(one.transaction_type, one.amount_type, one.amount_description)
        )
        exact = (name for row, is_exact, name in own if is_exact and row == labels)
        wild = (name for row, is_exact, name in own if not is_exact and fits(row, labels))
        return next(exact, None) or (next(wild, None) if wildcards_too else None)

    def _name_it(self) -> str:
        what = "type and path" if self.combination.is_event else "the labels"
        return f"Add {what} with their category under {self._own_key} in {self.mapping.file}."

    @property
    def _own_key(self) -> str:
        return "event_leaves" if self.combination.is_event else "triples"

    def _marketplace(self) -> str:
        """Return the line's marketplace, or the settlement's where the line has none."""
        name = self.combination.marketplace.strip() or settlement_marketplace(self.mapping, self.context)
        if name:
            return name
        raise self._stopped(
            "no_marketplace",
            "The line has no marketplace, and the settlement has none or several.",
            f"Say in marketplace_for_blank of {self.mapping.file} which one such lines belong to.",
            "marketplace_for_blank",
            self.context.currency,
        )

    def _settings(self, marketplace: str) -> Marketplace | None:
        """Return the tax settings; shipments sold elsewhere follow the marketplace whose settlement they are in."""
        listed = self.policy.marketplace(marketplace)
        if listed is None and is_multi_channel(marketplace):
            return self.policy.marketplace(settlement_marketplace(self.mapping, self.context) or "")
        return listed

    def _tax_model(self, category: Category, marketplace: str) -> TaxModel | None:
        """Return the tax model where it matters for the category; stop where it is not stated or contradicted."""
        if not (category.is_sales_tax or category.is_revenue_split):
            return None
        settings = self._settings(marketplace)
        if settings is None:
            raise self._stopped(
                "no_tax_model",
                f"Nothing says who owes the tax on sales in {marketplace}.",
                f"State tax_model under marketplaces, {marketplace} in the connection: facilitator, added, included or "
                "mixed.",
            )
        one = self.combination
        model = model_of_order(settings, has_withheld=one.order_has_withheld, has_tax=one.order_has_tax)
        is_on_an_item = one.is_event or label(one.amount_type) in ("itemprice", "itemwithheldtax", "promotion")
        is_contradicted = model is TaxModel.INCLUDED and category.is_sales_tax and is_on_an_item
        if is_contradicted and one.positive is not None:
            raise self._stopped(
                "tax_model_contradicted",
                f"{marketplace} is said to state prices with VAT, yet the order has tax rows of its own.",
                f"Set tax_model of {marketplace} to mixed with otherwise: included, so that each order decides.",
            )
        return model

    def _booking(self, category: Category, marketplace: str, model: TaxModel | None) -> tuple[Booking, str]:
        """Return the first rule that fits, else the booking of the category or of its role."""
        day = self.combination.accounting_date
        is_held = category.name == TAX_ON_FEES and self.policy.holds_input_tax
        role = INPUT_TAX_WAITING if is_held else _role(category, model)
        # What waits for its invoice waits on one account: whatever a rule or a category says is where it is claimed.
        by_rule = None if is_held else self._by_rule(category.name, marketplace)
        found = (
            by_rule
            or (self.mapping.role(role, day) if role else None)
            or (None if is_held else self.mapping.of_category(category.name, day))
        )
        if found is not None:
            return found
        place = f"accounts, {role}" if role else f"categories, {category.name}"
        stopped = self._stopped(
            "unmapped_category",
            f"Category {category.name} has no account on {day.isoformat()}.",
            f"Add one under {place} in {self.mapping.file}.",
            "accounts" if role else "categories",
            role or category.name,
        )
        raise replace(stopped, also=self._also(category, marketplace, model))

    def _also(self, category: Category, marketplace: str, model: TaxModel | None) -> tuple[tuple[str, str], ...]:
        """Return what would be missing next: the account of tax, where the category's amounts hold or pass some on."""
        try:
            self._tax_account(_treatment(category, model), marketplace, self.mapping.owner_of(marketplace))
        except _Stopped as stopped:
            return (stopped.wanted,)
        return ()

    def _by_rule(self, category: str, marketplace: str) -> tuple[Booking, str] | None:
        for index, rule in enumerate(self.mapping.shape.rules):
            is_due = category in rule.when.category and rule.holds_on(self.combination.accounting_date)
            fits_rest = is_due and _fits(rule.when, self.combination, marketplace)
            if fits_rest and self._fits_country(rule.when, marketplace):
                return rule.book, self.mapping.where("rules", index)
        return None

    def _fits_country(self, when: When, marketplace: str) -> bool:
        """Tell whether a rule's countries fit; stop where the country decides and is not known."""
        if when.country is None:
            return True
        settings = self._settings(marketplace)
        if settings is None or not settings.is_by_country:
            return False
        country = self._country(marketplace)
        if not country and self.combination.positive is not None:
            raise _Stopped(no_country(marketplace, has_order=self.combination.has_order))
        return country in when.country

    def _tax_account(self, treatment: Treatment, marketplace: str, owner: OwnerUnit) -> AccountKey | None:
        """Return the seller's tax liability for VAT in gross amounts and for what pass-through leaves."""
        if treatment not in (Treatment.SPLIT_VAT, Treatment.PASS_THROUGH):
            return None
        day = self.combination.accounting_date
        found = self.mapping.role("tax_liability", day)
        if treatment is Treatment.SPLIT_VAT:
            by_rule = self._by_rule(TAX_COLLECTED, marketplace)
            found = by_rule or found or self.mapping.of_category(TAX_COLLECTED, day)
        if found is None:
            raise self._stopped(
                "unmapped_category",
                f"Tax that the seller owes in {marketplace} has no account on {day.isoformat()}.",
                f"Add one under accounts, tax_liability in {self.mapping.file}.",
                "accounts",
                "tax_liability",
            )
        return found[0].key(owner.unit, owner.segments)

    def _country(self, marketplace: str) -> str:
        """Return the country whose VAT an amount holds, where the marketplace splits by country; nothing elsewhere."""
        settings, one = self._settings(marketplace), self.combination
        if settings is None or not settings.is_by_country:
            return ""
        return one.country if one.has_order else settings.vat_country_without_order or ""

    def _rate(self, marketplace: str) -> Decimal:
        settings, one = self._settings(marketplace), self.combination
        country = self._country(marketplace)
        if settings is not None and settings.is_by_country and not country:
            if one.positive is None:
                return Decimal(0)  # an amount of nothing holds none, wherever it was sent
            raise _Stopped(no_country(marketplace, has_order=one.has_order))
        rate = rate_on(settings, one.accounting_date, country) if settings else None
        if rate is None:
            raise _Stopped(no_rate(marketplace, one.accounting_date, country))
        return rate.rate

    def _inter_unit(self, owner: OwnerUnit, account: AccountKey) -> InterUnitAccounts | None:
        if account.unit == owner.unit or self.policy.inter_unit == "erp":
            return None
        found = self.mapping.between(owner, account.unit)
        if found is None:
            raise self._stopped(
                "no_inter_unit",
                f"The line goes to unit {account.unit}, the settlement belongs to {owner.unit}, and no accounts stand "
                "between them.",
                f"Add the pair under accounts, inter_unit in {self.mapping.file}, or set inter_unit: erp in the "
                "connection.",
                "inter_unit",
                f"{owner.unit}, {account.unit}",
            )
        return found

    def _stopped(self, code: str, sentence: str, cure: str, kind: str = "", name: str = "") -> _Stopped:
        one = self.combination
        origin = f"{one.labels}, {one.marketplace or 'no marketplace'}"
        return _Stopped(Finding(code, f"{one.labels}: {sentence}", cure, origin), (kind, name))


def _needs_name(shipped: Classified) -> bool:
    return not shipped.is_verified or categories()[shipped.category].posts_only_when_named


def _role(category: Category, model: TaxModel | None) -> str:
    if category.is_sales_tax:
        return "pass_through_tax" if model is TaxModel.FACILITATOR else "tax_liability"
    return ROLE_OF_CATEGORY.get(category.name, "")


def _treatment(category: Category, model: TaxModel | None) -> Treatment:
    if category.name in (TAX_COLLECTED, TAX_WITHHELD):
        return Treatment.PASS_THROUGH if model is TaxModel.FACILITATOR else Treatment.TAX
    if category.is_revenue_split and model is TaxModel.INCLUDED:
        return Treatment.SPLIT_VAT
    return Treatment.PLAIN


def _is_sale(one: Combination, category: Category, treatment: Treatment) -> bool:
    """Tell whether a line is what an order brought: price, promotion, or tax on them that is the seller's own."""
    kind = label(one.transaction_type)
    return kind == ("shipment" if one.is_event else "order") and _is_price(one, category, treatment)


def _is_refund(one: Combination, category: Category, treatment: Treatment) -> bool:
    """Tell whether a line is what a refund, a claim or a chargeback takes back of what an order brought."""
    return label(one.transaction_type) in _TAKING_BACK and _is_price(one, category, treatment)


def _is_price(one: Combination, category: Category, treatment: Treatment) -> bool:
    """Tell whether a line is of an order's prices. Transactions tell prices from fees by the category alone.

    What Amazon keeps of shipping and gift wrap is no price.
    """
    if not one.is_event and label(one.amount_type) not in ("itemprice", "promotion"):
        return False
    if category.is_sales_tax:
        return treatment is Treatment.TAX
    is_price = category.is_revenue_split or not one.is_event
    return is_price and category.nature in (Nature.REVENUE, Nature.CONTRA_REVENUE)


def _fits(when: When, one: Combination, marketplace: str) -> bool:
    """Tell whether every condition of a rule fits; labels and names without regard to case, SKUs as written.

    Rules speak of the labels of settlements: one that looks at them never fits a line of a financial transaction.
    """
    if one.is_event and (when.transaction_type or when.amount_type or when.amount_description):
        return False
    labelled = (
        (when.marketplace, marketplace),
        (when.transaction_type, one.transaction_type),
        (when.amount_type, one.amount_type),
        (when.amount_description, one.amount_description),
        (when.fulfilment, one.fulfilment or ""),
    )
    for patterns, text in labelled:
        if patterns is not None and not any(takes(label(pattern), label(text)) for pattern in patterns):
            return False
    return when.sku is None or any(takes(pattern, (one.sku or "").strip()) for pattern in when.sku)
