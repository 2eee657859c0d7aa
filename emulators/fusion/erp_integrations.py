"""The resource `erpintegrations`: submit a file or a job, and ask what became of it by its finders.

What comes in: POSTs by OperationName, GETs by finder. What goes out: the request's attributes echoed, with ReqstId. A
submission that the pod refuses is answered like one that it took, with ReqstId -1 and no reason; and nothing is ever
compared with an earlier submission. Source:
https://docs.oracle.com/en/cloud/saas/financials/24c/farfa/op-erpintegrations-post.html and, for its finders,
https://docs.oracle.com/en/cloud/saas/financials/25d/farfa/op-erpintegrations-get.html.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from emulators.fusion.answers import Detail, Refusal
from emulators.fusion.bodies import json_object
from emulators.fusion.books import Books
from emulators.fusion.job_parameters import Rejected, ess_job, import_parameters
from emulators.fusion.job_views import details_zip, tree
from emulators.fusion.jobs import BULK, job_of
from emulators.fusion.resource import ROW_KEY, TEXT, Attribute, Resource, Row
from emulators.fusion.site import NO_DATA, Client
from emulators.wsgi import Request

ATTRIBUTES = (
    "OperationName",
    "DocumentId",
    "DocumentContent",
    "FileName",
    "ContentType",
    "FileType",
    "DocumentAccount",
    "Comments",
    "JobPackageName",
    "JobDefName",
    "JobName",
    "ParameterList",
    "NotificationCode",
    "CallbackURL",
    "JobOptions",
    "ESSParameters",
    "ReqstId",
    "RequestStatus",
    "StatusCode",
)
REJECTED_ID = "-1"
_NOT_ECHOED = ("DocumentContent",)
_FILE_TYPES = ("LOG", "OUT", "ALL")
_BULK_CHILDREN = 5
Body = dict[str, Any]


def operation_of(request: Request) -> str:
    """Return the OperationName of a POST.

    Raises:
        Refusal: 415 for another media type, 400 for a body that is no object or names no operation.
    """
    return _body_of(request)["OperationName"]


def _body_of(request: Request) -> Body:
    body = json_object(request)
    if not isinstance(body.get("OperationName"), str):
        raise Refusal(400, Detail("The attribute OperationName is required.", "27014", "/OperationName"))
    for name, value in body.items():
        if name not in ATTRIBUTES or not (value is None or isinstance(value, str)):
            raise Refusal(400, Detail(f"The attribute {name[:60]} isn't valid.", path=f"/{name[:60]}"))
    return body


class ErpIntegrations:
    """Submissions to one pod, and their fate."""

    def __init__(self, books: Books) -> None:
        self._books = books
        books.on_pending("erpintegrations", self._submit_pending)

    def submit(
        self, request: Request, client: Client, base: str, *, forced: str = "", is_rejected: bool = False
    ) -> Body:
        """Do what a POST asks for and return the echo; `forced` is a job's fault, `is_rejected` refuses it with -1."""
        body = _body_of(request)
        with self._books.store.transaction():
            found = (
                {"ReqstId": REJECTED_ID} if is_rejected else self._done(body, client, forced, self._books.clock.now())
            )
        echo = {name: None if name in _NOT_ECHOED else body.get(name) for name in ATTRIBUTES} | found
        link = {"rel": "self", "href": f"{base}/erpintegrations/{echo['OperationName']}", "kind": "item"}
        return {**echo, "links": [{**link, "name": "erpintegrations"}]}

    def _submit_pending(self, client_id: str, body: str, at: datetime) -> None:
        client = self._books.site.client(client_id)
        if client is not None:
            # Nobody waits for the answer any more, whatever it would be.
            with suppress(Refusal):
                self._done(json.loads(body), client, "", at)

    def _done(self, body: Body, client: Client, forced: str, at: datetime) -> Body:
        operations = {
            "importBulkData": self._import_bulk_data,
            "uploadFileToUCM": self._upload,
            "submitESSJobRequest": self._submit_job,
            "downloadESSJobExecutionDetails": self._download,
            "getDocumentForDocumentId": self._document,
        }
        name = body["OperationName"]
        if name not in operations:
            raise Refusal(400, Detail(f"The operation {name[:60]} isn't valid.", path="/OperationName"))
        try:
            return operations[name](body, client, forced, at)
        except Rejected:
            return {"ReqstId": REJECTED_ID}

    def _import_bulk_data(self, body: Body, client: Client, forced: str, at: datetime) -> Body:
        interface, parameters = import_parameters(body, client, self._books.site)
        fields = {
            "OPERATION": body["OperationName"],
            "JOB": job_of(BULK, interface),
            "PARAMETERS": parameters,
            "OPTIONS": body.get("JobOptions") or "",
            "FILE_NAME": body.get("FileName") or "",
            "DOCUMENT_ID": self._keep(body),
            "CLIENT_ID": client.client_id,
            "FORCED": forced,
        }
        return {"ReqstId": self._books.jobs.add(fields, _BULK_CHILDREN, at)}

    def _upload(self, body: Body, client: Client, forced: str, at: datetime) -> Body:
        accounts = (*self._books.site.document_accounts, *self._books.site.receivables_accounts)
        if client.role == NO_DATA or body.get("DocumentAccount") not in accounts:
            raise Rejected("document account")
        return {"DocumentId": self._keep(body)}

    def _submit_job(self, body: Body, client: Client, forced: str, at: datetime) -> Body:
        documents = {row["ID"] for row in self._books.store.rows("SELECT ID FROM DOCUMENT")}
        job, parameters, document_id = ess_job(body, client, self._books.site, documents)
        fields = {"OPERATION": body["OperationName"], "JOB": job, "PARAMETERS": parameters, "DOCUMENT_ID": document_id}
        fields |= {"OPTIONS": body.get("JobOptions") or "", "CLIENT_ID": client.client_id, "FORCED": forced}
        return {"ReqstId": self._books.jobs.add(fields, 0, at)}

    def _download(self, body: Body, client: Client, forced: str, at: datetime) -> Body:
        content = self._details(body.get("ReqstId") or "", body.get("FileType") or "ALL")
        return {"DocumentContent": content}

    def _document(self, body: Body, client: Client, forced: str, at: datetime) -> Body:
        row = self._books.store.get("DOCUMENT", body.get("DocumentId") or "")
        if row is None:
            raise Refusal(400, Detail("The document doesn't exist.", path="/DocumentId"))
        return {"DocumentContent": row["CONTENT"], "FileName": row["FILE_NAME"]}

    def _keep(self, body: Body) -> str:
        content = body.get("DocumentContent") or ""
        try:
            base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError):
            raise Refusal(400, Detail("DocumentContent isn't encoded in base64.", path="/DocumentContent")) from None
        if not content:
            raise Refusal(400, Detail("DocumentContent is required.", "27014", "/DocumentContent"))
        number = str(self._books.store.count_up("document_id", 23_903))
        row = {"ID": number, "FILE_NAME": body.get("FileName") or "", "CONTENT": content}
        self._books.store.insert("DOCUMENT", {**row, "ACCOUNT": body.get("DocumentAccount") or ""})
        return number

    def resources(self) -> dict[str, Resource]:
        """Return the read side: rows only through a finder."""
        finders = {
            "ESSJobStatusRF": self._find_status,
            "ESSExecutionDetailsRF": self._find_tree,
            "ESSJobExecutionDetailsRF": self._find_details,
            "DocumentIdsByFilePrefixRF": self._find_documents,
        }
        attributes = tuple(Attribute(name, TEXT, is_queryable=False) for name in ATTRIBUTES)
        resource = Resource(
            "erpintegrations", attributes, lambda client, parent: [], finders=finders, is_finder_required=True
        )
        return {resource.name: resource}

    def _find_status(self, client: Client, variables: Mapping[str, str]) -> list[Row]:
        request_id = _needed(variables, "requestId")
        row = self._books.jobs.poll(request_id)
        # A job that was not submitted through this resource (a child, a job of the user interface) has no status here.
        return [_row(row["OPERATION"] if row else None, request_id, self._books.jobs.status(row) if row else "")]

    def _find_tree(self, client: Client, variables: Mapping[str, str]) -> list[Row]:
        request_id = _needed(variables, "requestId")
        row = self._books.jobs.poll(request_id)
        text = json.dumps(tree(self._books.jobs, row)) if row else ""
        return [_row(row["OPERATION"] if row else None, request_id, text)]

    def _find_details(self, client: Client, variables: Mapping[str, str]) -> list[Row]:
        request_id = _needed(variables, "requestId")
        content = self._details(request_id, variables.get("fileType", "ALL"))
        return [{**_row(None, request_id, None), "DocumentContent": content}]

    def _find_documents(self, client: Client, variables: Mapping[str, str]) -> list[Row]:
        prefix, account = _needed(variables, "filePrefix"), _needed(variables, "docAccount")
        _needed(variables, "comment")
        rows = self._books.store.rows("SELECT * FROM DOCUMENT ORDER BY CAST(ID AS INTEGER)")
        return [
            {**dict.fromkeys(ATTRIBUTES), ROW_KEY: row["ID"], "DocumentId": row["ID"], "FileName": row["FILE_NAME"]}
            for row in rows
            if row["FILE_NAME"].startswith(prefix) and account in ("#NULL", row["ACCOUNT"])
        ]

    def _details(self, request_id: str, file_type: str) -> str | None:
        if file_type.upper() not in _FILE_TYPES:
            raise Refusal(400, f"The file type {file_type[:20]!r} isn't valid: use LOG, OUT or ALL.")
        row = self._books.jobs.request(request_id)
        content = details_zip(self._books.jobs, row, file_type.upper(), self._books.site.switches) if row else None
        return base64.b64encode(content).decode() if content else None


def _row(operation: str | None, request_id: str, status: str | None) -> Row:
    row: Row = {**dict.fromkeys(ATTRIBUTES), ROW_KEY: request_id}
    return row | {"OperationName": operation, "ReqstId": request_id, "RequestStatus": status}


def _needed(variables: Mapping[str, str], name: str) -> str:
    if not variables.get(name):
        raise Refusal(400, f"The finder variable {name} is required; write #NULL for one that isn't used.")
    return variables[name]
