"""A caller who writes requests and import files by hand, and the worked example of a journal.

The caller shares nothing with the connector's client: what it sends and reads is spelled out here.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx

from emulators.clock import SteppedClock
from emulators.faults import FaultPlan
from emulators.fusion.app import Fusion
from emulators.fusion.demo_site import DEMO_CLIENT, DEMO_SCOPE, DEMO_SECRET
from emulators.in_process import InProcessTransport

TODAY = date(2026, 11, 14)
NOON = datetime(2026, 11, 14, 12, tzinfo=UTC)
REST = "/fscmRestApi/resources/11.13.18.05"
US = 300000046975971
GROUP = "990101001"
ITEM = {"Content-Type": "application/vnd.oracle.adf.resourceitem+json"}
JOB = "/oracle/apps/ess/financials/generalLedger/programs/common,JournalImportLauncher"
PARAMETERS = f"#NULL,ZB Connector,{US},{GROUP},N,N,N"
OPTIONS = "InterfaceDetails=15,ImportOption=Y,PurgeOption=N,ExtractFileType=ALL"

# One line of the file by position; both sides of the worked example of a settlement.
ROW = {0: "NEW", 1: str(US), 2: "2026/11/10", 3: "ZB Connector", 4: "Marketplace", 5: "USD", 6: "2026/11/14", 7: "A"}
ROW |= {8: "01", 9: "000", 11: "000", 42: "ZB-AZ261110-000017", 43: "Settlement 17890123456"}
ROW |= {45: "ZB-AZ261110-000017", 46: "Settlement 17890123456", 47: "17890123456", 66: GROUP, 94: "Nov-26"}
DEBIT = ROW | {10: "110500", 38: "1520.33", 51: "Clearing"}
CREDIT = ROW | {10: "400100", 39: "1520.33", 51: "Sales"}
PAIR = (DEBIT, CREDIT)


def zipped(rows: Sequence[dict[int, str]], *, name: str = "GlInterface.csv", columns: int = 149) -> bytes:
    """Return a zip with one CSV of these rows."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for row in rows:
        writer.writerow([row.get(place, "") for place in range(columns)])
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(name, text.getvalue())
    return content.getvalue()


@dataclass
class Caller:
    """One HTTP client at a pod, with whatever token it was given."""

    app: Fusion
    clock: SteppedClock
    faults: FaultPlan
    version: str | None = "4"
    token: str = ""
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        transport = InProcessTransport(self.app, self.clock)
        self.http = httpx.Client(transport=transport, base_url="https://pod.example", timeout=120)

    def login(self, client_id: str = DEMO_CLIENT, secret: str = DEMO_SECRET, scope: str = DEMO_SCOPE) -> httpx.Response:
        """Ask for a token and keep it."""
        form = {"grant_type": "client_credentials", "scope": scope}
        answer = self.http.post("/oauth2/v1/token", data=form, auth=(client_id, secret))
        self.token = answer.json().get("access_token", "")
        return answer

    def request(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, body: Any = None, **query: str
    ) -> httpx.Response:
        """Send one request below the root of the resources."""
        sent = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        if self.version is not None:
            sent["REST-Framework-Version"] = self.version
        content = None if body is None else json.dumps(body).encode()
        return self.http.request(method, f"{REST}/{path}", params=query, headers=sent, content=content)

    def get(self, path: str, **query: str) -> httpx.Response:
        """Read."""
        return self.request("GET", path, **query)

    def items(self, path: str, **query: str) -> list[dict[str, Any]]:
        """Read a collection's items, numbers with a fraction as Decimal."""
        answer = self.get(path, onlyData="true", **query)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.text, parse_float=Decimal)["items"]

    def load(
        self,
        rows: Sequence[dict[int, str]] = PAIR,
        *,
        content: bytes | None = None,
        parameters: str = PARAMETERS,
        options: str = OPTIONS,
        **changes: str,
    ) -> httpx.Response:
        """Submit an importBulkData."""
        document = zipped(rows) if content is None else content
        body = {
            "OperationName": "importBulkData",
            "DocumentContent": base64.b64encode(document).decode(),
            "ContentType": "zip",
            "FileName": "zb_990101001.zip",
            "DocumentAccount": "fin$/generalLedger$/import$",
            "JobName": JOB,
            "ParameterList": parameters,
            "CallbackURL": "#NULL",
            "NotificationCode": "10",
            "JobOptions": options,
        }
        return self.request("POST", "erpintegrations", headers=ITEM, body=body | changes)

    def loaded(self, rows: Sequence[dict[int, str]] = PAIR, **changes: Any) -> str:
        """Submit an importBulkData, wait for its end and return its request id."""
        request_id = self.load(rows, **changes).json()["ReqstId"]
        self.clock.advance(60)
        return request_id

    def job(self, package: str, definition: str, parameters: str) -> str:
        """Submit a job and return its request id."""
        body = {"OperationName": "submitESSJobRequest", "JobPackageName": package, "JobDefName": definition}
        body |= {"ESSParameters": parameters}
        return self.request("POST", "erpintegrations", headers=ITEM, body=body).json()["ReqstId"]

    def status(self, request_id: str) -> str:
        """Return a job's RequestStatus."""
        return self.items("erpintegrations", finder=f"ESSJobStatusRF;requestId={request_id}")[0]["RequestStatus"]

    def tree(self, request_id: str) -> dict[str, Any]:
        """Return a job's tree."""
        rows = self.items("erpintegrations", finder=f"ESSExecutionDetailsRF;requestId={request_id}")
        return json.loads(rows[0]["RequestStatus"])

    def files(self, request_id: str, file_type: str) -> dict[str, str]:
        """Return the entries of a job's details, none when there is no document."""
        finder = f"ESSJobExecutionDetailsRF;requestId={request_id},fileType={file_type}"
        content = self.items("erpintegrations", finder=finder)[0]["DocumentContent"]
        if content is None:
            return {}
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(content))) as archive:
            return {name: archive.read(name).decode() for name in archive.namelist()}
