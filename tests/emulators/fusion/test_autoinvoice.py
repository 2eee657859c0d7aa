"""An invoice's way through AutoInvoice: what the files make, what ends a job, and what lies in the interface after."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from emulators import faults as plan
from emulators.clock import SteppedClock
from emulators.fusion import mischief
from emulators.fusion.app import build_app
from emulators.fusion.demo_site import CLIENT_OF_ONE_LEDGER, CLIENT_WITHOUT_DATA, demo_site
from emulators.fusion.invoice_layout import InvoiceLayout
from emulators.fusion.site import RECEIVABLES
from emulators.fusion.switches import Timing
from tests.emulators.fusion.bench import NOON, TODAY, US, Caller
from tests.emulators.fusion.credit_bench import credit, line, values
from tests.emulators.fusion.invoice_bench import (
    DISTRIBUTIONS,
    NUMBER,
    OPTIONS,
    ROW,
    SECOND,
    SHARE,
    TAX,
    UNIT_ID,
    invoices,
    left,
    load,
    loaded,
    parameters,
    report,
    zipped,
)

AUTOINVOICE = "/oracle/apps/ess/financials/receivables/transactions/autoInvoices"
LOADER = "/oracle/apps/ess/financials/commonModules/shared/common/interfaceLoader"


def test_lines_become_one_invoice_that_rest_shows_as_its_own(caller):
    """Header, lines with their flexfield, complete, to be paid; the report names the transaction."""
    request_id = loaded(caller)
    assert caller.status(request_id) == "SUCCEEDED"
    (found,) = invoices(caller)
    assert (found["TransactionNumber"], found["TransactionSource"]) == (NUMBER, "ZB Connector")
    assert (found["InvoiceStatus"], found["AccountingDate"], found["BillToSite"]) == ("Complete", "2026-11-10", "MAIN")
    assert (found["EnteredAmount"], found["InvoiceBalanceAmount"]) == (Decimal("1520.33"), Decimal("1520.33"))
    first, second = found["receivablesInvoiceLines"]["items"]
    assert (first["LineAmount"], first["Description"], second["LineAmount"]) == (1500, "Sales", Decimal("20.33"))
    (flexfield,) = first["receivablesInvoiceLineTransactionDFF"]["items"]
    assert flexfield["__FLEX_Context"] == "AMAZON"
    assert (flexfield["settlementId"], flexfield["lineKey"]) == ("17890123456", "1")
    assert f"Transaction {NUMBER} created." in report(caller, request_id)
    assert left(caller) == []


def test_a_job_takes_its_steps_by_the_clock(caller, clock):
    """Load, import and upload below a parent that is PAUSED meanwhile, as with journals."""
    request_id = load(caller).json()["ReqstId"]
    seen = []
    for _ in range(13):
        seen.append((caller.status(request_id), len(caller.tree(request_id)["JOBS"])))
        clock.advance(1)
    before = [("WAIT", 0), ("WAIT", 0), ("RUNNING", 0)]
    assert seen == [*before, *[("PAUSED", 1)] * 3, *[("PAUSED", 2)] * 5, ("PAUSED", 3), ("SUCCEEDED", 3)]
    names = [job["JOBNAME"] for job in caller.tree(request_id)["JOBS"]]
    assert names[:2] == ["Load Interface File for Import", "Import AutoInvoice"]
    assert "2 rows successfully loaded." in "".join(caller.files(request_id, "LOG").values())


def test_an_imported_invoice_carries_the_request_that_made_it(site, clock):
    """That of the import itself; which attribute shows it is a switch, by default none does."""
    site.receivables.switches = replace(site.receivables.switches, request_attribute="RequestId")
    caller = Caller(build_app(site, clock), clock, plan.FaultPlan())
    caller.login()
    request_id = loaded(caller)
    assert invoices(caller)[0]["RequestId"] == int(caller.tree(request_id)["JOBS"][1]["REQUESTID"])


@pytest.mark.parametrize(
    "changes",
    [
        {"JobName": "/oracle/apps/ess/nonsense,Nonsense"},
        {"DocumentAccount": "fin$/generalLedger$/import$"},
        {"options": "InterfaceDetails=15"},
        {"parameters": parameters().rpartition(",")[0]},  # 23 of them
        {"parameters": parameters(unit="Nowhere")},
        {"parameters": parameters(source="#NULL")},
        {"parameters": parameters(day="2026/11/14")},
        {"parameters": parameters().replace("Y", "X")},
        {"parameters": parameters().replace("#NULL", "Invoice", 1)},  # ranges
    ],
)
def test_a_refused_submission_looks_like_one_that_was_taken(caller, changes):
    """201 with ReqstId -1, and nothing happens ever after."""
    answer = load(caller, **changes)
    assert (answer.status_code, answer.json()["ReqstId"]) == (201, "-1")
    caller.clock.advance(3600)
    caller.login()
    assert (invoices(caller), left(caller)) == ([], [])


@pytest.mark.parametrize(
    "client_id, unit, is_taken",
    [
        (CLIENT_WITHOUT_DATA, "US1 Business Unit", False),
        (CLIENT_OF_ONE_LEDGER, "UK1 Business Unit", False),
        (CLIENT_OF_ONE_LEDGER, "US1 Business Unit", True),
        (CLIENT_OF_ONE_LEDGER, UNIT_ID, True),  # by its id
    ],
)
def test_a_business_unit_without_access_is_refused(caller, client_id, unit, is_taken):
    """A user's data access decides."""
    caller.login(client_id)
    assert (load(caller, parameters=parameters(unit)).json()["ReqstId"] != "-1") == is_taken


