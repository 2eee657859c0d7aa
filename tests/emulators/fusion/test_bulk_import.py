"""A journal's way through erpintegrations: submitted, loaded, imported; what each step refuses and what it leaves."""

from __future__ import annotations

import base64
from dataclasses import replace
from decimal import Decimal

import pytest

from emulators.fusion import mischief
from emulators.fusion.demo_site import CLIENT_OF_ONE_LEDGER, CLIENT_WITHOUT_DATA, DE_LEDGER
from emulators.fusion.switches import Timing
from tests.emulators.fusion.bench import CREDIT, DEBIT, GROUP, ITEM, PAIR, PARAMETERS, US, zipped

LEDGER_PACKAGE = "/oracle/apps/ess/financials/generalLedger/programs/common/"
LOADER_PACKAGE = "/oracle/apps/ess/financials/commonModules/shared/common/interfaceLoader"


def imported(caller) -> list:
    """Return the batches of the connector's source."""
    return [batch for batch in caller.app.books.batches() if batch.source == "ZB Connector"]


def left(caller) -> list[str]:
    """Return the statuses of the rows in the interface."""
    return [row["STATUS"] for row in caller.app.books.interface()]


def test_an_accepted_file_is_echoed_with_a_request_id(caller):
    """201, the attributes sent without the document, a request id as text."""
    answer = caller.load()
    assert answer.status_code == 201
    body = answer.json()
    assert body["ReqstId"].isdigit()
    assert (body["OperationName"], body["DocumentContent"], body["DocumentId"]) == ("importBulkData", None, None)
    assert body["ParameterList"] == PARAMETERS


def test_a_load_takes_its_steps_by_the_clock(caller, clock):
    """WAIT, RUNNING, PAUSED while the children run, then SUCCEEDED; the batch is there when the import is through."""
    request_id = caller.load().json()["ReqstId"]
    seen = []
    for _ in range(13):
        tree = caller.tree(request_id)
        children = [child["STATUS"] for child in tree["JOBS"]]
        seen.append((caller.status(request_id), children, len(imported(caller))))
        assert tree["SUMMARYSTATUS"] == seen[-1][0]
        clock.advance(1)
    assert seen == [
        ("WAIT", [], 0),
        ("WAIT", [], 0),
        ("RUNNING", [], 0),
        *[("PAUSED", ["RUNNING"], 0)] * 3,
        *[("PAUSED", ["SUCCEEDED", "RUNNING"], 0)] * 5,
        ("PAUSED", ["SUCCEEDED", "SUCCEEDED", "RUNNING"], 1),
        ("SUCCEEDED", ["SUCCEEDED", "SUCCEEDED", "SUCCEEDED"], 1),
    ]
    first = caller.tree(request_id)["JOBS"][0]
    assert first["DOCUMENTNAME"] == "zb_990101001.zip"
    assert [child["JOBNAME"] for child in first["CHILD"]] == ["Transfer File", "Load File to Interface"]


def test_a_load_may_be_moved_on_by_looking_and_may_show_completed_first(caller, site):
    """Where the pod is timed by polls, each look at the status is a step."""
    site.timing = Timing(seconds_per_poll=3, completed_seconds=3)
    request_id = caller.load().json()["ReqstId"]
    words = [caller.status(request_id) for _ in range(6)]
    assert words == ["PAUSED", "PAUSED", "PAUSED", "COMPLETED", "SUCCEEDED", "SUCCEEDED"]


def test_the_batch_holds_what_the_file_said(caller):
    """Names carry reference, source and group id; every line keeps account, side, amount and text."""
    caller.loaded()
    (batch,) = caller.items("journalBatches", q=f"BatchName like '%{GROUP}%'", expand="all")
    assert batch["BatchName"].startswith(f"ZB-AZ261110-000017 ZB Connector {GROUP}")
    assert (batch["Status"], batch["DefaultPeriodName"], batch["BatchDescription"]) == (
        "U",
        "Nov-26",
        "Settlement 17890123456",
    )
    assert (batch["RunningTotalDr"], batch["RunningTotalCr"]) == (Decimal("1520.33"), Decimal("1520.33"))
    (header,) = caller.items(f"journalBatches/{batch['JeBatchId']}/child/journalHeaders")
    assert header["ExternalReference"] == "17890123456"
    assert header["JournalName"] == "ZB-AZ261110-000017 Marketplace USD"
    path = f"journalBatches/{batch['JeBatchId']}/child/journalHeaders"
    link = caller.get(path).json()["items"][0]["links"][0]["href"]
    answer = caller.http.get(f"{link}/child/journalLines", headers={"Authorization": f"Bearer {caller.token}"})
    lines = [(row["AccountCombination"], row["EnteredDr"], row["EnteredCr"]) for row in answer.json()["items"]]
    assert lines == [("01-000-110500-000", 1520.33, None), ("01-000-400100-000", None, 1520.33)]
    assert '"EnteredDr":1520.33,' in answer.text


