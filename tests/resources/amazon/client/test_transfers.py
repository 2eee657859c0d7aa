"""Payouts and those to come: read whole from Amazon's sample and from the emulated seller, or refused in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ledger.errors import SourceRefused
from resources.amazon.stated import Stated
from resources.amazon.transfers import BROKEN, NO_PAYOUT, UNDER_WAY, Payout, unusable_payouts
from tests.emulators.amazon.finance_bench import DE, UK
from tests.resources.amazon.client.money_rig import PARTNER, denied, european, scripted, settlement, unnamed, usd
from tests.resources.amazon.client.rig import US
from tests.resources.transport.rig import START

AFTER, BEFORE = START - timedelta(days=200), START


def sample(**changes: Any) -> dict[str, Any]:
    """Write the payout of Amazon's own example; `changes` replace fields, None for null."""
    return {
        "id": "11888387941",
        "partnerMetadata": PARTNER,
        "currentStatus": "PAID",
        "statusHistory": [
            {"status": "STARTED", "lastUpdatedDate": "2024-06-01T00:00:00Z"},
            {"status": "IN_TRANSIT", "lastUpdatedDate": "2024-06-01T06:00:00Z"},
            {"status": "PAID", "lastUpdatedDate": "2024-06-02T12:00:00Z"},
        ],
        "type": "SCHEDULED",
        "amount": usd(1250.75),
        "accountTail": "1234",
        "paymentMethod": "BANK_ACCOUNT",
        "creationDate": "2024-06-01T00:00:00Z",
        "paymentRail": "ACH",
        "traceId": "4B03616UONXSAWP",
        "period": {"startDate": "2025-12-13T06:26:45Z", "endDate": "2025-12-14T06:30:45Z"},
        "relatedIdentifiers": [settlement("11888387941")],
    } | changes


def read(*payouts: Any) -> tuple[Payout, ...]:
    """Return what comes of one page."""
    amazon = scripted({"payouts": list(payouts)})
    return amazon.client().transfers.payouts(AFTER, BEFORE, amazon.archive)


def test_a_payout_is_read_whole():
    """What is needed to find it on the bank's statement, and the settlement it is for."""
    (found,) = read(sample())
    assert (found.payout_id, found.status, found.is_paid, found.kind) == ("11888387941", "PAID", True, "SCHEDULED")
    assert found.amount == Stated(Decimal("1250.75"), "USD")
    assert (found.trace_id, found.account_tail, found.rail) == ("4B03616UONXSAWP", "1234", "ACH")
    assert (found.marketplace_id, found.account_type) == (US, "STANDARD_ORDERS")
    assert found.settlement_ids == ("11888387941",)
    assert found.paid == datetime(2024, 6, 2, 12, tzinfo=UTC)
    assert (found.created, found.period_end) == (
        datetime(2024, 6, 1, tzinfo=UTC),
        datetime(2025, 12, 14, 6, 30, 45, tzinfo=UTC),
    )
    assert [step.status for step in found.steps] == ["STARTED", "IN_TRANSIT", "PAID"]
    assert found.document == "document-1"


def test_every_payout_that_cannot_be_used_is_named():
    """One refusal speaks of all of them, by id or by where they stand; none is lost behind the first."""
    with pytest.raises(SourceRefused) as told:
        read(sample(id="1"), sample(id="2", currentStatus=None), sample(id="3", amount=usd(-1)), sample(id=None))
    assert [name for name, _ in told.value.reasons] == [
        "Payout 2",
        "Payout 3",
        "Payout number 4 of document document-1",
    ]
    assert "Payout 2: " in str(told.value)
    assert "currentStatus is missing" in str(told.value)
    assert told.value.status is None