@pytest.mark.parametrize(
    "content, words",
    [
        (b"no zip", "isn't a readable zip"),
        (zipped([ROW], name="rainterfacelinesall.csv"), "No control file"),
        (zipped([SHARE], name=DISTRIBUTIONS), "No control file"),
        (zipped([]), "has no rows"),
        (zipped([ROW | {5: "2026-11-10"}]), "column TRX_DATE: date format YYYY/MM/DD"),
        (zipped([ROW, ROW | {32: "1,500.00"}]), "record 2: Rejected - column AMOUNT: invalid number"),
        (zipped([ROW | {52: "x" * 31}]), "column ATTRIBUTE15: longer than 30 characters"),
        (zipped([ROW], [SHARE | {3: "much"}]), "RaInterfaceDistributionsAll.csv, record 1"),
    ],
)
def test_a_faulty_file_ends_in_error_and_leaves_nothing(caller, content, words):
    """The load is in ERROR, there is no import; the log has a sentence."""
    request_id = loaded(caller, content=content)
    assert caller.status(request_id) == "ERROR"
    assert words in "".join(caller.files(request_id, "LOG").values())
    assert (invoices(caller), left(caller)) == ([], [])


def test_columns_past_the_template_are_ignored(caller):
    """END or not, and whatever comes after it."""
    loaded(caller, ROW | {373: "more"}, SECOND | {372: ""})
    assert len(invoices(caller)) == 1


def test_a_template_of_another_release_is_a_layout_of_its_own(caller, site):
    """The positions stand in one table that a site can replace."""
    columns = InvoiceLayout().lines
    site.receivables.layout = InvoiceLayout(lines={**columns, "DESCRIPTION": 300})
    loaded(caller, ROW | {27: "not here", 300: "Elsewhere"})
    assert invoices(caller)[0]["receivablesInvoiceLines"]["items"][0]["Description"] == "Elsewhere"


@pytest.mark.parametrize(
    "lines, changes, words",
    [
        ([ROW, SECOND | {37: "NONSENSE"}], {}, "has no context NONSENSE"),
        ([ROW | {37: ""}], {}, "has no context (blank)"),
        ([ROW | {2: "UK Only"}], {"parameters": parameters(source="UK Only")}, "UK Only isn't valid"),
        ([ROW | {2: "Nothing"}], {"parameters": parameters(source="Nothing")}, "Nothing isn't valid"),
    ],
)
def test_an_undefined_context_or_source_ends_the_whole_job(caller, lines, changes, words):
    """ERROR, no verdict on any line; the lines stay, and end every later job too until they are purged."""
    request_id = loaded(caller, *lines, **changes)
    assert caller.status(request_id) == "ERROR"
    assert words in "".join(caller.files(request_id, "LOG").values())
    assert (invoices(caller), left(caller)) == ([], [""] * len(lines))
    if "NONSENSE" in words:
        later = ROW | {7: "LATER", 40: "9"}
        assert caller.status(loaded(caller, later)) == "ERROR"
        purge(caller, request_id)
        caller.job(AUTOINVOICE, "AutoInvoiceImportEss", parameters())
        caller.clock.advance(60)
        assert [one["TransactionNumber"] for one in invoices(caller)] == ["LATER"]


