"""Finding settlements: whatever Amazon, the line or a file does, each is taken in once and nothing is lost."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from assets import settlement_reports
from assets.road import walk
from assets.settlement_lines import read_lines
from assets.settlement_reports import discover, fetch_report, import_file
from assets.settlements.import_folder import import_waiting, take_files
from emulators import faults as general
from emulators.amazon.settlement_writer import US, Settlement, write_v1, write_v2
from emulators.amazon.world import Document
from ledger.errors import InputRefused, SettlementFileRefused, StoreError
from resources.clock import ManualClock
from tests.road.conftest import FIRST, of_account, sale

ONE = "24000000001"

# What goes wrong while 10 settlements of the US seller are discovered; each is harmless in the end.
TROUBLE = [
    ("token expires half way", "getReportDocument", 4, general.named("token_expired")),
    ("throttled", "getReportDocument", 3, general.status(429)),
    ("a fault of Amazon's own", "getReports", 1, general.status(503)),
    ("the line drops", "download", 2, general.dropped()),
    ("a link has expired", "download", 5, general.named("link_expired")),
    ("a body is cut short once", "download", 6, general.truncated()),
]


def settlements(world) -> set[str]:
    """Return the ids the US seller's files hold, from the seller's own truth."""
    seller = world.demo.seller.sellers[0].seller_id
    return {one.settlement_id for one in world.demo.seller.settlements if one.seller_id == seller}


def test_trouble_on_the_way_loses_nothing(world):
    """All at once, in one discovery; a second one downloads nothing again."""
    for _, operation, call, fault in TROUBLE:
        world.amazon_faults.at(operation, call, fault)
    road = world.road("amazon_us")
    found = discover(road)
    assert set(found.new) == settlements(world)
    assert len(found.new) == len(set(found.new))
    assert (len(found.known), found.refused, found.damaged, found.interrupted) == (1, [], [], "")
    assert {row.partition for row in world.stores.due.listing(road.connection)} == set(found.new)
    downloads = world.amazon_faults.calls("download")
    again = discover(road)
    assert (again.new, again.known, world.amazon_faults.calls("download")) == ([], [], downloads)


def test_each_event_of_a_discovery_names_run_person_document_and_download(world):
    """Also of the report that came twice; the exchange is the one that brought these very bytes."""
    road = world.road("amazon_us")
    discover(road)
    events = world.stores.audit.events(road.connection)
    assert {one.kind for one in events} == {"settlement_new", "settlement_seen_again", "report_noted"}
    assert {(one.run, one.person) for one in events} == {(road.run, road.person)}
    for event in events:
        exchange = world.stores.exchanges.get(event.exchange)
        assert (exchange.operation, exchange.status) == ("download", 200)
        links = [world.stores.exchanges.get(one).operation for one in event.facts["exchanges"]]
        assert links == ["getReportDocument", "download"]
        assert world.stores.documents.exists(event.document_key)
    new = [one for one in events if one.kind == "settlement_new"]
    assert [one.document_key for one in new] == [one.facts["document"] for one in new]
    assert len({one.exchange for one in new}) == len(new)


def test_a_report_of_which_no_settlement_came_is_tied_as_well(world):
    """It is noted with the bytes that were refused."""
    road = replace(world.road("amazon_us"), marketplaces=("Amazon.de",))
    assert discover(road).foreign
    events = world.stores.audit.events(road.connection)
    assert {one.kind for one in events} == {"report_noted"}
    assert all(one.run and one.person and one.exchange for one in events)
    assert all(world.stores.documents.exists(one.document_key) for one in events)


def test_a_file_that_is_handed_in_was_brought_by_no_exchange(world):
    """Whatever this process asked Amazon before; run, person and document are told."""
    road = world.road("amazon_us")
    list(road.source.settlement_reports())
    world.take_in(road, ONE, sale("100.00"))
    [event] = world.stores.audit.events(road.connection)
    assert (event.kind, event.exchange, event.run, event.person) == ("settlement_new", "", road.run, road.person)
    assert world.stores.documents.exists(event.document_key)


def test_a_used_up_quota_interrupts_and_the_next_discovery_goes_on(world):
    """What is done is kept."""
    road = world.road("amazon_us")
    world.amazon_faults.at("getReportDocument", 4, general.status(429))
    for call in range(5, 40):
        world.amazon_faults.at("getReportDocument", call, general.status(429))
    first = discover(road)
    assert len(first.new) == 3
    assert first.interrupted
    world.amazon_faults.clear()
    world.clock.advance(3600)
    second = discover(road)
    assert set(first.new) | set(second.new) == settlements(world)
    assert not set(first.new) & set(second.new)


def change(world, position, content, gzip=False):
    """Put other content behind a report of the US seller; return its entry."""
    seller = world.demo.seller.sellers[0].seller_id
    entry = world.demo.seller.world.entries[seller][position]
    document = Document(entry.document_id, content, gzip, "text/plain; charset=UTF-8")
    world.demo.seller.world.documents[seller, entry.document_id] = document
    return entry


BAD = [
    ("a web page", b"<html><body>maintenance</body></html>"),
    ("nothing", b""),
    ("an error in XML", b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"),
    ("an id that names a folder", write_v2(Settlement("../../x", FIRST, FIRST, "USD", (sale(),)), US)),
]


def test_one_bad_report_stops_no_other(world):
    """Refused by name, once; a dismissed one leaves no row that is due for ever."""
    for position, (_, content) in enumerate(BAD, start=4):
        change(world, position, content)
    road = world.road("amazon_us")
    found = discover(road)
    assert len(found.refused) == len(BAD)
    assert len(found.new) == len(settlements(world)) - len(BAD)
    items = [one for one in world.stores.review.listing() if one.code == "file_refused"]
    assert {one.partition for one in items} == set(found.refused)
    world.stores.review.resolve(items[0].id, "dismiss", "tester", "seen")
    again = discover(road)
    assert (again.refused, again.new) == ([], [])
    assert {row.partition for row in world.stores.due.listing(road.connection)} == set(found.new)


def test_a_report_cut_short_without_a_sign_is_fetched_again_when_a_person_asks(world):
    """Fewer bytes under their own length look like a whole answer: refused, and `retry` brings the whole one."""
    road = world.road("amazon_us")
    world.amazon_faults.at("download", 1, general.shortened())
    assert len(discover(road).refused) == 1
    assert discover(road).new == []
    world.resolve("file_refused", "retry")
    found = discover(road)
    assert (len(found.new), found.refused) == (1, [])
    assert discover(road).new == []


def test_a_report_damaged_for_good_waits_for_the_next_discovery(world):
    """Cut short every time: an item; whole the next time: taken in, and the item ends."""
    road = world.road("amazon_us")
    for call in (1, 2):
        world.amazon_faults.at("download", call, general.truncated())
    first = discover(road)
    assert (len(first.damaged), len(first.new)) == (1, len(settlements(world)) - 1)
    assert list(world.items()) == ["document_refused"]
    second = discover(road)
    assert set(first.new) | set(second.new) == settlements(world)
    assert world.items() == {}


@pytest.mark.parametrize("write", [write_v1, lambda one: write_v2(one, US)], ids=["v1", "v2"])
def test_an_archived_file_walks_the_same_road(world, write):
    """Both layouts; the same file again is known, and walking it again posts nothing."""
    road = world.small()
    path = world.home / "archived.txt"
    path.write_bytes(write(Settlement(ONE, FIRST, FIRST.replace(day=9), "USD", (sale(),))))
    assert import_file(road, path) == (ONE, "new")
    assert import_file(road, path) == (ONE, "known")
    assert walk(road, ONE).results["reconciliations"].facts["ties"]
    world.assert_in_books("100.00")


def test_a_file_of_another_seller_is_refused(world):
    """Booked under the wrong seller it would be booked twice."""
    road = world.small()
    world.take_in(road, ONE, sale())
    other = replace(road, connection="amazon_eu", seller="A14F921DEMOEU")
    with pytest.raises(InputRefused, match="--connection amazon_us"):
        import_file(other, world.settlement(ONE, sale()))
    assert world.stores.settlements.all("amazon_eu") == []


def test_a_file_that_is_no_settlement_is_refused_whole(world):
    """Nothing archived, nothing registered."""
    path = world.home / "page.txt"
    path.write_bytes(b"<html></html>")
    with pytest.raises(SettlementFileRefused):
        import_file(world.small(), path)
    assert world.stores.settlements.all("amazon_us") == []


def test_a_lost_archive_is_fetched_again_or_says_so(world):
    """From Amazon while it has the bytes; an imported file only a person has."""
    road = world.small()
    settlement_id = discover(road).new[3]
    imported = world.take_in(road, ONE, sale())
    shutil.rmtree(world.home / "documents")
    result = fetch_report(road, settlement_id)
    assert world.stores.documents.exists(result.links["document"])
    with pytest.raises(InputRefused, match="Import the file"):
        fetch_report(road, imported)
    record = world.stores.settlements.get(road.connection, settlement_id)
    shutil.rmtree(world.home / "documents")
    world.clock.advance(100 * 24 * 3600)
    with pytest.raises(InputRefused, match="90 days"):
        fetch_report(road, record.settlement_id)


@pytest.mark.parametrize("key", ["24999999999", "../x", "a,b", ""])
def test_a_key_that_is_no_settlement_gets_a_sentence_and_leaves_no_trace(world, key):
    """Neither due rows nor review items."""
    road = world.small()
    with pytest.raises(InputRefused, match="settlement"):
        walk(road, key)
    assert (world.stores.due.listing(road.connection), world.items()) == ([], {})


@pytest.mark.parametrize("changes", [{"seller": "A14F921DEMOEU"}, {"ledger": "peoplesoft:PSFT_EP:LOCAL"}], ids=str)
def test_a_settlement_of_another_connection_enters_no_second_books(world, changes):
    """Discovery too: another seller or another ledger leaves it unregistered, with an item, and goes on."""
    road = world.small()
    mine = discover(road).new
    other = replace(road, connection="amazon_second", **changes)
    found = discover(other)
    assert (found.new, set(found.elsewhere), found.waits) == ([], set(mine), True)
    assert world.stores.settlements.all("amazon_second") == []
    items = [one for one in world.stores.review.listing("amazon_second") if one.code == "settlement_elsewhere"]
    assert {one.actions for one in items} == {("retry", "dismiss")}
    assert world.stores.due.listing("amazon_second") == []
    downloads = world.amazon_faults.calls("download")
    assert (discover(other).elsewhere, world.amazon_faults.calls("download")) == ([], downloads)
    world.stores.review.resolve(items[0].id, "retry", "tester", "look again")
    assert len(discover(other).elsewhere) == 1
    world.stores.review.resolve(items[1].id, "dismiss", "tester", "theirs")
    assert (discover(other).elsewhere, discover(other).new) == ([], [])


def test_the_same_books_under_two_connections_are_one_posting_key(world):
    """The same seller and ledger make the same key, so nothing can be booked twice and nothing is refused."""
    road = world.small()
    world.take_in(road, ONE, sale())
    twin = replace(road, connection="amazon_twin")
    assert import_file(twin, world.settlement(ONE, sale())) == (ONE, "new")


def test_a_file_of_another_ledger_is_refused(world):
    """The record names the ledger; the sentence names the connection whose it is."""
    road = world.small()
    world.take_in(road, ONE, sale())
    other = replace(road, connection="amazon_second", ledger="peoplesoft:PSFT_EP:LOCAL")
    with pytest.raises(InputRefused, match="--connection amazon_us"):
        import_file(other, world.settlement(ONE, sale()))
    assert world.stores.settlements.all("amazon_second") == []


@pytest.mark.parametrize(
    ("marketplaces", "is_foreign"), [(("Amazon.ca",), True), (("amazon.COM",), False), ((), False)], ids=str
)
def test_settlements_of_marketplaces_not_listed_are_left_alone(world, marketplaces, is_foreign):
    """Counted, no error, no item, not fetched again; no list takes in all."""
    road = replace(world.small(), marketplaces=marketplaces)
    found = discover(road)
    assert (set(found.foreign), set(found.new)) == (
        (settlements(world), set()) if is_foreign else (set(), settlements(world))
    )
    assert (found.waits, world.items()) == (False, {})
    downloads = world.amazon_faults.calls("download")
    assert (discover(road).foreign, world.amazon_faults.calls("download")) == ([], downloads)


def test_a_file_of_a_marketplace_not_listed_is_refused_and_told_where_it_goes(world):
    """Booked by another connection's mapping its money would stand in the wrong place; nothing is registered."""
    road = replace(world.small(), marketplaces=("Amazon.ca",))
    with pytest.raises(InputRefused, match=rf"settlement {ONE} of Amazon.com, and amazon_us lists Amazon.ca") as told:
        import_file(road, world.settlement(ONE, sale()))
    assert "--connection" in str(told.value)
    assert world.stores.settlements.all("amazon_us") == []
    assert import_file(replace(road, marketplaces=("Amazon.com",)), world.settlement(ONE, sale())) == (ONE, "new")
    assert import_file(road, world.settlement(ONE, sale())) == (ONE, "known")


