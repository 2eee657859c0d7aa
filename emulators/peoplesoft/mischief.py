"""The ways in which only a PeopleSoft goes wrong, as faults for a `FaultPlan`.

Operations of the plan: Create, Get, Find, Update, Updatedata, GetWSDL, ExecuteQuery, and each query by its name
(X_JRNL_BY_KEY). General faults of `emulators.faults` mean here: `slow` replies late and commits; `dropped(after=True)`
commits and closes the connection; `dropped()` closes it before anything is saved; `status(500)` is a Fault
(158,10721) before the save; `html(502)` is the proxy's page, with `after=True` over a save; `blank(500)` has no body.
"""

from __future__ import annotations

from emulators.faults import Fault, named

COMMITS_LATER = "peoplesoft_commits_later"
GATEWAY_ERROR = "peoplesoft_gateway_error"
DELIVERED_TWICE = "peoplesoft_delivered_twice"
BLIND = "peoplesoft_blind"
BACKWARDS = "peoplesoft_backwards"
REPEATED = "peoplesoft_repeated"
OF_ROWS = (BLIND, BACKWARDS, REPEATED)


def commits_later(seconds: float, *, code: int = 0) -> Fault:
    """Let a Create go on in a slow application server: the caller loses the connection now (or sees a proxy's page
    with this HTTP status), the journal appears that many seconds later."""
    return named(COMMITS_LATER, seconds=seconds, code=code)


def gateway_error(*, after: bool = False) -> Fault:
    """Answer HTTP 200 with an IBResponse error in place of an envelope; with `after` the work was done."""
    return named(GATEWAY_ERROR, code=200, after=after)


def delivered_twice() -> Fault:
    """Let a gateway hand the request over twice and pass on the second answer."""
    return named(DELIVERED_TWICE, after=True)


def blind() -> Fault:
    """Let a query answer success without rows, as row security does, although the record exists."""
    return named(BLIND)


def backwards() -> Fault:
    """Let a query answer its rows in reverse order."""
    return named(BACKWARDS)


def repeated() -> Fault:
    """Let a query answer every row twice, as a join too many does."""
    return named(REPEATED)