def purge(caller, request_id: str) -> None:
    """Take what a load left out of the interface."""
    load_id = caller.tree(request_id)["JOBS"][0]["REQUESTID"]
    caller.job(LOADER, "InterfaceLoaderPurge", f"2, ,{load_id},{load_id}, ,ORA_FBDI,USER")
    caller.clock.advance(60)


def test_consolidated_billing_refuses_the_program(caller, site):
    """The log says which program to run instead."""
    site.receivables.consolidated_billing_units = ("US1 Business Unit",)
    request_id = loaded(caller)
    assert (caller.status(request_id), left(caller)) == ("ERROR", ["", ""])
    assert "Master" in "".join(caller.files(request_id, "LOG").values())


def test_a_file_without_lines_of_the_source_makes_nothing(caller, site):
    """How the job then ends is a switch; the lines wait for theirs."""
    assert caller.status(loaded(caller, parameters=parameters(source="ZB Automatic"))) == "WARNING"
    site.switches = replace(site.switches, empty_import_status="SUCCEEDED")
    assert caller.status(loaded(caller, parameters=parameters("UK1 Business Unit"))) == "SUCCEEDED"
    assert (invoices(caller), left(caller)) == ([], [""] * 4)


def test_the_two_steps_can_be_taken_apart(caller):
    """Upload, load by the interface's number, import by a job of its own."""
    body = {"OperationName": "uploadFileToUCM", "DocumentAccount": "fin$/receivables$/import$"}
    body |= {"FileName": "zb.zip", "ContentType": "zip"}
    document = load(caller, **body).json()["DocumentId"]
    loading = caller.job(LOADER, "InterfaceLoaderController", f"2,{document},N,N")
    caller.clock.advance(60)
    assert (caller.status(loading), left(caller)) == ("SUCCEEDED", ["", ""])
    importing = caller.job(AUTOINVOICE, "AutoInvoiceImportEss", parameters())
    caller.clock.advance(60)
    assert (caller.status(importing), len(invoices(caller))) == ("SUCCEEDED", 1)
    assert caller.tree(importing)["JOBS"][0]["JOBNAME"] == "Import AutoInvoice"


def test_tax_lines_and_distributions_are_shown_with_the_invoice(caller):
    """A TAX line belongs to the line it is linked to; distributions carry class, account, amount and their line."""
    tax_share = SHARE | {2: "TAX", 3: "99.99", 9: "3", 24: "210600"}
    due = SHARE | {2: "REC", 3: "", 4: "100", 24: "110900"}
    halves = [SHARE | {3: "", 4: "33.3333"}, SHARE | {3: "", 4: "66.6667", 24: "400200"}]
    loaded(caller, ROW, SECOND, TAX, shares=[*halves, tax_share, due])
    (found,) = invoices(caller)
    assert found["EnteredAmount"] == Decimal("1620.32")
    first, second = found["receivablesInvoiceLines"]["items"]
    (tax,) = first["receivablesInvoiceLineTaxLines"]["items"]
    assert (tax["TaxAmount"], tax["TaxRegimeCode"], tax["TaxRateCode"]) == (Decimal("99.99"), "US SALES", "STANDARD")
    assert second["receivablesInvoiceLineTaxLines"]["items"] == []
    shares = [
        (row["AccountClass"], row["AccountCombination"][7:13], row["Amount"], row["InvoiceLineNumber"])
        for row in found["receivablesInvoiceDistributions"]["items"]
    ]
    assert shares == [
        ("Receivable", "110900", Decimal("1620.32"), None),
        ("Revenue", "400100", 500, 1),
        ("Revenue", "400200", 1000, 1),
        ("Tax", "210600", Decimal("99.99"), 1),
    ]


def test_an_imported_invoice_is_credited_and_closed_types_owe_nothing(caller):
    """What comes after does not mind where an invoice came from."""
    loaded(caller, ROW | {3: "Settled Invoice"})
    (found,) = invoices(caller)
    assert (found["EnteredAmount"], found["InvoiceBalanceAmount"]) == (1500, 0)
    values(credit(caller, found["CustomerTransactionId"], [line(found["CustomerTransactionId"], 1, "-1500")]))


