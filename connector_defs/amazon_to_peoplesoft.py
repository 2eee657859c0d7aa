"""A connection from Amazon to PeopleSoft: its settings, and how its door is opened."""

from pathlib import Path

import httpx

from connector_defs.amazon_to_erp import AmazonToErpSettings, ErpDoors
from ledger.errors import TargetUnavailable
from resources.erp.peoplesoft.client import PeopleSoft
from resources.erp.peoplesoft.profile import PeopleSoftProfile
from resources.transport.retry import RetryPolicy
from resources.transport.rings import build_client

_RETRY = RetryPolicy(attempts_max=3, seconds_max=60)


class AmazonToPeopleSoftSettings(AmazonToErpSettings):
    """A connection from one Amazon seller account to one PeopleSoft ledger group."""

    peoplesoft: PeopleSoftProfile

    @property
    def ledger_id(self) -> str:
        """Return node and ledger group."""
        return f"peoplesoft:{self.peoplesoft.node}:{self.peoplesoft.ledger_group}"

    @property
    def erp_name(self) -> str:
        """Return PeopleSoft."""
        return "PeopleSoft"

    @property
    def erp_address(self) -> str:
        """Return where the Integration Gateway is."""
        return self.peoplesoft.root_url

    @property
    def erp_secrets(self) -> tuple[str, ...]:
        """Return user and password, unless the site wants none."""
        profile = self.peoplesoft
        return () if profile.auth == "anonymous" else (profile.user_secret, profile.password_secret)

    @property
    def erp_units(self) -> tuple[str, ...]:
        """Return the business units that are looked through."""
        return self.peoplesoft.units

    def open_target(self, doors: ErpDoors) -> PeopleSoft:
        """Open the door to PeopleSoft."""
        profile = self.peoplesoft
        client = build_client(
            connection=doors.connection,
            clock=doors.clock,
            user_agent=doors.user_agent,
            recorder=doors.stores.exchanges,
            buckets=doors.stores.buckets,
            timeout=httpx.Timeout(profile.read_timeout_seconds, connect=profile.connect_timeout_seconds),
            transport=doors.transport,
            unavailable=TargetUnavailable,
            certificates=Path(profile.certificates) if profile.certificates else None,
            retry=_RETRY,
        )
        return PeopleSoft(
            profile,
            client,
            lambda: (doors.vault.get(profile.user_secret), doors.vault.get(profile.password_secret)),
            doors.clock,
        )
