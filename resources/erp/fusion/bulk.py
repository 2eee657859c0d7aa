"""Pack rows for `importBulkData`: CSV files at the root of a ZIP, and the request around them.

In: rows by file name, the job and what it is told. Out: bytes that are the same for the same rows for ever, and a plain
dict. Pure. Every interface of Fusion is loaded this way; which columns a file has is its own matter. Source:
docs.oracle.com/en/cloud/saas/financials/24c/farfa/op-erpintegrations-post.html.
"""

from __future__ import annotations

import base64
import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence

# A ZIP holds the moment an entry was written; one and the same keeps the file the same for ever.
_ENTRY_MOMENT = (1980, 1, 1, 0, 0, 0)


def packed(files: Mapping[str, Iterable[Sequence[str]]]) -> bytes:
    """Return a ZIP with each file at its root, by the very name given: the loader finds its control file by it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, rows in files.items():
            entry = zipfile.ZipInfo(name, _ENTRY_MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            # Written as it is made: a file of many rows is never held whole beside its packed form.
            with io.TextIOWrapper(opened.open(entry, "w"), encoding="utf-8", newline="") as text:
                csv.writer(text, lineterminator="\r\n").writerows(rows)
    return content.getvalue()


def request(content: bytes, file_name: str, account: str, job: str, parameters: str, notify: str, options: str) -> dict:
    """Return the body of the one call that loads a ZIP and imports what is in it."""
    return {
        "OperationName": "importBulkData",
        "DocumentContent": base64.b64encode(content).decode(),
        "ContentType": "zip",
        "FileName": file_name,
        "DocumentAccount": account,
        "JobName": job,
        "ParameterList": parameters,
        "CallbackURL": "#NULL",
        "NotificationCode": notify,
        "JobOptions": options,
    }