@pytest.mark.parametrize(
    "fault, status, made, stay",
    [
        (mischief.load_fails(), "ERROR", 0, []),
        (mischief.import_fails(), "ERROR", 0, ["", ""]),
        (mischief.import_lost(), "SUCCEEDED", 0, ["", ""]),  # a job's success proves no invoice
        (mischief.job_ends("CANCELLED"), "CANCELLED", 0, []),
        (mischief.job_stands(), "RUNNING", 0, []),
        (mischief.job_lost(), "", 0, []),  # a request id that nobody knows any more
        (mischief.line_rejected(2), "WARNING", 0, ["", "REJECTED"]),
        (mischief.line_held(1), "SUCCEEDED", 0, ["HELD", ""]),
        (mischief.token_revoked(after=True), "SUCCEEDED", 1, []),  # the job goes on without its caller
    ],
)
def test_a_job_may_go_wrong_by_itself(caller, fault, status, made, stay):
    """What the job says, what was made and what waits in the interface are three things."""
    caller.faults.next("importBulkData", fault)
    request_id = loaded(caller)
    if fault.kind == mischief.TOKEN_REVOKED:
        assert caller.get("receivablesInvoices").status_code == 401
        caller.login()
    assert (caller.status(request_id), len(invoices(caller)), left(caller)) == (status, made, stay)


def test_a_user_revoked_while_the_job_runs_sees_nothing_and_the_job_ends(caller, site, clock):
    """The invoice is there all the same, for whoever may see it."""
    request_id = load(caller).json()["ReqstId"]
    client = site.clients[0]
    site.replace_client(replace(client, is_revoked=True))
    clock.advance(60)
    assert caller.get("receivablesInvoices").status_code == 401
    assert caller.login().status_code == 401
    site.replace_client(client)
    caller.login()
    assert (caller.status(request_id), len(invoices(caller))) == ("SUCCEEDED", 1)


def test_a_read_back_may_be_blind_or_early(caller, site, clock):
    """An empty answer proves nothing: a resend is rejected by the name of the invoice that cannot be seen."""
    site.timing = Timing(invoice_visible_after_seconds=600)
    loaded(caller)
    assert invoices(caller) == []
    assert NUMBER in report(caller, loaded(caller))
    clock.advance(600)
    caller.faults.next("receivablesInvoices", mischief.blind())
    assert [len(invoices(caller)) for _ in range(2)] == [0, 1]


def test_a_job_goes_on_over_a_restart(tmp_path):
    """Submitted, stopped, started again later: the invoice is there, made once."""
    path, clock = tmp_path / "fusion.db", SteppedClock(NOON)
    first = Caller(build_app(demo_site(TODAY), clock, None, path), clock, plan.FaultPlan())
    first.login()
    request_id = load(first).json()["ReqstId"]
    first.app.close()
    clock.advance(3600)
    second = Caller(build_app(demo_site(TODAY), clock, None, path), clock, plan.FaultPlan())
    second.login()
    assert (second.status(request_id), len(invoices(second))) == ("SUCCEEDED", 1)
    second.app.close()


def test_a_submission_that_is_delivered_twice_makes_no_invoice(caller):
    """Both files lie in the interface when the first import runs: the second is rejected, and holds the first."""
    caller.faults.next("importBulkData", mischief.delivered_twice())
    loaded(caller, options=OPTIONS)
    caller.clock.advance(60)
    assert (invoices(caller), left(caller)) == ([], ["", "", "REJECTED", "REJECTED"])


def test_a_closed_period_of_the_receivables_rejects(caller):
    """The line stays rejected when the period opens again, unless the pod looks again."""
    caller.app.books.people.close_period(US, "Nov-26", RECEIVABLES)
    assert caller.status(loaded(caller, ROW)) == "WARNING"
    caller.app.books.people.open_period(US, "Nov-26", RECEIVABLES)
    caller.job(AUTOINVOICE, "AutoInvoiceImportEss", parameters())
    caller.clock.advance(60)
    assert left(caller) == ["REJECTED"]
    switches = caller.app.site.receivables.switches
    caller.app.site.receivables.switches = replace(switches, are_rejected_lines_retried=True)
    caller.job(AUTOINVOICE, "AutoInvoiceImportEss", parameters())
    caller.clock.advance(60)
    assert (len(invoices(caller)), left(caller)) == (1, [])
