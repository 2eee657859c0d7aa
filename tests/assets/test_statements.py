"""Rows on their way into Parquet: whole characters of any kind, or a sentence."""

from pathlib import Path

import pytest

from assets.stages.statements import write_lines
from ledger.errors import InputRefused


def test_what_is_no_whole_character_is_refused_in_words(tmp_path: Path) -> None:
    """DuckDB would stop with a fault of its own, far from what is wrong."""
    with pytest.raises(InputRefused, match="half a character"):
        write_lines([{"text": "whole"}, {"text": "half \ud83d"}], tmp_path / "rows.json")


def test_every_whole_character_goes_through(tmp_path: Path) -> None:
    """Beyond the first plane, separators of lines, control characters: one row is one line."""
    path = write_lines([{"text": "\U0001f600 \u2028 \x85 \n \x00"}], tmp_path / "rows.json")
    assert Path(path).read_bytes().count(b"\n") == 1
