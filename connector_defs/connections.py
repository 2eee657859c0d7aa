"""Connections without Dagster: settings read from YAML, doors opened, a road built.

The Dagster components and the command line both come through here, so that a connection means the same in both. The
settings name secrets; values come from the vault when a door is opened.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx

from assets.posting.protocol import PostingPatience
from assets.stages.roadmap import Road
from connector_defs import __version__
from connector_defs.amazon_to_erp import AmazonToErpSettings, ErpDoors
from connector_defs.amazon_to_fusion import AmazonToFusionSettings
from connector_defs.amazon_to_peoplesoft import AmazonToPeopleSoftSettings
from connector_defs.day_sources import first_day, switched_off
from connector_defs.project import ConnectionFile, Project, text_of
from ledger.catalogue import Catalogue, load_catalogue
from ledger.errors import ConfigurationRefused
from ledger.four_eyes import UNPROVED
from ledger.mapping import Mapping, load_mapping
from ledger.opening_orders import OpeningOrders, read_opening_orders
from resources.accounts import account_name, is_in_user_namespace
from resources.amazon.client import SellingPartner, SellingPartnerSettings
from resources.amazon.marketplaces import marketplace
from resources.clock import Clock, SystemClock
from resources.erp.target import ReachableTarget
from resources.store.configuration import ConfigurationFile
from resources.store.stores import Stores
from resources.transport.access_tokens import TokenCache
from resources.vault import Vault
from resources.worker import worker_name


@dataclass(frozen=True)
class Connection:
    """One connection: its name, settings and where its files lie."""

    name: str
    settings: AmazonToErpSettings
    mapping_path: Path
    file_path: Path | None = None

    @property
    def opening_orders_path(self) -> Path | None:
        """Return the file of orders that the books held at go-live; it lies beside the mapping."""
        chosen = self.settings.books.orders_before_go_live
        return None if chosen is None else self.mapping_path.parent / chosen.file

    @property
    def catalogue_path(self) -> Path | None:
        """Return the product catalogue; it lies beside the mapping."""
        chosen = self.settings.books.catalogue
        return None if chosen is None else self.mapping_path.parent / chosen

    @property
    def ledger_id(self) -> str:
        """Return the ERP ledger's own id: where the books are and which, never the connection's name."""
        return self.settings.ledger_id

    def load_mapping(self) -> Mapping:
        """Read the mapping file anew; raises MappingRefused naming file, line and key."""
        return load_mapping(text_of(self.mapping_path, "the mapping"), str(self.mapping_path))

    def load_opening_orders(self) -> OpeningOrders:
        """Read the orders that the books held at go-live; raises ConfigurationRefused naming file and line."""
        path = self.opening_orders_path
        if path is None:
            return OpeningOrders()
        text = text_of(path, "the orders before go-live (books.orders_before_go_live.file)")
        return read_opening_orders(text, str(path), self.settings.books)

    def load_catalogue(self) -> Catalogue | None:
        """Read the products anew, None where no file is named; raises MappingRefused naming file, line and key."""
        path = self.catalogue_path
        if path is None:
            return None
        text = text_of(path, "the catalogue (books.catalogue)").removeprefix("\ufeff")  # which Excel writes
        return load_catalogue(text, str(path))

    def configuration(self) -> Iterator[ConfigurationFile]:
        """Yield the files that decide what is booked, as they stand; one that cannot be read is told elsewhere."""
        files = {"connection": self.file_path, "mapping": self.mapping_path, "orders": self.opening_orders_path}
        files["catalogue"] = self.catalogue_path
        for kind, path in files.items():
            if path is None:
                continue
            try:
                content, owner = path.read_bytes(), account_name(path.stat().st_uid)
            except OSError:
                continue
            name = f"{path.parent.name}/{path.name}"
            yield ConfigurationFile(kind, name, content, owner)

    def source(
        self,
        stores: Stores,
        vault: Vault,
        clock: Clock,
        transport: httpx.BaseTransport | None = None,
        *,
        tokens: TokenCache | None = None,
    ) -> SellingPartner:
        """Open the door to Amazon; access tokens are shared with everybody unless `tokens` says otherwise."""
        amazon = self.settings.amazon
        return SellingPartner(
            SellingPartnerSettings(
                connection=self.name,
                seller_id=amazon.seller_id,
                region=amazon.region,
                marketplace_ids=amazon.marketplaces,
                client_id_secret=amazon.secrets.client_id,
                client_secret_secret=amazon.secrets.client_secret,
                refresh_token_secret=amazon.secrets.refresh_token,
                application_name=amazon.application_name,
                application_version=__version__,
                api_url=amazon.api_url,
                token_url=amazon.token_url,
            ),
            vault.get,
            clock,
            stores.buckets,
            tokens or stores.tokens(vault),
            stores.exchanges,
            transport=transport,
        )

    def target(
        self, stores: Stores, vault: Vault, clock: Clock, transport: httpx.BaseTransport | None = None
    ) -> ReachableTarget:
        """Open the door to the ERP."""
        user_agent = f"{self.settings.amazon.application_name}/{__version__}"
        return self.settings.open_target(ErpDoors(self.name, user_agent, stores, vault, clock, transport))

    def road(
        self,
        stores: Stores,
        vault: Vault,
        clock: Clock | None = None,
        *,
        run: str = "",
        person: str = "",
        amazon_transport: httpx.BaseTransport | None = None,
        erp_transport: httpx.BaseTransport | None = None,
    ) -> Road:
        """Build the road of this connection; transports are given by tests and by nobody else."""
        clock = clock or SystemClock()
        posting = self.settings.posting
        return Road(
            connection=self.name,
            seller=self.settings.amazon.seller_id,
            ledger=self.ledger_id,
            policy=self.settings.books,
            load_mapping=self.load_mapping,
            stores=stores,
            source=self.source(stores, vault, clock, amazon_transport),
            target=self.target(stores, vault, clock, erp_transport),
            clock=clock,
            patience=PostingPatience(
                lease=posting.lease_seconds,
                in_run=posting.follow_in_run_seconds,
                poll=posting.poll_seconds,
                follow_up=posting.follow_up_seconds,
                blind=posting.blind_seconds,
            ),
            look_back=timedelta(days=self.settings.amazon.look_back_days),
            holder=worker_name(run),
            run=run,
            person=person or operating_person(),
            marketplaces=_marketplace_names(self.settings.amazon.marketplaces),
            configuration=self.configuration,
            load_opening_orders=self.load_opening_orders,
            load_catalogue=self.load_catalogue,
            bank=self.settings.bank,
            orders_road=self.settings.by_day.orders_road,
            events_source=self.settings.by_day.events_source,
            switched_off=switched_off(self.settings.by_day),
            fetched_from=partial(first_day, self.settings.by_day, self.settings.books),
        )


def _marketplace_names(marketplace_ids: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names settlements use; nothing, hence no filter, when one of the ids is unknown."""
    known = [marketplace(one) for one in marketplace_ids]
    return () if None in known else tuple(one.settlement_name for one in known if one is not None)


