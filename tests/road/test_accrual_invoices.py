"""Accruals at a Fusion pod where orders are billed: what invoices recognise is in no accrual, and never twice."""

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from assets.accruals import STAGE
from assets.month_end.accrued_months import accruals_beside
from assets.posting.accounting_dates import after_accruals
from assets.receivable_invoices import staged_invoices
from assets.stages.days import days_between
from assets.stages.months import run_month
from connector_defs.project import PACKAGE
from emulators.fusion.demo_site import US_LEDGER
from ledger.journal import JournalSet
from ledger.mapping import load_mapping
from ledger.month import Month
from ledger.order_documents import recognised
from tests.road.billing_rig import ACCOUNTS, INVOICING, billing, fetched, made, told_home, told_world, verdict
from tests.road.fusion_rig import Pod

OCTOBER = Month(2026, 10)
DAYS = days_between(date(2026, 10, 29), date(2026, 10, 31))
# October ends in the ledger's time zone when the first of November has begun in UTC.
TOLD = [*DAYS, date(2026, 11, 1)]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Return a home in which the events were fetched."""
    return told_home(tmp_path_factory, TOLD)


@pytest.fixture
def world(told, tmp_path, monkeypatch):
    """Yield a world of its own."""
    return told_world(told, tmp_path, monkeypatch, TOLD)


def accruing(pod: Pod):
    """Return the road that bills and accrues, with a mapping that knows every category of the events."""
    begins = DAYS[0].isoformat()
    road = billing(pod, month_end="accrue", books_from=begins, invoicing={**INVOICING, "shipped_from": begins})
    own = pod.connection().mapping_path.read_text().replace("accounts:\n", ACCOUNTS + '  accrued: "110950"\n')
    shipped = (PACKAGE / "mappings" / "amazon_ca.yaml").read_text()
    text = own[: own.index("categories:")] + shipped[shipped.index("categories:") :]
    return replace(road, load_mapping=lambda: load_mapping(text, "mapping.yaml"))


def accrued(world, road):
    """Run the month until its documents are through."""
    for _ in range(3):
        result = run_month(road, STAGE, OCTOBER)
        world.clock.advance(1800)
    return result


def accrued_sales(pod: Pod) -> list[Decimal]:
    """Return what each accrual and reversal at the pod books as sales."""
    batches = [one for one in pod.app.books.batches(US_LEDGER) if "accrual" in one.name]
    return [
        sum((line.amount for line in pod.app.books.lines(one.id) if "400100" in line.account), Decimal(0))
        for one in batches
    ]


def months_of_invoices(world) -> Counter:
    """Count the invoices by state and month."""
    listed = world.stores.outbox.listing(limit=999)
    return Counter(
        (str(one.state), str(Month.of(one.journal.accounting_date))) for one in listed if one.source.kind == "invoice"
    )


def test_a_month_waits_for_invoices_that_are_not_made_or_not_posted(world):
    pod = Pod(world)
    road = accruing(pod)
    told = verdict(run_month(road, STAGE, OCTOBER), "everything_told")
    assert told.is_waiting
    assert "of 2026-10-29, 2026-10-30, 2026-10-31" in told.sentence
    assert "connector fetch receivable_invoices --from 2026-10-29 --to 2026-11-01" in told.sentence
    made(road, TOLD)
    fetched(road, "invoice_postings", DAYS[:1])
    told = verdict(run_month(road, STAGE, OCTOBER), "everything_told")
    assert told.is_waiting
    assert "are not all in the books" in told.sentence
    assert "2026-10-29" not in told.sentence
    assert "connector fetch invoice_postings --from 2026-10-30" in told.sentence
    assert accrued_sales(pod) == []


def test_what_is_billed_before_the_accrual_is_not_accrued_and_what_comes_later_is_dated_after_it(world):
    pod = Pod(world)
    road = accruing(pod)
    made(road, TOLD)
    fetched(road, "invoice_postings", TOLD)
    result = accrued(world, road)
    assert verdict(result, "everything_told").passed
    assert months_of_invoices(world)["posted", "2026-10"] > 0
    assert len(accrued_sales(pod)) == 2
    assert sum(accrued_sales(pod)) == 0
    proved = verdict(result, "books_equal_events")
    assert [row for row in proved.rows if row["rest"] != "0.00"] == []
    assert proved.passed
    sales = next(row for row in proved.rows if row["category"] == "revenue")
    sold, accrued_back = Decimal(sales["invoices"]), Decimal(sales["accrued"])
    assert (sold > 0, sold + accrued_back) == (True, Decimal(sales["transactions"]))
    wanted = staged_invoices(road, DAYS[0]).documents[0]
    source = replace(wanted.source, source_id=f"{wanted.source.source_id}X")
    late = JournalSet(source, 1, tuple(replace(one, source=source) for one in wanted.journals))
    [moved] = after_accruals(road, late, ()).journals
    assert late.journals[0].accounting_date == DAYS[0]
    assert moved.accounting_date == date(2026, 11, 1)
    assert [one.source_id for one in accruals_beside(road, late)] == ["US-USD-2026-10"]
    posted = road.stores.outbox.documents(wanted.source)
    assert after_accruals(road, wanted, posted) == wanted


def test_an_invoice_that_stands_in_the_erp_with_another_amount_shows_by_its_cents(world, monkeypatch):
    """Sent and posted with a cent more than was sold: the proof is green without it and names the cent with it."""
    pod = Pod(world)
    road = accruing(pod)
    made(road, TOLD)
    monkeypatch.setattr("assets.invoice_postings.staged_invoices", a_cent_dearer)
    fetched(road, "invoice_postings", TOLD)
    told = verdict(accrued(world, road), "books_equal_events")
    assert [(row["category"], row["rest"]) for row in told.rows if row["rest"] != "0.00"] == [("revenue", "0.01")]
    assert not told.passed
    assert "0.01 USD more in all" in told.sentence


def a_cent_dearer(road, day):
    """Return what is staged of a day; of the first, one invoice sells for a cent more and is owed a cent more."""
    staged = staged_invoices(road, day)
    if staged is None or day != DAYS[0]:
        return staged
    number = next(place for place, one in enumerate(staged.documents) if one.source.kind == "invoice")
    [journal] = staged.documents[number].journals
    kinds = journal.billing.kinds
    cents = {kinds.index("revenue"): Decimal("-0.01"), kinds.index(""): Decimal("0.01")}
    lines = tuple(
        replace(line, amount=line.amount + cents.get(place, Decimal(0))) for place, line in enumerate(journal.lines)
    )
    documents = list(staged.documents)
    documents[number] = replace(documents[number], journals=(replace(journal, lines=lines),))
    return replace(staged, documents=tuple(documents))


def test_an_invoice_that_is_not_what_was_sold_shows_by_its_cents(world, monkeypatch):
    """One that recognises a cent more than its transactions say leaves that cent over, in its own category."""
    pod = Pod(world)
    road = accruing(pod)
    made(road, TOLD)
    fetched(road, "invoice_postings", TOLD)
    accrued(world, road)
    counted = []

    def a_cent_more(document):
        counted.append(document)
        sums = recognised(document)
        return {**sums, "revenue": sums["revenue"] + Decimal("0.01")} if len(counted) == 1 else sums

    monkeypatch.setattr("assets.month_end.accrual_proof.recognised", a_cent_more)
    told = verdict(run_month(road, STAGE, OCTOBER), "books_equal_events")
    assert not told.passed
    assert "in 1 of" in told.sentence
    assert "0.01 USD more in all" in told.sentence
    assert (told.rows[0]["category"], told.rows[0]["rest"]) == ("revenue", "0.01")
