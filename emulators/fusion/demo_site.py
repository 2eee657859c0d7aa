"""Demo books of a company that sells on Amazon in four countries, on a Fusion pod.

What comes in: the day the demo is run, and what the books held at go-live. What goes out: a `Site` with a ledger in
each of USD, GBP, EUR and CAD, one chart of accounts, daily rates between the first three, open periods, OAuth clients
and one posted batch per ledger that every read can see. Everything is invented.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache

from emulators.demo_seller.catalog import PRODUCTS
from emulators.fusion.inventory import Inventory, Item
from emulators.fusion.receivables import (
    CREDIT_MEMO,
    INVOICE,
    ON_ACCOUNT,
    REFUND,
    Customer,
    InvoiceSource,
    LineContext,
    Receivables,
    TransactionType,
)
from emulators.fusion.site import (
    GENERAL_LEDGER,
    NO_DATA,
    NO_PRIVILEGE,
    RECEIVABLES,
    Chart,
    Client,
    Combination,
    CrossValidationRule,
    Ledger,
    OpeningBatch,
    Period,
    Rate,
    SegmentValue,
    Site,
)
from emulators.fusion.switches import Switches, Timing

# Obviously invented; a test searches every log and store for the secret.
DEMO_CLIENT = "demo-fusion-client"
DEMO_SECRET = "demo-fusion-secret-5d8a1e"
DEMO_SCOPE = "urn:opc:resource:fa:instanceid=1234567urn:opc:resource:consumer::all"
# The same secret, other rights.
CLIENT_WITHOUT_PRIVILEGE = "demo-fusion-no-privilege"
CLIENT_WITHOUT_DATA = "demo-fusion-no-data"
CLIENT_OF_ONE_LEDGER = "demo-fusion-us-only"

SOURCE = "ZB Connector"
CATEGORY = "Marketplace"
LINE_CONTEXT = "AMAZON"
AUTOPOST_CRITERIA = "300000046980001"
DATA_ACCESS_SET = "300000046975980"
CHART_ID = 50388
CONTROL_BATCH = "CONTROL opening cash"
OPENING_BATCH = "OPENING balances at go-live"
BANK, CLEARING, EQUITY = "100100", "110500", "300100"

US_LEDGER, UK_LEDGER, DE_LEDGER = 300000046975971, 300000046975972, 300000046975973
CA_LEDGER = 300000046975974
LEDGERS = (
    Ledger(US_LEDGER, "US Primary Ledger", "USD", CHART_ID, "US Seller Inc", "US1 Business Unit"),
    Ledger(UK_LEDGER, "UK Primary Ledger", "GBP", CHART_ID, "UK Seller Ltd", "UK1 Business Unit"),
    Ledger(DE_LEDGER, "DE Primary Ledger", "EUR", CHART_ID, "DE Seller GmbH", "DE1 Business Unit"),
    Ledger(CA_LEDGER, "CA Primary Ledger", "CAD", CHART_ID, "CA Seller Inc", "CA1 Business Unit"),
)
COMPANIES = {US_LEDGER: "01", UK_LEDGER: "02", DE_LEDGER: "03", CA_LEDGER: "04"}

# Account, type, description.
ACCOUNTS = (
    ("100100", "A", "Bank"),
    ("110500", "A", "Amazon clearing"),
    ("110600", "A", "Card in transit"),
    ("110700", "A", "Amazon reserve receivable"),
    ("110800", "A", "Amazon cross-account debt"),
    ("110900", "A", "Order receivable"),
    ("110950", "A", "Accrued marketplace"),
    ("115000", "L", "Amazon lending"),
    ("115500", "A", "Input VAT"),
    ("140000", "A", "Inter-unit due from"),
    ("140100", "A", "Inventory"),
    ("199999", "A", "Suspense"),
    ("210500", "L", "Marketplace tax pass-through"),
    ("210600", "L", "Sales tax and VAT liability"),
    ("210700", "L", "Tax withheld at source"),
    ("210800", "L", "Tax that Fusion calculates"),
    ("230100", "L", "Unearned revenue"),
    ("240000", "L", "Inter-unit due to"),
    ("300100", "O", "Retained earnings"),
    ("400100", "R", "Sales"),
    ("400110", "R", "Sales of bottles"),
    ("400120", "R", "Sales of trekking gear"),
    ("400200", "R", "Shipping revenue"),
    ("400300", "R", "Gift wrap revenue"),
    ("410100", "R", "Refunds"),
    ("410200", "R", "Promotions"),
    ("480100", "R", "Reimbursements"),
    ("500100", "E", "Cost of goods sold"),
    ("600100", "E", "Referral fees"),
    ("600200", "E", "FBA fulfilment fees"),
    ("600300", "E", "Storage fees"),
    ("600400", "E", "Advertising"),
    ("600500", "E", "Subscription"),
    ("600600", "E", "Inbound fees"),
    ("600700", "E", "Removal fees"),
    ("600800", "E", "Coupon, deal and Vine fees"),
    ("600900", "E", "Refund administration fees"),
    ("600950", "E", "Other selling fees"),
    ("610000", "E", "Shipping labels"),
    ("690000", "E", "Rounding"),
    ("690100", "E", "Realised exchange differences"),
)
# Accounts that a department has as well.
OF_DEPARTMENTS = (("400110", "10000"), ("500100", "10000"))
OTHER_VALUES = {"company": ("01", "02", "03", "04"), "department": ("000", "10000", "20000"), "product": ("000", "AMZ")}


@dataclass(frozen=True, slots=True)
class OpeningBalance:
    """What the books held on a natural account at go-live, debit positive, in the ledger's currency."""

    ledger_id: int
    account: str
    amount: Decimal
    description: str = "Opening balance"