def test_payouts_that_cannot_be_used_are_left_out_where_that_is_asked_for():
    """The others are told; what is left out has its name, and its id if it has one."""
    amazon = scripted({"payouts": [sample(), sample(id="P9", amount=usd(-1)), sample(id=None)]})
    left_out = unusable_payouts()
    found = amazon.client().transfers.payouts(AFTER, BEFORE, amazon.archive, left_out)
    assert [one.payout_id for one in found] == [sample()["id"]]
    assert [name.split(" of document")[0] for name, _ in left_out.reasons] == ["Payout P9", "Payout number 3"]
    assert left_out.ids == {"P9"}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("The bank account is closed.", "The bank account is closed."),
        ("Account 000123456789 of jane@example.com is closed", "Account ********6789 of *** is closed"),
        ("IBAN DE44 5001 0517 5407 3249 31 refused", "IBAN **** **** **** **** **49 31 refused"),
        ("R03, call 555-0100-99", "R03, call ***-**00-99"),
        ("red\x1b[31m\u202e line\nbreak", "red [31m line break"),
        (None, ""),
    ],
)
def test_the_reason_of_a_failure_is_kept_without_personal_data(written: str | None, kept: str):
    """It is Amazon's free text, and goes into the table, the review item and the page."""
    step = {"status": "FAILED", "lastUpdatedDate": "2024-06-02T12:00:00Z", "failureReason": written}
    (found,) = read(sample(currentStatus="FAILED", statusHistory=[step]))
    assert found.steps[0].failure_reason == kept


def test_an_amount_never_passes_through_a_float():
    """A number that no float can hold arrives as it was written."""
    content = b'{"payouts": [{"id": "1", "currentStatus": "PAID", "amount":'
    content += b' {"currencyCode": "USD", "currencyAmount": 90071992547409.93}}]}'
    amazon = scripted(content)
    (found,) = amazon.client().transfers.payouts(AFTER, BEFORE, amazon.archive)
    assert found.amount == Stated(Decimal("90071992547409.93"), "USD")


def test_nearly_everything_may_be_null_where_nothing_is_paid():
    """Id and status are all that is needed."""
    nothing = {name: None for name in sample()} | {"id": "7", "currentStatus": NO_PAYOUT}
    (found,) = read(nothing)
    assert (found.status, found.is_paid, found.paid, found.amount) == (NO_PAYOUT, False, None, None)
    assert (found.trace_id, found.account_tail, found.settlement_ids, found.created) == ("", "", (), None)


def test_no_more_than_four_characters_of_an_account_are_kept():
    """Whatever Amazon shows."""
    assert [
        one.account_tail for one in read(sample(accountTail="DE00123456789"), sample(id="2", accountTail="48"))
    ] == [
        "6789",
        "48",
    ]


def test_a_status_that_nobody_knows_is_kept_and_counts_as_neither_paid_nor_broken():
    """What it means is for a person to say."""
    (found,) = read(sample(currentStatus="RETURNED"))
    assert (found.status, found.is_paid, found.paid) == ("RETURNED", False, None)
    assert found.status not in UNDER_WAY | BROKEN


def test_a_payout_that_moved_on_between_two_pages_counts_as_it_stood_last():
    """Once, with its later status."""
    sent = sample(currentStatus="IN_TRANSIT")
    amazon = scripted({"payouts": [sent], "nextToken": "a"}, {"payouts": [sample()]})
    (found,) = amazon.client().transfers.payouts(AFTER, BEFORE, amazon.archive)
    assert (found.status, found.document) == ("PAID", "document-2")


UNUSABLE = [
    (sample(id=None), "id is missing"),
    (sample(currentStatus=None), "currentStatus is missing"),
    (sample(amount=None), "payout 11888387941 is PAID and has no amount"),
    (sample(amount=usd("12.00")), "amount of payout 11888387941 is no number"),
    (sample(amount=usd(True)), "is no number"),
    (sample(amount=usd(1, None)), "has no currency"),
    (sample(amount=usd(1, "XXX")), "'XXX' is no currency"),
    (sample(amount=usd(1.001)), "more decimals than USD allows"),
    (sample(amount=usd(10**15)), "is no amount of money"),
    (sample(amount=usd(-1)), "amount of payout 11888387941 is negative"),
    (sample(creationDate="yesterday"), "creationDate is no date-time"),
    (sample(creationDate="0001-01-01T00:00:00+05:00"), "creationDate is no date-time"),
    (sample(statusHistory=[{"status": "PAID"}]), "has no lastUpdatedDate"),
    (sample(relatedIdentifiers={}), "relatedIdentifiers is no list"),
    (sample(partnerMetadata=[]), "partnerMetadata is no object"),
    (sample(traceId=5), "traceId is no text"),
]


@pytest.mark.parametrize("given, said", UNUSABLE)
def test_a_payout_that_cannot_be_used_refuses_the_whole_answer(given: dict[str, Any], said: str):
    """A list of payouts with one missing would look complete."""
    with pytest.raises(SourceRefused, match=said) as refused:
        read(sample(id="before"), given)
    assert refused.value.status is None


