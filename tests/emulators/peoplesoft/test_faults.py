"""Each way a call can go wrong: what the caller sees, and what stands in the books afterwards."""

from __future__ import annotations

import httpx
import pytest

from emulators import faults as plan
from emulators.peoplesoft import mischief

SEEN_AS = {
    "late": httpx.ReadTimeout,
    "dropped": httpx.RemoteProtocolError,
}


def live(caller) -> int:
    """Count the journals of source AMZ in the books."""
    return len([journal for journal in caller.app.books.journals() if journal.source == "AMZ"])


@pytest.mark.parametrize(
    "fault, seen, committed",
    [
        (plan.slow(300), "late", 1),  # (a) replies late and commits
        (plan.dropped(after=True), "dropped", 1),  # (b) drops the connection after the commit
        (plan.dropped(), "dropped", 0),
        (plan.status(500), "500 (158,10721)", 0),  # (c) Fault before the commit
        (plan.html(502), "502 <html>", 0),  # (d) the proxy's page
        (plan.html(503), "503 <html>", 0),
        (plan.html(504, after=True), "504 <html>", 1),
        (mischief.gateway_error(), '200 <IBResponse xmlns="" type="error">', 0),  # (e) 200 with an error inside
        (mischief.gateway_error(after=True), '200 <IBResponse xmlns="" type="error">', 1),
        (plan.blank(500), "500 ", 0),  # (f) nothing at all
        (plan.blank(500, after=True), "500 ", 1),
        (mischief.commits_later(200), "dropped", 0),
        (mischief.commits_later(200, code=504), "504 <html>", 0),
        (mischief.delivered_twice(), "200 Journal already exists", 1),
        (plan.truncated(), "dropped", 1),
    ],
)
def test_a_faulty_create_shows_one_thing_and_commits_another(caller, fault, seen, committed):
    """The table of what is seen and what is true; they are independent."""
    caller.faults.next("Create", fault)
    text = caller.envelope("Create", caller.inner(header(), lines()))
    if seen in SEEN_AS:
        with pytest.raises(SEEN_AS[seen]):
            caller.post("Create", text)
    else:
        status, _, words = seen.partition(" ")
        response = caller.post("Create", text)
        assert response.status_code == int(status)
        assert words in response.text
        assert bool(response.text) == bool(words)
    assert live(caller) == committed
    assert caller.faults.taken() == [("Create", 1, fault)]


def header() -> dict[str, str]:
    """Return a sound header."""
    fields = {"BUSINESS_UNIT": "US001", "JOURNAL_ID": "A1K9Z03QX7", "JOURNAL_DATE": "2026-11-14"}
    return fields | {"LEDGER_GROUP": "ACTUALS", "SOURCE": "AMZ", "DESCR254": "AMZ settlement 1"}


def lines() -> list[dict[str, str]]:
    """Return two lines that balance."""
    clearing = {"ACCOUNT": "110500", "FOREIGN_AMOUNT": "5", "JRNL_LN_REF": "S1"}
    return [clearing, {"ACCOUNT": "400100", "FOREIGN_AMOUNT": "-5"}]


def test_a_create_that_commits_later_appears_when_its_time_has_come(caller, clock):
    """A slow application server: absent, absent, there; then edited and posted like any other."""
    caller.faults.next("Create", mischief.commits_later(200))
    with pytest.raises(httpx.RemoteProtocolError):
        caller.create()
    clock.advance(199)
    assert caller.status() == ""
    clock.advance(1)
    assert caller.status() == "N"
    clock.advance(10)
    assert caller.status() == "P"


def test_a_create_sent_again_before_the_late_one_commits_is_still_one_journal(caller, clock):
    """The natural key holds against the late save, whoever comes first."""
    caller.faults.next("Create", mischief.commits_later(200))
    with pytest.raises(httpx.RemoteProtocolError):
        caller.create()
    assert caller.create().notification == "1"
    clock.advance(500)
    assert live(caller) == 1


def test_a_late_create_that_is_no_call_at_all_is_refused_at_once(caller):
    """The broker parses and authenticates before the application server is slow."""
    caller.faults.next("Create", mischief.commits_later(200))
    assert "(159,5)" in caller.post("Create", "no xml").text


@pytest.mark.parametrize("operation", ["ExecuteQuery", "X_JRNL_BY_KEY"])
def test_a_blind_query_succeeds_without_rows_although_the_record_exists(caller, operation):
    """An empty answer is no proof of absence."""
    caller.create()
    caller.faults.next(operation, mischief.blind())
    assert caller.status() == ""
    assert caller.status() == "N"


def test_a_query_blind_for_one_question_still_sees_the_control(caller):
    """Faults can be aimed at one query by its name."""
    caller.faults.always("X_JRNL_BY_KEY", mischief.blind())
    assert caller.query("X_CONTROL", BU="US001")[0]["A.JOURNAL_ID"] == "CONTROL001"


def test_rows_can_come_backwards_or_twice(caller):
    """Nothing promises order or uniqueness."""
    caller.create()
    key = {"BU": "US001", "JID": "A1K9Z03QX7", "JDT": "2026-11-14"}
    caller.faults.next("X_JRNL_LINES", mischief.backwards(), mischief.repeated())
    assert [row["B.JOURNAL_LINE"] for row in caller.query("X_JRNL_LINES", **key)] == [2, 1]
    assert [row["B.JOURNAL_LINE"] for row in caller.query("X_JRNL_LINES", **key)] == [1, 1, 2, 2]


@pytest.mark.parametrize(
    "fault, status, words",
    [(plan.status(500), 500, '"status": "error"'), (plan.html(503), 503, "<html>"), (plan.blank(500), 500, "")],
)
def test_a_query_can_fail_like_any_call(caller, fault, status, words):
    """Failure in JSON, the proxy's page, nothing."""
    caller.faults.next("ExecuteQuery", fault)
    response = caller.query_http("X_CONTROL", BU="US001")
    assert response.status_code == status
    assert words in response.text


def test_random_faults_are_the_same_for_the_same_seed(caller):
    """Two plans with one seed let the same calls fail."""
    outcomes = []
    for _ in range(2):
        chances = {"ExecuteQuery": 0.5}
        random = plan.FaultPlan(seed=7, chances=chances, choices={"ExecuteQuery": [mischief.blind(), plan.html(502)]})
        caller.app.faults = random
        outcomes.append([caller.query_http("X_CONTROL", BU="US001").text for _ in range(20)])
    assert outcomes[0] == outcomes[1]
    assert len(set(outcomes[0])) == 3
