"""Tax that the seller owes as lines of tax: posted, read back, credited; and tax that Fusion adds by itself."""

import json
import re
from dataclasses import replace
from decimal import Decimal

import pytest

from ledger.billing import Billing
from ledger.errors import InputRefused, TargetRefused
from ledger.journal import Journal, SourceKey
from ledger.reversal import Posted, reversal_of
from resources.erp.target import BooksState
from tests.road.billing_rig import DAYS, billing, fetched, made, told_home, told_world
from tests.road.fusion_rig import US_LEDGER, Pod
from tests.road.test_fusion_receivables import ORDER, RECEIVABLES, account, invoice, line, switch

TAX = {"regime_code": "US SALES TAX", "rate_code": "SELLER REMITS"}
LINES = (
    line(1, "110900", "111.00"),
    line(2, "400100", "-100.00", "revenue SKU-1", "2"),
    line(3, "400200", "-4.00", "shipping_revenue SKU-1"),
    line(4, "210600", "-7.00", "tax_collected SKU-1"),
)
KINDS = ("", "revenue", "shipping_revenue", "tax_collected")


@pytest.fixture
def pod(world) -> Pod:
    """The demo pod on the world's clock."""
    return Pod(world)


def road(pod, **told):
    """Return the target of a site that sends tax as lines of tax."""
    return pod.road(fusion={"receivables": {**RECEIVABLES, "tax": TAX, **told}}).target


@pytest.fixture
def target(pod):
    """The pod as the road sees it."""
    return road(pod)


def taxed(*lines, kinds=KINDS, **changes) -> Journal:
    """Return an invoice of goods for 100, shipping for 4 and seven of tax that the seller owes."""
    billing = Billing(ORDER, "1008", account("110900"), ("", *("SKU-1",) * (len(kinds) - 1)), kinds)
    return invoice(*(lines or LINES), billing=billing, **changes)


def refund(goods: str, tax: str, *, source: str = f"{ORDER}.C1") -> Journal:
    """Return a credit memo of some goods and some tax of that invoice."""
    amounts = [(1, "400100", "revenue", Decimal(goods)), (3, "210600", "tax_collected", Decimal(tax))]
    taken = [one for one in amounts if one[3]]
    billing = replace(
        taxed().billing,
        items=("", *("SKU-1" for _ in taken)),
        kinds=("", *(kind for _, _, kind, _ in taken)),
        credited_lines=(0, *(place for place, *_ in taken)),
        credits=taxed().key,
    )
    total = sum((amount for *_, amount in taken), Decimal(0))
    return invoice(
        line(1, "110900", str(-total)),
        *(line(n, number, str(amount), f"{kind} SKU-1") for n, (_, number, kind, amount) in enumerate(taken, start=2)),
        source=SourceKey("A1SELLER", f"fusion:{US_LEDGER}", "credit_memo", source),
        billing=billing,
    )


def as_sent(target, journal) -> bool:
    """Tell whether the books hold a document as it was sent, by the lines and by the search."""
    back = target.read_back(journal)
    [found] = [one for one in target.find([journal]).found if one.key_matches == journal.key]
    amounts = [(str(one.account), one.amount, one.reference) for one in back.lines]
    is_read = amounts == [(str(one.account), one.amount, one.reference) for one in journal.lines]
    return is_read and found.is_same and back.remarks == () and back.generated_lines == ()


def stored(pod, resource: str) -> list[dict]:
    """Return every document of a table of the pod."""
    return pod.app.books.store.rows(f"SELECT BODY, AMOUNT FROM {resource} ORDER BY ID")


def test_tax_is_posted_on_the_line_it_belongs_to_and_read_back(pod, target):
    """Seven of tax on the goods, not on the shipping, on the account mapped for it; 111 in all."""
    target.submit(taxed())
    assert target.status(taxed()).state is BooksState.POSTED
    assert as_sent(target, taxed())
    [kept] = stored(pod, "AR_INVOICE")
    lines = json.loads(kept["BODY"])["receivablesInvoiceLines"]
    of_tax = {"TaxAmount": "7", "TaxRegimeCode": "US SALES TAX", "TaxRateCode": "SELLER REMITS"}
    assert [one["receivablesInvoiceLineTaxLines"] for one in lines] == [[of_tax], []]
    assert kept["AMOUNT"] == "111"


