"""The invoices of a day go in one file: what goes together, what goes alone, and one setting more or less."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from assets.invoice_postings import post_invoices
from emulators.fusion import mischief
from ledger.errors import TargetUnclear
from ledger.journal import SourceKey
from resources.erp.target import BooksState, CollectingTarget
from tests.fusion_connection import AT_ONCE
from tests.road.billing_rig import verdict
from tests.road.fusion_rig import US_LEDGER, Pod
from tests.road.invoice_files.import_rig import (
    DAY,
    IMPORTED,
    billed,
    documents,
    laid,
    lay,
    numbers,
    pod_of,
    post,
    road_of,
    sent,
    states,
    told,
)
from tests.road.test_accounting_rules import ruled
from tests.road.test_fusion_receivables import ORDER, RECEIVABLES, line, switch
from tests.road.test_invoice_tax import as_sent, refund, stored, taxed


def test_the_invoices_of_a_day_go_in_one_file_and_stand_in_the_books_as_sent(world, pod):
    """One call, posted in the same run, read back account by account; a second run sends nothing."""
    journals = laid(world, pod)
    for run in ("run-1", "run-2"):
        result = post(pod, run)
        assert [one.sentence for one in result.verdicts if not one.passed] == []
    assert (states(world), sent(pod)) == ({"posted": 3}, (1, 0))
    assert billed(pod) == numbers(pod, journals)
    target = road_of(pod).target
    back = target.read_back(journals[0])
    assert [(str(one.account), one.amount, one.reference) for one in back.lines] == [
        (str(one.account), one.amount, one.reference) for one in journals[0].lines
    ]
    assert back.generated_lines == ()


def test_every_intent_is_stored_before_the_one_call(world, pod, monkeypatch):
    """At the moment of the call all three are `sending`, each with the exchanges that showed its absence."""
    laid(world, pod)
    road = road_of(pod)
    seen = []
    submit = road.target.submit_together

    def watched(journals) -> None:
        seen.append(states(world))
        submit(journals)

    monkeypatch.setattr(road.target, "submit_together", watched)
    post_invoices(road, DAY, DAY)
    assert seen == [{"sending": 3}]
    events = [one for one in world.stores.audit.events("amazon_us") if one.kind == "document_sending"]
    assert len({one.exchange for one in events}) == 1
    assert all(one.exchange for one in events)


@pytest.mark.parametrize(
    ("count", "settings", "calls"),
    [
        (3, {"import_from": 4}, (0, 3)),
        (3, {"import_from": None}, (0, 3)),
        (4, {"import_lines_max": 4}, (2, 0)),  # two lines each
        (3, {"import_lines_max": 1}, (3, 0)),  # none has room for another
    ],
)
def test_the_settings_say_what_goes_together(world, pod, count, settings, calls):
    """Below `import_from` one by one; files of at most so many lines, an invoice is never cut."""
    laid(world, pod, count)
    post(pod, **settings)
    assert (states(world), sent(pod)) == ({"posted": count}, calls)


def test_an_empty_unit_takes_its_first_file_by_a_persons_word(world):
    """What goes in one call is one first send."""
    pod = Pod(world, timing=AT_ONCE)
    laid(world, pod)
    result = post(pod)
    assert (states(world), "proves nothing" in told(result)) == ({"approved": 3}, True)
    post(pod, "run-2", is_confirmed_empty=True)
    assert (states(world), sent(pod)) == ({"posted": 3}, (1, 0))


def test_a_run_waits_for_the_job_once_and_not_for_every_invoice(world):
    """Three invoices in a job that takes long: twenty seconds, not sixty."""
    pod = pod_of(world, import_seconds=600)
    laid(world, pod)
    before = world.clock.monotonic()
    result = post(pod)
    assert world.clock.monotonic() - before <= 25
    assert verdict(result, "accepted_by_erp").is_waiting
    world.clock.advance(700)
    post(pod, "run-2")
    assert states(world) == {"posted": 3}


# --- one setting more or less --------------------------------------------------------------------------------------


def test_changing_the_setting_bills_nothing_twice(world, pod):
    """Posted by the one route and known to nobody any more: found by its number, whichever route is next."""
    journals = laid(world, pod)
    for route, later in (({}, {"import_from": None}), ({"import_from": None}, {})):
        post(pod, **route)
        world.reopen(world.home.parent / f"another {later}")
        lay(world, road_of(pod), journals)
        post(pod, "run-2", **later)
        assert states(world) == {"posted": 3}
    assert billed(pod) == numbers(pod, journals)
    assert sent(pod) == (1, 0)


def test_what_is_on_its_way_in_a_file_is_not_sent_alone(world):
    """The setting is taken out while the job runs; the job's invoices are followed, and the door is shut for others."""
    pod = pod_of(world, wait_seconds=2)
    journals = laid(world, pod)
    pod.faults.next("importBulkData", mischief.job_stands())
    post(pod)
    post(pod, "run-2", import_from=None)
    assert (states(world), sent(pod)) == ({"importing": 3}, (1, 0))
    with pytest.raises(TargetUnclear, match="earlier send of it may still come in"):
        road_of(pod, import_from=None).target.submit(journals[0])


