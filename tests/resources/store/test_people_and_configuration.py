"""Keys and configuration files: every change kept with whose hand it was, on both engines."""

import pytest

from ledger.errors import InputRefused
from resources.store.configuration import Configuration, ConfigurationFile
from resources.store.documents import DocumentStore
from resources.store.people import INSTALLATION, People


@pytest.fixture
def people(control, audit, clock) -> People:
    return People(control, audit, clock)


@pytest.fixture
def configuration(control, audit, clock, tmp_path) -> Configuration:
    return Configuration(control, audit, DocumentStore(str(tmp_path / "documents")), clock)


def mapping(text: str, owner: str = "ann") -> ConfigurationFile:
    return ConfigurationFile("mapping", "mappings/amazon_us.yaml", text.encode(), owner)


def test_a_key_counts_until_it_is_ended_and_its_name_is_never_given_again(people, audit):
    """What maria signed must keep meaning maria."""
    people.add("maria", "aa", "carol")
    assert people.counting("maria").added_by == "carol"
    people.end("maria", "root")
    with pytest.raises(InputRefused, match="No key of maria counts"):
        people.counting("maria")
    with pytest.raises(InputRefused, match="not given twice"):
        people.add("maria", "bb", "carol")
    with pytest.raises(InputRefused, match="No key of maria counts"):
        people.end("maria", "root")
    told = [(one.kind, one.person) for one in audit.events(INSTALLATION)]
    assert told == [("key_added", "carol"), ("key_ended", "root")]
    assert audit.verify(INSTALLATION).ok


@pytest.mark.parametrize("name", ["", "Maria", "m", "ann bob", "x" * 60, "../vault"])
def test_what_cannot_name_a_person_is_refused(people, name):
    """A name is also the name of a secret."""
    with pytest.raises(InputRefused, match="cannot name a person"):
        people.add(name, "aa", "carol")


def test_every_content_of_a_file_is_kept_once_with_owner_and_first_user(configuration, audit):
    """Reading the same again changes nothing; going back to an older content is a change."""
    assert configuration.note("amazon_us", mapping("a: 1"), person="service", run="r1")
    assert not configuration.note("amazon_us", mapping("a: 1"), person="other", run="r2")
    assert configuration.note("amazon_us", mapping("a: 2", "bob"), person="service", run="r3")
    assert configuration.note("amazon_us", mapping("a: 1"), person="service", run="r4")
    found = configuration.changes("amazon_us")
    assert [(one.owner, one.person, one.run) for one in found] == [
        ("ann", "service", "r1"),
        ("bob", "service", "r3"),
        ("ann", "service", "r4"),
    ]
    assert found[1].previous_sha256 == found[0].sha256
    assert configuration.content(found[1].sha256) == b"a: 2"
    assert [one.kind for one in audit.events("amazon_us")] == ["configuration_changed"] * 3
    assert configuration.changes("amazon_eu") == []


def test_a_change_is_confirmed_only_by_somebody_without_a_hand_in_it(configuration, audit, clock):
    """Neither the owner of the file nor who first used it; what was read after the journals were planned waits."""
    configuration.note("amazon_us", mapping("a: 1"), person="service")
    configuration.confirm("amazon_us", "ann", frozenset({"ann"}), clock.now())
    configuration.confirm("amazon_us", "maria", frozenset({"maria", "service"}), clock.now())
    assert len(configuration.unconfirmed("amazon_us")) == 1
    configuration.confirm("amazon_us", "carol", frozenset({"carol"}), clock.now())
    assert configuration.unconfirmed("amazon_us") == []
    assert configuration.changes("amazon_us")[0].confirmed_by == "carol"
    planned_at = clock.now()
    clock.advance(1)
    configuration.note("amazon_us", mapping("a: 2"), person="service")
    configuration.confirm("amazon_us", "carol", frozenset({"carol"}), planned_at)
    assert len(configuration.unconfirmed("amazon_us")) == 1
    assert [one.kind for one in audit.events("amazon_us")].count("configuration_confirmed") == 1
