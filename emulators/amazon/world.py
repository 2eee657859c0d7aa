"""The sellers, applications and documents that one emulated Amazon holds.

In: plain values. Out: `World`, which the application of `emulators.amazon.app` reads on every call, so that a test can
add a report or withdraw a grant while it runs. All credentials are invented and begin with `demo` or hold the word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from emulators.amazon.history import SellerHistory

FINANCE_ROLE = "Finance and Accounting"
ORDER_ROLE = "Inventory and Order Tracking"
LISTING_ROLE = "Product Listing"
# Who may see where an order goes: https://developer-docs.amazon.com/sp-api/docs/roles-in-the-selling-partner-api
PERSONAL_DATA_ROLES = frozenset({"Direct-to-Consumer Shipping (Restricted)", "Tax Invoicing (Restricted)"})


@dataclass(slots=True)
class Application:
    """A developer's application: client id, the secrets that work today, grants it may use."""

    client_id: str
    client_secrets: set[str]
    grant_types: frozenset[str] = frozenset({"refresh_token", "client_credentials"})


@dataclass(frozen=True, slots=True)
class Seller:
    """A selling partner account, in one region, with the marketplaces it sells in."""

    seller_id: str
    region: str
    store_name: str
    marketplace_ids: tuple[str, ...]


@dataclass(slots=True)
class Grant:
    """A seller's authorisation of an application: its refresh token, its roles, whether it was withdrawn."""

    refresh_token: str
    client_id: str
    seller_id: str
    roles: frozenset[str] = frozenset({FINANCE_ROLE, ORDER_ROLE, LISTING_ROLE})
    is_revoked: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A report's content as it lies in storage, before compression.

    `content_type` is sent as it stands: with or without a charset.
    """

    document_id: str
    content: bytes
    is_gzip: bool = True
    content_type: str = "text/plain; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """One line of a seller's report list."""

    report_id: str
    report_type: str
    created: datetime
    marketplace_ids: tuple[str, ...]
    document_id: str | None = None
    data_start: datetime | None = None
    data_end: datetime | None = None
    processing_status: str = "DONE"


@dataclass(frozen=True, slots=True)
class RequestedReport:
    """What a requested report comes to: content (None: nothing to report), and whether it ended FATAL."""

    content: bytes | None
    is_fatal: bool = False
    content_type: str = "text/plain; charset=UTF-8"


# Makes a requested report from seller, data start and data end.
ReportMaker = Callable[[Seller, datetime, datetime], RequestedReport]


@dataclass(slots=True)
class World:
    """Everything one emulated Amazon knows."""

    applications: dict[str, Application] = field(default_factory=dict)
    sellers: dict[str, Seller] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    entries: dict[str, list[ReportEntry]] = field(default_factory=dict)
    documents: dict[tuple[str, str], Document] = field(default_factory=dict)
    makers: dict[str, ReportMaker] = field(default_factory=dict)
    histories: dict[str, SellerHistory] = field(default_factory=dict)

    def add_application(self, application: Application) -> None:
        """Register a developer's application."""
        self.applications[application.client_id] = application

    def add_seller(self, seller: Seller, *grants: Grant) -> None:
        """Register a seller and what it has authorised."""
        self.sellers[seller.seller_id] = seller
        self.entries.setdefault(seller.seller_id, [])
        self.histories.setdefault(seller.seller_id, SellerHistory())
        for grant in grants:
            self.grants[grant.refresh_token] = grant

    def add_report(self, seller_id: str, entry: ReportEntry, document: Document | None = None) -> None:
        """Put an entry into a seller's list, with its document unless another entry brought it already."""
        self.entries[seller_id].append(entry)
        if document is not None:
            self.documents[seller_id, document.document_id] = document

    def rotate_secret(self, client_id: str, secret_new: str) -> None:
        """Replace all secrets of an application; the refresh tokens of its sellers go on working."""
        self.applications[client_id].client_secrets = {secret_new}

    def revoke(self, refresh_token: str) -> None:
        """Withdraw a seller's authorisation."""
        self.grants[refresh_token].is_revoked = True