def test_credit_memos_and_corrections_go_alone(pod):
    """Only first revisions of invoices are taken together."""
    target = road_of(pod).target
    first, second, third = documents(road_of(pod))
    corrected = replace(second, revision=2)
    memo = replace(third, billing=replace(third.billing, credits=first.key))
    assert isinstance(target, CollectingTarget)
    assert target.batches([first, corrected, memo]) == []
    assert target.batches([first, corrected, memo, third]) == [[first, third]]


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": (line(1, "110900", "5.00"), line(2, "110900", "-5.00"))},  # no line to bill
        {"lines": (line(1, "110900", "95.00"),)},  # out of balance
        {"source": SourceKey("A" * 200, "fusion:1", "invoice", "111-0000001-0000001.X")},  # a key that is too long
    ],
)
def test_what_fits_into_no_file_goes_alone(pod, changes):
    """There it is refused by its own name, and keeps none of the others."""
    target = road_of(pod).target
    first, second, third = documents(road_of(pod))
    assert target.batches([first, replace(second, **changes), third]) == [[first, third]]


@pytest.mark.parametrize("version", [1, 4])
def test_several_are_looked_for_at_once_in_either_grammar(world, pod, version):
    """Version 1 has no `or`: the same answers, one search each."""
    laid(world, pod)
    post(pod)
    road = pod.road(fusion={"receivables": road_receivables(), "framework_version": version})
    journals = documents(road, 4)
    looks = road.target.find_each([[one] for one in journals])
    assert [[one.key_matches for one in look.found] for look in looks] == [[one.key] for one in journals[:3]] + [[]]
    assert all(look.is_certain for look in looks)


def road_receivables() -> dict:
    """Return the receivables of a connection that imports."""
    return RECEIVABLES | IMPORTED


# --- rules and tax -------------------------------------------------------------------------------------------------


TAX = {"regime_code": "US SALES TAX", "rate_code": "SELLER REMITS"}


@pytest.mark.parametrize("is_named", [False, True], ids=["by regime and rate", "by tax and status too"])
def test_tax_goes_in_the_file_and_is_credited_as_of_an_invoice_that_went_alone(world, pod, is_named):
    """Seven of tax on the goods; read back as sent, and half of it taken back by the same service."""
    switch(pod, are_tax_names_needed=is_named)
    names = {"tax": "SALES TAX", "status_code": "STANDARD"} if is_named else {}
    told = IMPORTED | {"tax": TAX | names}
    plain = taxed(source=SourceKey("A1SELLER", f"fusion:{US_LEDGER}", "invoice", f"{ORDER}.PLAIN"))
    target = pod.road(fusion={"receivables": RECEIVABLES | told}).target
    target.submit_together([taxed(), plain])
    assert [as_sent(target, one) for one in (taxed(), plain)] == [True, True]
    kept = [one for one in stored(pod, "AR_INVOICE") if one["AMOUNT"] == "111"]
    of_tax = {"TaxAmount": "7", "TaxRegimeCode": "US SALES TAX", "TaxRateCode": "SELLER REMITS"}
    for one in kept:
        lines = json.loads(one["BODY"])["receivablesInvoiceLines"]
        assert [line["receivablesInvoiceLineTaxLines"] for line in lines] == [[of_tax], []]
    memo = refund("50.00", "3.50")
    target.submit(memo)
    assert (len(kept), as_sent(target, memo)) == (2, True)


def test_a_pod_that_wants_more_codes_of_a_tax_rejects_the_line_by_name(world, pod):
    """What the settings lack stands in the report, and no invoice is made of half a file."""
    switch(pod, are_tax_names_needed=True)
    target = pod.road(fusion={"receivables": RECEIVABLES | IMPORTED | {"tax": TAX}}).target
    target.submit_together([taxed()])
    world.clock.advance(60)
    found = target.status(taxed())
    assert (found.state, billed(pod)) == (BooksState.ERROR, [])
    assert "A tax line needs TAX, TAX_STATUS" in " ".join(found.messages)


def test_revenue_that_is_earned_over_time_goes_in_the_file(pod):
    """With invoicing rule, rule, start and duration on the stored lines; read back before and after recognition."""
    sent = ruled()
    target = pod.road(fusion={"receivables": RECEIVABLES | IMPORTED}).target
    target.submit_together([sent])
    assert as_sent(target, sent)
    [body] = [json.loads(one["BODY"]) for one in stored(pod, "AR_INVOICE") if one["AMOUNT"] == "95"]
    line = body["receivablesInvoiceLines"][0]
    shown = (body["InvoicingRule"], line["AccountingRule"], line["AccountingRuleDuration"], line["RuleStartDate"])
    assert shown == ("In Advance", "Monthly", "12", "2026-12-01")
    switch(pod, is_revenue_recognised=True)
    assert as_sent(target, sent)
