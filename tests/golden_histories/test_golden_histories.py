"""What a released version posted comes out the same today, and an update sends nothing again.

Each history is replayed from its bytes, and walked from its control database beside the books as they were.
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from assets.review.approval import documents_of
from assets.road import walk
from assets.settlement_reports import import_file
from assets.settlements.replay import replay, settlements_with_documents, without_doors
from connector_defs import __version__
from resources.store.verification import verify
from tests.golden_histories.happenings import HAPPENINGS
from tests.golden_histories.history import History, histories, journals_text
from tests.golden_histories.place import place
from tests.golden_histories.record import record

every_history = pytest.mark.parametrize("history", histories(), ids=lambda one: one.name)


@pytest.fixture
def home():
    """A home in memory where the system has one."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with TemporaryDirectory(dir=memory, prefix="golden-") as folder:
        yield Path(folder) / "home"


@every_history
def test_todays_code_makes_the_same_journals(history: History, home) -> None:
    """Posting keys, keys in the ERP, fingerprints and every line, with the mapping as it is and as it was archived."""
    with place(history.folder, home, history.erp, history.now) as made:
        history.restore(made)
        with without_doors(made.road()) as road:
            texts = []
            for settlement_id in settlements_with_documents(road):
                found = replay(road, settlement_id)
                texts.append(journals_text(settlement_id, [(one, road.target.erp_id(one)) for one in found.journals]))
                assert found.is_same, found.sentence()
                assert replay(road, settlement_id, posted_mapping=True).is_same
    assert "\n".join(texts) == history.journals


@every_history
def test_walking_over_a_history_sends_nothing(history: History, home) -> None:
    """Everything stays posted and ties to the books; nothing waits for a person; the trail verifies."""
    with place(history.folder, home, history.erp, history.now) as made:
        history.restore(made)
        road = made.road("run-after-the-update")
        before = made.erp.text()
        for settlement_id in settlements_with_documents(road):
            walked = walk(road, settlement_id)
            assert walked.stopped_at == ""
            assert walked.results["reconciliations"].facts["ties"]
            assert {str(one.state) for one in documents_of(road, settlement_id)} == {"posted"}
        assert made.erp.sent() == 0
        assert made.erp.text() == before
        assert road.stores.review.listing(road.connection) == []
        assert verify(road.stores.control).is_ok


@every_history
def test_walking_without_the_control_database_sends_nothing(history: History, home) -> None:
    """The bytes imported anew beside the books as they were: found by keys that today's code makes."""
    with place(history.folder, home, history.erp, history.now) as made:
        history.restore(made)
        road = made.road()
        sources = {one: documents_of(road, one)[0].source for one in settlements_with_documents(road)}
        firsts = {one: {str(each.state) for each in road.stores.outbox.documents(sources[one], 1)} for one in sources}
    with place(history.folder, home.with_name("rebuilt"), history.erp, history.now) as made:
        history.restore_books(made)
        road = made.road()
        for path in sorted(history.folder.glob("settlements/*")):
            import_file(road, path)
        for settlement_id, first in firsts.items():
            walk(road, settlement_id)
            states = {str(one.state) for one in documents_of(road, settlement_id)}
            # Only a later revision of a first one that was refused is not what would be sent now.
            assert states == ({"review"} if first == {"refused"} else {"posted"})
        assert made.erp.sent() == 0


def test_a_history_of_the_present_version_exists_for_every_happening() -> None:
    """`python -m tests.golden_histories.record` writes what is missing."""
    assert {one.folder.name for one in histories() if one.folder.parent.name == __version__} == set(HAPPENINGS)


@pytest.mark.parametrize("name", ["over_month_end", "fusion_over_month_end"])
def test_recording_again_gives_the_same_journals(name: str, tmp_path: Path, home) -> None:
    """What is recorded depends on nothing but the code: same keys, same lines, same books; and all of it verifies."""
    again = record(name, tmp_path)
    kept = next(one for one in histories() if one.name == f"{__version__}/{name}")
    assert again.journals == kept.journals
    assert (again.folder / "books.jsonl").read_text() == (kept.folder / "books.jsonl").read_text()
    with place(again.folder, home, again.erp, again.now) as made:
        again.restore(made)
        verification = verify(made.road().stores.control)
    assert verification.is_ok
    assert verification.rows["exchanges"] > 0
    assert verification.older == {}
