"""Amazon's marketplaces and regions as data: where to call, in which currency, under which name a settlement speaks.

In: a marketplace id or the marketplace-name of a settlement row. Out: `Marketplace`, `Region`.
Ids: https://developer-docs.amazon.com/sp-api/docs/marketplace-ids. Hosts:
https://developer-docs.amazon.com/sp-api/docs/sp-api-endpoints. Settlement names were seen in files for US, CA, GB, DE
and FR; the others follow Amazon's domain names.
"""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

TOKEN_URL = "https://api.amazon.com/auth/o2/token"


@dataclass(frozen=True)
class Region:
    """One of SP-API's three regions, with the hosts of production and of the static sandbox."""

    name: str
    title: str
    api_url: str
    sandbox_url: str
    aws_region: str


@dataclass(frozen=True)
class Marketplace:
    """One marketplace; `country` is ISO 3166-1 alpha-2, `currency` ISO 4217.

    `charset_default` is what a settlement is read in when it is not UTF-8 and names no charset.
    """

    marketplace_id: str
    country: str
    title: str
    region: str
    currency: str
    settlement_name: str
    seller_central_host: str

    @property
    def charset_default(self) -> str:
        """Return cp932 for Japan, cp1252 elsewhere."""
        return "cp932" if self.country == "JP" else "cp1252"

    @property
    def time_zone(self) -> ZoneInfo:
        """Return the zone of the marketplace's own days: the Pacific coast in North America, else the capital's.

        Amazon's model of listBalances speaks of "the marketplace's local time zone" and names none.
        """
        return ZoneInfo(_TIME_ZONES.get(self.country, "Europe/Berlin"))


_TIME_ZONES = {
    **dict.fromkeys(("US", "CA", "MX"), "America/Los_Angeles"),
    "BR": "America/Sao_Paulo",
    "IE": "Europe/Dublin",
    "GB": "Europe/London",
    "ZA": "Africa/Johannesburg",
    "EG": "Africa/Cairo",
    "TR": "Europe/Istanbul",
    "SA": "Asia/Riyadh",
    "AE": "Asia/Dubai",
    "IN": "Asia/Kolkata",
    "SG": "Asia/Singapore",
    "AU": "Australia/Sydney",
    "JP": "Asia/Tokyo",
}


def _region(name: str, title: str, aws_region: str) -> Region:
    host = f"sellingpartnerapi-{name}.amazon.com"
    return Region(name, title, f"https://{host}", f"https://sandbox.{host}", aws_region)


REGIONS: dict[str, Region] = {
    "na": _region("na", "North America", "us-east-1"),
    "eu": _region("eu", "Europe", "eu-west-1"),
    "fe": _region("fe", "Far East", "us-west-2"),
}

_SHARED = "sellercentral-europe.amazon.com"

MARKETPLACES: tuple[Marketplace, ...] = (
    Marketplace("A2EUQ1WTGCTBG2", "CA", "Canada", "na", "CAD", "Amazon.ca", "sellercentral.amazon.ca"),
    Marketplace("ATVPDKIKX0DER", "US", "United States", "na", "USD", "Amazon.com", "sellercentral.amazon.com"),
    Marketplace("A1AM78C64UM0Y8", "MX", "Mexico", "na", "MXN", "Amazon.com.mx", "sellercentral.amazon.com.mx"),
    Marketplace("A2Q3Y263D00KWC", "BR", "Brazil", "na", "BRL", "Amazon.com.br", "sellercentral.amazon.com.br"),
    Marketplace("A28R8C7NBKEWEA", "IE", "Ireland", "eu", "EUR", "Amazon.ie", "sellercentral.amazon.ie"),
    Marketplace("A1RKKUPIHCS9HS", "ES", "Spain", "eu", "EUR", "Amazon.es", _SHARED),
    Marketplace("A1F83G8C2ARO7P", "GB", "United Kingdom", "eu", "GBP", "Amazon.co.uk", _SHARED),
    Marketplace("A13V1IB3VIYZZH", "FR", "France", "eu", "EUR", "Amazon.fr", _SHARED),
    Marketplace("AMEN7PMS3EDWL", "BE", "Belgium", "eu", "EUR", "Amazon.com.be", "sellercentral.amazon.com.be"),
    Marketplace("A1805IZSGTT6HS", "NL", "Netherlands", "eu", "EUR", "Amazon.nl", "sellercentral.amazon.nl"),
    Marketplace("A1PA6795UKMFR9", "DE", "Germany", "eu", "EUR", "Amazon.de", _SHARED),
    Marketplace("APJ6JRA9NG5V4", "IT", "Italy", "eu", "EUR", "Amazon.it", _SHARED),
    Marketplace("A2NODRKZP88ZB9", "SE", "Sweden", "eu", "SEK", "Amazon.se", "sellercentral.amazon.se"),
    Marketplace("AE08WJ6YKNBMC", "ZA", "South Africa", "eu", "ZAR", "Amazon.co.za", "sellercentral.amazon.co.za"),
    Marketplace("A1C3SOZRARQ6R3", "PL", "Poland", "eu", "PLN", "Amazon.pl", "sellercentral.amazon.pl"),
    Marketplace("ARBP9OOSHTCHU", "EG", "Egypt", "eu", "EGP", "Amazon.eg", "sellercentral.amazon.eg"),
    Marketplace("A33AVAJ2PDY3EV", "TR", "Turkey", "eu", "TRY", "Amazon.com.tr", "sellercentral.amazon.com.tr"),
    Marketplace("A17E79C6D8DWNP", "SA", "Saudi Arabia", "eu", "SAR", "Amazon.sa", "sellercentral.amazon.sa"),
    Marketplace("A2VIGQ35RCS4UG", "AE", "United Arab Emirates", "eu", "AED", "Amazon.ae", "sellercentral.amazon.ae"),
    Marketplace("A21TJRUUN4KGV", "IN", "India", "eu", "INR", "Amazon.in", "sellercentral.amazon.in"),
    Marketplace("A19VAU5U5O7RUS", "SG", "Singapore", "fe", "SGD", "Amazon.sg", "sellercentral.amazon.sg"),
    Marketplace("A39IBJ37TRP1C6", "AU", "Australia", "fe", "AUD", "Amazon.com.au", "sellercentral.amazon.com.au"),
    Marketplace("A1VC38T7YXB528", "JP", "Japan", "fe", "JPY", "Amazon.co.jp", "sellercentral.amazon.co.jp"),
)

_BY_ID = {one.marketplace_id: one for one in MARKETPLACES}
_BY_NAME = {one.settlement_name.lower(): one for one in MARKETPLACES}


def marketplace(marketplace_id: str) -> Marketplace | None:
    """Return the marketplace of that id, or None."""
    return _BY_ID.get(marketplace_id)


def marketplace_named(settlement_name: str) -> Marketplace | None:
    """Return the marketplace of a settlement row's marketplace-name, in any case, or None.

    None also for "Non-Amazon US" and its like: those rows are multi-channel orders, sold on no marketplace.
    """
    return _BY_NAME.get(settlement_name.strip().lower())


def is_multi_channel(settlement_name: str) -> bool:
    """Tell whether a marketplace-name stands for orders from outside Amazon."""
    return settlement_name.strip().lower().startswith("non-amazon")