@pytest.mark.parametrize(
    "changes",
    [
        {"JobName": "/oracle/apps/ess/nonsense,Nonsense"},
        {"DocumentAccount": "fin$/payables$/import$"},
        {"parameters": f"#NULL,ZB Connector,{US},{GROUP},N,N"},
        {"parameters": f"#NULL,300000046985001,{US},{GROUP},N,N,N"},  # a source by its id
        {"parameters": f"#NULL,ZB Connector,US Primary Ledger,{GROUP},N,N,N"},  # a ledger by its name
        {"parameters": f"123,ZB Connector,{US},{GROUP},N,N,N"},  # an unknown data access set
        {"parameters": f"#NULL,ZB Connector,{US},x1,N,N,N"},
        {"parameters": f"#NULL,ZB Connector,{US},{GROUP},X,N,N"},
        {"options": "InterfaceDetails=1"},
    ],
)
def test_a_refused_submission_looks_like_one_that_was_taken(caller, changes):
    """201 with ReqstId -1, and nothing happens ever after."""
    answer = caller.load(**changes)
    assert (answer.status_code, answer.json()["ReqstId"]) == (201, "-1")
    caller.clock.advance(3600)
    assert (imported(caller), left(caller)) == ([], [])


@pytest.mark.parametrize(
    "client_id, ledger, is_taken",
    [(CLIENT_WITHOUT_DATA, US, False), (CLIENT_OF_ONE_LEDGER, DE_LEDGER, False), (CLIENT_OF_ONE_LEDGER, US, True)],
)
def test_a_ledger_without_access_is_refused(caller, client_id, ledger, is_taken):
    """A user's data access decides; the reply is -1."""
    caller.login(client_id)
    answer = caller.load(parameters=f"#NULL,ZB Connector,{ledger},{GROUP},N,N,N")
    assert (answer.json()["ReqstId"] != "-1") == is_taken


def test_pods_that_want_ids_and_names_are_served_too(caller, site):
    """What stands in parameters 2 and 3 differs by pod."""
    site.switches = replace(site.switches, is_source_given_by_id=True, is_ledger_given_by_name=True)
    caller.loaded(parameters=f"300000046975980,300000046985001,US Primary Ledger,{GROUP},N,N,O")
    assert len(imported(caller)) == 1


@pytest.mark.parametrize(
    "headers, body, status",
    [
        ({"Content-Type": "text/plain"}, {"OperationName": "importBulkData"}, 415),
        (ITEM, {"DocumentContent": "x"}, 400),
        (ITEM, ["importBulkData"], 400),
        (ITEM, {"OperationName": "nonsense"}, 400),
        (ITEM, {"OperationName": "importBulkData", "Nonsense": "x"}, 400),
    ],
)
def test_a_body_that_is_no_submission_is_refused(caller, headers, body, status):
    """What the framework itself refuses has an HTTP status."""
    assert caller.request("POST", "erpintegrations", headers=headers, body=body).status_code == status


def test_a_document_that_is_not_base64_is_refused(caller):
    """The attribute is checked before any job."""
    assert caller.load(DocumentContent="%%%").status_code == 400