def account_of(ledger_id: int, account: str, department: str = "000", product: str = "000") -> str:
    """Return the account combination of a natural account in a demo ledger."""
    return f"{COMPANIES[ledger_id]}-{department}-{account}-{product}"


def period_name(day: date) -> str:
    """Return the demo calendar's name of a day's period, such as `Jan-26`."""
    return f"{calendar.month_abbr[day.month]}-{day.year % 100:02d}"


def demo_site(
    as_of: date,
    *,
    timing: Timing | None = None,
    switches: Switches | None = None,
    opening: Sequence[OpeningBalance] = (),
    opening_on: date | None = None,
) -> Site:
    """Return the demo pod as it stands on a day; `opening_on` dates the opening balances."""
    first_day = as_of - timedelta(days=150)
    batches = [_control_batch(ledger, first_day) for ledger in LEDGERS]
    batches += _opening_batches(opening, opening_on or first_day)
    return Site(
        timing=timing or Timing(),
        switches=switches or Switches(),
        clients=_clients(),
        ledgers=LEDGERS,
        charts=(Chart(CHART_ID, "Seller Chart", ("company", "department", "account", "product"), "account"),),
        values=(*_account_values(), *_other_values()),
        combinations=tuple(
            Combination(CHART_ID, account_of(ledger.id, account, department))
            for ledger in LEDGERS
            for account, department in [*((one, "000") for one, _, _ in ACCOUNTS), *OF_DEPARTMENTS]
        ),
        periods=tuple(_periods(as_of)),
        sources={SOURCE: 300000046985001, "Manual": 1, "Spreadsheet": 300000046985003},
        categories={CATEGORY: 300000046986001, "Manual": 1, "Adjustment": 2},
        currencies=("USD", "GBP", "EUR", "CAD", "JPY"),
        rules=(CrossValidationRule("REVENUE DEPARTMENTS", "400000", "489999", "department", ("000", "10000")),),
        rates=_rates(as_of),
        autopost_criteria={AUTOPOST_CRITERIA: SOURCE},
        opening_batches=tuple(batches),
        data_access_sets=(DATA_ACCESS_SET,),
        receivables=_receivables(),
        inventory=Inventory(tuple(_items(as_of))),
    )


def _receivables() -> Receivables:
    return Receivables(
        sources=(
            InvoiceSource(SOURCE, True, 300000047100001),
            InvoiceSource("ZB Automatic", False, 300000047100002),
            InvoiceSource("ZB Refunds", False, 300000047100003, REFUND),
            InvoiceSource("ZB On Account", True, 300000047100004, ON_ACCOUNT),
            InvoiceSource("UK Only", False, 300000047100005, business_units=("UK1 Business Unit",)),
        ),
        types=(
            TransactionType("Invoice", INVOICE, True, 300000047200001),
            TransactionType("Credit Memo", CREDIT_MEMO, True, 300000047200002),
            TransactionType("Settled Invoice", INVOICE, False, 300000047200003),
            TransactionType("Settled Credit Memo", CREDIT_MEMO, False, 300000047200004),
        ),
        credit_reasons=("RETURN", "PRICE ADJUSTMENT", "OTHER"),
        line_contexts=(LineContext(LINE_CONTEXT, ("settlementId", "documentKey", "lineKey")),),
        payment_terms=("IMMEDIATE", "30 Net"),
        memo_lines=("Marketplace sales",),
        items=("SKU-1",),
        customers=(
            Customer("1008", "Amazon Marketplace Buyers", 300000047000008, payment_terms="IMMEDIATE"),
            Customer("1009", "Two Sites Ltd", 300000047000009, sites=("NORTH", "SOUTH"), primary_site=""),
            Customer("1010", "Gone Ltd", 300000047000010, is_active=False),
        ),
        receipt_methods=("Manual", "Amazon Clearing"),
        reversal_categories=("REV", "NSF"),
        reversal_reasons=("PAYMENT REVERSAL",),
        cash_accounts={"Amazon Clearing": "01-000-110500-000", "Manual": "01-000-100100-000"},
        accounting_rules={"Immediate": False, "Monthly": True, "Quarterly 4": False},
        unearned_account="01-000-230100-000",
        tax_percent=Decimal("7.6"),
        tax_account="01-000-210800-000",
    )


