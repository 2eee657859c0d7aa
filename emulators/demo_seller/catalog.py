"""What the demonstration seller sells and on what terms, per marketplace.

Out: `MARKETS`, one per settlement series, and `PRODUCTS`. All invented; prices and fees are of a plausible size, tax
models are the three that exist: Amazon collects and remits (US), tax added for the seller to remit (UK, CA), tax
inside the price (DE).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from emulators.amazon.settlement_writer import EUR, UK, US, Locale


@dataclass(frozen=True, slots=True)
class Product:
    """One article: SKU, base price before the market's factor, Amazon's fulfilment fee, ASIN, title."""

    sku: str
    price: Decimal
    fulfilment_fee: Decimal
    asin: str
    title: str


@dataclass(frozen=True, slots=True)
class Market:
    """The terms of one marketplace; rates are fractions (0.15 is 15 %)."""

    marketplace_id: str
    name: str
    non_amazon_name: str
    currency: str
    locale: Locale
    tax_model: str
    tax_rates: tuple[Decimal, ...]
    price_factor: Decimal
    referral_rate: Decimal
    digital_services_rate: Decimal
    order_prefixes: tuple[str, ...]
    # Share of orders that Amazon fulfils, the rest the merchant ships.
    amazon_share: float
    subscription_fee: Decimal | None
    fee_tax_rate: Decimal
    encoding: str
    content_type: str


PRODUCTS: tuple[Product, ...] = (
    Product("TRAIL-BOTTLE-750", Decimal("18.99"), Decimal("4.24"), "B0DEMOTB75", "Trail Bottle 750 ml, steel"),
    Product("TRAIL-BOTTLE-1000", Decimal("22.49"), Decimal("4.75"), "B0DEMOTB10", "Trail Bottle 1 l, steel"),
    Product("CAMP-MUG-350-BLUE", Decimal("12.50"), Decimal("3.68"), "B0DEMOCMBL", "Camp Mug 350 ml – blue"),
    Product("CAMP-MUG-350-GREY", Decimal("12.50"), Decimal("3.68"), "B0DEMOCMGR", "Camp Mug 350 ml – grey"),
    Product("HEADLAMP-400LM", Decimal("34.90"), Decimal("4.99"), "B0DEMOHL40", "Headlamp 400 lm"),
    Product("DRY-BAG-20L", Decimal("27.95"), Decimal("5.52"), "B0DEMODB20", "Dry Bag 20 l"),
    Product("TENT-PEG-SET-12", Decimal("15.75"), Decimal("4.15"), "B0DEMOTP12", "Tent Peg Set, 12 pieces"),
    Product("TREKKING-POLES-PAIR", Decimal("68.99"), Decimal("7.84"), "B0DEMOTRPO", "Trekking Poles, pair"),
)

US_MARKET = Market(
    marketplace_id="ATVPDKIKX0DER",
    name="Amazon.com",
    non_amazon_name="Non-Amazon US",
    currency="USD",
    locale=US,
    tax_model="facilitator",
    # Sales tax depends on the buyer's state; some states have none.
    tax_rates=(Decimal("0.06"), Decimal("0.0725"), Decimal("0.08875"), Decimal("0.0"), Decimal("0.065")),
    price_factor=Decimal("1.00"),
    referral_rate=Decimal("0.15"),
    digital_services_rate=Decimal("0"),
    order_prefixes=("111", "112", "113", "114"),
    amazon_share=0.9,
    subscription_fee=Decimal("39.99"),
    fee_tax_rate=Decimal("0"),
    encoding="utf-8",
    content_type="text/plain; charset=UTF-8",
)
UK_MARKET = Market(
    marketplace_id="A1F83G8C2ARO7P",
    name="Amazon.co.uk",
    non_amazon_name="Non-Amazon UK",
    currency="GBP",
    locale=UK,
    tax_model="added",
    tax_rates=(Decimal("0.20"),),
    price_factor=Decimal("0.82"),
    referral_rate=Decimal("0.15"),
    digital_services_rate=Decimal("0.02"),
    order_prefixes=("202", "203", "204", "206"),
    amazon_share=0.95,
    subscription_fee=Decimal("30.00"),
    fee_tax_rate=Decimal("0.20"),
    encoding="utf-8",
    # Settlement documents have been seen without a charset.
    content_type="text/plain",
)
DE_MARKET = Market(
    marketplace_id="A1PA6795UKMFR9",
    name="Amazon.de",
    non_amazon_name="Non-Amazon DE",
    currency="EUR",
    locale=EUR,
    tax_model="included",
    tax_rates=(Decimal("0"),),
    price_factor=Decimal("1.10"),
    referral_rate=Decimal("0.15"),
    digital_services_rate=Decimal("0"),
    order_prefixes=("302", "303", "304", "306"),
    amazon_share=1.0,
    subscription_fee=None,
    fee_tax_rate=Decimal("0.19"),
    encoding="cp1252",
    content_type="text/plain; charset=Cp1252",
)
CA_MARKET = Market(
    marketplace_id="A2EUQ1WTGCTBG2",
    name="Amazon.ca",
    non_amazon_name="Non-Amazon CA",
    currency="CAD",
    locale=US,
    tax_model="added",
    # The seller is registered for GST and HST, whose rate is that of the buyer's province.
    tax_rates=(Decimal("0.13"), Decimal("0.05"), Decimal("0.15"), Decimal("0.13")),
    price_factor=Decimal("1.35"),
    referral_rate=Decimal("0.15"),
    digital_services_rate=Decimal("0"),
    order_prefixes=("701", "702"),
    amazon_share=0.9,
    subscription_fee=Decimal("29.99"),
    fee_tax_rate=Decimal("0.13"),
    encoding="utf-8",
    content_type="text/plain; charset=UTF-8",
)
MARKETS = (US_MARKET, UK_MARKET, DE_MARKET, CA_MARKET)
