"""Amazon's Selling Partner API as the connector uses it: find settlement reports, fetch one, see the seller's markets.

In: settings with names of secrets, and what all doors share (clock, buckets, token cache, recorder). Out: typed values,
or an error sentence. `requested` asks for reports, `orders` reads orders, `finances` the financial transactions,
`transfers` payouts, `balances` what Amazon owes, `event_groups` its settlement periods, `fee_invoices` its invoices
for its fees, `catalog_items` the products of the seller; all share this connection's door. It only reads: the one thing
it lets Amazon make is a report, and no operation that changes or pays anything exists here.
"""

from __future__ import annotations

import platform
import random
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

import httpx

from ledger.errors import SourceRefused
from resources.amazon.balances import Balances
from resources.amazon.catalog_items import CatalogItems
from resources.amazon.door import Door
from resources.amazon.download import DocumentFetcher, Download
from resources.amazon.event_groups import EventGroups
from resources.amazon.fee_invoices import FeeInvoices
from resources.amazon.finances import Finances
from resources.amazon.lwa import AccessTokenAuth
from resources.amazon.old_events import OldEvents
from resources.amazon.orders import Orders
from resources.amazon.quotas import limit_of
from resources.amazon.reports import (
    DocumentLink,
    Participation,
    ReportEntry,
    all_entries,
    first_parameters,
    link_of,
    participations_of,
)
from resources.amazon.requested_reports import RequestedReports
from resources.amazon.settings import SellingPartnerSettings
from resources.amazon.transfers import Transfers
from resources.amazon.user_agent import user_agent
from resources.clock import Clock
from resources.transport.access_tokens import TokenCache
from resources.transport.rate_limit import Buckets, Limit
from resources.transport.record import Recorder
from resources.transport.retry import RetryPolicy
from resources.transport.rings import TIMEOUT, build_client

__all__ = ["DocumentLink", "Download", "Participation", "ReportEntry", "SellingPartner", "SellingPartnerSettings"]

RETRY = RetryPolicy(attempts_max=6, seconds_max=300.0, base_seconds=1.0, cap_seconds=60.0)
_DOCUMENT_ID_LENGTH_MAX = 1000


