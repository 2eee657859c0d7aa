"""Versions of partitions as immutable Parquet files."""

import errno
import uuid
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest

from ledger.errors import InputRefused, SettlementFileRefused, StoreError, WrittenMeanwhile
from resources.store.warehouse import Warehouse

PLACE = ("amazon_us", "settlement_lines", "11111111111")


@pytest.fixture
def engine_name() -> str:
    """Files are the same beside both engines; the rows are tested on both with the other stores."""
    return "sqlite"


@cache
def parquet(*amounts) -> bytes:
    """Return a Parquet file with these amounts."""
    values = ", ".join(f"({number}, {amount}::DECIMAL(18,2))" for number, amount in enumerate(amounts))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "lines.parquet"
        duckdb.sql(f"SELECT * FROM (VALUES {values}) AS t(row, amount)").write_parquet(str(path))
        return path.read_bytes()


def lines(*amounts):
    """Return a function that writes a Parquet file with these amounts."""
    return lambda path: path.write_bytes(parquet(*amounts))


def amounts_of(warehouse, version) -> list[Decimal]:
    found = duckdb.read_parquet(str(warehouse.path(version))).fetchall()
    return [amount for _, amount in found]


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture(params=["folder", "remote"])
def anywhere(request, control, clock, tmp_path) -> Warehouse:
    """A warehouse in a folder, and one behind fsspec."""
    remote = f"memory://warehouse-{uuid.uuid4().hex}"
    return Warehouse(str(tmp_path / "warehouse") if request.param == "folder" else remote, control, clock)


def test_a_version_is_written_and_current(anywhere, clock):
    """Counted, hashed, with its facts; amounts come back exact."""
    version = anywhere.write(*PLACE, lines("1.10", "2.20"), {"total": Decimal("3.30")})
    assert (version.version, version.rows, version.facts, version.created_at) == (1, 2, {"total": "3.30"}, clock.now())
    assert version.name == f"amazon_us/settlement_lines/11111111111/1-{version.sha256[:12]}.parquet"
    assert anywhere.current(*PLACE) == version
    assert amounts_of(anywhere, version) == [Decimal("1.10"), Decimal("2.20")]
    assert anywhere.path(version).stat().st_size == version.bytes


def test_other_content_is_a_new_version_and_the_old_one_stays(anywhere):
    """What changed since we posted can be answered."""
    first = anywhere.write(*PLACE, lines("1.10"), {})
    second = anywhere.write(*PLACE, lines("9.90"), {})
    assert (second.version, anywhere.current(*PLACE)) == (2, second)
    assert anywhere.versions(*PLACE) == [first, second]
    assert amounts_of(anywhere, first) == [Decimal("1.10")]
    assert anywhere.currents() == [second]


def test_the_same_content_is_no_new_version(warehouse, tmp_path):
    """Materializing again changes nothing."""
    first = warehouse.write(*PLACE, lines("1.10"), {})
    assert warehouse.write(*PLACE, lines("1.10"), {}) == first
    assert files(tmp_path / "warehouse") == [first.name]


def test_other_facts_are_a_new_version(warehouse):
    """What the rows were made from may change without the rows; a reader of the facts must see it."""
    first = warehouse.write(*PLACE, lines("1.10"), {"mapping": "m1"})
    second = warehouse.write(*PLACE, lines("1.10"), {"mapping": "m2"})
    assert (second.version, second.sha256) == (2, first.sha256)
    assert warehouse.current(*PLACE).facts == {"mapping": "m2"}
    assert warehouse.versions(*PLACE)[0] == first


def test_content_of_long_ago_is_a_new_version(warehouse):
    """Going back is a change like any other."""
    for amount in ("1.10", "2.20", "1.10"):
        version = warehouse.write(*PLACE, lines(amount), {})
    assert (version.version, warehouse.current(*PLACE)) == (3, version)


def test_partitions_know_nothing_of_each_other(warehouse):
    """Each counts its own versions."""
    warehouse.write(*PLACE, lines("1.10"), {})
    other = warehouse.write("amazon_uk", "settlement_lines", "11111111111", lines("1.10"), {})
    assert other.version == 1
    assert len(warehouse.currents(table="settlement_lines")) == 2
    assert warehouse.currents(connection="amazon_uk") == [other]
    assert warehouse.current("amazon_us", "settlement_lines", "2") is None


@pytest.mark.parametrize("partition", ["", "a,b", "../up", "a b", "a" * 101, "a\n", "ä"])
def test_a_partition_key_that_could_break_something_is_refused(warehouse, tmp_path, partition):
    """Commas break backfills, slashes leave the folder."""
    with pytest.raises(InputRefused, match="cannot name a partition"):
        warehouse.write("amazon_us", "settlement_lines", partition, lines("1.10"), {})
    assert not (tmp_path / "warehouse").exists()


