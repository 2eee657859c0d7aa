"""After walks with faults, no secret stands in any table, document, file, log record or error."""

import logging
import os
from dataclasses import replace

import pytest
from sqlalchemy import select

from assets.road import walk
from assets.settlement_reports import discover
from emulators import faults as general
from emulators.fusion.demo_site import DEMO_SECRET
from emulators.fusion.login import ACCESS_TOKEN_START as TOKEN_OF_FUSION
from emulators.peoplesoft import mischief
from emulators.peoplesoft.demo_site import DEMO_PASSWORD
from ledger.errors import ConnectorError
from resources.store.schema import metadata
from tests.road.conftest import sale

ONE, TWO = "24000000001", "24000000002"


def test_no_secret_is_left_anywhere(world, caplog):
    """Tables, documents, every file of the home but the vault, logs, and the texts of errors."""
    caplog.set_level(logging.DEBUG)
    secrets = [*world.demo.seller.secrets, DEMO_PASSWORD, os.environ["CONNECTOR_VAULT_KEY"]]
    secrets += [DEMO_SECRET, TOKEN_OF_FUSION]
    assert all(len(one) >= 5 for one in secrets)
    said = _walk_with_faults(world)
    with world.stores.control.reading() as reading:
        tables = {
            table.name: [str(tuple(row)) for row in reading.execute(select(table))] for table in metadata.sorted_tables
        }
    assert tables["exchanges"]
    assert tables["audit_events"]
    texts = [*said, caplog.text, *(row for rows in tables.values() for row in rows)]
    files = [path.read_bytes() for path in world.home.rglob("*") if path.is_file() and "vault" not in path.name]
    assert len(files) > 10
    for secret in secrets:
        assert not [text[:200] for text in texts if secret in text], "a secret stands in a text"
        assert not [len(content) for content in files if secret.encode() in content], "a secret stands in a file"


def _walk_with_faults(world) -> list[str]:
    """Discover, post, fail in many ways; return what errors said."""
    said = []
    world.amazon_faults.at("token", 1, general.named("server_error"))
    world.amazon_faults.at("getReportDocument", 2, general.named("token_expired"))
    world.amazon_faults.at("download", 2, general.named("link_expired"))
    for call in range(5, 30):
        world.amazon_faults.at("getReportDocument", call, general.status(429))
    road = world.small()
    world.take_in(road, ONE, sale())
    for fault in (general.html(503), general.status(500), mischief.gateway_error(), general.dropped()):
        world.erp_faults.next("Create", fault)
    for _ in range(7):
        walk(road, ONE)
        if "posting_unclear" in world.items():  # After the third send a person is asked before each.
            world.resolve("posting_unclear", "recheck")
        world.clock.advance(400)
    world.assert_in_books("100.00")
    world.vault.set("peoplesoft_password", "not-the-password")
    try:
        walk(world.small("run-2"), ONE)
    except ConnectorError as error:
        said.append(str(error))
    assert any("peoplesoft_password" in one for one in said), "a wrong password was taken"
    said.append(_walked_into_fusion(world))
    said.append(discover(road).interrupted)
    assert said[-1]
    return said


def _walked_into_fusion(world) -> str:
    """Post into Fusion with an answer lost, then be refused; return what the error said."""
    alone = {"opening": [], "books_from": "2026-08-01"}
    road = world.road("amazon_ca", **alone)
    world.take_in(road, TWO, replace(sale(), marketplace_name="Amazon.ca"), currency="CAD")
    world.demo.fusion.faults.next("importBulkData", general.dropped(after=True))
    for _ in range(6):
        walk(road, TWO)
        world.clock.advance(400)
    assert [str(one.state) for one in world.documents(road, TWO)] == ["posted"]
    world.vault.set("fusion_client_secret", "not-the-secret")
    # By then no token is good any more.
    world.clock.advance(4000)
    with pytest.raises(ConnectorError, match="fusion_client_secret") as refused:
        walk(world.road("amazon_ca", "run-3", **alone), TWO)
    return str(refused.value)
