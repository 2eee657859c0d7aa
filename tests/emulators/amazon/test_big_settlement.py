"""Large files for benchmarks: exactly as long as asked, and they tie."""

from __future__ import annotations

from decimal import Decimal

import pytest

from emulators.amazon.big_settlement import write_big_settlement
from emulators.amazon.settlement_columns import V2_COLUMNS


@pytest.mark.parametrize("lines", [0, 1, 5, 6, 997 * 6, 20_003])
def test_a_big_settlement_has_the_lines_asked_for_and_ties(tmp_path, lines: int) -> None:
    """The total of the summary row was computed before any line was written."""
    big = write_big_settlement(tmp_path / "big.txt", lines)
    content = big.path.read_bytes()
    rows = [line.split("\t") for line in content.decode().splitlines()]
    assert (len(rows), len(content)) == (lines + 2, big.bytes_written)
    assert all(len(row) == len(V2_COLUMNS) for row in rows)
    assert sum((Decimal(row[14]) for row in rows[2:]), Decimal(0)) == big.total == Decimal(rows[1][4])


def test_a_million_lines_would_not_repeat_an_order(tmp_path) -> None:
    """Order ids and item codes vary from order to order; lines have the size of real ones."""
    big = write_big_settlement(tmp_path / "big.txt", 60_000)
    rows = [line.split("\t") for line in big.path.read_text().splitlines()[2:]]
    assert len({row[7] for row in rows}) == len({row[18] for row in rows}) == 10_000
    assert 170 < big.bytes_written / big.lines < 210


def test_a_negative_number_of_lines_is_refused(tmp_path) -> None:
    """There is no such file."""
    with pytest.raises(ValueError, match="cannot have -1 lines"):
        write_big_settlement(tmp_path / "big.txt", -1)
