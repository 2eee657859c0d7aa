"""The general ledger read through two queries: balances by period, and the entries behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from emulators.peoplesoft.journal_table import JournalKey
from ledger.accounts import AccountKey
from ledger.errors import TargetMisconfigured, TargetUnavailable
from ledger.references import reference
from resources.erp.peoplesoft import ledger_reads
from resources.erp.peoplesoft.profile import PeopleSoftProfile
from resources.erp.peoplesoft.queries import Row, Truncated
from tests.resources.erp.peoplesoft.conftest import BASE_URL, SETTLEMENT

CLEARING = AccountKey.of("US001", account="110500")
NOVEMBER, OCTOBER = date(2026, 11, 30), date(2026, 10, 31)
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


def posted(place, journal) -> JournalKey:
    """Send a journal and let PeopleSoft post it."""
    target = place.target()
    target.submit(journal)
    place.follow(target, journal)
    return next(key for key in place.journals() if key.unpost_seq == 0)


def held(place, as_of: date, **settings) -> dict[str, Decimal]:
    """Return the balance of clearing by currency."""
    found = place.target(**settings).balances([CLEARING], as_of)
    assert {one.account for one in found} <= {CLEARING}
    return {one.currency: one.amount for one in found}


def test_a_balance_is_everything_posted_up_to_a_period(place, journal) -> None:
    """A journal of November stands in November's balance and not in October's."""
    posted(place, journal)
    assert held(place, NOVEMBER) == {"USD": Decimal("1150.37")}
    assert held(place, OCTOBER) == {}


@pytest.mark.parametrize("is_year_closed", [True, False])
def test_a_balance_counts_nothing_twice_over_a_year_end(place, journal, is_year_closed: bool) -> None:
    """A year that was closed has a balance forward; one that was not is added up from its beginning."""
    posted(place, journal)
    site = place.app.site
    site.switches = replace(site.switches, is_year_closed=is_year_closed)
    assert held(place, date(2027, 1, 31)) == {"USD": Decimal("1150.37")}


def test_accounts_that_differ_in_other_segments_alone_are_one(place, journal) -> None:
    """Unit and natural account make the account, so two marketplaces on it are read once."""
    posted(place, journal)
    wanted = [AccountKey.of("US001", account="110500", operating_unit=one) for one in ("NA", "EU")]
    assert len(place.target().balances(wanted, NOVEMBER)) == 1
    assert len(place.target().entries(wanted, FIRST, LAST)) == 1


def test_an_entry_names_its_document_and_who_made_it(place, journal) -> None:
    """Ours and other people's alike; the journal source is the ERP's word for where it came from."""
    key = posted(place, journal)
    place.app.books.people.enter(key, date(2026, 11, 16), "Correction by hand", "ONL")
    ours, other = place.target().entries([CLEARING], FIRST, LAST)
    assert ours.erp_id == place.target().erp_id(journal)
    assert (ours.accounting_date, ours.amount, ours.currency) == (date(2026, 11, 14), Decimal("1150.37"), "USD")
    assert (ours.reference, ours.source, ours.period) == (reference(SETTLEMENT), "AMZ", "11/2026")
    assert (other.source, other.description, other.amount) == ("ONL", "Correction by hand", Decimal("1150.37"))


def test_what_was_unposted_is_no_entry(place, journal) -> None:
    """The journal and what takes it back come to nothing, and the balance agrees."""
    place.app.books.people.unpost(posted(place, journal))
    assert place.target().entries([CLEARING], FIRST, LAST) == []
    assert held(place, NOVEMBER) == {"USD": Decimal(0)}


def test_only_the_lines_of_our_ledger_are_entries(place, journal) -> None:
    """A ledger group may keep a line once per ledger."""
    posted(place, journal)
    assert len(place.target(ledger="ACTUALS").entries([CLEARING], FIRST, LAST)) == 1
    assert place.target(ledger="REPORTING").entries([CLEARING], FIRST, LAST) == []


def test_a_day_within_a_period_is_refused(place) -> None:
    """The ledger knows no day: a balance of the month's end must not be taken for one of its middle."""
    with pytest.raises(TargetMisconfigured, match="2026-11-15 does not end accounting period 11/2026 of unit US001"):
        place.target().balances([CLEARING], date(2026, 11, 15))


def test_a_site_without_the_queries_says_which_is_missing(place) -> None:
    """`connector check` asks for them where balances are read; a finding names query and cure."""
    target = place.target(queries={"balances": {"name": "X_ELSEWHERE"}})
    [finding] = target.reach_balances([CLEARING], OCTOBER)
    assert "X_ELSEWHERE" in finding.sentence
    assert "read_balances" in finding.cure
    assert place.target().reach_balances([CLEARING], OCTOBER) == []