def _items(as_of: date) -> Iterable[Item]:
    """Return most of the demo seller's products by SKU, one by its ASIN, one spelt otherwise, and one not at all."""
    noon = datetime.combine(as_of - timedelta(days=30), time(12), UTC)
    first_id = 300000047500000
    for place, one in enumerate(PRODUCTS):
        number = {"CAMP-MUG-350-GREY": "camp mug 350 grey", "DRY-BAG-20L": "4711-DB"}.get(one.sku, one.sku)
        references = (one.asin,) if number == "4711-DB" else ()
        if one.sku != "TENT-PEG-SET-12":
            updated = noon + timedelta(minutes=place)
            yield Item(first_id + place, number, one.title, updated, references=references)
    yield Item(first_id + 100, "OLD-LAMP", "Lamp of another age", noon, status="Inactive")
    yield Item(first_id + 101, "TENT-PEG-SET-12", "The same number elsewhere", noon, organization="M2")


def _clients() -> tuple[Client, ...]:
    return (
        Client(DEMO_CLIENT, DEMO_SECRET, DEMO_SCOPE),
        Client(CLIENT_WITHOUT_PRIVILEGE, DEMO_SECRET, DEMO_SCOPE, role=NO_PRIVILEGE),
        Client(CLIENT_WITHOUT_DATA, DEMO_SECRET, DEMO_SCOPE, role=NO_DATA),
        Client(CLIENT_OF_ONE_LEDGER, DEMO_SECRET, DEMO_SCOPE, ledger_ids=frozenset({US_LEDGER})),
    )


def _account_values() -> Iterable[SegmentValue]:
    for account, kind, description in ACCOUNTS:
        yield SegmentValue("account", account, description, kind)
    yield SegmentValue("account", "400000", "Revenue (parent)", "R", is_postable=False)
    yield SegmentValue("account", "400900", "Sales of a closed shop", "R", is_enabled=False)
    yield SegmentValue("account", "400950", "Sales of a shop that ended", "R", ends_on=date(2020, 12, 31))


def _other_values() -> Iterable[SegmentValue]:
    for segment, values in OTHER_VALUES.items():
        for value in values:
            yield SegmentValue(segment, value)
    yield SegmentValue("department", "30000", "Closed department", is_enabled=False)


def _periods(as_of: date) -> Iterable[Period]:
    """Close what lies further back, open the seven months before and this one, let two to come be entered."""
    month = as_of.year * 12 + as_of.month - 1
    for offset in range(-18, 5):
        year, number = divmod(month + offset, 12)
        first = date(year, number + 1, 1)
        last = date(year, number + 1, calendar.monthrange(year, number + 1)[1])
        status = "C" if offset < -7 else "O" if offset <= 0 else "F" if offset <= 2 else "N"
        for ledger in LEDGERS:
            for application in (GENERAL_LEDGER, RECEIVABLES):
                yield Period(ledger.id, application, period_name(first), first, last, status)


@cache
def _rates(as_of: date) -> tuple[Rate, ...]:
    """Return invented daily rates of type Corporate between the three currencies, 200 days back to a month ahead."""
    rates = []
    for offset in range(-200, 32):
        day = as_of + timedelta(days=offset)
        # A small deterministic unrest, so that no two neighbouring days have the same rate.
        in_usd = {
            "USD": Decimal(1),
            "EUR": Decimal("1.0850") + Decimal(day.toordinal() * 7 % 41 - 20) / 10000,
            "GBP": Decimal("1.2710") + Decimal(day.toordinal() * 11 % 43 - 21) / 10000,
        }
        for currency_from, value_from in in_usd.items():
            for currency_to, value_to in in_usd.items():
                if currency_from != currency_to:
                    rate = (value_from / value_to).quantize(Decimal("0.00000001"))
                    rates.append(Rate("Corporate", currency_from, currency_to, day, rate))
    return tuple(rates)


def _control_batch(ledger: Ledger, day: date) -> OpeningBatch:
    """Return a batch of the past: the record every positive control finds."""
    lines = [(BANK, Decimal("100.00"), "Opening cash"), (EQUITY, Decimal("-100.00"), "Opening equity")]
    return _batch(ledger.id, CONTROL_BATCH, day, lines)


def _opening_batches(opening: Sequence[OpeningBalance], day: date) -> list[OpeningBatch]:
    batches = []
    for ledger in LEDGERS:
        own = [row for row in opening if row.ledger_id == ledger.id and row.amount != 0]
        if own:
            lines = [(row.account, row.amount, row.description) for row in own]
            lines.append((EQUITY, -sum((row.amount for row in own), Decimal(0)), "Opening equity"))
            batches.append(_batch(ledger.id, OPENING_BATCH, day, lines))
    return batches


def _batch(ledger_id: int, name: str, day: date, lines: list[tuple[str, Decimal, str]]) -> OpeningBatch:
    rows = tuple((account_of(ledger_id, account), amount, text) for account, amount, text in lines)
    return OpeningBatch(ledger_id, name, day, "Manual", "Manual", rows)
