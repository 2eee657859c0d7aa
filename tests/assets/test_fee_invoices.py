"""Fee invoices by day: they add up, stand once, have what input tax is claimed with, and were charged as invoiced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from assets.fee_invoices import tax_code
from assets.proofs.fee_invoice_checks import fee_spans
from assets.proofs.fee_proof import fees_verdict, invoiced_verdict
from assets.settlements.settled_fees import Fee
from assets.stages.day_names import day_name
from assets.stages.day_stages import DAY_STAGES
from assets.stages.days import RefusedDay, fetch_days
from assets.stages.verdicts import StageResult
from ledger.errors import SourceRefused
from ledger.fee_periods import Billed, Span
from resources.amazon.fee_invoices import FeeInvoice, FeeInvoiceLine
from tests.assets.conftest import NOW, Bookkeeping

STAGE = DAY_STAGES["fee_invoices"]
DAY, NEXT = date(2026, 11, 3), date(2026, 11, 4)
ISSUED = datetime(2026, 11, 3, 6, tzinfo=UTC)
OCTOBER = (datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC))
D = Decimal


def line(net: str = "16.81", tax: str = "3.19", code: str = "DE 19", **changes) -> FeeInvoiceLine:
    """Return a line."""
    made = FeeInvoiceLine("1", "Selling on Amazon fees", "OTHER", D(net), D(tax), D(net) + D(tax), (code,))
    return replace(made, **changes)


def invoice(number: str = "DE-1", *lines: FeeInvoiceLine, **changes) -> FeeInvoice:
    """Return an invoice of October's fees, 20.00 with 3.19 of tax unless lines say otherwise."""
    lines = tuple(replace(one, line_id=str(place)) for place, one in enumerate(lines or (line(),)))
    made = FeeInvoice(
        number=number,
        identifier=f"{number}~EUR",
        status="DEDUCTED",
        kind="OTHER",
        marketplace_id="A1PA6795UKMFR9",
        issued=ISSUED,
        period_start=OCTOBER[0],
        period_end=OCTOBER[1],
        currency="EUR",
        net=sum((one.net for one in lines if one.net is not None), D(0)),
        tax=sum((one.tax for one in lines if one.tax is not None), D(0)),
        total=sum((one.total for one in lines), D(0)),
        is_fee=True,
        issuer="Amazon EU SARL",
        issuer_registration="LU00000000",
        lines=lines,
        document="d" * 64,
    )
    return replace(made, **changes)


@dataclass
class Amazon:
    """A marketplace that tells of these invoices; an error is raised instead.

    One invoice that was issued at the moment `unusable` cannot be used.
    """

    invoices: Sequence[FeeInvoice] = ()
    error: Exception | None = None
    unusable: datetime | None = None
    asked: list = field(default_factory=list)

    @property
    def source(self) -> SimpleNamespace:
        return SimpleNamespace(fee_invoices=SimpleNamespace(issued=self._issued))

    def _issued(self, after: datetime, before: datetime, archive) -> tuple[FeeInvoice, ...]:
        self.asked.append((after, before))
        archive(b"page")
        if self.error:
            raise self.error
        if self.unusable is not None and after <= self.unusable < before:
            raise SourceRefused("DE-9 has no issueDate", reasons=(("Invoice DE-9", "Invoice DE-9: no issueDate."),))
        return tuple(self.invoices)


def fetched(books: Bookkeeping, *invoices: FeeInvoice, days: tuple[date, ...] = (DAY,)) -> StageResult:
    """Fetch days; return what came of the first."""
    road = replace(books.road, source=Amazon(invoices).source)
    return dict(fetch_days(road, STAGE, days))[days[0]]


def settle(books: Bookkeeping, row, *fees: tuple[str, datetime], marketplace: str = "Amazon.de") -> None:
    """Take in a settlement from September to November with sales of 100.00 and these commissions."""
    start, end = datetime(2026, 9, 20, tzinfo=UTC), datetime(2026, 11, 5, tzinfo=UTC)
    rows = [row("principal", "100.00", marketplace=marketplace, posted=start + timedelta(days=1))]
    rows += [row("commission", amount, marketplace=marketplace, posted=posted) for amount, posted in fees]
    books.take_in("1", rows, start=start, end=end, currency="EUR")
    books.lines("1")