def test_a_document_is_read_back_whatever_the_setting_has_become(pod, target):
    """Sent with tax as a line of its own and read with lines of tax, and the other way round."""
    plain = pod.road(fusion={"receivables": RECEIVABLES}).target
    target.submit(taxed())
    assert as_sent(plain, taxed())
    other = taxed(source=SourceKey("A1SELLER", f"fusion:{US_LEDGER}", "invoice", f"{ORDER}.OTHER"))
    plain.submit(other)
    assert as_sent(target, other)


def test_a_refund_in_proportion_is_credited_with_its_tax(pod, target):
    """Fifty of a hundred with half the tax: the service computes it, line by line."""
    target.submit(taxed())
    memo = refund("50.00", "3.50")
    target.submit(memo)
    assert as_sent(target, memo)
    assert [one["AMOUNT"] for one in stored(pod, "AR_CREDIT_MEMO")] == ["-53.5"]


def test_a_refund_of_the_price_alone_credits_no_tax(target):
    """The tax stays where it is, and its line in the document moves no other."""
    target.submit(taxed())
    memo = refund("50.00", "0")
    target.submit(memo)
    assert as_sent(target, memo)


@pytest.mark.parametrize(("goods", "tax"), [("50.00", "2.00"), ("0", "3.50"), ("50.00", "3.51")])
def test_tax_that_the_service_would_compute_otherwise_is_refused_before_it_is_sent(pod, target, goods, tax):
    """Less than its share, tax without goods, a cent too much: never sent in the hope that it comes out right."""
    target.submit(taxed())
    with pytest.raises(InputRefused, match="Fusion would compute about"):
        target.submit(refund(goods, tax))
    assert pod.faults.calls("createCreditMemo") == 0


@pytest.mark.parametrize(("goods", "tax"), [("50.00", "2.00"), ("0", "3.50"), ("100.00", "7.00")])
def test_where_the_service_takes_tax_by_line_any_amount_goes(pod, goods, tax):
    """Also tax alone, as a Retrocharge tells it."""
    switch(pod, are_credit_taxes_accepted=True)
    target = road(pod, are_taxes_credited_by_amount=True)
    target.submit(taxed())
    memo = refund(goods, tax)
    target.submit(memo)
    assert as_sent(target, memo)


def test_a_service_that_takes_no_tax_by_line_is_told_as_such(pod):
    """The setting says so, the site does not take it: nothing is made, and nobody takes it for made."""
    target = road(pod, are_taxes_credited_by_amount=True)
    target.submit(taxed())
    with pytest.raises(TargetRefused, match="TaxAmount"):
        target.submit(refund("50.00", "2.00"))
    assert stored(pod, "AR_CREDIT_MEMO") == []


def test_a_refund_of_one_product_takes_back_the_tax_of_that_product(pod):
    """Two products, their tax on one account, one price with VAT taken out: each refund finds its own line."""
    switch(pod, are_credit_taxes_accepted=True)
    target = road(pod, are_taxes_credited_by_amount=True)
    sold = [
        ("revenue", "A-1", "400100", "50.00"),
        ("revenue_vat", "A-1", "210600", "10.00"),
        ("revenue", "BA-1", "400100", "80.00"),
        ("tax_collected", "BA-1", "210600", "6.00"),
        ("shipping_revenue", "A-1", "400200", "60.00"),
        ("shipping_revenue_vat", "A-1", "210600", "12.00"),
    ]
    whole = listed(sold, sign=-1)
    target.submit(whole)
    assert as_sent(target, whole)
    for place, (kind, sku, number, amount) in enumerate(sold, start=1):
        if number == "210600":
            memo = listed([(kind, sku, number, amount)], sign=1, credits=whole.key, places=(0, place))
            target.submit(memo)
            assert as_sent(target, memo)
            bodies = [json.loads(one["BODY"]) for one in stored(pod, "AR_CREDIT_MEMO")]
            [credited] = [one for one in bodies if one["CreditMemoComments"].find(f".C{place} ") > 0]
            [of_line] = credited["receivablesCreditMemoLines"]
            words = {"revenue_vat": "revenue A-1", "tax_collected": "revenue BA-1"}
            assert of_line["LineDescription"] == words.get(kind, "shipping_revenue A-1")


