"""DuckDB works with what it brings: no extension is loaded from elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from resources.amazon.settlement_file import reader
from resources.amazon.settlement_file.scan import copy_sql, lines_relation, open_scanner
from tests.resources.amazon.settlement_file.texts import Desk, v2_text


def test_the_scanner_downloads_nothing_and_has_what_it_needs(tmp_path: Path) -> None:
    """Rule: parquet is built in, and neither install nor load happens by itself."""
    with open_scanner(tmp_path, 256) as scanner:
        settings = dict(
            scanner.execute(
                "SELECT name, value FROM duckdb_settings() WHERE name LIKE 'auto%known_extensions' OR name = "
                "'preserve_insertion_order'"
            ).fetchall()
        )
        built_in = scanner.execute(
            "SELECT install_mode FROM duckdb_extensions() WHERE extension_name = 'parquet' AND loaded"
        ).fetchall()
    assert settings == {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "preserve_insertion_order": "true",
    }
    assert built_in == [("STATICALLY_LINKED",)]


@pytest.mark.parametrize("text", [v2_text(["1.00"]), v2_text(["1.00", "1,002.00"], total_amount="1003.00")])
def test_a_file_is_read_with_a_scanner_of_its_own(desk: Desk, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Rule: each reading opens and closes its own scanner within the memory it is given."""
    monkeypatch.setattr(reader, "open_scanner", open_scanner)
    assert desk.read(text, memory_limit_mb=128, scratch=desk.folder).amounts == len(desk.rows()) - 1
    assert sorted(path.name for path in desk.folder.iterdir()) == ["lines.parquet", "report.txt"]


def test_the_row_is_the_position_unless_the_line_carries_it(tmp_path: Path) -> None:
    """Rule: header is row 1, the first line row 2; a V1 leg brings its own row."""
    path = tmp_path / "lines.parquet"
    with open_scanner(tmp_path, 256) as scanner:
        values = "(VALUES (1, NULL), (2, NULL), (3, 9)) AS given(amount, source_row)"
        select = f"SELECT amount, CAST(source_row AS BIGINT) AS source_row FROM {values}"
        scanner.execute(copy_sql(select, path))
        found = scanner.execute(f"SELECT amount, source_row FROM {lines_relation(path)}").fetchall()
    assert found == [(1, 2), (2, 3), (3, 9)]
