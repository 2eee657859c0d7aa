"""Order documents at a Fusion pod: made once by number, found over all revisions, read back account by account."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from emulators import faults as general
from emulators.fusion import mischief
from emulators.fusion.demo_site import CA_LEDGER, SOURCE, US_LEDGER
from emulators.fusion.site import RECEIVABLES as RECEIVABLES_PERIODS
from ledger.accounts import AccountKey
from ledger.billing import Billing
from ledger.errors import InputRefused, TargetMisconfigured, TargetRefused, TargetUnavailable, TargetUnclear
from ledger.journal import Journal, JournalLine, SourceKey
from ledger.reversal import Posted, reversal_of
from resources.erp.target import BooksState
from tests.road.fusion_rig import Pod

ORDER = "111-1234567-1234567"
RECEIVABLES = {
    "business_unit": "US1 Business Unit",
    "transaction_source": SOURCE,
    "invoice_type": "Settled Invoice",
    "credit_memo_type": "Settled Credit Memo",
    "payment_terms": "IMMEDIATE",
    "is_confirmed_empty": True,
    "invoice_link": "https://pod.example/fscmUI/invoice/{number}",
}
DAY = date(2026, 11, 14)


def account(number: str) -> AccountKey:
    return AccountKey.of("01", account=number)


def line(place: int, number: str, amount: str, text: str = "", quantity: str | None = None) -> JournalLine:
    reference = ORDER if number == "110900" else ""
    return JournalLine(place, account(number), Decimal(amount), reference, text, quantity and Decimal(quantity))


LINES = (
    line(1, "110900", "95.00"),
    line(2, "400100", "-100.00", "revenue SKU-1", "2"),
    line(3, "410200", "5.00", "promotion SKU-1"),
)


def invoice(*lines: JournalLine, revision: int = 1, customer: str = "1008", **changes) -> Journal:
    """Return the invoice of ACCOUNTING's example: principal 100, promotion -5."""
    items, kinds = ("", "SKU-1", "SKU-1"), ("", "revenue", "promo_rebate")
    billing = Billing(ORDER, customer, account("110900"), items, kinds, transaction_id="T-1")
    told = {
        "source": SourceKey("A1SELLER", f"fusion:{US_LEDGER}", "invoice", f"{ORDER}.A1B2C3D4"),
        "revision": revision,
        "part": 1,
        "parts": 1,
        "unit": "01",
        "accounting_date": DAY,
        "currency": "USD",
        "rate_type": "Corporate",
        "description": f"Amazon order {ORDER}",
        "lines": lines or LINES,
        "billing": billing,
    }
    return Journal(**{**told, **changes})


@pytest.fixture
def pod(world) -> Pod:
    """The demo pod on the world's clock."""
    return Pod(world)


@pytest.fixture
def target(pod):
    """The pod as the road sees it, with receivables set up."""
    return pod.road(fusion={"receivables": RECEIVABLES}).target


def switch(pod, **switches) -> None:
    """Turn facts that no documentation tells, of this pod alone."""
    site = pod.app.books.site
    site.receivables = replace(site.receivables, switches=replace(site.receivables.switches, **switches))


def invoices(pod) -> list:
    """Return what stands in the pod's receivables."""
    return pod.app.books.store.rows("SELECT * FROM AR_INVOICE ORDER BY ID")


def test_an_invoice_is_made_complete_and_read_back_line_by_line(pod, target):
    """Two units at 50, five off: 95 on the order's receivable, each line on its own account."""
    sent = invoice()
    assert target.find([sent]).confirmed_empty == {"01"}
    number = target.submit(sent)
    assert number == target.erp_id(sent)
    assert (len(number) <= 20, number.startswith("AZ-"), number.endswith("-1")) == (True, True, True)
    assert target.status(sent).state is BooksState.POSTED
    back = target.read_back(sent)
    assert [(str(one.account), one.amount, one.reference) for one in back.lines] == [
        (str(one.account), one.amount, one.reference) for one in LINES
    ]
    assert (back.generated_lines, back.currency, back.accounting_date) == ((), "USD", DAY)
    assert target.link(sent) == f"https://pod.example/fscmUI/invoice/{number}"
    [stored] = invoices(pod)
    assert (stored["NUMBER"], stored["AMOUNT"], stored["STATUS"]) == (number, "95", "Complete")


