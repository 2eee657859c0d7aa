"""Follow scheduled processes: the word a job stands at, the tree of its steps, its log, and files that arrived.

In: request ids. Out: states and sentences. A job is over only at a word known to be final: PAUSED is a parent waiting
for its children, COMPLETED precedes the final word, and a word nobody knows may be either. Sources:
docs.oracle.com/en/cloud/saas/financials/25d/farfa/op-erpintegrations-get.html,
docs.oracle.com/en/cloud/saas/applications-common/25c/oacpr/statuses-of-scheduled-processes.html.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from resources.erp.fusion import job_log
from resources.erp.fusion.door import INTEGRATIONS, Door
from resources.erp.fusion.faults import words

_SUCCEEDED = frozenset({"SUCCEEDED", "FINISHED"})
_FAILED = frozenset(
    {"WARNING", "ERROR", "CANCELLED", "CANCELED", "EXPIRED", "ERROR MANUAL RECOVERY", "VALIDATION FAILED"}
)
_STEPS_MAX = 200
_DEPTH_MAX = 10


class JobState(StrEnum):
    """Where a job stands."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


def state_of(word: str) -> JobState:
    """Return what a status word comes to; one that is empty or unknown is not final."""
    plain = " ".join(word.upper().replace("_", " ").split())
    if plain in _SUCCEEDED:
        return JobState.SUCCEEDED
    return JobState.FAILED if plain in _FAILED else JobState.RUNNING


@dataclass(frozen=True)
class Step:
    """One job of a tree."""

    name: str
    request_id: str
    word: str

    @property
    def is_of_reports(self) -> bool:
        """Tell whether it only files the logs away, which says nothing of the journal."""
        return self.name.lower().startswith("upload interface error")


class Jobs:
    """The jobs of one site; all verbs raise TargetUnavailable and TargetMisconfigured."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def word(self, request_id: str) -> str:
        """Return the status word of a request, "" when Fusion does not say one."""
        rows = self._door.found(INTEGRATIONS, "ESSJobStatusRF", {"requestId": request_id})
        return next((words(row.text("RequestStatus")) for row in rows if row.text("RequestStatus")), "")

    def failed_steps(self, request_id: str) -> list[Step]:
        """Return the steps of a request's tree that ended badly; a parent may succeed over a child that did not."""
        rows = self._door.found(INTEGRATIONS, "ESSExecutionDetailsRF", {"requestId": request_id})
        told = next((row.text("RequestStatus") for row in rows if row.text("RequestStatus")), "")
        try:
            tree = json.loads(told)
        except (ValueError, RecursionError):
            return []
        steps = list(_steps(tree.get("JOBS") if isinstance(tree, dict) else None))
        return [step for step in steps if state_of(step.word) is JobState.FAILED and not step.is_of_reports]

    def reasons(self, request_id: str) -> tuple[str, ...]:
        """Return what logs and reports of a request say of its failure; () when they say nothing or are not kept.

        The codes of rows stand in the execution report, an output; what broke before the import stands in the logs.
        """
        found = [reason for packed in self._logs(request_id) for reason in job_log.reasons(packed)]
        return tuple(dict.fromkeys(found))[: job_log.SENTENCES_MAX]

    def lines(self, request_id: str) -> tuple[str, ...]:
        """Return every line of the logs and reports of a request, each once; () when they are not kept."""
        said = (words(line) for packed in self._logs(request_id) for line in job_log.lines(packed))
        return tuple(dict.fromkeys(line for line in said if line))

    def _logs(self, request_id: str) -> Iterator[bytes]:
        variables = {"requestId": request_id, "fileType": "ALL"}
        for row in self._door.found(INTEGRATIONS, "ESSJobExecutionDetailsRF", variables):
            try:
                yield base64.b64decode(row.text("DocumentContent"), validate=True)
            except (binascii.Error, ValueError):
                continue

    def files(self, prefix: str) -> list[str]:
        """Return the document ids of files that arrived under names that begin so."""
        variables = {"filePrefix": prefix, "docAccount": "#NULL", "comment": "#NULL"}
        rows = self._door.found(INTEGRATIONS, "DocumentIdsByFilePrefixRF", variables)
        return [one for row in rows if (one := row.text("DocumentId"))]


def _steps(jobs: Any, depth: int = 0) -> Iterator[Step]:
    for one in jobs[:_STEPS_MAX] if isinstance(jobs, list) and depth < _DEPTH_MAX else ():
        if isinstance(one, dict):
            yield Step(words(one.get("JOBNAME", "")), words(one.get("REQUESTID", "")), words(one.get("STATUS", "")))
            yield from _steps(one.get("CHILD"), depth + 1)
