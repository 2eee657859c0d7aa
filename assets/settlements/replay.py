"""Replay: a settlement's journals made again from the archived bytes, and held against what was posted.

In: the road and a settlement that has documents. Out: the journals as today's code and the mapping make them, and every
line that differs. Neither marketplace nor ERP can be reached from here, and nothing is written but scratch files: so a
new version can be tried on everything that was ever posted before it is trusted with anything new.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from assets.journals import Planned, plan_of
from assets.mapped_lines import map_lines
from assets.posting.document_sets import settlement_source
from assets.sales.order_countries import TELLING_COUNTRIES
from assets.settlement_lines import read_lines
from assets.settlement_reports import registered
from assets.settlements.changed_lines import changed_lines
from assets.settlements.settlement_books import books_of
from assets.stages.roadmap import Road
from assets.stages.verdicts import Row
from ledger.errors import InputRefused, MappingRefused
from ledger.journal import Journal, JournalSet
from ledger.mapping import Mapping, load_mapping
from ledger.periods import as_known
from resources.erp.target import Target
from resources.store.outbox import OutboxDocument
from resources.store.reading import reading_stores


@dataclass(frozen=True)
class Replay:
    """What a replay made, and how it differs; `stopped` says why no journal could be made."""

    settlement_id: str
    revision: int
    documents: tuple[OutboxDocument, ...]
    journals: tuple[Journal, ...]
    mapping_hash: str
    moved_ids: tuple[str, ...]
    rows: tuple[Row, ...]
    stopped: str = ""

    @property
    def is_same(self) -> bool:
        """Tell whether the same documents would be posted: keys, keys in the ERP, and every line."""
        posted = [(one.key, one.fingerprint) for one in self.documents]
        made = [(one.key, one.fingerprint) for one in self.journals]
        return not self.stopped and not self.moved_ids and posted == made

    def sentence(self) -> str:
        """Say how it came out."""
        name = f"Settlement {self.settlement_id}, revision {self.revision}"
        if self.stopped:
            return f"{name}: no journal can be made from it now: {self.stopped}"
        if self.is_same:
            return f"{name}: the same {len(self.journals)} journals, line by line."
        moved = f" Keys in the ERP would be other: {', '.join(self.moved_ids)}." if self.moved_ids else ""
        return f"{name}: {len(self.rows)} differences to what was posted.{moved}"


class NoDoor:
    """A marketplace or an ERP that cannot be reached; of an ERP only what needs no call is left."""

    def __init__(self, target: Target | None = None) -> None:
        self._target = target
        if target is not None:
            self.lines_max = target.lines_max
            self.quiet_period_seconds = target.quiet_period_seconds

    def erp_id(self, journal: Journal) -> str:
        """Return the key a journal has in the ERP; it is made from the journal alone."""
        assert self._target is not None, "a marketplace gives no keys"
        return self._target.erp_id(journal)

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"a replay reaches nobody, and asked for {name}")


@contextmanager
def without_doors(road: Road) -> Iterator[Road]:
    """Yield a road that reads the same stores, stages into a scratch folder, and reaches nobody."""
    with (
        TemporaryDirectory(prefix="connector-replay-") as folder,
        reading_stores(road.stores, Path(folder), road.clock, TELLING_COUNTRIES) as stores,
    ):
        yield replace(road, stores=stores, source=NoDoor(), target=NoDoor(road.target), configuration=tuple)


def replay(road: Road, settlement_id: str, *, posted_mapping: bool = False) -> Replay:
    """Make a settlement's journals again and compare; `road` is one of `without_doors`.

    With `posted_mapping` the mapping is the one the documents were made with, from the archive. Raises InputRefused
    when there is nothing to compare with, or that mapping was never archived.
    """
    registered(road, settlement_id)
    documents = road.stores.outbox.documents(settlement_source(road, settlement_id))
    if not documents:
        raise InputRefused(
            f"Settlement {settlement_id} of {road.connection} has no journals that a replay could be held against. See "
            f"what would be posted: connector plan {settlement_id} --connection {road.connection}"
        )
    if posted_mapping:
        mapping = mapping_posted_with(road, documents)
        road = replace(road, load_mapping=lambda: mapping)
    return _compared(road, settlement_id, documents)


def mapping_posted_with(road: Road, documents: Sequence[OutboxDocument]) -> Mapping:
    """Return the archived mapping that documents were made with; raise InputRefused when there is none."""
    wanted = documents[0].mapping_hash
    for change in reversed(road.stores.configuration.changes(road.connection)):
        if change.kind != "mapping":
            continue
        text = road.stores.configuration.content(change.sha256).decode("utf-8")
        try:
            mapping = load_mapping(text, change.name)
        except MappingRefused:
            continue  # of another version of the connector
        if mapping.content_hash == wanted:
            return mapping
    raise InputRefused(
        f"The mapping {wanted[:12]}, with which settlement {documents[0].partition} was posted, is not in the archive "
        "in a form that this version reads. Replay with the mapping as it is now: leave --posted-mapping out."
    )


def _compared(road: Road, settlement_id: str, documents: list[OutboxDocument]) -> Replay:
    read_lines(road, settlement_id)
    mapped = map_lines(road, settlement_id)
    stops = [verdict.sentence for verdict in mapped.verdicts if verdict.stops]
    if stops:
        hashed = road.load_mapping().content_hash
        return Replay(settlement_id, documents[0].revision, tuple(documents), (), hashed, (), (), " ".join(stops))
    planned = _planned(road, settlement_id, documents)
    made = planned.journals.journals
    return Replay(
        settlement_id=settlement_id,
        revision=documents[0].revision,
        documents=tuple(documents),
        journals=made,
        mapping_hash=planned.mapping_hash,
        moved_ids=tuple(_moved_ids(road, documents, made)),
        rows=changed_lines(road, settlement_id, documents, planned).rows,
    )


def _planned(road: Road, settlement_id: str, documents: list[OutboxDocument]) -> Planned:
    """Return the journals as the revision in question; a date that was moved to an open period stays moved."""
    books = books_of(road, settlement_id)
    version = road.stores.warehouse.current(road.connection, "mapped_lines", settlement_id)
    assert version is not None, "the lines have just been mapped"
    with road.stores.warehouse.connect(road.memory_limit_mb) as duck:
        planned = plan_of(road, books, duck, version)
    journals: JournalSet = as_known(planned.journals, [one.journal for one in documents])
    return replace(planned, journals=journals.with_revision(documents[0].revision))


def _moved_ids(road: Road, documents: list[OutboxDocument], made: tuple[Journal, ...]) -> Iterator[str]:
    """Yield keys in the ERP that the same document would not get any more."""
    ids = {one.key: road.target.erp_id(one) for one in made}
    for document in documents:
        if document.erp_id and document.key in ids and ids[document.key] != document.erp_id:
            yield f"{document.erp_id} → {ids[document.key]}"


def settlements_with_documents(road: Road) -> list[str]:
    """Return every settlement that has journals, oldest first."""
    records = road.stores.settlements.all(road.connection)
    ordered = sorted(records, key=lambda one: (datetime.fromisoformat(one.facts["start"]), one.settlement_id))
    known = [one.settlement_id for one in ordered]
    return [one for one in known if road.stores.outbox.documents(settlement_source(road, one))]