def test_tax_that_the_marketplace_withheld_cancels_out_and_is_credited_so(target):
    """Seven charged, seven withheld: nothing owed, and both sides come back with their line."""
    tax = [("tax_collected", "A-1", "210600", "7.00"), ("marketplace_tax_withheld", "A-1", "210600", "-7.00")]
    whole = listed([("revenue", "A-1", "400100", "50.00"), *tax], sign=-1)
    target.submit(whole)
    half = [("revenue", "A-1", "400100", "25.00"), *((*one[:3], str(Decimal(one[3]) / 2)) for one in tax)]
    memo = listed(half, sign=1, credits=whole.key, places=(0, 1, 2, 3))
    target.submit(memo)
    assert as_sent(target, whole)
    assert as_sent(target, memo)


def listed(told, *, sign: int, credits: str = "", places: tuple[int, ...] = ()) -> Journal:
    """Return a document of these amounts, an invoice (sign -1) or what takes them back of one."""
    total = sum((Decimal(one[3]) for one in told), Decimal(0))
    items, kinds = ("", *(one[1] for one in told)), ("", *(one[0] for one in told))
    return invoice(
        line(1, "110900", str(-sign * total)),
        *(line(n, one[2], str(sign * Decimal(one[3])), f"{one[0]} {one[1]}") for n, one in enumerate(told, start=2)),
        billing=Billing(ORDER, "1008", account("110900"), items, kinds, places, credits),
        source=SourceKey(
            "A1SELLER",
            f"fusion:{US_LEDGER}",
            "credit_memo" if credits else "invoice",
            f"{ORDER}.C{places[1]}" if credits else f"{ORDER}.TWO",
        ),
    )


def test_undoing_an_invoice_takes_back_every_line_and_all_tax(pod, target):
    """By line, and at a site that credits whole invoices only."""
    for place, told in enumerate(({}, {"are_credits_by_line": False})):
        target = road(pod, **told)
        whole = taxed(source=SourceKey("A1SELLER", f"fusion:{US_LEDGER}", "invoice", f"{ORDER}.{place}"))
        target.submit(whole)
        [undone] = reversal_of([Posted(whole, "AZ-1")]).journals
        target.submit(undone)
        assert as_sent(target, undone)


def test_undoing_a_credited_invoice_takes_back_the_tax_that_is_left(pod, target):
    """What a refund left of line and tax, each with its own; the pod holds nothing of the order then."""
    target.submit(taxed())
    memo = refund("50.00", "3.50")
    target.submit(memo)
    [rest] = reversal_of([Posted(taxed(), "AZ-1", (Posted(memo, "AZ-2"),))]).journals
    target.submit(rest)
    assert as_sent(target, rest)
    held = [Decimal(one["AMOUNT"]) for name in ("AR_INVOICE", "AR_CREDIT_MEMO") for one in stored(pod, name)]
    assert (len(held), sum(held)) == (3, 0)


def test_tax_that_is_left_without_its_line_needs_a_service_that_takes_it(pod, target):
    """The price was given back and its tax was not: refused before it is sent, or taken by amount."""
    switch(pod, are_credit_taxes_accepted=True)
    target.submit(taxed())
    memo = refund("100.00", "0")
    by_amount = road(pod, are_taxes_credited_by_amount=True)
    by_amount.submit(memo)
    [rest] = reversal_of([Posted(taxed(), "AZ-1", (Posted(memo, "AZ-2"),))]).journals
    with pytest.raises(InputRefused, match="Fusion would compute about"):
        target.submit(rest)
    by_amount.submit(rest)
    assert as_sent(by_amount, rest)


def test_an_invoice_sent_before_the_setting_is_credited_by_its_lines(pod, target):
    """Tax stood on a line of its own then, and is taken back there, in any amount."""
    pod.road(fusion={"receivables": RECEIVABLES}).target.submit(taxed())
    memo = refund("50.00", "2.00")
    target.submit(memo)
    assert as_sent(target, memo)


