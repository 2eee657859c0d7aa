"""What the scheduler shows of a job: the tree of its requests, and the zip of their logs and outputs.

What comes in: a job's row and its timetable. What goes out: the tree as `ESSExecutionDetailsRF` gives it, and the
bytes of `ESSJobExecutionDetailsRF`: one entry per request of the tree. Shape of the tree:
https://docs.oracle.com/en/cloud/saas/financials/25d/farfa/op-erpintegrations-get.html.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

from emulators.fusion.jobs import BULK, IMPORT, Jobs, interface_of, job_of, work_of
from emulators.fusion.programs import RECEIVABLES_INTERFACE
from emulators.fusion.store import Fields
from emulators.fusion.switches import Switches

_LOADER = "/oracle/apps/ess/financials/commonModules/shared/common/interfaceLoader"
_RECEIVABLES = "/oracle/apps/ess/financials/receivables/transactions/autoInvoices"
_LEDGER = "/oracle/apps/ess/financials/generalLedger/programs/common"
NAMES = {
    "load": ("Load Interface File for Import", _LOADER),
    "import": ("Import Journals", _LEDGER),
    job_of(IMPORT, RECEIVABLES_INTERFACE): ("Import AutoInvoice", _RECEIVABLES),
    "autopost": ("Automatic Posting", _LEDGER),
    "purge": ("Purge Interface Tables", _LOADER),
}
# What an archive of the past would hold in its place would make two equal answers differ.
_ENTRY_DATE = (2020, 1, 1, 0, 0, 0)


def tree(jobs: Jobs, row: Fields) -> dict[str, Any]:
    """Return the jobs of a request with their statuses of now; children appear when they start."""
    status = jobs.status(row)
    body: dict[str, Any] = {"JOBS": _children(jobs, row), "SUMMARYSTATUS": status}
    if row["STATUS"]:
        body["DOCUMENTID"] = row["DOCUMENT_ID"]
    return body


def _children(jobs: Jobs, row: Fields) -> list[dict[str, Any]]:
    if work_of(row) != BULK:
        name = NAMES.get(row["JOB"]) or NAMES[work_of(row)]
        return [_job(*name, row["ID"], jobs.status(row))]
    if row["FORCED"].startswith(("stand:", "end:")):
        return []
    course, elapsed, first = jobs.course(row), jobs.elapsed(row), int(row["ID"])
    if elapsed < course.children:
        return []
    load = row["LOADED"] or "RUNNING"
    is_moved = elapsed >= (course.children + course.loaded) / 2
    transfer = _job("Transfer File", _LOADER, first + 2, "SUCCEEDED" if is_moved or row["LOADED"] else "RUNNING")
    below = [transfer, _job("Load File to Interface", _LOADER, first + 3, load)]
    found = [
        {**_job(*NAMES["load"], first + 1, load), "DOCUMENTNAME": row["FILE_NAME"], "CHILD": below},
    ]
    if load == "SUCCEEDED":
        found.append(_job(*NAMES[job_of(IMPORT, interface_of(row))], first + 4, row["IMPORTED"] or "RUNNING"))
    if row["IMPORTED"] or load == "ERROR":
        name = "Upload Interface Error and Job Output File to Universal Content Management"
        status = "SUCCEEDED" if elapsed >= course.through else "RUNNING"
        found.append(_job(name, _LOADER, first + 5, status))
    return found


def _job(name: str, path: str, request_id: object, status: str) -> dict[str, Any]:
    return {"JOBNAME": name, "JOBPATH": path, "REQUESTID": str(request_id), "STATUS": status}


def details_zip(jobs: Jobs, row: Fields, file_type: str, switches: Switches) -> bytes | None:
    """Return the logs (LOG), outputs (OUT) or both (ALL) of a request that has ended, or None when there are none.

    Outputs are kept only where the submission asked for them by `ExtractFileType=ALL`.
    """
    if not row["STATUS"]:
        return None
    entries: dict[str, str] = {}
    has_output = "ExtractFileType=ALL" in row["OPTIONS"].split(",") or switches.is_output_kept_without_option
    if file_type in ("LOG", "ALL"):
        entries |= {f"{row['ID']}.log": f"Request {row['ID']} ended with status {row['STATUS']}.\n"}
        entries |= {f"{number}.log": text + "\n" for number, text in _logs(jobs, row).items() if text}
    if file_type in ("OUT", "ALL") and has_output and row["REPORT"]:
        entries[f"{jobs.import_id(row)}.txt"] = row["REPORT"] + "\n"
    return _zipped(entries) if entries else None


def _logs(jobs: Jobs, row: Fields) -> dict[str, str]:
    loader = str(int(row["ID"]) + 3) if work_of(row) == BULK else row["ID"]
    own = {} if work_of(row) == BULK else {row["ID"]: row["LOAD_LOG"] or row["IMPORT_LOG"]}
    return own or {loader: row["LOAD_LOG"], jobs.import_id(row): row["IMPORT_LOG"]}


def _zipped(entries: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in entries.items():
            archive.writestr(zipfile.ZipInfo(name, _ENTRY_DATE), text)
    return content.getvalue()