class SellingPartner:
    """One seller account in one region.

    Args:
        settings: Whose account, where.
        vault_reader: Returns a secret by name; called when it is needed, never before.
        clock: Time and waiting.
        buckets: Token buckets shared by all processes.
        token_cache: Access tokens shared by all processes.
        recorder: Keeps the exchanges.
        transport: Stands in for the socket; given by tests.
        retry: How often calls that failed are repeated.
        wait_seconds_max: Longest wait for a quota, per call.
        jitter: Source of the random part of waits.
    """

    def __init__(
        self,
        settings: SellingPartnerSettings,
        vault_reader: Callable[[str], str],
        clock: Clock,
        buckets: Buckets,
        token_cache: TokenCache,
        recorder: Recorder | None,
        transport: httpx.BaseTransport | None = None,
        *,
        retry: RetryPolicy = RETRY,
        wait_seconds_max: float = 900.0,
        jitter: random.Random | None = None,
    ) -> None:
        self._settings = settings
        self._read_secret = vault_reader
        self._clock = clock
        agent = user_agent(settings.application_name, settings.application_version, _attributes())
        self._client = build_client(
            connection=settings.connection,
            clock=clock,
            user_agent=agent,
            recorder=recorder,
            auth=AccessTokenAuth(settings, vault_reader, clock, token_cache, agent, TIMEOUT),
            limits=self._limit,
            buckets=buckets,
            retry=retry,
            transport=transport,
            wait_seconds_max=wait_seconds_max,
            jitter=jitter,
        )
        self._door = Door(settings, self._client)
        self._fetcher = DocumentFetcher(self._client, settings, self.report_document)
        self._settlement_fetcher = DocumentFetcher(
            self._client, settings, partial(self.report_document, is_for_settlements=True)
        )
        self.requested = RequestedReports(self._door, clock, self.download)
        self.finances = Finances(self._door, clock)
        self.orders = Orders(self._door, clock, settings.marketplace_ids)
        self.transfers = Transfers(self._door)
        self.balances = Balances(self._door)
        self.event_groups = EventGroups(self._door, clock)
        self.old_events = OldEvents(self._door, clock)
        self.fee_invoices = FeeInvoices(self._door, settings.marketplace_ids)
        self.catalog_items = CatalogItems(self._door, settings)

    def __repr__(self) -> str:
        return f"SellingPartner({self._settings.connection!r}, {self._settings.seller_id!r}, {self._settings.region!r})"

    def __enter__(self) -> SellingPartner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def marketplace_ids(self) -> tuple[str, ...]:
        """Return the marketplaces of the connection."""
        return self._settings.marketplace_ids

    def close(self) -> None:
        """Close all sockets."""
        self._client.close()

    def settlement_reports(
        self, created_since: datetime | None = None, created_until: datetime | None = None
    ) -> Iterator[ReportEntry]:
        """Return the finished settlement reports that Amazon lists, each report id once, oldest first.

        The list is read to its end before the first entry comes out. Amazon keeps 90 days: earlier starts are moved up.

        Raises:
            SourceRefused: A person has to act (authorisation, role, region).
            SourceUnavailable: Throttled or out of order beyond all attempts.
        """
        parameters = first_parameters(self._settings.marketplace_ids, self._clock.now(), created_since, created_until)
        if parameters is None:
            return
        yield from all_entries(self._settings.connection, parameters, self._page)

    def _page(self, parameters: Mapping[str, str]) -> Mapping[str, Any]:
        return self._door.get("getReports", "/reports/2021-06-30/reports", parameters, is_for_settlements=True)

    def report_document(self, document_id: str, *, is_for_settlements: bool = False) -> DocumentLink:
        """Return a fresh link to a document; it lives five minutes. Raises as `settlement_reports`."""
        # "." and ".." would be taken out of the path on its way.
        if document_id.strip(".") == "" or len(document_id) > _DOCUMENT_ID_LENGTH_MAX or not document_id.isprintable():
            raise SourceRefused(
                f"{document_id[:120]!r} is no id of a report document (connection {self._settings.connection})."
            )
        path = f"/reports/2021-06-30/documents/{quote(document_id, safe='')}"
        answer = self._door.get("getReportDocument", path, {}, is_for_settlements=is_for_settlements)
        return link_of(self._settings.connection, document_id, answer)

    def download(self, document_id: str, to: Path, *, is_for_settlements: bool = False) -> Download:
        """Fetch a document into the file `to`, raw as it lies in Amazon's storage.

        A settlement's does not wait for those of other reports.

        Raises:
            DocumentDamaged: Cut short or changed on the way, twice.
            SourceRefused, SourceUnavailable: As `settlement_reports`.
        """
        fetcher = self._settlement_fetcher if is_for_settlements else self._fetcher
        return fetcher.fetch(document_id, to)

    def prove_role(self) -> None:
        """Ask for one entry of the list of settlement reports: token, region and role are right if it comes.

        Raises as `settlement_reports`.
        """
        now = self._clock.now()
        parameters = first_parameters((), now, now - timedelta(days=1), None)
        assert parameters is not None, "a day ago lies within what Amazon keeps"
        self._page({**parameters, "pageSize": "1"})

    def participations(self) -> tuple[Participation, ...]:
        """Return the seller's marketplaces; Amazon asks for a role of its own here ("Selling Partner Insights")."""
        body = self._door.get("getMarketplaceParticipations", "/sellers/v1/marketplaceParticipations", {})
        return participations_of(self._settings.connection, body)

    def _limit(self, request: httpx.Request) -> Limit | None:
        settings = self._settings
        operation = request.extensions.get("operation", "")
        if operation in ("token", "download"):
            return None
        client_id = self._read_secret(settings.client_id_secret)
        is_first = request.extensions.get("is_for_settlements", False)
        return limit_of(operation, client_id, settings.seller_id, settings.region, is_for_settlements=is_first)


def _attributes() -> dict[str, str]:
    return {"Language": f"Python/{platform.python_version()}", "Platform": platform.system() or "unknown"}
