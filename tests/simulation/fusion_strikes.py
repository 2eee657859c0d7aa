"""What strikes only where an ERP takes documents as jobs: the job, the token or the rule that posts goes wrong.

In: a trouble and the effect, as in `strikes.py`. Out: a changed pod; a strike returns False where it cannot happen yet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from emulators.fusion.app import Fusion
from emulators.fusion.demo_site import DEMO_CLIENT
from emulators.fusion.jobs import BULK
from emulators.fusion.site import NO_DATA
from tests.simulation.strikes import At

if TYPE_CHECKING:
    from tests.simulation.trouble import Trouble


def _pod(trouble: Trouble) -> Fusion:
    return trouble.world.erp.application


@dataclass
class JobSlow:
    """The scheduler is busy: an import stands at PAUSED for long before it comes to its rows."""

    seconds: float

    def strikes(self, trouble: Trouble, at: At) -> bool:
        """Let every import take that long from now on."""
        site = _pod(trouble).site
        site.timing = replace(site.timing, import_seconds=self.seconds)
        trouble.struck(self)
        return True


@dataclass
class JobLost:
    """The file was accepted, and the scheduler forgets its job: before the load, or between load and import."""

    is_loaded: bool

    def strikes(self, trouble: Trouble, at: At) -> bool:
        """Forget the newest job that is at that point."""
        books = _pod(trouble).books
        books.settle()
        jobs = books.store.rows("SELECT * FROM ESS_REQUEST WHERE JOB = ? AND STATUS = '' ORDER BY ID DESC", [BULK])
        lost = next((one for one in jobs if bool(one["LOADED"]) == self.is_loaded and not one["IMPORTED"]), None)
        if lost is None:
            return False
        books.store.run("DELETE FROM ESS_REQUEST WHERE ID = ?", [lost["ID"]])
        trouble.struck(self)
        return True


@dataclass
class LinesRejected:
    """The import finds a line wrong and leaves it in the interface, and its job says SUCCEEDED all the same."""

    def strikes(self, trouble: Trouble, at: At) -> bool:
        """Close the account right after the file was accepted, on a pod that calls that a success."""
        if not (trouble.is_sent(at) and at.is_after):
            return False
        site = _pod(trouble).site
        site.switches = replace(site.switches, failed_import_status="SUCCEEDED")
        trouble.world.erp.close_account()
        trouble.struck(self)
        return True


@dataclass
class TokensRevoked:
    """Every access token that was given out is worth nothing from now on."""

    def strikes(self, trouble: Trouble, at: At) -> bool:
        """Let them expire between the file's way in and its batch."""
        if not _pod(trouble).faults.calls(trouble.world.erp.send):
            return False
        _pod(trouble).login.expire_all()
        trouble.struck(self)
        return True


@dataclass
class PostedLater:
    """AutoPost is busy: batches stay unposted for long."""

    seconds: float

    def strikes(self, trouble: Trouble, at: At) -> bool:
        """Let a batch wait that long from now on."""
        site = _pod(trouble).site
        if site.timing.autopost_after_seconds is None:
            return False
        site.timing = replace(site.timing, autopost_after_seconds=self.seconds)
        trouble.struck(self)
        return True


@dataclass
class ClientChanged:
    """Somebody takes away what the connector's client may do, until people give it back."""

    change: str

    def strikes(self, trouble: Trouble, at: At) -> bool:
        """Revoke the client, or let it see no data: every search then answers 200 and nothing."""
        site = _pod(trouble).site
        changes = {"is_revoked": True} if self.change == "revoked" else {"role": NO_DATA}
        site.replace_client(replace(site.client(DEMO_CLIENT), **changes))
        trouble.struck(self)
        return True
