"""Each way a call can go wrong: what the caller sees, and what stands in the books afterwards."""

from __future__ import annotations

import httpx
import pytest

from emulators import faults as plan
from emulators.clock import SteppedClock
from emulators.fusion import mischief
from emulators.fusion.app import build_app
from emulators.fusion.demo_site import LEDGERS, demo_site
from tests.emulators.fusion.bench import NOON, TODAY, Caller

SEEN_AS = {"late": httpx.ReadTimeout, "dropped": httpx.RemoteProtocolError}


def imported(caller) -> int:
    """Count the imported batches once everything is through."""
    caller.clock.advance(600)
    return len([batch for batch in caller.app.books.batches() if batch.source == "ZB Connector"])


@pytest.mark.parametrize(
    "fault, seen, batches",
    [
        (plan.slow(300), "late", 1),
        (plan.dropped(), "dropped", 0),
        (plan.dropped(after=True), "dropped", 1),  # accepted, then the socket closed
        (plan.status(500), "500", 0),
        (plan.status(503), "503", 0),
        (plan.status(429), "429", 0),
        (plan.html(502), "502", 0),
        (plan.html(504, after=True), "504", 1),
        (plan.blank(500, after=True), "500", 1),
        (plan.truncated(), "dropped", 1),
        (mischief.throttled("30"), "429", 0),
        (mischief.rejected(), "201", 0),
        (mischief.delivered_twice(), "201", 1),  # both loads are joined by the first import
        (mischief.commits_later(200), "dropped", 1),
        (mischief.commits_later(200, code=504), "504", 1),
    ],
)
def test_a_faulty_submission_shows_one_thing_and_does_another(caller, fault, seen, batches):
    """The table of what is seen and what is true; they are independent."""
    caller.faults.next("importBulkData", fault)
    if seen in SEEN_AS:
        with pytest.raises(SEEN_AS[seen]):
            caller.load()
    else:
        answer = caller.load()
        assert answer.status_code == int(seen)
        if fault.kind == mischief.REJECTED:
            assert answer.json()["ReqstId"] == "-1"
    assert imported(caller) == batches
    assert caller.faults.taken() == [("importBulkData", 1, fault)]


def test_a_submission_that_is_delivered_twice_doubles_the_journal(caller):
    """Two files of one group lie in the interface when the first import runs: one batch, twice the amount."""
    caller.faults.next("importBulkData", mischief.delivered_twice())
    caller.load()
    assert imported(caller) == 1
    (batch,) = [batch for batch in caller.app.books.batches() if batch.source == "ZB Connector"]
    assert len(caller.app.books.lines(batch.id)) == 4


@pytest.mark.parametrize("after", ["", "30", "Sat, 14 Nov 2026 12:05:00 GMT"])
def test_throttling_may_say_when_to_come_back(caller, after):
    """429 with seconds, with a date, or without the header."""
    caller.faults.next("journalBatches", mischief.throttled(after))
    answer = caller.get("journalBatches")
    assert (answer.status_code, answer.headers.get("Retry-After", "")) == (429, after)
    assert answer.json()["status"] == "429"
    assert caller.get("journalBatches").status_code == 200


def test_operations_are_named_for_the_plan(caller):
    """Token, resource or child, finder, OperationName, change."""
    caller.loaded()
    caller.app.calls.clear()
    caller.login()
    batch_id = caller.items("journalBatches", q="UserJeSourceName = 'ZB Connector'")[0]["JeBatchId"]
    caller.items(f"journalBatches/{batch_id}/child/journalHeaders")
    caller.status("1")
    caller.get("ledgersLOV/describe")
    caller.request("DELETE", f"journalBatches/{batch_id}")
    assert list(caller.app.calls) == [
        "token",
        "journalBatches",
        "journalHeaders",
        "ESSJobStatusRF",
        "describe",
        "deleteJournalBatch",
    ]


def test_a_job_goes_on_over_a_restart(tmp_path):
    """Submitted, stopped, started again later: the batch is there, made once, at the time it was due."""
    path, clock = tmp_path / "fusion.db", SteppedClock(NOON)
    first = Caller(build_app(demo_site(TODAY), clock, None, path), clock, plan.FaultPlan())
    first.login()
    request_id = first.load().json()["ReqstId"]
    first.app.books.people.close_period(300000046975971, "Oct-26")
    first.app.close()
    clock.advance(3600)
    second = Caller(build_app(demo_site(TODAY), clock, None, path), clock, plan.FaultPlan(), token=first.token)
    second.login()
    assert second.status(request_id) == "SUCCEEDED"
    (batch,) = second.items("journalBatches", q="UserJeSourceName = 'ZB Connector'")
    assert batch["CreationDate"] == "2026-11-14T12:00:11.000+00:00"
    query = "PeriodNameId = 'Oct-26' and ApplicationId = 101 and LedgerId = 300000046975971"
    assert second.items("accountingPeriodStatusLOV", q=query)[0]["ClosingStatus"] == "C"
    assert len(second.app.books.batches()) == len(LEDGERS) + 1
    second.app.close()


def test_the_document_of_a_submission_that_was_refused_is_not_kept(caller):
    """A rejected submission leaves nothing behind."""
    caller.load(JobName="nonsense")
    assert caller.app.books.store.rows("SELECT * FROM DOCUMENT") == []
