"""Where a journal stands: in its job, left in the interface, unposted, posted, in error, or there twice."""

from __future__ import annotations

import base64
import io
import json
import zipfile

import httpx
import pytest

from ledger.errors import TargetUnavailable, TargetUnclear
from resources.erp.fusion import natural_key
from resources.erp.fusion.jobs import JobState, state_of
from resources.erp.target import BooksState
from tests.resources.erp.fusion.scripted import found, job_at

GROUP = 380202597037534


def tree(**words: str) -> httpx.Response:
    """Return a job tree as Fusion answers it: JSON inside a text."""
    jobs = [{"JOBNAME": name.replace("_", " "), "REQUESTID": "1", "STATUS": word} for name, word in words.items()]
    nested = [{"JOBNAME": "Load Interface File for Import", "STATUS": "SUCCEEDED", "CHILD": jobs}]
    return found({"RequestStatus": json.dumps({"JOBS": nested, "SUMMARYSTATUS": "SUCCEEDED"})})


def log(*lines: str) -> httpx.Response:
    """Return execution details with one log."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        opened.writestr("10073568.log", "\n".join(lines))
    return found({"DocumentContent": base64.b64encode(packed.getvalue()).decode()})


@pytest.mark.parametrize(
    "word, state",
    [
        *((word, JobState.RUNNING) for word in ("WAIT", "READY", "RUNNING", "BLOCKED", "PAUSED", "COMPLETED", "HOLD")),
        *((word, JobState.RUNNING) for word in ("", "SOMETHING NEW", "SUCCEEDED?")),
        *((word, JobState.SUCCEEDED) for word in ("SUCCEEDED", "FINISHED", "Succeeded")),
        *((word, JobState.FAILED) for word in ("WARNING", "ERROR", "CANCELLED", "CANCELED", "EXPIRED")),
        *((word, JobState.FAILED) for word in ("ERROR MANUAL RECOVERY", "VALIDATION_FAILED", "validation failed")),
    ],
)
def test_only_a_word_known_to_be_final_is_final(word, state):
    """PAUSED is a parent that waits for its children, COMPLETED precedes the end."""
    assert state_of(word) is state


@pytest.mark.parametrize("word", ["WAIT", "PAUSED", "COMPLETED", "NEWWORD"])
def test_a_job_that_is_not_over_is_waited_for(site, journal, word):
    """Whatever the word."""
    target = site.target()
    target.submit(journal)
    site.script.answers["ESSJobStatusRF"] = job_at(word)
    assert target.status(journal).state is BooksState.WAITING


def test_a_job_that_fusion_does_not_know_any_more_is_neither_waited_for_nor_proof_of_absence(site, journal):
    """An unknown request is answered with an empty status: what became of the file is a question for a person."""
    target = site.target()
    target.submit(journal)
    site.script.answers["ESSJobStatusRF"] = job_at("")
    assert target.status(journal).state is BooksState.ABSENT
    sightings = target.find([journal])
    assert (sightings.found, sightings.is_certain) == ((), False)
    assert "import job 10073567 is not known to Fusion" in sightings.control
    with pytest.raises(TargetUnclear, match="an earlier send of it stands at 'no status'"):
        target.submit(journal)
    assert site.script.calls("importBulkData") == 1


def test_a_failed_import_brings_its_reasons_home_and_holds_its_source(site, journal):
    """The rows stand in the interface, where a person may still import them."""
    target = site.target()
    target.submit(journal)
    site.script.answers["ESSJobStatusRF"] = job_at("ERROR")
    site.script.answers["ESSExecutionDetailsRF"] = lambda _: tree(Import_Journals="ERROR")
    site.script.answers["ESSJobExecutionDetailsRF"] = lambda _: log(
        "Journal Import", "errors: 0", "EP01 01-000-11200 14-NOV-2026", "ORA-20001 something failed"
    )
    status = target.status(journal)
    assert status.state is BooksState.ERROR
    assert status.messages[0].startswith("EP01, the date lies in no period that is open")
    assert status.messages[1] == "ORA-20001 something failed"
    assert f"group {GROUP}" in status.messages[2]
    assert status.messages[3] == "step Import Journals ended ERROR"
    asked = site.script.last("ESSJobExecutionDetailsRF").url.params["finder"]
    assert asked == "ESSJobExecutionDetailsRF;requestId=10073567,fileType=ALL"
    sightings = target.find([journal])
    assert [(one.state, one.key_matches, one.is_same) for one in sightings.found] == [
        (BooksState.ERROR, journal.key, True)
    ]


def test_rows_that_a_person_says_are_gone_hold_nothing(site, journal):
    """No read shows the interface, so a person's word ends it."""
    target = site.target(groups_confirmed_gone=frozenset({GROUP}))
    target.submit(journal)
    site.script.answers["ESSJobStatusRF"] = job_at("ERROR")
    assert target.status(journal).state is BooksState.ABSENT
    sightings = target.find([journal])
    assert (sightings.found, sightings.is_certain) == ((), True)