def test_it_is_found_by_number_and_by_every_revision_of_its_source(target):
    """A search for revision 2 shows revision 1 as well; what was found is compared to the cent."""
    first, second = invoice(), invoice(line(1, "110900", "90.00"), line(2, "400100", "-90.00"), revision=2)
    target.submit(first)
    [found] = target.find([second]).found
    assert (found.erp_id, found.key_matches, found.source_id) == (target.erp_id(first), "", first.source.source_id)
    [same] = target.find([first]).found
    assert (same.key_matches, same.is_same, same.state) == (first.key, True, BooksState.POSTED)
    assert (same.debits, same.credits, same.lines) == (Decimal("100.00"), Decimal("100.00"), 3)
    changed = invoice(line(1, "110900", "94.00"), line(2, "400100", "-94.00"))
    assert [one.is_same for one in target.find([changed]).found] == [False]


def test_the_number_is_never_given_twice(pod, target):
    """A second send is stopped before the call; and where the first look was blind, Fusion itself refuses it."""
    sent = invoice()
    target.submit(sent)
    with pytest.raises(TargetUnclear, match="of this number already"):
        target.submit(sent)
    pod.faults.next("receivablesInvoices", mischief.blind())
    with pytest.raises(TargetUnclear, match="exists in this source"):
        target.submit(sent)
    assert len(invoices(pod)) == 1


def test_a_lost_answer_is_unclear_and_the_invoice_is_found(pod, target):
    """The call landed, the answer did not: asking by number shows it once."""
    pod.faults.next("createReceivablesInvoice", general.dropped(after=True))
    sent = invoice()
    with pytest.raises(TargetUnclear):
        target.submit(sent)
    assert [one.is_same for one in target.find([sent]).found] == [True]
    assert len(invoices(pod)) == 1


def test_absence_needs_an_invoice_of_the_unit_that_is_seen(pod, world):
    """Without a document that comes back, and without a person's word, nothing is certain."""
    told = {**RECEIVABLES, "is_confirmed_empty": False}
    target = pod.road(fusion={"receivables": told}).target
    sightings = target.find([invoice()])
    assert (sightings.is_certain, sightings.confirmed_empty) == (False, frozenset())
    other = invoice(source=SourceKey("A1SELLER", f"fusion:{US_LEDGER}", "invoice", "222-1.X"))
    target.submit(other)
    sightings = target.find([invoice()])
    assert (sightings.is_certain, sightings.control, sightings.found) == (True, target.erp_id(other), ())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"customer": "9999"}, "bill-to customer"),
        ({"customer": "1010"}, "bill-to customer"),
    ],
)
def test_what_fusion_refuses_is_a_sentence_and_nothing_is_made(pod, target, changes, said):
    """A customer that is unknown or inactive."""
    with pytest.raises(TargetRefused, match=said):
        target.submit(invoice(**changes))
    assert invoices(pod) == []


def test_a_closed_receivables_period_is_told_before_sending(pod, target):
    """The receivables have periods of their own: the ledger's may be open."""
    assert target.check_accounts((), [invoice()]) == []
    pod.app.books.setup.set_period(US_LEDGER, "Nov-26", "C", RECEIVABLES_PERIODS)
    [finding] = target.check_accounts((), [invoice()])
    assert finding.code == "period_closed"
    with pytest.raises(TargetRefused, match="period"):
        target.submit(invoice())


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((line(1, "110900", "95.00"),), "out of balance"),
        ((line(1, "110900", "-95.00"), line(2, "400100", "95.00")), "must be positive"),
        ((line(1, "110900", "50.00"), line(2, "110900", "45.00"), line(3, "400100", "-95.00")), "2 lines on its recei"),
    ],
)
def test_what_is_no_invoice_never_leaves(pod, target, lines, said):
    """A document that does not balance, bills a negative total, or has two totals."""
    with pytest.raises(InputRefused, match=said):
        target.submit(invoice(*lines))
    assert pod.faults.calls("createReceivablesInvoice") == 0


def test_a_site_without_receivables_says_so(pod):
    """Nothing is guessed where the settings are silent."""
    with pytest.raises(TargetMisconfigured, match="nothing under receivables"):
        pod.road().target.find([invoice()])


def test_a_document_that_nobody_shows_cannot_be_read(target):
    """Reading what is not there is no empty answer."""
    with pytest.raises(TargetUnavailable, match="is not in Fusion's books"):
        target.read_back(invoice())


def test_the_listing_holds_invoices_beside_batches(target):
    """What stands under our numbers since a day, with the order it names."""
    sent = invoice()
    target.submit(sent)
    found = [one for one in target.listing(["01"], DAY) if one.erp_id == target.erp_id(sent)]
    assert [(one.source_id, one.currency) for one in found] == [(sent.source.source_id, "USD")]
    assert target.listing(["01"], date(2026, 11, 15)) == []


# --- credit memos -----------------------------------------------------------------------------------------------