@pytest.mark.parametrize(
    ("marketplaces", "is_foreign"),
    [(("Amazon.ca",), True), (("Amazon.com",), False), (("Amazon.ca", "Amazon.com"), False)],
    ids=str,
)
def test_a_settlement_of_no_marketplace_is_told_by_its_currency(world, marketplaces, is_foreign):
    """A subscription fee names none: of two connections in one region only that of its currency takes it in."""
    fee = of_account("Subscription Fee", "-14.99")
    change(world, 4, write_v2(Settlement(ONE, FIRST, FIRST + timedelta(days=7), "USD", (fee,)), US))
    found = discover(replace(world.small(), marketplaces=marketplaces))
    assert (ONE in found.foreign, ONE in found.new) == (is_foreign, not is_foreign)


def test_a_road_lists_the_marketplaces_of_its_connection(world):
    """By the names settlements use."""
    assert world.road("amazon_us").marketplaces == ("Amazon.com",)
    assert world.road("amazon_eu").marketplaces == ("Amazon.co.uk", "Amazon.de")


def failing_once(monkeypatch, error):
    """Let the reader raise for the first file it sees."""
    read, calls = settlement_reports.read_settlement, []

    def reader(*arguments, **more):
        calls.append(arguments)
        if len(calls) == 1:
            raise error
        return read(*arguments, **more)

    monkeypatch.setattr(settlement_reports, "read_settlement", reader)