def asking(answers: Callable[..., list[Row]]) -> tuple[list[dict], Callable[..., list[Row]]]:
    """Return a list that fills with what was asked, and what asks."""
    asked: list[dict] = []

    def ask(purpose: str, **values: str) -> list[Row]:
        asked.append(values)
        return answers(**values)

    return asked, ask


def test_a_span_that_is_cut_short_is_asked_for_in_halves(profile) -> None:
    """Together the pieces are the span, each day once; one day that is cut short raises."""

    def short(FROM_DATE: str, TO_DATE: str, **_: str) -> list[Row]:
        if FROM_DATE != TO_DATE:
            raise Truncated("too many")
        return []

    asked, ask = asking(short)
    assert ledger_reads.entries([CLEARING], date(2026, 11, 1), date(2026, 11, 5), profile, ask) == []
    days = [one["FROM_DATE"] for one in asked if one["FROM_DATE"] == one["TO_DATE"]]
    assert days == [f"2026-11-0{day}" for day in range(1, 6)]

    def never(**_: str) -> list[Row]:
        raise Truncated("too many")

    with pytest.raises(TargetUnavailable, match="too many"):
        ledger_reads.entries([CLEARING], date(2026, 11, 1), date(2026, 11, 5), profile, asking(never)[1])


def entry(**changes) -> dict:
    """Return one row of the entries query."""
    row = {
        **{"A.BUSINESS_UNIT": "US001", "A.JOURNAL_ID": "A1", "A.JOURNAL_DATE": "2026-11-14", "A.UNPOST_SEQ": 0},
        **{"A.JRNL_HDR_STATUS": "P", "A.SOURCE": "ONL", "B.LEDGER": "ACTUALS", "B.JRNL_LN_REF": " "},
        **{"B.FOREIGN_CURRENCY": "USD", "FOREIGN_AMOUNT": 5},
    }
    return {**row, **changes}


def test_a_sum_that_comes_twice_is_not_believed(profile, make_rows) -> None:
    """A join too many doubles every sum, and nothing tells which is right; another ledger asks for a setting."""
    twice = make_rows("entries", entry(), entry())
    with pytest.raises(TargetUnavailable, match="US001 A1 2026-11-14 twice"):
        ledger_reads.entries([CLEARING], FIRST, LAST, profile, lambda *_, **__: twice)
    two = make_rows("entries", entry(), entry(**{"B.LEDGER": "REPORTING"}))
    with pytest.raises(TargetMisconfigured, match="several ledgers"):
        ledger_reads.entries([CLEARING], FIRST, LAST, profile, lambda *_, **__: two)
    named = PeopleSoftProfile(base_url=BASE_URL, ledger="ACTUALS")
    assert len(ledger_reads.entries([CLEARING], FIRST, LAST, named, lambda *_, **__: two)) == 1


def test_what_is_not_posted_is_left_out_even_when_a_query_answers_it(profile, make_rows) -> None:
    """A site's own query may select too much."""
    rows = make_rows("entries", entry(**{"A.JRNL_HDR_STATUS": "V"}), entry(**{"A.JOURNAL_ID": "A2"}))
    found = ledger_reads.entries([CLEARING], FIRST, LAST, profile, lambda *_, **__: rows)
    assert [one.erp_id for one in found] == ["US001 A2 2026-11-14"]


def test_periods_that_do_not_count_at_a_month_end_are_left_out(profile, make_rows) -> None:
    """Closing entries never, later periods and this year's adjustments not yet; the year before with its own."""
    amounts = [(2025, 12, 100), (2025, 998, 20), (2025, 999, 4000), (2026, 11, 3), (2026, 12, 50), (2026, 998, 600)]
    cells = [
        {"A.CURRENCY_CD": "USD", "A.FISCAL_YEAR": year, "A.ACCOUNTING_PERIOD": number, "POSTED_TRAN_AMT": amount}
        for year, number, amount in amounts
    ]
    period = {NOVEMBER.isoformat(): 11}

    def ask(purpose: str, **values: str) -> list[Row]:
        if purpose == "balances":
            return make_rows("balances", *cells)
        number = period.get(values["JOURNAL_DATE"], 12)
        return make_rows("period", {"A.FISCAL_YEAR": 2026, "A.ACCOUNTING_PERIOD": number, "OPEN_FLAG": "Y"})

    [found] = ledger_reads.balances([CLEARING], NOVEMBER, profile, ask)
    assert found.amount == Decimal(123)
