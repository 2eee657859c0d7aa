"""What an answer of `erpintegrations` says: the request that will do the work, or that there is none.

In: the JSON object of an answer with 200 or 201, and the body that was sent. Out: the request id, or an error. Pure. A
submission that Fusion rejects is answered 201 as well, with `ReqstId` -1: only a positive number is a job. Source:
docs.oracle.com/en/cloud/saas/financials/24c/farfa/op-erpintegrations-post.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ledger.errors import TargetRefused, TargetUnclear

_REQUEST_ID = re.compile(r"[1-9]\d{0,17}")
_REJECTED = re.compile(r"-\d+")


def request_id(what: str, answer: Mapping[str, Any], sent: Mapping[str, str]) -> str:
    """Return the id of the request that was made; `what` names the document in sentences.

    Raises TargetRefused for -1 (nothing was loaded), TargetUnclear for an answer without an id, or to another file.
    """
    given = answer.get("ReqstId")
    text = "" if given is None or isinstance(given, bool) else str(given).strip()
    if _REJECTED.fullmatch(text):
        job = sent.get("JobName") or sent.get("JobDefName", "")
        sentence = (
            f"no job was made (ReqstId {text}); Fusion gives no reason, and does so when job {job} is unknown, a "
            "parameter is wrong or the user may not submit it"
        )
        raise TargetRefused(
            f"{what} was refused by Fusion, nothing was loaded: {sentence}. Check import_job, import_parameters, "
            "document_account and the user's roles; with those corrected the same content goes by `retry`.",
            code=text,
            messages=(sentence,),
        )
    echoed = answer.get("FileName")
    is_other = bool(echoed) and "FileName" in sent and str(echoed) != sent["FileName"]
    if not _REQUEST_ID.fullmatch(text) or is_other:
        why = f"it is about file {str(echoed)[:60]!r}" if is_other else f"it names no request (ReqstId {text[:20]!r})"
        raise TargetUnclear(
            f"{what} was sent, and the answer leaves open whether it was taken: {why}. Fusion is asked for it by name "
            "before anything else is sent."
        )
    return text
