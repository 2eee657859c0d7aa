"""The ways in which only a Fusion pod goes wrong, as faults for a `FaultPlan`.

Operations of the plan: token; each resource by its name (journalBatches, journalHeaders, ledgersLOV, ...), describe;
updateJournalBatch, deleteJournalBatch; createReceivablesInvoice, updateReceivablesInvoice, deleteReceivablesInvoice,
createStandardReceipt, deleteStandardReceipt, createReceivablesCreditMemo (REST, on account), createCreditMemo (SOAP);
each OperationName of erpintegrations (importBulkData, ...) and each
finder of it (ESSJobStatusRF, ...).
General faults of `emulators.faults` mean here: `slow` replies late and commits; `dropped(after=True)` commits and
closes the connection; `dropped()` closes it before anything is stored; `status(429)` or `status(503)` is the service's
own error body; `html(502)` is the front end's page, with `after=True` over a commit.
"""

from __future__ import annotations

from emulators.faults import Fault, named

THROTTLED = "fusion_throttled"
REJECTED = "fusion_rejected"
COMMITS_LATER = "fusion_commits_later"
DELIVERED_TWICE = "fusion_delivered_twice"
JOB = "fusion_job"
BLIND = "fusion_blind"
BACKWARDS = "fusion_backwards"
REPEATED = "fusion_repeated"
TOKEN_REVOKED = "fusion_token_revoked"
OF_ROWS = (BLIND, BACKWARDS, REPEATED)


def throttled(retry_after: str = "") -> Fault:
    """Answer 429; `retry_after` (seconds or an HTTP date) becomes the header, "" leaves it out."""
    return named(THROTTLED, code=429, note=retry_after)


def rejected() -> Fault:
    """Answer a submission with success and ReqstId -1: it was refused, and nothing else says so."""
    return named(REJECTED)


def commits_later(seconds: float, *, code: int = 0) -> Fault:
    """Let a submission go on in a slow server: the caller loses the connection now (or sees a page with this HTTP
    status), the job is submitted that many seconds later."""
    return named(COMMITS_LATER, seconds=seconds, code=code)


def delivered_twice() -> Fault:
    """Let a gateway hand the request over twice and pass on the second answer."""
    return named(DELIVERED_TWICE, after=True)


def token_revoked(*, after: bool = False) -> Fault:
    """Let every access token given out so far be worth nothing: this call is answered 401 undone, or with `after` it is
    done and answered, and the next one sees it."""
    return named(TOKEN_REVOKED, code=401, after=after)


def load_fails() -> Fault:
    """Accept the file; its load ends in ERROR, nothing of it stays in the interface."""
    return named(JOB, note="load:ERROR")


def import_fails() -> Fault:
    """Load the file; its import ends in ERROR before it looked at any row: the rows stay in the interface."""
    return named(JOB, note="import:ERROR")


def import_lost() -> Fault:
    """Load the file; its import ends in SUCCEEDED without a batch, the rows stay in the interface."""
    return named(JOB, note="import:SUCCEEDED")


def job_lost() -> Fault:
    """Answer a submission with a request id, and forget the job: it has no status and does nothing."""
    return named(JOB, note="lost:")


def line_rejected(place: int) -> Fault:
    """Let AutoInvoice reject the line at a place of the file (from 1), whatever is in it."""
    return named(JOB, note=f"reject:{place}")


def line_held(place: int) -> Fault:
    """Let AutoInvoice keep the line at a place of the file (from 1), and its whole invoice, without a word."""
    return named(JOB, note=f"hold:{place}")


def job_ends(word: str) -> Fault:
    """Let the job end in a status word of one's choice (CANCELLED, EXPIRED) before it did anything."""
    return named(JOB, note=f"end:{word}")


def job_stands() -> Fault:
    """Let the job stay in RUNNING for ever, before it did anything."""
    return named(JOB, note="stand:RUNNING")


def blind() -> Fault:
    """Let a collection answer success without rows, as missing data access does, although the record exists."""
    return named(BLIND)


def backwards() -> Fault:
    """Let a collection answer its rows in reverse order."""
    return named(BACKWARDS)


def repeated() -> Fault:
    """Let a collection answer every row twice."""
    return named(REPEATED)
