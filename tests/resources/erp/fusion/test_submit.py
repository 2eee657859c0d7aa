"""Handing a journal over: once, and judged by what the answer says."""

from __future__ import annotations

import json

import httpx
import pytest

from ledger.errors import InputRefused, TargetMisconfigured, TargetRefused, TargetUnavailable, TargetUnclear
from resources.erp.fusion import natural_key, payload
from resources.erp.target import BooksState

NAME = "AMZ 12345678901 r1 p1/1 AAP7LMPI6L"


@pytest.mark.parametrize("version", [1, 4])
def test_a_journal_is_sent_once_and_answers_its_batch_name(site, journal, version):
    """In either grammar; the body is that of the payload."""
    target = site.target(framework_version=version)
    assert target.submit(journal) == NAME == target.erp_id(journal)
    assert site.script.calls("importBulkData") == 1
    request = site.script.last("importBulkData")
    assert json.loads(request.content) == payload.import_request(journal, site.settings())
    assert request.headers["content-type"] == "application/vnd.oracle.adf.resourceitem+json"


@pytest.mark.parametrize(
    "reply, kind, said",
    [
        ({"ReqstId": "-1"}, TargetRefused, "no job was made"),
        ({"ReqstId": -1}, TargetRefused, "no job was made"),
        ({"ReqstId": None}, TargetUnclear, "names no request"),
        ({"ReqstId": ""}, TargetUnclear, "names no request"),
        ({"ReqstId": "0"}, TargetUnclear, "names no request"),
        ({"ReqstId": True}, TargetUnclear, "names no request"),
        ({}, TargetUnclear, "names no request"),
        ({"ReqstId": "17", "FileName": "other.zip"}, TargetUnclear, "other.zip"),
    ],
)
def test_only_a_positive_number_is_a_job(site, journal, reply, kind, said):
    """A rejected submission is answered 201 as well."""
    site.script.answers["importBulkData"] = lambda _: httpx.Response(201, json=reply)
    with pytest.raises(kind, match=said):
        site.target().submit(journal)
    assert site.script.calls("importBulkData") == 1


def test_a_request_id_may_be_a_number(site, journal):
    """Samples show text; nothing says that it always is."""
    site.script.answers["importBulkData"] = lambda _: httpx.Response(200, json={"ReqstId": 10073567})
    assert site.target().submit(journal) == NAME


def test_a_lost_reply_is_unclear_and_never_repeated(site, journal):
    """The batch may appear an hour later."""

    def lost(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late", request=request)

    site.script.answers["importBulkData"] = lost
    with pytest.raises(TargetUnclear, match="asked for it by name"):
        site.target().submit(journal)
    assert site.script.calls("importBulkData") == 1


def test_a_parsed_error_names_the_fault(site, journal):
    """The key is dead then; a correction is a new revision."""
    site.script.answers["importBulkData"] = lambda _: httpx.Response(
        400, json={"title": "Bad Request", "o:errorDetails": [{"detail": "Bad job", "o:errorCode": "ERP-1"}]}
    )
    with pytest.raises(TargetRefused, match="Bad job") as caught:
        site.target().submit(journal)
    assert caught.value.code == "ERP-1"


def test_a_batch_of_this_name_keeps_it_from_being_sent(site, journal):
    """Fusion would make a second one without a word."""
    site.book(journal)
    with pytest.raises(TargetUnclear, match="of this name already"):
        site.target().submit(journal)
    assert site.script.calls("importBulkData") == 0


def test_a_group_that_another_batch_has_is_a_collision(site, journal):
    """Rows of both would be imported together."""
    group = natural_key.group_id(journal.key)
    site.script.book(f"Somebody's load {group} N", [], batch_id=99)
    with pytest.raises(TargetRefused, match="its group id stands in batch"):
        site.target().submit(journal)
    assert site.script.calls("importBulkData") == 0


def test_a_group_inside_a_longer_number_is_no_collision(site, journal):
    """LIKE finds it; it is another number."""
    group = natural_key.group_id(journal.key)
    site.script.book(f"Load 7{group} N", [], batch_id=99)
    assert site.target().submit(journal) == NAME


@pytest.mark.parametrize("word", ["RUNNING", "ERROR"])
def test_an_earlier_send_that_is_on_its_way_keeps_it_from_being_sent(site, journal, word):
    """A second load of the same group would import the rows of both."""
    target = site.target()
    target.submit(journal)
    site.script.answers["ESSJobStatusRF"] = lambda _: httpx.Response(
        200, json={"items": [{"RequestStatus": word}], "count": 1, "hasMore": False}
    )
    with pytest.raises(TargetUnclear, match="an earlier send"):
        target.submit(journal)
    assert site.script.calls("importBulkData") == 1


def test_a_look_that_fails_sends_nothing(site, journal):
    """Nothing is sent blindly."""
    site.script.answers["journalBatches"] = lambda _: httpx.Response(503)
    with pytest.raises(TargetUnavailable):
        site.target().submit(journal)
    site.script.answers["journalBatches"] = lambda _: httpx.Response(403, json={"title": "Forbidden"})
    with pytest.raises(TargetMisconfigured):
        site.target().submit(journal)
    assert site.script.calls("importBulkData") == 0


def test_a_journal_that_does_not_fit_is_refused_before_any_call(site, make_journal):
    """By line and segment."""
    make = make_journal.line
    with pytest.raises(InputRefused, match="no segment of the chart"):
        site.target().submit(make_journal(make(1, "1", "1.00", product="X"), make(2, "2", "-1.00")))
    assert site.script.requests == []


def test_what_was_sent_is_followed_by_its_job(site, journal):
    """Until the batch shows."""
    target = site.target()
    target.submit(journal)
    status = target.status(journal)
    assert (status.state, status.waiting_for) == (BooksState.WAITING, "import job 10073567 (RUNNING)")
