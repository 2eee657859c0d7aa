"""All stores of one installation, opened together.

In: a home folder, or three addresses. Out: one value with every store. The addresses come from CONNECTOR_CONTROL_URL,
CONNECTOR_DOCUMENTS_URL and CONNECTOR_WAREHOUSE_URL; what is not set lies in the home folder.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from resources.clock import Clock
from resources.store.audit import Audit
from resources.store.configuration import Configuration
from resources.store.control import ControlDatabase
from resources.store.documents import DocumentStore
from resources.store.due import Due
from resources.store.erp_jobs import ErpJobs
from resources.store.exchanges import Exchanges
from resources.store.outbox import Outbox
from resources.store.people import People
from resources.store.rate_limits import SharedBuckets
from resources.store.review import Review
from resources.store.settlements import Settlements
from resources.store.tokens import SealedTokens
from resources.store.verdicts import Verdicts
from resources.store.warehouse import Warehouse


class Sealer(Protocol):
    """What the stores need of the vault: text that only it can read again."""

    def seal(self, text: str) -> str: ...

    def open_sealed(self, text: str) -> str: ...


@dataclass(frozen=True)
class StoreUrls:
    """Where the three stores are; may hold a password, so it is never shown."""

    control: str
    documents: str
    warehouse: str

    @classmethod
    def of(cls, home: Path, environment: Mapping[str, str] = os.environ) -> StoreUrls:
        """Return the addresses set in the environment, and folders under `home` for the rest."""
        home = Path(home).absolute()
        return cls(
            control=environment.get("CONNECTOR_CONTROL_URL") or f"sqlite:///{home / 'control.db'}",
            documents=environment.get("CONNECTOR_DOCUMENTS_URL") or str(home / "documents"),
            warehouse=environment.get("CONNECTOR_WAREHOUSE_URL") or str(home / "warehouse"),
        )

    def __repr__(self) -> str:
        return "StoreUrls(...)"


@dataclass(frozen=True)
class Stores:
    """Every store, over one control database."""

    control: ControlDatabase
    documents: DocumentStore
    warehouse: Warehouse
    audit: Audit
    outbox: Outbox
    settlements: Settlements
    due: Due
    review: Review
    verdicts: Verdicts
    buckets: SharedBuckets
    exchanges: Exchanges
    jobs: ErpJobs
    people: People
    configuration: Configuration

    @classmethod
    def open(cls, where: Path | StoreUrls, clock: Clock) -> Stores:
        """Open the stores of a home folder or at given addresses; bring the control database to the newest version.

        Raises ConfigurationRefused for an address that cannot be used, StoreError for one that cannot be reached.
        """
        urls = where if isinstance(where, StoreUrls) else StoreUrls.of(where)
        control = ControlDatabase(urls.control, clock)
        control.migrate()
        documents = DocumentStore(urls.documents)
        audit = Audit(control)
        return cls(
            control=control,
            documents=documents,
            warehouse=Warehouse(urls.warehouse, control, clock),
            audit=audit,
            outbox=Outbox(control, audit, clock),
            settlements=Settlements(control, audit, clock),
            due=Due(control, clock),
            review=Review(control, audit, clock),
            verdicts=Verdicts(control, clock),
            buckets=SharedBuckets(control, clock),
            exchanges=Exchanges(control, documents, clock),
            jobs=ErpJobs(control, clock),
            people=People(control, audit, clock),
            configuration=Configuration(control, audit, documents, clock),
        )

    def tokens(self, vault: Sealer) -> SealedTokens:
        """Return the cache of access tokens that this vault can read."""
        return SealedTokens(self.control, vault.seal, vault.open_sealed)

    def close(self) -> None:
        """Close the connections to the control database."""
        self.control.close()