def operating_person() -> str:
    """Return the operating-system account that acts; never an argument, nor what the environment claims.

    Its name is marked where that proves nothing, so that no decision rests on it.
    """
    return account_name(os.getuid()) + (UNPROVED if is_in_user_namespace() else "")


# Component type -> settings model: one line per pairing.
SETTINGS: dict[str, type[AmazonToErpSettings]] = {
    "AmazonToPeopleSoft": AmazonToPeopleSoftSettings,
    "AmazonToFusion": AmazonToFusionSettings,
}


def read_connection(project: Project, file: ConnectionFile) -> Connection:
    """Return one validated connection; raises ConfigurationRefused naming file, line and key."""
    model = SETTINGS.get(file.type_name)
    if model is None:
        raise ConfigurationRefused(f"{file.path}: type {file.type_name} is none of {', '.join(SETTINGS)}.")
    settings = file.settings(model)
    return Connection(file.connection, settings, project.mapping_path(settings.mapping), file.path)


def connection(project: Project, name: str) -> Connection:
    """Return one connection by name."""
    return read_connection(project, project.connection_file(name))


def connections(project: Project) -> dict[str, Connection]:
    """Return all connections of a project, by name."""
    return {name: read_connection(project, file) for name, file in project.connection_files().items()}


def open_stores(project: Project, clock: Clock | None = None) -> Stores:
    """Open the stores under the project's home."""
    return Stores.open(project.home, clock or SystemClock())


def open_vault(project: Project) -> Vault:
    """Open the vault under the project's home."""
    return Vault.open(project.home)