@pytest.mark.parametrize(
    "content, words",
    [
        (b"no zip", "isn't a readable zip"),
        (zipped(PAIR, name="glinterface.csv"), "No control file"),  # upper and lower case matter
        (zipped(PAIR, name="folder/GlInterface.csv"), "No control file"),
        (zipped([]), "has no rows"),
        (zipped([DEBIT | {2: "2026-11-10"}, CREDIT]), "date format YYYY/MM/DD"),
        (zipped([DEBIT | {38: "1,520.33"}, CREDIT]), "invalid number"),
        (zipped([DEBIT | {66: "AZ1"}, CREDIT]), "invalid number"),
        (zipped([DEBIT | {3: ""}, CREDIT]), "SOURCE"),
        (zipped([DEBIT | {42: "x" * 241}, CREDIT]), "longer than 240"),
        (zipped(PAIR, columns=151), "151 columns"),
        (zipped(PAIR)[:-30], "isn't a readable zip"),
    ],
)
def test_a_faulty_file_ends_in_error_and_leaves_nothing(caller, content, words):
    """The load is in ERROR, there is no import, the parent is in ERROR; the log has a sentence."""
    request_id = caller.loaded(content=content)
    assert caller.status(request_id) == "ERROR"
    names = [job["JOBNAME"] for job in caller.tree(request_id)["JOBS"]]
    assert names[0] == "Load Interface File for Import"
    assert "Import Journals" not in names
    assert words in "".join(caller.files(request_id, "LOG").values())
    assert (imported(caller), left(caller)) == ([], [])


@pytest.mark.parametrize("columns", [67, 95, 149])
def test_fewer_columns_and_an_end_marker_are_tolerated(caller, columns):
    """Old templates end earlier; a last field END is ignored."""
    caller.loaded(content=zipped([row | {columns: "END"} for row in PAIR], columns=columns + 1))
    caller.loaded(content=zipped(PAIR, columns=columns))
    assert len(imported(caller)) == 2


def test_extra_columns_are_ignored_where_the_pod_does_so(caller, site):
    """Whether the loader minds them is a switch."""
    site.switches = replace(site.switches, are_extra_columns_ignored=True)
    caller.loaded(content=zipped(PAIR, columns=160))
    assert len(imported(caller)) == 1


def test_an_identical_load_makes_a_second_batch(caller):
    """Nothing is compared with anything: the same file twice is the same journal twice."""
    caller.loaded()
    caller.loaded()
    assert len(imported(caller)) == 2
    assert list(caller.app.books.duplicates()) == [(US, "ZB-AZ261110-000017")]


@pytest.mark.parametrize("ending", ["WARNING", "SUCCEEDED"])
def test_a_group_that_is_not_in_the_file_imports_nothing(caller, site, ending):
    """Only the group asked for is imported; how the job then ends is a switch. The rows wait for theirs."""
    site.switches = replace(site.switches, empty_import_status=ending)
    request_id = caller.loaded(parameters=f"#NULL,ZB Connector,{US},7,N,N,N")
    assert (caller.status(request_id), imported(caller), left(caller)) == (ending, [], ["NEW", "NEW"])
    caller.loaded([row | {66: "7"} for row in PAIR], parameters=f"#NULL,ZB Connector,{US},ALL,N,N,N")
    assert {batch.group_id for batch in imported(caller)} == {GROUP, "7"}


def test_rows_left_by_an_error_are_joined_by_the_next_load_of_the_group(caller):
    """A closed period keeps both rows; opened again, the next load imports old and new rows together."""
    caller.app.books.people.close_period(US, "Nov-26")
    caller.loaded()
    assert (imported(caller), left(caller)) == ([], ["EP01", "EP01"])
    caller.app.books.people.open_period(US, "Nov-26")
    caller.loaded()
    (batch,) = imported(caller)
    assert [line.amount for line in caller.app.books.lines(batch.id)] == [Decimal("1520.33"), Decimal("-1520.33")] * 2
    assert left(caller) == []


def test_rows_left_can_be_purged_by_their_load(caller):
    """InterfaceLoaderPurge takes what one load brought."""
    caller.app.books.people.close_period(US, "Nov-26")
    request_id = caller.loaded()
    load = caller.tree(request_id)["JOBS"][0]["REQUESTID"]
    caller.job(LOADER_PACKAGE, "InterfaceLoaderPurge", f"15, ,{load},{load}, ,ORA_FBDI,USER")
    caller.clock.advance(60)
    assert left(caller) == []