def credit(
    amount: str = "40.00", *, source: str = f"{ORDER}.C1", revision: int = 1, of: Journal | None = None
) -> Journal:
    """Return a credit memo that takes a part of the sale back."""
    whole = of or invoice()
    billing = replace(
        whole.billing, items=("", "SKU-1"), kinds=("", "revenue"), credited_lines=(0, 1), credits=whole.key
    )
    return invoice(
        line(1, "110900", f"-{amount}"),
        line(2, "400100", amount, "revenue SKU-1"),
        source=SourceKey("A1SELLER", f"fusion:{US_LEDGER}", "credit_memo", source),
        billing=billing,
        description=f"Refund of Amazon order {ORDER}",
    )


def whole_credit() -> Journal:
    """Return what undoes the invoice: all of its lines."""
    [undone] = reversal_of([Posted(invoice(), "AZ-1")]).journals
    return undone


def test_a_refund_credits_the_invoice_by_its_line_and_is_read_back(pod, target):
    """Forty of a hundred, on the invoice's own account; the memo names the invoice in Fusion."""
    target.submit(invoice())
    memo = credit()
    number = target.submit(memo)
    assert target.status(memo).state is BooksState.POSTED
    back = target.read_back(memo)
    assert [(str(one.account), one.amount, one.reference) for one in back.lines] == [
        (str(one.account), one.amount, one.reference) for one in memo.lines
    ]
    assert back.generated_lines == ()
    [found] = target.find([memo]).found
    assert (found.erp_id, found.is_same, found.key_matches) == (number, True, memo.key)
    [stored] = pod.app.books.store.rows("SELECT * FROM AR_CREDIT_MEMO")
    assert (stored["NUMBER"], stored["AMOUNT"]) == (number, "-40")


def test_undoing_an_invoice_credits_every_line_of_it(pod, target):
    """Sales and discount both come back; nothing is left to credit after that."""
    target.submit(invoice())
    undone = whole_credit()
    target.submit(undone)
    assert [one.amount for one in target.read_back(undone).lines] == [-one.amount for one in LINES]
    with pytest.raises(TargetRefused, match="left of it"):
        target.submit(credit("0.01"))


def test_more_than_is_left_of_a_line_is_refused_and_nothing_is_made(pod, target):
    """The pod itself refuses it, with its own words; a fault under HTTP 200 is no success."""
    target.submit(invoice())
    target.submit(credit("60.00"))
    with pytest.raises(TargetRefused, match=r"40(\.00)? of 100|isn't part of what is left"):
        target.submit(credit("50.00", source=f"{ORDER}.C2"))
    assert len(pod.app.books.store.rows("SELECT * FROM AR_CREDIT_MEMO")) == 1


def test_a_credit_whose_answer_is_lost_is_found_and_its_number_never_given_twice(pod, target):
    """Unclear, then found by number; sent once more it is turned away."""
    target.submit(invoice())
    pod.faults.next("createCreditMemo", general.dropped(after=True))
    with pytest.raises(TargetUnclear):
        target.submit(credit())
    assert [one.is_same for one in target.find([credit()]).found] == [True]
    with pytest.raises(TargetUnclear, match="of this number already"):
        target.submit(credit())
    pod.faults.next("receivablesCreditMemos", mischief.blind())
    with pytest.raises(TargetUnclear, match="exists in this source"):
        target.submit(credit())
    assert len(pod.app.books.store.rows("SELECT * FROM AR_CREDIT_MEMO")) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (general.dropped(), TargetUnclear),
        (general.html(502), TargetUnclear),
        (general.status(429), TargetUnavailable),
        (general.status(503), TargetUnclear),
    ],
    ids=["closed before", "page of the front end", "throttled", "busy"],
)
def test_trouble_on_the_way_is_unclear_unless_it_surely_was_not_taken(pod, target, fault, error):
    """Only a parsed no is a refusal; what may have arrived is asked for."""
    target.submit(invoice())
    pod.faults.next("createCreditMemo", fault)
    with pytest.raises(error):
        target.submit(credit())


def test_a_credit_before_its_invoice_is_not_sent(pod, target):
    """The invoice does not show: nothing leaves, a later run sends it."""
    with pytest.raises(TargetUnavailable, match="its invoice"):
        target.submit(credit())
    assert pod.faults.calls("createCreditMemo") == 0


def test_no_credit_memo_yet_is_certain_once_an_invoice_of_the_unit_is_seen(target):
    """The first credit memo of a unit needs no other one to be looked for by."""
    target.submit(invoice())
    sightings = target.find([credit()])
    assert (sightings.is_certain, sightings.found, sightings.control) == (True, (), target.erp_id(invoice()))


