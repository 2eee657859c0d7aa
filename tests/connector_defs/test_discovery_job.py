"""The discovery job: the import folder does not depend on the marketplace, and a failed discovery stays visible."""

import os
from datetime import UTC, datetime, timedelta

from assets.settlement_reports import Discovery
from connector_defs.jobs import sentence
from connector_defs.project import Project
from emulators.amazon.settlement_writer import US, write_v2
from emulators.demo_seller.small import one_day_settlements
from ledger.errors import SourceRefused

CONNECTION = "amazon_us"


def test_files_are_imported_though_the_marketplace_refuses(dagster_place, monkeypatch):
    """Imported, its partition added, and the run is red all the same."""

    def refused(road):
        raise SourceRefused("Amazon says no.")

    monkeypatch.setattr("connector_defs.jobs.discover", refused)
    new = one_day_settlements(3, datetime.now(UTC) - timedelta(days=9))[-1]
    folder = Project().import_folder(CONNECTION)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "dropped.txt"
    path.write_bytes(write_v2(new, US))
    os.utime(path, (0, 0))
    job = dagster_place.defs().resolve_job_def(f"{CONNECTION}_discovery")
    result = job.execute_in_process(instance=dagster_place.instance, raise_on_error=False)
    assert not result.success
    assert (folder / "imported" / "dropped.txt").exists()
    partitions = set(dagster_place.instance.get_dynamic_partitions(f"{CONNECTION}_settlements"))
    assert {*dagster_place.settlement_ids, new.settlement_id} <= partitions


def test_the_sentence_names_what_waits():
    """Nothing that came damaged, or is another connection's, is passed over."""
    words = sentence(CONNECTION, Discovery(damaged=["a"], elsewhere=["b", "c"], foreign=["d"]))
    for part in ("1 came damaged", "2 held by another connection", "1 of marketplaces"):
        assert part in words