@pytest.mark.parametrize("connection, table", [("../up", "lines"), ("amazon_us", 'lines"; DROP'), ("amazon_us", "")])
def test_other_names_are_checked_too(warehouse, connection, table):
    """They name folders and views."""
    with pytest.raises(InputRefused, match="cannot name a"):
        warehouse.write(connection, table, "1", lines("1.10"), {})


@pytest.mark.parametrize(
    "error, raised, sentence",
    [
        (OSError(errno.ENOSPC, "No space left on device"), StoreError, "No space left on device. Free some space"),
        (duckdb.IOException('Could not write "x": No space left on device'), StoreError, "Free some space"),
        (SettlementFileRefused("Row 7 has no amount.", source="f"), SettlementFileRefused, "Row 7 has no amount."),
    ],
)
def test_a_write_that_fails_leaves_the_version_before(warehouse, tmp_path, error, raised, sentence):
    """A full disk is a sentence, a refusal goes through, and no half file is left."""
    first = warehouse.write(*PLACE, lines("1.10"), {})

    def fail(path):
        path.write_bytes(b"half")
        raise error

    with pytest.raises(raised, match=sentence):
        warehouse.write(*PLACE, fail, {})
    assert warehouse.current(*PLACE) == first
    assert files(tmp_path / "warehouse") == [first.name]


@pytest.mark.parametrize("written", [b"", b"<html>", None])
def test_what_is_no_parquet_file_is_not_taken_over(warehouse, tmp_path, written):
    """Nor nothing at all."""
    with pytest.raises(StoreError, match="no whole Parquet file"):
        warehouse.write(*PLACE, lambda path: None if written is None else path.write_bytes(written), {})
    assert warehouse.versions(*PLACE) == []
    assert files(tmp_path / "warehouse") == []


def test_a_crash_between_move_and_commit_leaves_the_old_version_current(warehouse, control, monkeypatch):
    """The file is there, but no row names it; the next write takes it over."""
    first = warehouse.write(*PLACE, lines("1.10"), {})

    def crash(scope="books"):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(control, "transaction", crash)
        with pytest.raises(KeyboardInterrupt):
            warehouse.write(*PLACE, lines("9.90"), {})
    assert warehouse.current(*PLACE) == first
    second = warehouse.write(*PLACE, lines("9.90"), {})
    assert (second.version, amounts_of(warehouse, second)) == (2, [Decimal("9.90")])


def test_a_version_that_was_made_from_an_older_one_is_refused(warehouse):
    """What was read to be added to is not the newest any more; the same content again is no new version."""
    first = warehouse.write(*PLACE, lines("1.10"), {}, after=0)
    second = warehouse.write(*PLACE, lines("1.10", "2.20"), {}, after=first.version)
    with pytest.raises(WrittenMeanwhile, match="made from version 1, and there is version 2"):
        warehouse.write(*PLACE, lines("1.10", "3.30"), {}, after=first.version)
    assert warehouse.write(*PLACE, lines("1.10", "2.20"), {}, after=first.version) == second
    assert warehouse.current(*PLACE) == second


@pytest.mark.parametrize("others", [("9.90", "9.90"), ("9.90", "3.30"), ("3.30", "9.90"), ("3.30", "3.30")])
def test_a_writer_who_lost_the_race_takes_no_file_of_the_winner(warehouse, control, monkeypatch, others):
    """Between its file and its row two others commit, perhaps the same content under the same name."""
    warehouse.write(*PLACE, lines("1.10"), {})
    transaction, waiting = control.transaction, list(others)

    def late(scope="books"):
        while waiting:
            warehouse.write(*PLACE, lines(waiting.pop(0)), {})
        return transaction(scope)

    monkeypatch.setattr(control, "transaction", late)
    written = warehouse.write(*PLACE, lines("3.30"), {})
    assert amounts_of(warehouse, written) == [Decimal("3.30")]
    versions = warehouse.versions(*PLACE)
    assert [version.version for version in versions] == list(range(1, len(versions) + 1))
    assert all(len(amounts_of(warehouse, version)) == 1 for version in versions)


def test_two_writers_of_a_partition_both_end_with_a_version(control_url, open_control, clock, tmp_path):
    """Numbers follow one another, and every file is the one its row names."""
    warehouses = [Warehouse(str(tmp_path / "warehouse"), open_control(control_url), clock) for _ in range(4)]
    contents = ["1.10", "2.20", "3.30", "3.30"]
    with ThreadPoolExecutor(4) as pool:
        written = list(
            pool.map(lambda pair: pair[0].write(*PLACE, lines(pair[1]), {}), zip(warehouses, contents, strict=True))
        )
    versions = warehouses[0].versions(*PLACE)
    assert [version.version for version in versions] == list(range(1, len(versions) + 1))
    assert warehouses[0].current(*PLACE) == versions[-1]
    assert [amounts_of(warehouses[0], version) for version in written] == [[Decimal(content)] for content in contents]


