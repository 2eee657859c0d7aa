"""What Journal Edit finds, line by line, and what it adds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.peoplesoft.demo_site import demo_site
from emulators.peoplesoft.edits import Edited, edited
from emulators.peoplesoft.entry import entered
from emulators.peoplesoft.records import plain
from emulators.peoplesoft.site import CombinationRule, Rate, Site, Unit

TODAY = date(2026, 11, 14)
SITE = demo_site(TODAY)
CLEARING = {"ACCOUNT": "110500", "FOREIGN_AMOUNT": "100", "JRNL_LN_REF": "S1"}
SALES = {"ACCOUNT": "400100", "FOREIGN_AMOUNT": "-100"}


def edit(lines: list[dict], site: Site = SITE, is_period_open: bool = True, **header: str) -> Edited:
    """Return the outcome of editing a journal of the given lines."""
    fields = {"BUSINESS_UNIT": "US001", "JOURNAL_ID": "J1", "JOURNAL_DATE": "2026-11-14", "LEDGER_GROUP": "ACTUALS"}
    controls = {name: header.pop(name, "") for name in ("CONTROL_DEBITS", "CONTROL_LINES")}
    lenient = replace(site, switches=replace(site.switches, is_prompt_edit_at_create=False))
    entry = entered(fields | {"SOURCE": "AMZ"} | header, lines, lenient, TODAY, "")
    assert not entry.errors, entry.errors
    return edited({**entry.header, **controls}, list(entry.lines), site, is_period_open)


def test_a_sound_journal_has_no_errors_and_no_new_lines():
    """The joy: nothing found, nothing added."""
    outcome = edit([CLEARING, SALES])
    assert (outcome.is_valid, outcome.is_balanced, outcome.errors, len(outcome.lines)) == (True, True, (), 2)


INVALID = "Invalid value -- press the prompt button or hyperlink for a list of valid values (15,11)"


@pytest.mark.parametrize(
    "change, line, field, text",
    [
        ({"ACCOUNT": "999999"}, 2, "ACCOUNT", INVALID),  # unknown
        ({"ACCOUNT": "400900"}, 2, "ACCOUNT", INVALID),  # inactive since 2020
        ({"ACCOUNT": "600100", "DEPTID": "30000"}, 2, "DEPTID", INVALID),  # inactive
        ({"PRODUCT": "NONE"}, 2, "PRODUCT", INVALID),
        ({"FUND_CODE": "F1"}, 2, "FUND_CODE", INVALID),  # the site keeps no values at all
        ({"AFFILIATE": "XX001"}, 2, "AFFILIATE", INVALID),  # no such unit
        ({"STATISTICS_CODE": "ZZ", "STATISTIC_AMOUNT": "1"}, 2, "STATISTICS_CODE", INVALID),
        ({"STATISTIC_AMOUNT": "1"}, 2, "STATISTICS_CODE", "Statistics code is required with a statistical amount"),
        ({"ACCOUNT": "400000"}, 2, "ACCOUNT", "Account does not accept journal entries"),
        ({"ACCOUNT": "900100"}, 2, "ACCOUNT", "Statistical account does not take a monetary amount"),
        ({"ACCOUNT": "110500"}, 2, "JRNL_LN_REF", "Open item account needs a reference"),
        ({"DEPTID": "20000"}, 2, "DEPTID", "ChartField combination error in group REVENUE"),
    ],
)
def test_a_wrong_line_is_named_with_field_and_text(change, line, field, text):
    """Each edit check puts one error on its line and the journal in error."""
    outcome = edit([CLEARING, SALES | change])
    assert [(error.line, error.field, error.text) for error in outcome.errors] == [(line, field, text)]
    assert not outcome.is_valid


def test_a_closed_period_is_an_error_of_the_header():
    """Line 0, with the date as its field."""
    outcome = edit([CLEARING, SALES], is_period_open=False)
    assert [(error.line, error.field, error.text) for error in outcome.errors] == [
        (0, "JOURNAL_DATE", "Accounting period is not open")
    ]


def test_an_uneven_journal_is_out_of_balance_with_unit_ledger_currency_and_difference():
    """The sentence says where the cent is missing."""
    outcome = edit([CLEARING, SALES | {"FOREIGN_AMOUNT": "-99.99"}])
    assert [error.text for error in outcome.errors] == ["Journal is out of balance: US001 ACTUALS USD 0.01"]
    assert (outcome.is_valid, outcome.is_balanced) == (False, False)


def test_two_currencies_must_balance_each_for_itself():
    """A dollar does not make up for a euro."""
    outcome = edit([CLEARING, SALES | {"FOREIGN_CURRENCY": "EUR"}])
    assert {error.text.split(":")[1].split()[2] for error in outcome.errors} == {"USD", "EUR"}


def test_balancing_chartfields_must_balance_too():
    """Where the unit balances by operating unit, each operating unit stands for itself."""
    unit = Unit("US001", "USD", {"ACTUALS": "ACTUALS"}, balancing_chartfields=("OPERATING_UNIT",))
    site = replace(SITE, units=(unit, *SITE.units[1:]))
    apart = edit([CLEARING | {"OPERATING_UNIT": "NA"}, SALES | {"OPERATING_UNIT": "UK"}], site)
    together = edit([CLEARING | {"OPERATING_UNIT": "NA"}, SALES | {"OPERATING_UNIT": "NA"}], site)
    assert len(apart.errors) == 2
    assert together.is_valid


def test_a_combination_rule_can_demand_a_value():
    """Without "" among the allowed values, blank breaks the rule."""
    site = replace(SITE, rules=(CombinationRule("NEEDDEPT", "400000", "499999", "DEPTID", ("10000",)),))
    assert [error.text for error in edit([CLEARING, SALES], site).errors] == [
        "ChartField combination error in group NEEDDEPT"
    ]
    assert edit([CLEARING, SALES | {"DEPTID": "10000"}], site).is_valid


def test_units_out_of_balance_get_due_to_and_due_from_lines():
    """Two lines per other unit, marked as generated, without our reference, each unit balanced."""
    outcome = edit([CLEARING | {"FOREIGN_CURRENCY": "USD"}, SALES | {"BUSINESS_UNIT": "UK001"}])
    generated = [line for line in outcome.lines if line["IS_GENERATED"] == "Y"]
    assert [
        (line["BUSINESS_UNIT"], line["ACCOUNT"], line["AFFILIATE"], line["FOREIGN_AMOUNT"], line["JRNL_LN_REF"])
        for line in generated
    ] == [("UK001", "140000", "US001", "100", ""), ("US001", "240000", "UK001", "-100", "")]
    assert [line["JOURNAL_LINE"] for line in outcome.lines] == ["1", "2", "3", "4"]
    assert outcome.is_valid


def test_units_stay_out_of_balance_where_the_site_has_no_inter_unit_accounts():
    """Then the difference is an error per unit."""
    site = replace(SITE, account_due_from="", account_due_to="")
    outcome = edit([CLEARING, SALES | {"BUSINESS_UNIT": "DE001"}], site)
    assert sorted(error.text.split()[5] for error in outcome.errors) == ["DE001", "US001"]


def test_a_second_edit_makes_generated_lines_anew():
    """Never twice the same due-to line."""
    first = edit([CLEARING, SALES | {"BUSINESS_UNIT": "UK001"}])
    header = {"BUSINESS_UNIT": "US001", "JOURNAL_DATE": "2026-11-14", "LEDGER_GROUP": "ACTUALS", "LEDGER": "ACTUALS"}
    header |= {"SOURCE": "AMZ", "RT_TYPE": "", "CONTROL_DEBITS": "", "CONTROL_LINES": ""}
    again = edited(header, [dict(line) for line in first.lines], SITE, True)
    assert again.lines == first.lines


def test_a_foreign_amount_is_converted_at_the_rate_of_the_journal_date():
    """Rate type CRRNT, the latest rate on or before the date."""
    site = replace(SITE, rates=(Rate("CRRNT", "GBP", "USD", date(2026, 11, 10), Decimal("1.25")),))
    outcome = edit([line | {"FOREIGN_CURRENCY": "GBP"} for line in (CLEARING, SALES)], site)
    assert [line["MONETARY_AMOUNT"] for line in outcome.lines] == ["125", "-125"]
    assert [line["RATE_MULT"] for line in outcome.lines] == ["1.25", "1.25"]


@pytest.mark.parametrize("change", [{"RT_TYPE": "AVG"}, {"JOURNAL_DATE": "2020-01-01"}])
def test_a_missing_rate_is_an_error_of_each_line(change):
    """No rate of that type, or none that early."""
    outcome = edit([line | {"FOREIGN_CURRENCY": "GBP"} for line in (CLEARING, SALES)], **change)
    assert [(error.line, error.text) for error in outcome.errors] == [
        (1, "Exchange rate not found"),
        (2, "Exchange rate not found"),
    ]


def test_cents_lost_in_conversion_get_a_rounding_line():
    """Entered amounts balance, converted ones are a cent apart: the edit adds the cent to the rounding account."""
    site = replace(SITE, rates=(Rate("CRRNT", "GBP", "USD", date(2026, 1, 1), Decimal("1.005")),))
    thirds = [SALES | {"FOREIGN_AMOUNT": "-0.33"}] * 3
    lines = [CLEARING | {"FOREIGN_AMOUNT": "0.99"}, *thirds]
    outcome = edit([line | {"FOREIGN_CURRENCY": "GBP"} for line in lines], site)
    assert [line["MONETARY_AMOUNT"] for line in outcome.lines] == ["0.99", "-0.33", "-0.33", "-0.33"]
    lines[0] = CLEARING | {"FOREIGN_AMOUNT": "1.00"}
    lines.append(SALES | {"FOREIGN_AMOUNT": "-0.01"})
    outcome = edit([line | {"FOREIGN_CURRENCY": "GBP"} for line in lines], site)
    extra = outcome.lines[-1]
    assert (extra["ACCOUNT"], extra["FOREIGN_AMOUNT"], extra["MONETARY_AMOUNT"]) == ("690000", "0", "-0.01")
    assert outcome.is_valid


@pytest.mark.parametrize("controls", [{"CONTROL_DEBITS": "99"}, {"CONTROL_LINES": "3"}])
def test_control_totals_that_differ_stop_the_journal(controls):
    """What a person entered as total is compared with the lines."""
    outcome = edit([CLEARING, SALES], **controls)
    assert not outcome.is_valid
    assert not outcome.are_control_totals_right
    assert edit([CLEARING, SALES], CONTROL_DEBITS="100", CONTROL_LINES="2").is_valid


def test_units_are_carried_as_statistical_amounts_beside_money():
    """A statistical amount with its code needs no balance."""
    outcome = edit([CLEARING, SALES | {"STATISTICS_CODE": "EA", "STATISTIC_AMOUNT": "7"}])
    assert outcome.is_valid


CENTS = st.integers(-10_000_000, 10_000_000).map(lambda cents: Decimal(cents) / 100)


@given(st.lists(CENTS, min_size=1, max_size=12), CENTS)
def test_a_journal_is_balanced_exactly_when_its_amounts_sum_to_zero(amounts, remainder):
    """For any lines, the edit agrees with plain addition."""
    lines = [SALES | {"FOREIGN_AMOUNT": plain(amount)} for amount in amounts]
    lines.append(CLEARING | {"FOREIGN_AMOUNT": plain(remainder - sum(amounts))})
    assert edit(lines).is_balanced == (remainder == 0)


@given(st.lists(st.tuples(st.sampled_from(["US001", "UK001", "DE001"]), CENTS), min_size=1, max_size=8))
def test_inter_unit_lines_leave_every_unit_balanced(entries):
    """However lines spread over units, a journal that sums to zero ends balanced in each unit, in base amounts too."""
    lines = [SALES | {"BUSINESS_UNIT": unit, "FOREIGN_AMOUNT": plain(amount)} for unit, amount in entries]
    total = sum(amount for _, amount in entries)
    outcome = edit([*lines, CLEARING | {"FOREIGN_AMOUNT": plain(-total)}])
    assert outcome.is_valid, outcome.errors
    for unit in ("US001", "UK001", "DE001"):
        own = [line for line in outcome.lines if line["BUSINESS_UNIT"] == unit]
        assert sum(Decimal(line["FOREIGN_AMOUNT"]) for line in own) == 0
        assert sum(Decimal(line["MONETARY_AMOUNT"]) for line in own) == 0