IN_OCTOBER, IN_NOVEMBER = datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)


def test_a_day_is_the_table_that_input_tax_is_claimed_with(books):
    """Number, date, country, rate, net and tax, a row per invoice and rate; the sums stand above it."""
    result = fetched(books, invoice("DE-1", line(), line("10.00", "0.70", "DE 7"), line("1.00", "0.19")))
    assert result.rows == (
        {
            "invoice": "DE-1",
            "date": "2026-11-03",
            "country": "DE",
            "rate": "19",
            "net": "17.81",
            "tax": "3.38",
            "total": "21.19",
            "currency": "EUR",
            "issuer": "Amazon EU SARL LU00000000",
        },
        {
            "invoice": "DE-1",
            "date": "2026-11-03",
            "country": "DE",
            "rate": "7",
            "net": "10.00",
            "tax": "0.70",
            "total": "10.70",
            "currency": "EUR",
            "issuer": "Amazon EU SARL LU00000000",
        },
    )
    assert (result.facts["invoices"], result.facts["input tax EUR"], result.rows_total) == (1, D("4.08"), 3)


@pytest.mark.parametrize(
    ("changes", "is_claimed", "words"),
    [
        ({}, True, "All tax can be claimed."),
        ({"number": ""}, False, "an invoice number"),
        ({"status": "REJECTED"}, False, "All tax can be claimed."),
        ({"is_fee": False}, False, "All tax can be claimed."),
        ({"lines": (line(tax_codes=()),)}, True, "the country of its tax"),
        ({"lines": (line(tax_codes=("DE 19", "AT 20")),)}, True, "the country of its tax"),
        ({"lines": (line("20.00", "0.00", tax_codes=()),)}, True, "All tax can be claimed."),
        ({"lines": ()}, False, "the country of its tax"),
    ],
)
def test_input_tax_is_shown_only_with_its_invoice_number(books, verdict, changes, is_claimed, words):
    """And what it lacks is named: without a number it is not in the table at all."""
    result = fetched(books, invoice(**changes))
    assert bool(result.rows) is is_claimed
    found = verdict(result, "input_tax_has_invoice")
    assert words in found.sentence + " ".join(row["why"] for row in found.rows)
    assert found.passed is (words == "All tax can be claimed.")


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (invoice(), ""),
        (invoice(net=None, tax=None), ""),
        (invoice("DE-1", replace(line(), net=None, tax=None)), ""),
        (invoice(total=D("20.01")), "its lines come to total 20.00, its head says 20.01"),
        (invoice(tax=D("3.20")), "its lines come to tax 3.19, its head says 3.20"),
        (invoice("DE-1", line(total=D("20.01")), total=D("20.01")), "net and tax of a line are not its total"),
        (invoice(lines=()), "Amazon shows no lines of it"),
    ],
)
def test_an_invoice_adds_up(books, verdict, made, why):
    """Head and lines, net and tax, as far as Amazon states them."""
    found = verdict(fetched(books, made), "fee_invoices_add_up")
    assert found.passed is (why == "")
    assert [row["why"] for row in found.rows] == ([why] if why else [])


def test_one_number_on_two_invoices_is_told(books, verdict):
    """On whichever days: its tax would be claimed twice. One that was rejected does not count."""
    again = invoice(identifier="DE-1~other", issued=ISSUED + timedelta(days=1))
    found = verdict(fetched(books, invoice(), again, days=(DAY, NEXT)), "each_fee_invoice_once")
    assert (found.passed, found.rows[0]["identifier"]) == (
        False,
        "DE-1~EUR of 2026-11-03, DE-1~other of 2026-11-04",
    )
    rejected = replace(again, status="REJECTED")
    assert verdict(fetched(books, invoice(), rejected, days=(DAY, NEXT)), "each_fee_invoice_once").passed