@pytest.mark.parametrize("damage", [b"half", None])
def test_a_damaged_version_is_named_and_healed_by_writing_it_again(warehouse, damage):
    """Reading it is refused; materializing puts the same bytes back."""
    version = warehouse.write(*PLACE, lines("1.10"), {})
    path = warehouse.path(version)
    path.unlink()
    if damage is not None:
        path.write_bytes(damage)
    with pytest.raises(StoreError, match=version.sha256):
        warehouse.path(version)
    assert warehouse.write(*PLACE, lines("1.10"), {}) == version
    assert amounts_of(warehouse, version) == [Decimal("1.10")]


def test_duckdb_is_bounded_and_fetches_nothing(warehouse):
    """Memory, threads, and no extension from the network."""
    wanted = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
        "threads": "1",
    }
    with warehouse.connect(memory_limit_mb=256, threads=1) as connection:
        found = dict(connection.execute("SELECT name, value FROM duckdb_settings()").fetchall())
        assert {name: found[name] for name in wanted} == wanted
        assert found["memory_limit"].startswith("244")  # MiB
        with pytest.raises(duckdb.Error):
            connection.execute("SELECT * FROM 'https://example.invalid/file.parquet'")


def test_views_show_the_current_versions_of_all_partitions(anywhere, tmp_path):
    """One view per table, with connection and partition, and no column of file names."""
    anywhere.write(*PLACE, lines("1.10"), {})
    anywhere.write(*PLACE, lines("2.20"), {})
    anywhere.write("amazon_uk", "settlement_lines", "2", lines("5.00", "6.00"), {})
    anywhere.write("amazon_uk", "journals", "2", lines("7.00"), {})
    path = tmp_path / "views" / "warehouse.duckdb"
    assert anywhere.write_views(path) == ["journals", "settlement_lines"]
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.execute("SELECT * FROM settlement_lines ORDER BY connection, row")
        assert [column[0] for column in found.description] == ["connection", "partition", "row", "amount"]
        assert found.fetchall() == [
            ("amazon_uk", "2", 0, Decimal("5.00")),
            ("amazon_uk", "2", 1, Decimal("6.00")),
            ("amazon_us", "11111111111", 0, Decimal("2.20")),
        ]
        assert connection.execute("SELECT sum(amount) FROM journals").fetchall() == [(Decimal("7.00"),)]


def test_views_are_replaced_whole_while_somebody_reads(warehouse, tmp_path):
    """He keeps what he opened; whoever opens next sees the new one."""
    path = tmp_path / "warehouse.duckdb"
    warehouse.write(*PLACE, lines("1.10"), {})
    warehouse.write_views(path)
    with duckdb.connect(str(path), read_only=True) as reader:
        warehouse.write(*PLACE, lines("2.20"), {})
        warehouse.write_views(path)
        assert reader.execute("SELECT amount FROM settlement_lines").fetchall() == [(Decimal("1.10"),)]
    with duckdb.connect(str(path), read_only=True) as reader:
        assert reader.execute("SELECT amount FROM settlement_lines").fetchall() == [(Decimal("2.20"),)]
    assert sorted(file.name for file in tmp_path.glob("*duckdb*")) == ["warehouse.duckdb"]


def test_views_of_an_empty_warehouse_can_be_opened(warehouse, tmp_path):
    """Before the first settlement."""
    assert warehouse.write_views(tmp_path / "warehouse.duckdb") == []
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        assert connection.execute("FROM current_versions").fetchall() == []


def test_a_table_with_columns_added_later_is_one_view(warehouse, tmp_path):
    """Columns are matched by name; a table's own partition column gives way to ours."""

    def wider(path):
        with duckdb.connect() as connection:
            connection.execute(
                f"COPY (SELECT 1 AS row, 'x' AS note, 'y' AS \"partition\") TO '{path}' (FORMAT parquet)"
            )

    warehouse.write("amazon_us", "settlement_lines", "1", lines("1.10"), {})
    warehouse.write("amazon_us", "settlement_lines", "2", wider, {})
    warehouse.write_views(tmp_path / "warehouse.duckdb")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute("SELECT partition, amount, note FROM settlement_lines ORDER BY partition").fetchall()
    assert found == [("1", Decimal("1.10"), None), ("2", None, "x")]