def test_a_fault_nobody_foresaw_holds_one_report_only(world, monkeypatch):
    """Its kind is told, never its words; the next discovery takes it in."""
    failing_once(monkeypatch, MemoryError("secret words"))
    road = world.road("amazon_us")
    first = discover(road)
    assert (len(first.damaged), first.waits) == (1, True)
    item = world.items()["document_refused"]
    assert "MemoryError" in item.sentence
    assert "secret words" not in item.sentence
    second = discover(road)
    assert set(first.new) | set(second.new) == settlements(world)
    assert world.items() == {}


def test_a_fault_of_our_own_stores_ends_discovery(world, monkeypatch):
    """Nothing could be kept safely then."""
    failing_once(monkeypatch, StoreError("no room"))
    with pytest.raises(StoreError, match="no room"):
        discover(world.road("amazon_us"))


def test_a_fault_nobody_foresaw_holds_one_file_of_the_folder_only(world, monkeypatch):
    """The file stays where it is and is tried again."""
    failing_once(monkeypatch, MemoryError("secret words"))
    folder = world.home / "import"
    folder.mkdir()
    for settlement_id in (ONE, "24000000002"):
        world.settlement(settlement_id, sale()).rename(folder / f"{settlement_id}.txt")
    world.clock.advance(366 * 24 * 3600)
    done = import_waiting(world.small(), folder)
    assert (done.new, done.refused) == (["24000000002"], [f"{ONE}.txt"])
    assert "secret words" not in world.items()["file_refused"].sentence
    assert import_waiting(world.small(), folder).new == [ONE]
    assert world.items() == {}


