"""What one connection to Amazon needs to know: whose account, where, and the names of its secrets.

In: values from a connection's YAML. Out: `SellingPartnerSettings`, checked. It holds names of secrets, never values.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from ledger.errors import ConfigurationRefused
from resources.amazon.marketplaces import MARKETPLACES, REGIONS, TOKEN_URL, marketplace

DOCUMENT_BYTES_MAX = 1024 * 1024 * 1024
DOCUMENT_UNPACKED_BYTES_MAX = 16 * 1024 * 1024 * 1024


@dataclass(frozen=True)
class SellingPartnerSettings:
    """One seller account in one region.

    `client_id_secret`, `client_secret_secret`, `refresh_token_secret` are names in the vault. `api_url` and `token_url`
    override Amazon's hosts (the sandbox, or an emulator on this machine). The byte bounds are for one report document,
    as downloaded and unpacked.
    """

    connection: str
    seller_id: str
    region: str
    marketplace_ids: tuple[str, ...]
    client_id_secret: str
    client_secret_secret: str
    refresh_token_secret: str
    application_name: str = "SettlementConnector"
    application_version: str = "0.1.0"
    api_url: str | None = None
    token_url: str | None = None
    document_bytes_max: int = DOCUMENT_BYTES_MAX
    document_unpacked_bytes_max: int = DOCUMENT_UNPACKED_BYTES_MAX

    def __post_init__(self) -> None:
        where = f"Connection {self.connection}"
        if self.region not in REGIONS:
            raise ConfigurationRefused(f"{where}: region {self.region!r} is none of {', '.join(REGIONS)}.")
        if not self.seller_id.strip() or not self.marketplace_ids:
            raise ConfigurationRefused(f"{where}: a seller id and at least one marketplace id are needed.")
        for marketplace_id in self.marketplace_ids:
            known = marketplace(marketplace_id)
            if known is None or known.region != self.region:
                choices = ", ".join(f"{one.marketplace_id} ({one.country})" for one in self._choices())
                raise ConfigurationRefused(
                    f"{where}: {marketplace_id!r} is no marketplace of region {self.region}. Those are {choices}."
                )
        for name, url in (("api_url", self.api_address), ("token_url", self.token_address)):
            if not is_safe(urlsplit(url)):
                raise ConfigurationRefused(
                    f"{where}: {name} must begin with https:// (http:// only for this machine's own addresses) and hold"
                    " no credentials, query or fragment."
                )

    def _choices(self) -> list:
        return [one for one in MARKETPLACES if one.region == self.region]

    @property
    def api_address(self) -> str:
        """Return the base of all API calls, without a slash at its end."""
        return (self.api_url or REGIONS[self.region].api_url).rstrip("/")

    @property
    def token_address(self) -> str:
        """Return the address of the token endpoint."""
        return self.token_url or TOKEN_URL


def is_safe(url: SplitResult) -> bool:
    """Tell whether secrets may be sent there: TLS, or a loopback address; nothing hidden in the address."""
    if url.username or url.password or url.query or url.fragment or not url.hostname:
        return False
    return url.scheme == "https" or (url.scheme == "http" and is_loopback(url.hostname))


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