def test_a_parent_that_succeeds_over_a_failed_child_is_no_success(site, journal):
    """Only the books say success."""
    target = site.target()
    target.submit(journal)
    site.script.answers["ESSJobStatusRF"] = job_at("SUCCEEDED")
    site.script.answers["ESSExecutionDetailsRF"] = lambda _: tree(Import_Journals="WARNING")
    assert target.status(journal).state is BooksState.ERROR
    site.script.answers["ESSExecutionDetailsRF"] = lambda _: tree(Upload_Interface_Error_and_Job_Output="WARNING")
    assert target.status(journal).state is BooksState.ABSENT
    site.script.answers["ESSExecutionDetailsRF"] = lambda _: found({"RequestStatus": "no tree"})
    assert target.status(journal).state is BooksState.ABSENT


def test_logs_that_cannot_be_read_leave_the_plain_sentence(site, journal):
    """A broken ZIP is no fault of the journal."""
    target = site.target()
    target.submit(journal)
    site.script.answers["ESSJobStatusRF"] = job_at("ERROR")
    for content in ("????", base64.b64encode(b"PK no zip").decode()):
        site.script.answers["ESSJobExecutionDetailsRF"] = lambda _, content=content: found({"DocumentContent": content})
        assert len(target.status(journal).messages) == 1


@pytest.mark.parametrize(
    "code, state",
    [("U", BooksState.WAITING), ("P", BooksState.POSTED), ("Z", BooksState.ERROR), ("", BooksState.ERROR)],
)
def test_a_batch_says_more_than_its_job(site, journal, code, state):
    """Also when nobody remembers the job."""
    site.book(journal, status=code, ErrorMessage="Bad batch")
    status = site.target().status(journal)
    assert status.state is state
    assert status.messages == (("Bad batch",) if state is BooksState.ERROR else ())


def test_states_of_a_site_are_laid_down_in_settings(site, journal):
    """Only U and P are published."""
    site.book(journal, status="S", StatusMeaning="Selected for posting", ApprovalStatusMeaning="Required")
    status = site.target(batch_states={"S": "waiting"}).status(journal)
    assert (status.state, status.erp_status) == (BooksState.WAITING, "S (Selected for posting)")
    assert status.waiting_for == "posting (approval: Required)"


def test_errors_of_a_batch_come_home_by_line(site, journal):
    """And a site that does not show them still gives a sentence."""
    row = site.book(journal, status="F")
    errors = [{"JeLineNumber": 2, "ErrorMessage": "Account is disabled.", "ErrorNumber": "1"}]
    site.script.tables[f"journalBatches/{row['JeBatchId']}/child/journalErrors"] = errors
    assert site.target().status(journal).messages == ("line 2: Account is disabled.",)
    site.script.answers[f"journalBatches/{row['JeBatchId']}/child/journalErrors"] = lambda _: httpx.Response(404)
    assert "could not be read" in site.target().status(journal).messages[0]


