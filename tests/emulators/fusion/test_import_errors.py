"""What Journal Import finds wrong with a row, by its code, and whom a bad row keeps from the books."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from emulators.fusion.site import Combination, Period
from tests.emulators.fusion.bench import CREDIT, DEBIT, GROUP, PAIR, US

FOREIGN = {5: "EUR", 63: "Corporate", 64: "2026/11/10"}


def both(changes: dict[int, str]) -> list[dict[int, str]]:
    """Return the worked example with the same changes on both rows."""
    return [row | changes for row in PAIR]


def statuses(caller) -> list[str]:
    """Return the codes of the rows in the interface."""
    return [row["STATUS"] for row in caller.app.books.interface()]


def batches(caller) -> list:
    """Return the imported batches."""
    return [batch for batch in caller.app.books.batches() if batch.source == "ZB Connector"]


@pytest.mark.parametrize(
    "rows, codes",
    [
        (PAIR, []),
        (both({2: "2026/03/10", 94: "Mar-26"}), ["EP01", "EP01"]),  # closed
        (both({2: "2026/12/10", 94: "Dec-26"}), []),  # future enterable
        (both({2: "2027/02/10", 94: "Feb-27"}), ["EP01", "EP01"]),  # never opened
        (both({2: "2026/11/31"}), ["EP01", "EP01"]),  # no such day
        (both({2: "2035/01/10", 94: ""}), ["EP02", "EP02"]),
        (both({94: "Oct-26"}), ["EP02", "EP02"]),  # the date lies in another period
        (both({94: ""}), []),
        ([DEBIT | {38: "1520.34"}, CREDIT], ["EU02", "EU02"]),
        ([DEBIT | {10: "400900"}, CREDIT], ["EF03", "P"]),  # disabled
        ([DEBIT | {10: "400950"}, CREDIT], ["EF01", "P"]),  # ended
        ([DEBIT | {10: "400000"}, CREDIT], ["EF02", "P"]),  # a parent
        ([DEBIT | {10: "999999"}, CREDIT], ["EF04", "P"]),
        ([DEBIT | {11: ""}, CREDIT], ["EF04", "P"]),  # a segment is missing
        ([DEBIT | {12: "000"}, CREDIT], ["EF04", "P"]),  # one too many
        ([DEBIT, CREDIT | {9: "20000"}], ["P", "EF04"]),  # cross-validation rule
        ([DEBIT, CREDIT | {9: "10000"}], []),  # a new combination is created on the fly
        ([DEBIT | {39: "1520.33"}, CREDIT], ["EZ01", "P"]),  # both sides
        ([DEBIT | {4: "300000046986001"}, CREDIT], ["EZ02", "P"]),  # a category by its id
        ([DEBIT | {0: "OLD"}, CREDIT], ["EZ03", "P"]),
        (both({5: "XXX"}), ["EC08", "EC08"]),
        (both({5: "EUR"}), ["EC03", "EC03"]),
        (both({5: "EUR", 63: "User"}), ["EC01", "EC01"]),
        (both({5: "EUR", 63: "Corporate"}), ["EC02", "EC02"]),
        (both({5: "EUR", 63: "Corporate", 64: "2020/01/01"}), ["EC06", "EC06"]),
        (both({5: "EUR", 63: "Nonsense"}), ["EC11", "EC11"]),
        (both(FOREIGN), []),
        (both({5: "EUR", 63: "User", 65: "1.1"}), []),
        ([DEBIT | {40: "1520.00"}, CREDIT], ["EC12", "P"]),
        ([DEBIT | {38: "9" * 16}, CREDIT], ["EC13", "P"]),
        (both({3: "Manual"}), ["NEW", "NEW"]),  # another source than the one asked for
        (both({1: "300000046975972"}), ["NEW", "NEW"]),  # another ledger
    ],
)
def test_a_row_gets_the_code_of_its_first_fault(caller, rows, codes):
    """One bad row keeps its whole group out; the others get P."""
    caller.loaded(rows)
    assert statuses(caller) == codes
    assert len(batches(caller)) == (0 if codes else 1)


def test_a_bad_row_keeps_its_group_or_only_its_journal(caller, site):
    """Which of the two is a switch."""
    other = [row | {42: "OTHER", 45: "OTHER"} for row in PAIR]
    bad = [DEBIT | {10: "999999"}, CREDIT]
    caller.loaded([*other, *bad])
    assert (len(batches(caller)), statuses(caller)) == (0, ["P", "P", "EF04", "P"])
    site.switches = replace(site.switches, error_holds="journal")
    request_id = caller.loaded([row | {42: "THIRD", 45: "THIRD"} for row in PAIR])
    assert caller.status(request_id) == "WARNING"
    assert [batch.reference for batch in batches(caller)] == ["OTHER", "THIRD"]
    assert statuses(caller) == ["EF04", "P"]


def test_an_import_with_faulty_rows_may_end_in_error(caller, site):
    """WARNING or ERROR is a switch."""
    site.switches = replace(site.switches, failed_import_status="ERROR")
    assert caller.status(caller.loaded([DEBIT, CREDIT | {10: "999999"}])) == "ERROR"


def test_a_combination_of_its_own_may_be_closed_and_new_ones_may_be_forbidden(caller, site):
    """The combination's own settings count besides those of its values."""
    site.replace_combination(Combination(site.charts[0].id, "01-000-110500-000", is_enabled=False))
    caller.loaded()
    assert statuses(caller) == ["EF03", "P"]
    site.replace_combination(Combination(site.charts[0].id, "01-000-110500-000"))
    site.charts = (replace(site.charts[0], is_dynamic_insertion_allowed=False),)
    caller.loaded([DEBIT, CREDIT | {9: "10000"}])
    assert statuses(caller) == ["P", "P", "P", "EF04"]


