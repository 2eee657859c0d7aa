"""Demo books of a company that sells on Amazon in the United States, the United Kingdom and Germany.

What comes in: the day the demo is run, and what the books held at go-live. What goes out: a `Site` with units US001,
UK001 and DE001, accounts, departments, products, daily rates, open periods, an operator and one posted journal per
unit that every read can see. Everything is invented.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from emulators.peoplesoft.profile import SiteProfile, journal_entry_profile
from emulators.peoplesoft.records import plain
from emulators.peoplesoft.site import (
    ChartFieldValue,
    CombinationRule,
    OpeningJournal,
    OpenPeriods,
    Rate,
    Site,
    Source,
    Switches,
    Timing,
    Unit,
    User,
)

# Obviously invented; a test searches every log and store for the password.
DEMO_USER = "CONNECTOR"
DEMO_PASSWORD = "demo-peoplesoft-password-7f3b9c"

LEDGER_GROUP = "ACTUALS"
SOURCE = "AMZ"
CONTROL_JOURNAL_ID = "CONTROL001"
OPENING_JOURNAL_ID = "OPENING001"
BANK, CLEARING, EQUITY = "100100", "110500", "300100"

UNITS = (
    Unit("US001", "USD", {LEDGER_GROUP: LEDGER_GROUP}),
    Unit("UK001", "GBP", {LEDGER_GROUP: LEDGER_GROUP}),
    Unit("DE001", "EUR", {LEDGER_GROUP: LEDGER_GROUP}),
)

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
    ("115600", "A", "Input VAT without invoice"),
    ("140000", "A", "Inter-unit due from"),
    ("199999", "A", "Suspense"),
    ("210500", "L", "Marketplace tax pass-through"),
    ("210600", "L", "Sales tax and VAT liability"),
    ("210700", "L", "Tax withheld at source"),
    ("240000", "L", "Inter-unit due to"),
    ("300100", "Q", "Retained earnings"),
    ("400100", "R", "Sales"),
    ("400200", "R", "Shipping revenue"),
    ("400300", "R", "Gift wrap revenue"),
    ("410100", "R", "Refunds"),
    ("410200", "R", "Promotions"),
    ("480100", "R", "Reimbursements"),
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

DEPARTMENTS = ("10000", "20000")
PRODUCTS = ("AMZ", "SHOP")
OPERATING_UNITS = ("NA", "UK", "EU")


@dataclass(frozen=True)
class OpeningBalance:
    """What the books held on an account at go-live, debit positive, in the unit's base currency."""

    unit: str
    account: str
    amount: Decimal
    reference: str = ""
    description: str = "Opening balance"


def demo_site(
    as_of: date,
    *,
    profile: SiteProfile | None = None,
    timing: Timing | None = None,
    switches: Switches | None = None,
    opening: Sequence[OpeningBalance] = (),
    opening_on: date | None = None,
) -> Site:
    """Return the demo installation as it stands on a day; `opening_on` dates the opening balances."""
    first_day = as_of - timedelta(days=150)
    journals = [_control_journal(unit, first_day) for unit in UNITS]
    journals += _opening_journals(opening, opening_on or first_day)
    return Site(
        profile=profile or journal_entry_profile(),
        timing=timing or Timing(edit_after_seconds=0.5, post_after_seconds=1),
        switches=switches or Switches(),
        units=UNITS,
        users=(User(DEMO_USER, DEMO_PASSWORD, default_unit="US001"),),
        sources=(Source(SOURCE), Source("ONL"), Source("APR", is_approval_required=True), Source("SUS", "suspense")),
        values=(*_account_values(), *_other_values()),
        periods=tuple(_open_periods(as_of)),
        rules=(CombinationRule("REVENUE", "400000", "489999", "DEPTID", ("", "10000")),),
        rates=_rates(as_of),
        statistics_codes=("EA", "UNT"),
        opening_journals=tuple(journals),
        account_due_from="140000",
        account_due_to="240000",
        account_suspense="199999",
        account_rounding="690000",
    )


def _account_values() -> Iterable[ChartFieldValue]:
    for account, kind, description in ACCOUNTS:
        is_open_item = account == CLEARING
        yield ChartFieldValue("ACCOUNT", account, description, account_type=kind, is_open_item=is_open_item)
    yield ChartFieldValue("ACCOUNT", "400000", "Revenue (summary)", account_type="R", is_postable=False)
    yield ChartFieldValue("ACCOUNT", "400900", "Sales of a closed shop", account_type="R")
    yield ChartFieldValue("ACCOUNT", "400900", "Sales of a closed shop", "I", date(2020, 1, 1), account_type="R")
    yield ChartFieldValue("ACCOUNT", "900100", "Units sold", account_type="E", is_statistical=True)


def _other_values() -> Iterable[ChartFieldValue]:
    lists = {"DEPTID": DEPARTMENTS, "PRODUCT": PRODUCTS, "OPERATING_UNIT": OPERATING_UNITS, "CHARTFIELD1": ("AMAZON",)}
    for field, values in lists.items():
        for value in values:
            yield ChartFieldValue(field, value)
    yield ChartFieldValue("DEPTID", "30000", "Closed department", "I")


def _open_periods(as_of: date) -> Iterable[OpenPeriods]:
    """Open the seven months before, the current one and two to come."""
    month = as_of.year * 12 + as_of.month - 1
    first, last = divmod(month - 7, 12), divmod(month + 2, 12)
    for unit in UNITS:
        yield OpenPeriods(unit.name, LEDGER_GROUP, (first[0], first[1] + 1), (last[0], last[1] + 1))


@cache
def _rates(as_of: date) -> tuple[Rate, ...]:
    """Return invented daily rates of type CRRNT between the three currencies, from 400 days ago to a month ahead."""
    rates = []
    for offset in range(-400, 32):
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
                    multiplier = (value_from / value_to).quantize(Decimal("0.00000001"))
                    rates.append(Rate("CRRNT", currency_from, currency_to, day, multiplier))
    return tuple(rates)


def _control_journal(unit: Unit, day: date) -> OpeningJournal:
    """Return a journal of the past: the record every positive control finds."""
    lines = [(BANK, Decimal("100.00"), "", "Opening cash"), (EQUITY, Decimal("-100.00"), "", "Opening equity")]
    return _posted(unit.name, CONTROL_JOURNAL_ID, day, "Opening control record", lines)


def _opening_journals(opening: Sequence[OpeningBalance], day: date) -> list[OpeningJournal]:
    journals = []
    for unit in UNITS:
        own = [row for row in opening if row.unit == unit.name and row.amount != 0]
        if own:
            lines = [(row.account, row.amount, row.reference, row.description) for row in own]
            lines.append((EQUITY, -sum((row.amount for row in own), Decimal(0)), "", "Opening equity"))
            journals.append(_posted(unit.name, OPENING_JOURNAL_ID, day, "Opening balances booked by hand", lines))
    return journals


def _posted(
    unit: str, journal_id: str, day: date, description: str, lines: list[tuple[str, Decimal, str, str]]
) -> OpeningJournal:
    header = {
        "BUSINESS_UNIT": unit,
        "JOURNAL_ID": journal_id,
        "JOURNAL_DATE": day.isoformat(),
        "LEDGER_GROUP": LEDGER_GROUP,
        "SOURCE": "ONL",
        "DESCR254": description,
    }
    rows = tuple(
        {"ACCOUNT": account, "FOREIGN_AMOUNT": plain(amount), "JRNL_LN_REF": reference, "LINE_DESCR": text}
        for account, amount, reference, text in lines
    )
    return OpeningJournal(header, rows)