def test_two_batches_of_one_journal_are_an_alarm(site, journal):
    """In the status, and as a document of its own in what is found."""
    site.book(journal, batch_id=1715986)
    site.book(journal, batch_id=1715999)
    target = site.target()
    status = target.status(journal)
    assert status.state is BooksState.ERROR
    assert "1715986" in status.messages[0]
    assert "Delete the later one" in status.messages[0]
    first, second = target.find([journal]).found
    assert (first.erp_id, first.key_matches, first.is_same) == (target.erp_id(journal), journal.key, True)
    assert (second.erp_id, second.key_matches) == (f"{target.erp_id(journal)} #1715999", "")
    assert second.repeats == journal.key


def test_of_two_batches_the_posted_one_is_the_document(site, journal):
    """The unposted one is what must go."""
    site.book(journal, batch_id=1715986)
    site.book(journal, batch_id=1715999, status="P")
    first, second = site.target().find([journal]).found
    assert (first.state, first.key_matches) == (BooksState.POSTED, journal.key)
    assert second.erp_id.endswith("#1715986")


def test_the_client_asks_for_posting_once_and_only_for_its_own_content(site, journal):
    """After read-back to the cent, and a job that posted nothing is told."""
    row = site.book(journal)
    site.script.answers["submitESSJobRequest"] = lambda _: httpx.Response(201, json={"ReqstId": "77"})
    target = site.target(posting="client", posting_criteria_set="300000099")
    assert target.status(journal).waiting_for == "posting job 77"
    assert target.status(journal).waiting_for == "posting job 77 (RUNNING)"
    assert site.script.calls("submitESSJobRequest") == 1
    body = json.loads(site.script.last("submitESSJobRequest").content)
    assert (body["JobDefName"], body["ESSParameters"]) == ("AutomaticPosting", "300000099")
    site.script.answers["ESSJobStatusRF"] = job_at("SUCCEEDED")
    left = target.status(journal)
    assert left.state is BooksState.ERROR
    assert "left batch 1715986 unposted" in left.messages[0]
    row["Status"] = "P"
    assert target.status(journal).state is BooksState.POSTED


def test_a_batch_of_other_content_is_not_asked_to_be_posted(site, journal, make_journal):
    """Somebody changed it, or rows of two loads came in together."""
    make = make_journal.line
    site.book(make_journal(make(1, "11200", "1.00"), make(2, "40100", "-1.00")))
    target = site.target(posting="client", posting_criteria_set="300000099")
    status = target.status(journal)
    assert status.state is BooksState.ERROR
    assert "does not hold what was sent" in status.messages[0]
    assert site.script.calls("submitESSJobRequest") == 0


def test_a_posting_job_that_is_refused_is_told_and_loses_nothing(site, journal):
    """The journal is in the books; only its posting waits."""
    site.book(journal)
    site.script.answers["submitESSJobRequest"] = lambda _: httpx.Response(201, json={"ReqstId": "-1"})
    status = site.target(posting="client", posting_criteria_set="300000099").status(journal)
    assert status.state is BooksState.WAITING
    assert "AutomaticPosting" in status.waiting_for


def test_nothing_known_and_nothing_there_is_absent(site, journal):
    """`find` says how certain that is."""
    assert site.target().status(journal).state is BooksState.ABSENT


def test_a_status_that_cannot_be_read_is_no_status(site, journal):
    """Nothing was written by asking."""
    site.script.answers["journalBatches"] = lambda _: httpx.Response(200, html="<html>Sign in</html>")
    with pytest.raises(TargetUnavailable):
        site.target().status(journal)


def test_groups_are_numbers_of_the_file(journal):
    """The number that a person names under groups_confirmed_gone is that of the sentence."""
    assert natural_key.group_id(journal.key) == GROUP