def test_a_foreign_journal_is_converted_and_balances_in_both_currencies(caller):
    """Entered amounts stay; accounted ones are rounded, and what rounding leaves goes to the largest line."""
    thirds = [CREDIT | FOREIGN | {39: "0.01"} for _ in range(3)]
    caller.loaded([DEBIT | FOREIGN | {38: "0.03"}, *thirds])
    (batch,) = batches(caller)
    lines = caller.app.books.lines(batch.id)
    assert [line.amount for line in lines] == [Decimal("0.03")] + [Decimal("-0.01")] * 3
    assert {line.currency for line in lines} == {"EUR"}
    assert sum(line.accounted for line in lines) == 0


def test_accounted_amounts_that_were_given_must_balance(caller):
    """Nobody evens out what the sender said."""
    caller.loaded([DEBIT | {5: "EUR", 40: "1600.00"}, CREDIT | {5: "EUR", 41: "1600.01"}])
    assert statuses(caller) == ["EU02", "EU02"]


def test_suspense_takes_what_is_wrong_where_it_is_asked_for_and_set_up(caller, site):
    """Parameter 5 is Y and the ledger has an account for it."""
    site.ledgers = tuple(replace(ledger, suspense_account="01-000-199999-000") for ledger in site.ledgers)
    rows = [DEBIT | {10: "999999"}, CREDIT | {39: "1500.00"}]
    caller.loaded(rows, parameters=f"#NULL,ZB Connector,{US},{GROUP},Y,N,N")
    (batch,) = batches(caller)
    lines = {(line.account, line.amount) for line in caller.app.books.lines(batch.id)}
    assert lines == {
        ("01-000-199999-000", Decimal("1520.33")),
        ("01-000-400100-000", Decimal("-1500.00")),
        ("01-000-199999-000", Decimal("-20.33")),
    }


def test_summary_journals_have_one_line_per_account_and_side(caller):
    """Parameter 6 is Y."""
    caller.loaded([DEBIT, DEBIT, CREDIT, CREDIT], parameters=f"#NULL,ZB Connector,{US},{GROUP},N,Y,N")
    (batch,) = batches(caller)
    assert [line.amount for line in caller.app.books.lines(batch.id)] == [Decimal("3040.66"), Decimal("-3040.66")]


def test_batches_and_journals_are_grouped_by_their_references(caller):
    """One batch per REFERENCE1 and period, one journal per REFERENCE4, category and currency."""
    november = both({})
    second = both({45: "SECOND"})
    december = both({2: "2026/12/01", 94: "Dec-26"})
    caller.loaded([*november, *second, *december])
    found = {batch.period: len(caller.app.books.journals.headers(batch.id)) for batch in batches(caller)}
    assert found == {"Nov-26": 2, "Dec-26": 1}


def test_names_are_cut_where_their_columns_end(caller):
    """A long REFERENCE1 pushes the group id out of the batch's name; of REFERENCE4 the first 25 characters count."""
    caller.loaded(both({42: "R" * 100, 45: "J" * 30}))
    (batch,) = batches(caller)
    assert batch.name == "R" * 100
    assert caller.app.books.lines(batch.id)[0].journal == "J" * 25 + " Marketplace USD"


def test_an_adjusting_period_is_reached_by_its_name(caller, site):
    """Two periods share a day; the one that is named counts."""
    day = next(period for period in site.periods if period.name == "Nov-26")
    adjusting = Period(US, 101, "Adj-26", day.first_day, day.last_day, "O", is_adjustment=True)
    site.periods = (*site.periods, adjusting)
    caller.loaded(both({94: "Adj-26"}))
    assert [batch.period for batch in batches(caller)] == ["Adj-26"]