@pytest.mark.parametrize("is_negative", [True, False])
def test_either_sign_of_a_credit_is_understood(world, is_negative):
    """Whether a site shows credits below zero is nowhere said: the setting says it, both ways are read alike."""
    pod = Pod(world)
    switch(pod, are_credits_negative=is_negative)
    told = {**RECEIVABLES, "are_credits_negative": is_negative}
    target = pod.road(fusion={"receivables": told}).target
    target.submit(invoice())
    target.submit(credit())
    assert [one.amount for one in target.read_back(credit()).lines] == [one.amount for one in credit().lines]


def test_a_site_that_credits_no_lines_takes_whole_invoices_only(pod):
    """A part is refused before anything leaves, with what to do; the whole goes by its total."""
    target = pod.road(fusion={"receivables": {**RECEIVABLES, "are_credits_by_line": False}}).target
    target.submit(invoice())
    with pytest.raises(InputRefused, match="credits no single lines"):
        target.submit(credit())
    target.submit(whole_credit())
    assert [one.amount for one in target.read_back(whole_credit()).lines] == [-one.amount for one in LINES]


def test_answers_in_a_mime_message_are_read_as_well(world):
    """SOAP services of a pod may answer so."""
    pod = Pod(world)
    switch(pod, is_soap_multipart=True)
    target = pod.road(fusion={"receivables": RECEIVABLES}).target
    target.submit(invoice())
    target.submit(credit())
    with pytest.raises(TargetRefused):
        target.submit(credit("99.00", source=f"{ORDER}.C2"))


# --- legal entity -------------------------------------------------------------------------------------------------


def test_the_legal_entity_of_the_settings_bills(pod):
    """Named on the invoice where the settings name it, and else by nobody; one that does not bill here is refused."""
    plain = pod.road(fusion={"receivables": RECEIVABLES}).target
    plain.submit(invoice())
    named = pod.road(fusion={"receivables": {**RECEIVABLES, "legal_entity": "US Seller Inc"}}).target
    other = invoice(source=SourceKey("A1SELLER", f"fusion:{US_LEDGER}", "invoice", f"{ORDER}.OTHER"))
    named.submit(other)
    bodies = [json.loads(one["BODY"]) for one in invoices(pod)]
    assert [one.get("LegalEntityIdentifier") for one in bodies] == [None, "US Seller Inc"]
    wrong = pod.road(fusion={"receivables": {**RECEIVABLES, "legal_entity": "CA Seller Inc"}}).target
    with pytest.raises(TargetRefused, match="legal entity"):
        wrong.submit(invoice(source=SourceKey("A1SELLER", f"fusion:{US_LEDGER}", "invoice", f"{ORDER}.THIRD")))
    assert len(invoices(pod)) == 2


# --- setup ------------------------------------------------------------------------------------------------------


def reached(pod, **told) -> list[tuple[str, bool, str]]:
    """Return what `connector check` would say of the receivables."""
    road = pod.road(fusion={"receivables": {**RECEIVABLES, **told}})
    return [(one.code, one.is_blocking, one.sentence) for one in road.target.reach(["01"])]


def test_a_sound_setup_is_silent(pod):
    """Numbered by hand, no money paid out, types that open nothing, a unit confirmed to be empty."""
    assert reached(pod) == []


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"transaction_source": "ZB Automatic"}, "numbers its documents itself"),
        ({"transaction_source": "ZB Refunds"}, "pay the money out a second time"),
        ({"transaction_source": "Nobody"}, "has no transaction source Nobody"),
        ({"invoice_type": "Invoice"}, "opens receivables"),
        ({"credit_memo_type": "Credit Memo"}, "opens receivables"),
        ({"is_confirmed_empty": False}, "No invoice of business unit"),
        ({"business_unit": "Nowhere"}, "Fusion shows no business unit Nowhere"),
        ({"business_unit": "CA1 Business Unit"}, f"go to ledger {CA_LEDGER}, and settlements to ledger {US_LEDGER}"),
    ],
)
def test_what_would_go_wrong_later_is_refused_before(pod, told, said):
    """A source that numbers itself or pays out, types that open, names that do not exist, a unit that shows nothing."""
    found = reached(pod, **told)
    assert any(is_blocking and said in sentence for _, is_blocking, sentence in found), found


@pytest.mark.parametrize(
    "told",
    [{"sources_resource": ""}, {"numbering_attribute": "Other"}, {"opens_receivables_attribute": "Other"}],
)
def test_what_fusion_does_not_show_is_a_warning(pod, told):
    """Nobody is kept from posting by a name that differs; a person is asked to look."""
    found = reached(pod, **told)
    assert {(code, is_blocking) for code, is_blocking, _ in found} == {("receivables_unseen", False)}