@pytest.mark.parametrize(
    ("fees", "passed"),
    [
        ([("-20.00", IN_OCTOBER)], True),
        ([("-15.00", OCTOBER[0]), ("-5.00", IN_OCTOBER), ("-9.00", IN_NOVEMBER)], True),
        ([("-25.00", OCTOBER[0]), ("5.00", IN_OCTOBER)], True),  # given back
        ([("-19.99", IN_OCTOBER)], False),
        ([("-20.00", IN_NOVEMBER)], False),
    ],
)
def test_invoiced_fees_are_what_settlements_charged_in_their_time(books, row, verdict, fees, passed):
    """To the cent, in the marketplace, currency and time the invoice says; a difference names the categories."""
    settle(books, row, *fees)
    found = verdict(fetched(books, invoice()), "invoiced_fees_equal_settled")
    assert (found.passed, found.is_waiting, found.stops) == (passed, False, False)
    assert (found.rows[0]["invoiced"], found.rows[0]["tax in it"]) == ("20.00", "3.19")
    if not passed:
        assert found.rows[0]["difference"] in ("0.01", "20.00")
        assert {one["what"] for one in found.rows[1:]} <= {"referral_fee"}


def test_several_invoices_and_credit_notes_of_one_time_are_held_together(books, row, verdict):
    """Selling 20.00, advertising 30.00, and 5.00 given back: 45.00 were charged."""
    settle(books, row, ("-45.00", IN_OCTOBER))
    advertising = invoice("DE-2", line("25.21", "4.79"), issued=ISSUED + timedelta(days=1))
    credit = invoice("DE-3", line("-4.20", "-0.80"))
    first = fetched(books, invoice(), advertising, credit, days=(DAY, NEXT))
    found = verdict(first, "invoiced_fees_equal_settled")
    assert (found.passed, found.rows[0]["what"], found.rows[0]["invoiced"]) == (True, "DE-1, DE-2, DE-3", "45.00")
    assert {one["invoice"]: one["tax"] for one in first.rows} == {"DE-1": "3.19", "DE-3": "-0.80"}


def test_fees_of_another_marketplace_or_currency_are_not_among_them(books, row, verdict):
    """A British settlement says nothing of a German invoice."""
    settle(books, row, ("-20.00", IN_OCTOBER), marketplace="Amazon.fr")
    found = verdict(fetched(books, invoice()), "invoiced_fees_equal_settled")
    assert (found.passed, found.is_waiting) == (True, True)
    assert "Settlements of Amazon.de are staged none" in found.sentence


def test_an_invoice_waits_for_the_settlements_of_its_time_and_asks_for_them(books, row, verdict):
    """Its day is read again every morning, and no more once it agrees."""
    result = fetched(books, invoice())
    assert verdict(result, "invoiced_fees_equal_settled").is_waiting
    [asked] = [one for one in books.stores.due.listing(books.connection) if one.partition == day_name(STAGE.asset, DAY)]
    assert asked.at == NOW + timedelta(days=1)
    settle(books, row, ("-20.00", IN_OCTOBER))
    assert verdict(fetched(books, invoice()), "invoiced_fees_equal_settled").passed
    assert not [one for one in books.stores.due.listing(books.connection) if one.partition == asked.partition]


def test_an_invoice_without_a_period_is_held_against_nothing_and_says_so(books, row, verdict):
    """The model does not promise one."""
    settle(books, row, ("-20.00", IN_OCTOBER))
    found = verdict(fetched(books, invoice(period_start=None, period_end=None)), "invoiced_fees_equal_settled")
    assert found.passed
    assert "1 invoices do not say what time they are for" in found.sentence


def test_a_day_without_invoices_is_an_empty_day(books):
    """Nothing was issued is not never asked."""
    result = fetched(books)
    assert (result.rows_total, [one.passed for one in result.verdicts]) == (0, [True] * 4)


def test_an_answer_that_cannot_be_used_refuses_its_days(books):
    """What was kept of them stays."""
    road = replace(books.road, source=Amazon(error=SourceRefused("An answer has no issueDate.")).source)
    [outcome] = dict(fetch_days(road, STAGE, [DAY])).values()
    assert isinstance(outcome, RefusedDay)


def test_an_invoice_that_cannot_be_used_keeps_out_its_own_day_alone(books):
    """The day beside it is kept, and one item names the invoice."""
    source = Amazon((invoice(), invoice("DE-2", issued=ISSUED - timedelta(days=1))), unusable=ISSUED).source
    road = replace(books.road, source=source)
    days = [DAY - timedelta(days=1), DAY]
    before, of_day = dict(fetch_days(road, STAGE, days)).values()
    assert (before.facts["invoices"], isinstance(of_day, RefusedDay)) == (1, True)
    [item] = books.stores.review.listing(books.connection)
    assert (item.code, item.partition, item.origin) == ("day_refused", day_name(STAGE.asset, DAY), "Invoice DE-9")


