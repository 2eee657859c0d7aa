"""One DuckDB per thread: its connections keep apart what they make, and spill where their asker says."""

from __future__ import annotations

import os
import threading

import duckdb
import pytest

from resources.duckdb_engine import bounded_duckdb

# More than 16 MB, so that sorting it needs the disk.
SORTED = "SELECT count(*) FROM (SELECT range AS number, md5(range::VARCHAR) AS text FROM range(250000) ORDER BY text)"


def test_connections_share_an_engine_and_no_temporary_table(tmp_path):
    """What one made is unknown to the next, also under the same name, and ends with it."""
    with bounded_duckdb(tmp_path, 128) as first, bounded_duckdb(tmp_path, 128) as second:
        first.execute("CREATE TEMP TABLE mine AS SELECT 1")
        with pytest.raises(duckdb.CatalogException):
            second.execute("FROM mine")
        second.execute("CREATE TEMP TABLE mine AS SELECT 2")
        assert first.execute("FROM mine").fetchall() == [(1,)]
    with bounded_duckdb(tmp_path, 128) as third, pytest.raises(duckdb.CatalogException):
        third.execute("FROM mine")


def test_each_asker_spills_into_the_folder_it_names(tmp_path):
    """An engine that has spilled into one folder is not used for another; memory is bounded in both."""
    for name in ("one", "two"):
        spill = tmp_path / name / "spill"
        spill.parent.mkdir()
        with bounded_duckdb(spill, 16, 1) as connection:
            assert connection.execute("SELECT current_setting('memory_limit')").fetchone() == ("15.2 MiB",)
            assert connection.execute(SORTED).fetchone() == (250_000,)
        assert spill.exists(), name


def test_a_folder_that_is_gone_is_not_spilled_into(tmp_path):
    """A reading of before has cleared up after itself."""
    with bounded_duckdb(tmp_path / "gone" / "spill", 17, 1) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with bounded_duckdb(tmp_path / "spill", 17, 1) as connection:
        assert connection.execute(SORTED).fetchone() == (250_000,)
    assert (tmp_path / "spill").exists()


def test_a_thread_and_a_forked_child_have_engines_of_their_own(tmp_path):
    """None waits for threads that it does not have."""
    with bounded_duckdb(tmp_path, 129) as mine:
        mine.execute("CREATE TABLE seen AS SELECT 1")
        found: list[str] = []

        def look() -> None:
            with bounded_duckdb(tmp_path, 129) as other, pytest.raises(duckdb.CatalogException):
                other.execute("FROM seen")
            found.append("nothing")

        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        assert found == ["nothing"]
        child = os.fork()
        if child == 0:
            try:
                look()
                os._exit(0)
            finally:
                os._exit(1)
        assert os.waitpid(child, 0)[1] == 0
        mine.execute("DROP TABLE seen")
