"""What Journal Import finds wrong with one row of the interface table, and the row's accounted amounts.

What comes in: a row, its ledger, the site. What goes out: (code, sentence) by Journal Import's error codes, or None;
accounted amounts converted at the row's rate. Codes that begin with EZ are this emulator's own: the published lists
have none for both sides of a line, an unknown category or a status other than NEW.
Source: https://rpforacle.blogspot.com/2018/09/gl-interface-errors-in-oracle-apps-r12.html (E-Business Suite; assumed to
hold for Fusion).
"""

from __future__ import annotations

import json
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from emulators.fusion.journals import amount
from emulators.fusion.setup import Setup, Wrong
from emulators.fusion.site import Ledger, Period, Site, currency_decimals
from emulators.fusion.store import Fields

USER_RATE = "User"
AMOUNT_MAX = Decimal(10) ** 15


def day_of(row: Fields) -> date:
    """Return a row's accounting date."""
    return date.fromisoformat(row["ACCOUNTING_DATE"])


def period_of(row: Fields, ledger: Ledger, setup: Setup) -> Period | None:
    """Return the period a row goes to: the one it names, else the one of its date."""
    if row["PERIOD_NAME"]:
        period = setup.period_named(ledger.id, row["PERIOD_NAME"])
        return period if period and period.first_day <= day_of(row) <= period.last_day else None
    return setup.period_of(ledger.id, day_of(row))


def segments_of(row: Fields) -> list[str]:
    """Return a row's segment values, 30 of them."""
    return json.loads(row["SEGMENTS"])


def fault_of_row(row: Fields, ledger: Ledger, site: Site, setup: Setup) -> Wrong | None:
    """Return the first fault of a row that has nothing to do with its account."""
    try:
        day_of(row)
        date.fromisoformat(row["RATE_DATE"] or "2000-01-01")
    except ValueError:
        return "EP01", f"The date {row['ACCOUNTING_DATE']} or {row['RATE_DATE'] or 'its rate date'} doesn't exist"
    period = period_of(row, ledger, setup)
    if period is None:
        return "EP02", f"The ledger has no period {row['PERIOD_NAME'] or 'for'} {row['ACCOUNTING_DATE']}"
    if period.status not in ("O", "F"):
        return "EP01", f"The date {row['ACCOUNTING_DATE']} isn't in an open or future enterable period"
    # What an earlier import left behind has its code in place of NEW, and is tried again.
    if row["STATUS"] != "NEW" and not row["ERROR_TEXT"]:
        return "EZ03", f"The status {row['STATUS']} isn't NEW"
    if row["CATEGORY"] not in site.categories:
        return "EZ02", f"The journal category {row['CATEGORY']} doesn't exist"
    if amount(row["ENTERED_DR"]) and amount(row["ENTERED_CR"]):
        return "EZ01", "The line has amounts on both sides"
    return _fault_of_amounts(row, ledger, site)


def _fault_of_amounts(row: Fields, ledger: Ledger, site: Site) -> Wrong | None:
    names = ("ENTERED_DR", "ENTERED_CR", "ACCOUNTED_DR", "ACCOUNTED_CR")
    if any(abs(amount(row[name])) >= AMOUNT_MAX for name in names):
        return "EC13", "The amount is too large"
    if row["CURRENCY"] not in site.currencies:
        return "EC08", f"The currency {row['CURRENCY']} isn't valid"
    has_accounted = bool(row["ACCOUNTED_DR"] or row["ACCOUNTED_CR"])
    if row["CURRENCY"] == ledger.currency:
        is_same = all(amount(row[f"ENTERED_{side}"]) == amount(row[f"ACCOUNTED_{side}"]) for side in ("DR", "CR"))
        return None if is_same or not has_accounted else ("EC12", "The entered amount must equal the accounted amount")
    if row["RATE_TYPE"]:
        return _fault_of_rate(row, ledger, site)
    return None if has_accounted else ("EC03", "A foreign currency line needs a rate type or an accounted amount")


def _fault_of_rate(row: Fields, ledger: Ledger, site: Site) -> Wrong | None:
    if row["RATE_TYPE"] not in site.rate_types:
        return "EC11", f"The conversion rate type {row['RATE_TYPE']} isn't valid"
    if row["RATE_TYPE"] == USER_RATE:
        return None if row["RATE"] else ("EC01", "A rate of type User needs a conversion rate")
    if not row["RATE_DATE"]:
        return "EC02", "The conversion date is missing"
    if rate_of(row, ledger, site) is None:
        return "EC06", f"There is no {row['RATE_TYPE']} rate for {row['CURRENCY']} on {row['RATE_DATE']}"
    return None


def rate_of(row: Fields, ledger: Ledger, site: Site) -> Decimal | None:
    """Return the rate that converts a row into the ledger's currency, or None."""
    if row["CURRENCY"] == ledger.currency:
        return Decimal(1)
    if row["RATE_TYPE"] == USER_RATE:
        return Decimal(row["RATE"])
    if not row["RATE_DATE"]:
        return None
    return site.rate_on(row["RATE_TYPE"], row["CURRENCY"], ledger.currency, date.fromisoformat(row["RATE_DATE"]))


def accounted(row: Fields, ledger: Ledger, site: Site) -> Fields:
    """Return a sound row's ACCOUNTED_DR and ACCOUNTED_CR: as given, else converted and rounded to the currency."""
    if row["ACCOUNTED_DR"] or row["ACCOUNTED_CR"]:
        return {"ACCOUNTED_DR": row["ACCOUNTED_DR"], "ACCOUNTED_CR": row["ACCOUNTED_CR"]}
    rate = rate_of(row, ledger, site)
    assert rate is not None
    step = Decimal(1).scaleb(-currency_decimals(ledger.currency))
    found = {}
    for side in ("DR", "CR"):
        entered = row[f"ENTERED_{side}"]
        converted = Decimal(entered) * rate if entered else None
        if converted is not None and row["CURRENCY"] != ledger.currency:
            converted = converted.quantize(step, ROUND_HALF_UP)
        found[f"ACCOUNTED_{side}"] = "" if converted is None else f"{converted:f}"
    return found