@pytest.mark.parametrize(
    ("codes", "read"),
    [
        (("DE 19",), ("DE", "19")),
        (("FR 5.5",), ("FR", "5.5")),
        (("GB  20",), ("GB", "20")),
        (("DE 19", "AT 20"), (None, None)),
        ((), (None, None)),
        (("VAT",), (None, None)),
    ],
)
def test_the_code_of_a_tax_is_country_and_rate(codes, read):
    """As the model's example writes it; what is not read is not guessed."""
    assert tax_code(codes) == read


def fee(day: str, amount: str = "20.00", category: str = "referral_fee") -> Fee:
    """Return a fee in Germany."""
    return Fee("Amazon.de", category, date.fromisoformat(day), D(amount))


@pytest.mark.parametrize(
    ("fees", "today", "passed", "waits", "invoices"),
    [
        (["2026-10-01", "2026-10-31"], "2026-12-01", True, False, ["DE-1"]),
        (["2026-11-01"], "2026-12-15", True, True, ["none yet"]),  # due fifteen days after the month
        (["2026-11-01"], "2026-12-16", False, False, ["none"]),
        (["2026-10-31", "2026-11-01"], "2026-12-16", False, False, ["none", "DE-1"]),
        (["2026-07-31"], "2026-12-16", True, False, ["before 2026-09-01, from when on invoices are read"]),
        (["2026-08-31"], "2026-12-16", False, False, ["none"]),
        ([], "2026-12-16", True, False, []),
    ],
)
def test_what_is_charged_is_invoiced_or_named(fees, today, passed, waits, invoices):
    """By month, with the numbers of the invoices; a month is missed once its invoice is due."""
    billed = {("Amazon.de", "EUR"): [Span((Billed("DE-1", *OCTOBER, D(20), D("3.19")),))]}
    days = date(2026, 9, 1), date.fromisoformat(today)
    verdict = invoiced_verdict([fee(day) for day in fees], billed, "EUR", *days)
    assert (verdict.passed, verdict.is_waiting, [row["invoices"] for row in verdict.rows]) == (passed, waits, invoices)


def test_an_invoice_without_a_number_invoices_no_fee():
    """Input tax is claimed by its number; Amazon's own identifier is none, and is said to be that."""
    row = {"is_fee": True, "status": "ISSUED", "marketplace_id": "A1PA6795UKMFR9", "currency": "EUR"}
    row |= {
        "period_start": datetime(2026, 10, 1, tzinfo=UTC),
        "period_end": datetime(2026, 10, 31, tzinfo=UTC),
        "total": D(20),
        "tax": D(3),
    }
    billed = fee_spans([{**row, "invoice_number": None, "identifier": "DE-X~EUR"}])
    verdict = invoiced_verdict([fee("2026-10-05")], billed, "EUR", date(2026, 9, 1), date(2026, 12, 16))
    assert (verdict.passed, [one["invoices"] for one in verdict.rows]) == (False, ["no number (DE-X~EUR)"])
    assert "on an invoice without a number" in verdict.sentence


def test_where_amazon_tells_no_invoices_at_all_nothing_is_missed():
    """It does not tell them everywhere; the check waits and says so."""
    verdict = invoiced_verdict([fee("2026-10-01")], {}, "EUR", date(2026, 9, 1), date(2027, 3, 1))
    assert (verdict.passed, verdict.is_waiting) == (True, True)


def test_tax_in_rows_of_its_own_stands_beside_the_number_of_its_invoice(books, row):
    """The settlement as a whole: October's tax has a number, November's not yet."""
    settle(books, row, ("-20.00", IN_OCTOBER), ("-7.00", IN_NOVEMBER))
    record = books.stores.settlements.get(books.connection, "1")
    assert "No fee invoices are read" in fees_verdict(books.road, record).sentence
    fetched(books, invoice())
    verdict = fees_verdict(books.road, record)
    assert (verdict.passed, verdict.is_waiting) == (True, True)
    assert [(one["month"], one["fees"], one["invoices"]) for one in verdict.rows] == [
        ("2026-11", "7.00", "none yet"),
        ("2026-10", "20.00", "DE-1"),
    ]