def test_a_hostile_id_does_not_break_the_sentence():
    """Printable, and no novel."""
    with pytest.raises(SourceRefused) as refused:
        read(sample(id="x\n\x1b[31m" + "y" * 5000, amount=None))
    assert "\x1b" not in str(refused.value)
    assert len(str(refused.value)) < 500


def test_one_payout_is_asked_for_by_its_id():
    """None where Amazon knows none of that id; another one is refused."""
    amazon = scripted({"payouts": [sample()]})
    found = amazon.client().transfers.payout("11888387941", amazon.archive)
    assert found is not None
    assert amazon.asked == [{"payoutId": "11888387941"}]
    assert scripted({"payouts": []}).client().transfers.payout("7", unnamed) is None
    assert scripted(denied(404, "NotFound")).client().transfers.payout("7", unnamed) is None
    with pytest.raises(SourceRefused, match="another payout"):
        scripted({"payouts": [sample()]}).client().transfers.payout("7", unnamed)
    with pytest.raises(SourceRefused) as refused:
        scripted(denied(400, "InvalidInput")).client().transfers.payout("7", unnamed)
    assert refused.value.status == 400


def test_what_is_to_come_is_read_from_amazons_sample():
    """With the settlement it will be for."""
    expected = {
        "partnerMetadata": PARTNER,
        "amount": usd(2547.89),
        "status": "SCHEDULED",
        "scheduledDate": "2024-03-22T14:00:00Z",
        "accountTail": "1234",
        "paymentMethod": "BANK_ACCOUNT",
        "period": {"startDate": "2024-03-08T14:00:00Z", "endDate": "2024-03-22T14:00:00Z"},
        "relatedIdentifiers": [settlement("SGI_20240308_001")],
    }
    nothing = {"partnerMetadata": PARTNER, "status": "NO_PAYOUT_EXPECTED", "amount": None}
    amazon = scripted({"expectedPayouts": [expected, nothing]})
    first, second = amazon.client().transfers.expected(amazon.archive)
    assert (first.status, first.amount) == ("SCHEDULED", Stated(Decimal("2547.89"), "USD"))
    assert (first.scheduled, first.settlement_ids) == (datetime(2024, 3, 22, 14, tzinfo=UTC), ("SGI_20240308_001",))
    assert (second.status, second.amount, second.scheduled) == ("NO_PAYOUT_EXPECTED", None, None)
    assert amazon.paths == [("GET", "/finances/transfers/2024-06-01/payouts/expected")]


def test_a_span_that_is_none_asks_nothing():
    """From a moment to itself."""
    amazon = scripted({"payouts": [sample()]})
    assert amazon.client().transfers.payouts(START, START, amazon.archive) == ()
    assert amazon.asked == []


@pytest.mark.parametrize("settings", [{}, {"payouts_page_size": 1}, {"payouts_page_size": 2, "empty_pages": {1, 2}}])
def test_the_emulated_seller_has_payouts_of_every_kind(settings: dict[str, Any]):
    """Paid, none for a negative settlement, under way, failed; the same whatever the pages."""
    rig, client = european(**settings)
    found = {one.payout_id: one for one in client.transfers.payouts(AFTER, BEFORE, unnamed)}
    assert {name: one.status for name, one in found.items()} == {
        "901": "PAID",
        "902": NO_PAYOUT,
        "910": "PAID",
        "911": "FAILED",
        "912": "IN_TRANSIT",
    }
    assert found["901"].amount == Stated(Decimal("70.00"), "GBP")
    assert (found["901"].trace_id, found["901"].settlement_ids) == ("TRACE1", ("901",))
    assert (found["902"].amount, found["902"].marketplace_id, found["911"].marketplace_id) == (None, UK, DE)
    assert [step.failure_reason for step in found["911"].steps][:2] == ["", ""]
    assert found["911"].steps[-1].failure_reason
    assert "initiatePayout" not in rig.operations()


def test_the_emulated_seller_expects_what_is_available():
    """One open period."""
    _, client = european()
    (found,) = client.transfers.expected(unnamed)
    assert found.marketplace_id == UK
    assert found.status in ("SCHEDULED", "NO_PAYOUT_EXPECTED")
    assert (found.amount is not None) == (found.status == "SCHEDULED")
