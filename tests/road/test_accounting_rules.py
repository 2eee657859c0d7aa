"""Invoices whose revenue is earned over time, at a Fusion pod: what is sent, what stands there, what is read back."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ledger.billing import LineRule
from ledger.errors import TargetRefused
from ledger.journal import Journal
from resources.erp.fusion.receivables import payload
from resources.erp.target import BooksState
from tests.road.fusion_rig import Pod
from tests.road.test_fusion_receivables import RECEIVABLES, invoice, invoices, switch

YEAR = LineRule("Monthly", date(2026, 12, 1), 12)


def ruled() -> Journal:
    """Return the invoice of ACCOUNTING's example whose price is earned over a year."""
    plain = invoice()
    return replace(plain, billing=replace(plain.billing, rules=(None, YEAR, None)))


@pytest.fixture
def pod(world) -> Pod:
    """The demo pod on the world's clock."""
    return Pod(world)


def target_of(pod, **receivables):
    """Return the pod as the road sees it."""
    return pod.road(fusion={"receivables": {**RECEIVABLES, **receivables}}).target


def settings_of(pod, **receivables):
    """Return the settings of the pod."""
    return pod.connection(receivables={**RECEIVABLES, **receivables}).settings.fusion


def test_the_body_names_rule_start_and_duration_and_gives_accounts_by_percent(pod):
    """The other lines are earned at once; whole lines on one account each."""
    body = payload.invoice(ruled(), settings_of(pod))
    assert body["InvoicingRule"] == "In Advance"
    price, promotion = body["receivablesInvoiceLines"]
    told = {"AccountingRule": "Monthly", "AccountingRuleDuration": 12, "RuleStartDate": "2026-12-01"}
    assert {name: price[name] for name in told} == told
    assert (promotion["AccountingRule"], "RuleStartDate" in promotion) == ("Immediate", False)
    assert [(one["AccountClass"], one["Percent"]) for one in body["receivablesInvoiceDistributions"]] == [
        ("Receivable", "100"),
        ("Revenue", "100"),
        ("Revenue", "100"),
    ]
    assert not any("Amount" in one for one in body["receivablesInvoiceDistributions"])


@pytest.mark.parametrize(("form", "told"), [("amount", ["95.00", "100.00", "-5.00"]), ("none", None)])
def test_a_site_may_want_accounts_by_amount_or_not_at_all(pod, form, told):
    """No documentation says, so it is a setting; an invoice without rules is sent by amount in any case."""
    settings = settings_of(pod, ruled_distributions=form, immediate_rule="")
    body = payload.invoice(ruled(), settings)
    sent = body.get("receivablesInvoiceDistributions")
    assert (sent and [one["Amount"] for one in sent]) == told
    assert "AccountingRule" not in body["receivablesInvoiceLines"][1]
    plain = payload.invoice(invoice(), settings)
    assert [one["Amount"] for one in plain["receivablesInvoiceDistributions"]] == ["95.00", "100.00", "-5.00"]
    assert not {"InvoicingRule", "AccountingRule"} & {*plain, *plain["receivablesInvoiceLines"][0]}


@pytest.mark.parametrize("is_recognised", [False, True])
def test_it_is_posted_and_read_back_before_and_after_its_revenue_is_recognised(pod, is_recognised):
    """Sets of accounts first, a schedule of 25 distributions later: each time what was sent."""
    target, sent = target_of(pod), ruled()
    target.submit(sent)
    switch(pod, is_revenue_recognised=is_recognised)
    back = target.read_back(sent)
    assert [(one.account.account, one.amount) for one in back.lines] == [
        ("110900", Decimal("95.00")),
        ("400100", Decimal("-100.00")),
        ("410200", Decimal("5.00")),
    ]
    assert (back.generated_lines, target.status(sent).state) == ((), BooksState.POSTED)
    [found] = target.find([sent]).found
    assert (found.is_same, found.debits, found.credits) == (True, Decimal("100.00"), Decimal("100.00"))


def test_the_pod_keeps_and_shows_rule_and_invoicing_rule(pod):
    """What was sent stands on the stored lines."""
    target_of(pod).submit(ruled())
    [stored] = invoices(pod)
    body = json.loads(stored["BODY"])
    line = body["receivablesInvoiceLines"][0]
    shown = (body["InvoicingRule"], line["AccountingRule"], line["AccountingRuleDuration"], line["RuleStartDate"])
    assert shown == ("In Advance", "Monthly", "12", "2026-12-01")


@pytest.mark.parametrize(
    ("settings", "rule", "said"),
    [
        ({}, LineRule("Unknown", YEAR.start, 12), "accounting rule doesn't exist"),
        ({}, LineRule("Monthly", YEAR.start), "needs a duration"),
        ({"immediate_rule": ""}, YEAR, "Each line needs an accounting rule"),
        ({"ruled_distributions": "amount"}, YEAR, "distributed by percent"),
        ({"invoicing_rule": "Sometimes"}, YEAR, "invoicing rule doesn't exist"),
    ],
)
def test_what_the_pod_refuses_of_rules_is_told_and_nothing_is_made(pod, settings, rule, said):
    """A wrong rule, a missing duration, a site that wants what the settings do not send."""
    sent = ruled()
    sent = replace(sent, billing=replace(sent.billing, rules=(None, rule, None)))
    with pytest.raises(TargetRefused, match=said):
        target_of(pod, **settings).submit(sent)
    assert invoices(pod) == []


def test_a_changed_account_is_seen_behind_a_schedule(pod):
    """Somebody moved the earned revenue to another account: it is not the document that was sent."""
    target, sent = target_of(pod), ruled()
    target.submit(sent)
    switch(pod, is_revenue_recognised=True)
    [stored] = invoices(pod)
    body = stored["BODY"].replace("01-000-400100-000", "01-000-400200-000")
    assert body != stored["BODY"]
    pod.app.books.store.change("AR_INVOICE", stored["ID"], BODY=body)
    assert not target.find([sent]).found[0].is_same