def test_what_the_invoice_does_not_carry_is_not_credited(pod, target):
    """A tax on another account than the invoice's."""
    target.submit(taxed())
    memo = refund("50.00", "3.50")
    moved = replace(memo, lines=(*memo.lines[:2], replace(memo.lines[2], account=account("210500"))))
    with pytest.raises(InputRefused, match="has no such line or tax"):
        target.submit(moved)


# --- tax that Fusion calculates itself --------------------------------------------------------------------------


def calculating(pod) -> None:
    """Let the pod calculate tax for our invoices, at 7.6 percent."""
    site = pod.app.books.site
    types = tuple(replace(one, is_tax_excluded=one.name != "Settled Invoice") for one in site.receivables.types)
    site.receivables = replace(site.receivables, types=types)


@pytest.mark.parametrize(
    ("told", "whole", "own"), [({"tax": TAX}, "118.90", "7.90"), ({"tax": None}, "119.43", "8.43")], ids=["tax", "line"]
)
def test_tax_of_fusions_own_is_found_and_named(pod, told, whole, own):
    """On top of what Amazon charged: the amount, and what to switch off; no search takes it for what was sent."""
    calculating(pod)
    target = road(pod, **told)
    target.submit(taxed())
    back = target.read_back(taxed())
    [remark] = back.remarks
    assert f"comes to {whole} USD in Fusion, and 111.00 was sent: Fusion calculated {own} of tax itself" in remark
    assert "Exclude transaction type Settled Invoice from tax calculation" in remark
    assert [one.is_same for one in target.find([taxed()]).found] == [False]


def test_connector_check_refuses_a_type_that_calculates_tax(pod):
    """And warns of one that does not say."""
    assert pod.road(fusion={"receivables": RECEIVABLES}).target.reach(["01"]) == []
    calculating(pod)
    [found] = pod.road(fusion={"receivables": RECEIVABLES}).target.reach(["01"])
    assert (found.is_blocking, "Settled Invoice lets Fusion calculate tax" in found.sentence) == (True, True)
    other = pod.road(fusion={"receivables": {**RECEIVABLES, "tax_exclusion_attribute": "Other"}}).target
    assert {(one.code, one.is_blocking) for one in other.reach(["01"])} == {("receivables_unseen", False)}


# --- a day of orders --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A home in which some days of events were fetched."""
    return told_home(tmp_path_factory, DAYS)


@pytest.fixture
def told_pod(told, tmp_path, monkeypatch):
    """The demo pod beside a world that begins there."""
    return Pod(told_world(told, tmp_path, monkeypatch, DAYS))


ADDED = {"marketplaces": {"Amazon.com": {"tax_model": "added"}}}


def test_a_day_of_orders_is_billed_with_tax_of_the_seller(told_pod):
    """Each invoice's receivable is its lines and their tax; all of them stand in the books as they were sent."""
    road = billing(told_pod, receivables={"tax": TAX}, **ADDED)
    made(road, DAYS[:1])
    for result in fetched(road, "invoice_postings", DAYS[:1]).values():
        assert [(one.check, one.sentence) for one in result.verdicts if not one.passed] == []
    taxes = 0
    for kept in stored(told_pod, "AR_INVOICE"):
        lines = json.loads(kept["BODY"])["receivablesInvoiceLines"]
        of_tax = [Decimal(tax["TaxAmount"]) for one in lines for tax in one["receivablesInvoiceLineTaxLines"]]
        assert Decimal(kept["AMOUNT"]) == sum((Decimal(one["LineAmount"]) for one in lines), sum(of_tax, Decimal(0)))
        assert not any(one["Description"].startswith(("tax_", "marketplace_tax")) for one in lines)
        taxes += len(of_tax)
    assert taxes


def test_tax_of_fusions_own_fails_the_check_of_the_day(told_pod):
    """The first sentence of the check is the one that says what to do."""
    calculating(told_pod)
    road = billing(told_pod)
    made(road, DAYS[:1])
    results = fetched(road, "invoice_postings", DAYS[:1]).values()
    failed = [one.sentence for result in results for one in result.verdicts if not one.passed]
    assert failed
    assert all(
        re.match(r"Invoice AZ-\S+ comes to .* Fusion calculated \d+\.\d\d of tax itself\.", one) for one in failed
    )