def test_the_two_step_road_loads_first_and_imports_later(caller):
    """Upload, InterfaceLoaderController, JournalImportLauncher: three submissions, one batch."""
    body = {"OperationName": "uploadFileToUCM", "FileName": "two_steps.zip", "ContentType": "zip"}
    body |= {"DocumentAccount": "fin$/generalLedger$/import$", "DocumentContent": encoded(zipped(PAIR))}
    document = caller.request("POST", "erpintegrations", headers=ITEM, body=body).json()["DocumentId"]
    finder = "DocumentIdsByFilePrefixRF;filePrefix=two_,docAccount=#NULL,comment=#NULL"
    assert [row["DocumentId"] for row in caller.items("erpintegrations", finder=finder)] == [document]
    load = caller.job(LOADER_PACKAGE, "InterfaceLoaderController", f"15,{document},N,N")
    caller.clock.advance(60)
    assert (caller.status(load), left(caller)) == ("SUCCEEDED", ["NEW", "NEW"])
    job = caller.job(LEDGER_PACKAGE, "JournalImportLauncher", PARAMETERS)
    caller.clock.advance(60)
    assert (caller.status(job), len(imported(caller))) == ("SUCCEEDED", 1)
    assert caller.job(LEDGER_PACKAGE, "Nonsense", "") == "-1"
    asked = {"OperationName": "getDocumentForDocumentId", "DocumentId": document}
    held = caller.request("POST", "erpintegrations", headers=ITEM, body=asked).json()
    assert held["DocumentContent"] == encoded(zipped(PAIR))


def encoded(content: bytes) -> str:
    """Return bytes in base64."""
    return base64.b64encode(content).decode()


def test_a_job_that_was_not_submitted_here_has_an_empty_status(caller):
    """Unknown ids, and the children of known jobs."""
    request_id = caller.loaded()
    assert caller.status("1") == ""
    assert caller.status(str(int(request_id) + 1)) == ""
    assert caller.get("erpintegrations").status_code == 400
    assert caller.get("erpintegrations", finder="ESSJobStatusRF").status_code == 400


@pytest.mark.parametrize(
    "options, file_type, expected",
    [
        ("ExtractFileType=ALL", "LOG", 3),
        ("ExtractFileType=ALL", "OUT", 1),
        ("ExtractFileType=ALL", "ALL", 4),
        ("InterfaceDetails=15", "LOG", 3),
        ("InterfaceDetails=15", "OUT", 0),  # nobody asked for the output to be kept
    ],
)
def test_logs_and_outputs_come_as_a_zip(caller, options, file_type, expected):
    """One entry per job of the tree; the execution report names row, account and error code."""
    caller.app.books.people.close_period(US, "Nov-26")
    request_id = caller.load(options=options).json()["ReqstId"]
    assert caller.files(request_id, file_type) == {}
    caller.clock.advance(60)
    files = caller.files(request_id, file_type)
    assert len(files) == expected
    if file_type == "OUT" and files:
        assert "EP01 ZB-AZ261110-000017 01-000-110500-000: The date 2026-11-10" in next(iter(files.values()))
    asked = {"OperationName": "downloadESSJobExecutionDetails", "ReqstId": request_id, "FileType": file_type}
    content = caller.request("POST", "erpintegrations", headers=ITEM, body=asked).json()["DocumentContent"]
    assert bool(content) == bool(files)


@pytest.mark.parametrize(
    "fault, status, batches, rows",
    [
        (mischief.load_fails(), "ERROR", 0, 0),
        (mischief.import_fails(), "ERROR", 0, 2),
        (mischief.import_lost(), "SUCCEEDED", 0, 2),  # a job's success proves no journal
        (mischief.job_ends("CANCELLED"), "CANCELLED", 0, 0),
        (mischief.job_stands(), "RUNNING", 0, 0),
    ],
)
def test_a_job_may_go_wrong_by_itself(caller, fault, status, batches, rows):
    """What the job says, what stands in the books and what waits in the interface are three things."""
    caller.faults.next("importBulkData", fault)
    request_id = caller.loaded()
    assert (caller.status(request_id), len(imported(caller)), len(left(caller))) == (status, batches, rows)


def test_a_submission_may_be_answered_with_200(caller, site):
    """Which of the two success statuses is a switch."""
    site.switches = replace(site.switches, submit_http_status=200)
    assert caller.load().status_code == 200


def test_outputs_may_be_kept_without_being_asked_for(caller, site):
    """Whether `ExtractFileType=ALL` is needed is a switch."""
    site.switches = replace(site.switches, is_output_kept_without_option=True)
    request_id = caller.loaded(options="")
    assert len(caller.files(request_id, "OUT")) == 1


def test_names_of_batches_may_be_made_otherwise(caller, site):
    """How Journal Import puts a batch's name together is a switch."""
    site.switches = replace(site.switches, batch_name="{reference1} {source} {request_id}: A {group_id}")
    request_id = caller.loaded()
    (batch,) = imported(caller)
    assert batch.name == f"ZB-AZ261110-000017 ZB Connector {int(request_id) + 4}: A {GROUP}"
