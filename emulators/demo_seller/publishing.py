"""Put settlements into the world's report lists the way Amazon shows them.

In: a world, a seller, chained settlements. Out: report entries and documents in that world: some gzip-compressed and
some not, some with a charset and some without, one settlement under two report ids, one report of another type.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from emulators.amazon.settings import SETTLEMENT_TYPE
from emulators.amazon.settlement_writer import write_v2
from emulators.amazon.world import Document, ReportEntry, World
from emulators.demo_seller.catalog import Market
from emulators.demo_seller.series import ChainedSettlement

_ORDERS_TYPE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"


def publish(world: World, seller_id: str, market: Market, chain: list[ChainedSettlement]) -> None:
    """List a series' settlements, each six hours after it closed."""
    for position, link in enumerate(chain):
        _add_document(world, seller_id, market, link, position)


def _add_document(world: World, seller_id: str, market: Market, link: ChainedSettlement, position: int) -> None:
    settlement = link.settlement
    # The first of a series comes without a charset and as UTF-8, uncompressed; the others as the market has them.
    is_plain = position == 0
    encoding = "utf-8" if is_plain else market.encoding
    content = write_v2(settlement, market.locale, encoding=encoding)
    content_type = "text/plain" if is_plain else market.content_type
    document = Document(_document_id(settlement.settlement_id, 0), content, not is_plain, content_type)
    entry = ReportEntry(
        report_id=str(50_000_000_000 + int(settlement.settlement_id) % 10**9),
        report_type=SETTLEMENT_TYPE,
        created=settlement.end + timedelta(hours=6, minutes=17),
        marketplace_ids=world.sellers[seller_id].marketplace_ids,
        document_id=document.document_id,
        data_start=settlement.start,
        data_end=settlement.end,
    )
    world.add_report(seller_id, entry, document)


def publish_duplicate(world: World, seller_id: str) -> None:
    """List the third settlement a second time, under another report id and another document of the same content."""
    entry = world.entries[seller_id][2]
    assert entry.document_id is not None
    document = world.documents[seller_id, entry.document_id]
    twin = Document(_document_id(entry.report_id, 1), document.content, not document.is_gzip, document.content_type)
    world.add_report(
        seller_id,
        ReportEntry(
            report_id=str(int(entry.report_id) + 1),
            report_type=entry.report_type,
            created=entry.created + timedelta(hours=20),
            marketplace_ids=entry.marketplace_ids,
            document_id=twin.document_id,
            data_start=entry.data_start,
            data_end=entry.data_end,
        ),
        twin,
    )


def publish_other_report(world: World, seller_id: str) -> None:
    """List a report of another type, which a search for settlements must not bring."""
    newest = world.entries[seller_id][-2]
    document = Document(_document_id(seller_id, 2), b"amazon-order-id\tpurchase-date\tsku\tquantity\n", False)
    world.add_report(
        seller_id,
        ReportEntry(
            report_id=str(int(newest.report_id) + 7),
            report_type=_ORDERS_TYPE,
            created=newest.created + timedelta(minutes=3),
            marketplace_ids=newest.marketplace_ids[:1],
            document_id=document.document_id,
        ),
        document,
    )


def _document_id(name: str, version: int) -> str:
    return f"amzn1.spdoc.1.4.demo.{uuid.uuid5(uuid.NAMESPACE_OID, f'{name}/{version}')}.T{version}DEMO.2500"