def test_a_file_that_another_process_takes_meanwhile_is_passed_over(tmp_path):
    """Two discoveries at once: the later one finds nothing to refuse, and goes on with the next file."""
    names = ("a.txt", "b.txt", "c.txt")
    for name in names:
        (tmp_path / name).write_text("file")
    taken = []

    def take(path: Path) -> None:
        taken.append(path.name)
        if path.name != "c.txt":
            path.unlink()
        if path.name == "a.txt":
            raise FileNotFoundError(path)

    clock = ManualClock(datetime.now(UTC) + timedelta(days=1))
    assert take_files(SimpleNamespace(clock=clock, connection="c", stores=_NoItems()), tmp_path, take) == []
    assert taken == list(names)
    assert [one.name for one in (tmp_path / "imported").iterdir()] == ["c.txt"]


class _NoItems:
    """Stores with an empty review queue, in which nothing is opened."""

    settlements = SimpleNamespace(get=lambda *_: None)
    review = SimpleNamespace(listing=lambda *_, **__: [])


def test_a_file_that_changes_while_it_is_read_is_archived_as_it_was_read(world, monkeypatch):
    """What is registered is what the archive holds, whatever becomes of the file."""
    read, path = settlement_reports.read_settlement, world.settlement(ONE, sale())

    def reader(source, *arguments, **more):
        path.write_bytes(world.settlement(ONE, sale("999.00")).read_bytes())
        return read(source, *arguments, **more)

    monkeypatch.setattr(settlement_reports, "read_settlement", reader)
    road = world.small()
    assert import_file(road, path) == (ONE, "new")
    record = world.stores.settlements.get(road.connection, ONE)
    assert record.facts["total_amount"] == "100.00"
    assert read_lines(road, ONE).facts["total"] == 100


@pytest.mark.parametrize("facts", [{"total_amount": "99.00"}, {"currency": "CAD"}], ids=str)
def test_lines_of_another_total_than_registered_are_refused(world, monkeypatch, facts):
    """A document that is not what was registered is never staged."""
    road = world.small()
    world.take_in(road, ONE, sale())
    record = world.stores.settlements.get(road.connection, ONE)
    wrong = replace(record, facts={**record.facts, **facts})
    monkeypatch.setattr("assets.settlement_lines.registered", lambda *_: wrong)
    with pytest.raises(SettlementFileRefused, match="registered was"):
        read_lines(road, ONE)
