"""Amazon's marketplaces and regional hosts, as far as the emulator needs them.

Out: `MARKETPLACES` by id, `REGIONS` by their short name. Ids and hosts are those of Amazon's developer documentation
(https://developer-docs.amazon.com/sp-api/docs/marketplace-ids); store names are those seen in settlement files.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One marketplace: id, ISO country, region, ISO currency, language, name in settlements, domain."""

    marketplace_id: str
    country: str
    region: str
    currency: str
    language: str
    name: str

    @property
    def domain(self) -> str:
        """Return the shop's domain, such as `www.amazon.com`."""
        return f"www.{self.name.lower()}"


@dataclass(frozen=True, slots=True)
class Region:
    """One regional endpoint: short name, host, AWS region in presigned links."""

    name: str
    host: str
    aws_region: str


REGIONS: dict[str, Region] = {
    region.name: region
    for region in (
        Region("na", "sellingpartnerapi-na.amazon.com", "us-east-1"),
        Region("eu", "sellingpartnerapi-eu.amazon.com", "eu-west-1"),
        Region("fe", "sellingpartnerapi-fe.amazon.com", "us-west-2"),
    )
}

LOGIN_HOST = "api.amazon.com"

MARKETPLACES: dict[str, Marketplace] = {
    marketplace.marketplace_id: marketplace
    for marketplace in (
        Marketplace("A2EUQ1WTGCTBG2", "CA", "na", "CAD", "en_CA", "Amazon.ca"),
        Marketplace("ATVPDKIKX0DER", "US", "na", "USD", "en_US", "Amazon.com"),
        Marketplace("A1AM78C64UM0Y8", "MX", "na", "MXN", "es_MX", "Amazon.com.mx"),
        Marketplace("A2Q3Y263D00KWC", "BR", "na", "BRL", "pt_BR", "Amazon.com.br"),
        Marketplace("A28R8C7NBKEWEA", "IE", "eu", "EUR", "en_IE", "Amazon.ie"),
        Marketplace("A1RKKUPIHCS9HS", "ES", "eu", "EUR", "es_ES", "Amazon.es"),
        Marketplace("A1F83G8C2ARO7P", "GB", "eu", "GBP", "en_GB", "Amazon.co.uk"),
        Marketplace("A13V1IB3VIYZZH", "FR", "eu", "EUR", "fr_FR", "Amazon.fr"),
        Marketplace("AMEN7PMS3EDWL", "BE", "eu", "EUR", "fr_BE", "Amazon.com.be"),
        Marketplace("A1805IZSGTT6HS", "NL", "eu", "EUR", "nl_NL", "Amazon.nl"),
        Marketplace("A1PA6795UKMFR9", "DE", "eu", "EUR", "de_DE", "Amazon.de"),
        Marketplace("APJ6JRA9NG5V4", "IT", "eu", "EUR", "it_IT", "Amazon.it"),
        Marketplace("A2NODRKZP88ZB9", "SE", "eu", "SEK", "sv_SE", "Amazon.se"),
        Marketplace("AE08WJ6YKNBMC", "ZA", "eu", "ZAR", "en_ZA", "Amazon.co.za"),
        Marketplace("A1C3SOZRARQ6R3", "PL", "eu", "PLN", "pl_PL", "Amazon.pl"),
        Marketplace("ARBP9OOSHTCHU", "EG", "eu", "EGP", "ar_EG", "Amazon.eg"),
        Marketplace("A33AVAJ2PDY3EV", "TR", "eu", "TRY", "tr_TR", "Amazon.com.tr"),
        Marketplace("A17E79C6D8DWNP", "SA", "eu", "SAR", "ar_SA", "Amazon.sa"),
        Marketplace("A2VIGQ35RCS4UG", "AE", "eu", "AED", "en_AE", "Amazon.ae"),
        Marketplace("A21TJRUUN4KGV", "IN", "eu", "INR", "en_IN", "Amazon.in"),
        Marketplace("A19VAU5U5O7RUS", "SG", "fe", "SGD", "en_SG", "Amazon.sg"),
        Marketplace("A39IBJ37TRP1C6", "AU", "fe", "AUD", "en_AU", "Amazon.com.au"),
        Marketplace("A1VC38T7YXB528", "JP", "fe", "JPY", "ja_JP", "Amazon.co.jp"),
    )
}
