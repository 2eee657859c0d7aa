"""The action that reverses a receipt, as release 26D documents it: by category and reason, once, in an open period."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from emulators.fusion import mischief
from emulators.fusion.site import RECEIVABLES
from tests.emulators.fusion.test_receivables import RECEIPT, code_of, post
from tests.emulators.fusion.test_received_credits import BOTH, documents, due

ACTION = {"Content-Type": "application/vnd.oracle.adf.action+json"}
BODY = {"calledFrom": "REST", "reversalCategoryCode": "REV", "reversalReasonCode": "PAYMENT REVERSAL"}


def made(caller, **changes) -> str:
    """Make a receipt; return its id."""
    return str(post(caller, "standardReceipts", **{**RECEIPT, **changes}).json()["StandardReceiptId"])


def reverse(caller, receipt: str, headers=ACTION, **changes):
    """Call the action; a value of None leaves one out."""
    body = {name: value for name, value in {**BODY, **changes}.items() if value is not None}
    return caller.request("POST", f"standardReceipts/{receipt}/action/reverseReceipt", headers=headers, body=body)


def state(caller, receipt: str) -> str:
    """Return the state of a receipt as it is shown."""
    return caller.get(f"standardReceipts/{receipt}").json()["State"]


def test_what_a_reversed_receipt_paid_is_open_again(caller):
    """Invoice and credit memo; the receipt stays to be seen, and AutoMatch leaves it alone."""
    invoice, memo = documents(caller)
    receipt = made(caller, Amount="1448.34", remittanceReferences=BOTH)
    caller.app.receipts.automatch(receipt)
    assert caller.app.invoices.balance(invoice) == 0
    answer = reverse(caller, receipt)
    assert (answer.status_code, answer.json()) == (200, {"result": "SUCCESS"})
    caller.app.receipts.automatch(receipt)
    assert state(caller, receipt) == "Reversed"
    assert (caller.app.invoices.balance(invoice), due(caller, memo)) == (Decimal("1520.33"), Decimal("-71.99"))


def test_a_receipt_is_reversed_once(caller):
    """The second call is refused, and changes nothing."""
    receipt = made(caller)
    assert reverse(caller, receipt).status_code == 200
    assert code_of(reverse(caller, receipt)) == "AR_RAPI_RCPT_ALREADY_REVERSED"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reversalCategoryCode": "NONE"}, "AR_RAPI_REV_CODE_INVALID"),
        ({"reversalReasonCode": None}, "AR_RAPI_REV_CODE_INVALID"),
    ],
)
def test_codes_that_the_site_does_not_have_are_refused(caller, changes, code):
    """They are lookups of the site."""
    receipt = made(caller)
    assert code_of(reverse(caller, receipt, **changes)) == code
    assert state(caller, receipt) == "Cleared"


def test_what_the_action_does_not_take_is_refused(caller):
    """A parameter too many, and another media type than that of actions."""
    receipt = made(caller)
    assert reverse(caller, receipt, reversalDate="2026-11-12").status_code == 400
    assert reverse(caller, receipt, headers={"Content-Type": "application/json"}).status_code == 415
    assert reverse(caller, "12345").status_code == 404
    assert state(caller, receipt) == "Cleared"


def test_in_a_closed_period_nothing_is_reversed(caller, site):
    """The reversal is dated today, whatever the day of the receipt."""
    receipt = made(caller)
    today = caller.app.clock.now().date()
    ledger = site.ledgers[0]
    period = caller.app.books.setup.period_of(ledger.id, today, RECEIVABLES)
    caller.app.books.setup.set_period(ledger.id, period.name, "C", RECEIVABLES)
    assert code_of(reverse(caller, receipt)) == "AR_GL_DATE_NOT_OPEN"
    assert state(caller, receipt) == "Cleared"


def test_an_older_release_has_no_such_action(caller, site):
    """It was not documented before 26D."""
    receipt = made(caller)
    site.receivables.switches = replace(site.receivables.switches, has_reverse_receipt=False)
    assert reverse(caller, receipt).status_code == 404


def test_a_call_may_be_taken_after_nobody_waits_any_more(caller):
    """The caller is lost, the receipt is reversed some seconds later."""
    receipt = made(caller)
    caller.app.faults.next("reverseReceipt", mischief.commits_later(30, code=504))
    assert reverse(caller, receipt).status_code == 504
    assert state(caller, receipt) == "Cleared"
    caller.app.clock.advance(31)
    assert state(caller, receipt) == "Reversed"


@pytest.mark.parametrize(("shows", "unapplied"), [(True, "1520.33"), (False, "0")])
def test_what_a_reversed_receipt_shows_as_unapplied_is_a_switch(caller, site, shows, unapplied):
    """No documentation says."""
    receipt = made(caller, Amount="1520.33")
    site.receivables.switches = replace(site.receivables.switches, shows_unapplied_when_reversed=shows)
    reverse(caller, receipt)
    assert caller.get(f"standardReceipts/{receipt}").json()["UnappliedAmount"] == unapplied
