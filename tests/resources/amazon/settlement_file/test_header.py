"""Columns are found by name; what is missing or doubled is named."""

from __future__ import annotations

import pytest

from ledger.errors import SettlementFileRefused
from resources.amazon.settlement_file.header import read_header
from tests.resources.amazon.settlement_file.texts import V1_COLUMNS, V2_COLUMNS


def _header(columns: list[str]) -> str:
    return "\t".join(columns)


@pytest.mark.parametrize(
    "columns, layout, width",
    [
        (V2_COLUMNS, "v2", 24),
        (V2_COLUMNS[:-1], "v2", 23),
        (V2_COLUMNS[::-1], "v2", 24),
        ([name.replace("-", " ") for name in V2_COLUMNS], "v2", 24),
        ([name.replace("-", "_").upper() for name in V2_COLUMNS], "v2", 24),
        ([f" {name.title()} " for name in V2_COLUMNS], "v2", 24),
        ([name for name in V2_COLUMNS if name != "posted-date"], "v2", 23),
        ([name for name in V2_COLUMNS if name != "posted-date-time"], "v2", 23),
        (V1_COLUMNS, "v1", 36),
        ([name for name in V1_COLUMNS if not name.startswith("promotion")], "v1", 33),
    ],
)
def test_a_header_is_known_by_its_names(columns: list[str], layout: str, width: int) -> None:
    """Rule: order, case, blanks and underscores do not matter."""
    header = read_header(_header(columns), "f.txt")
    assert (header.layout, header.width, header.unknown) == (layout, width, ())
    amount = "amount" if layout == "v2" else "other-amount"
    at = next(
        at for at, name in enumerate(columns) if name.strip().lower().replace("_", "-").replace(" ", "-") == amount
    )
    assert header.positions[amount] == at


def test_unknown_columns_are_kept_out_and_named() -> None:
    """Rule: a new column of Amazon's stops nothing; free text in a header is not repeated."""
    header = read_header(_header([*V2_COLUMNS[:3], "Store Name", *V2_COLUMNS[3:], "", "ada@example.org"]), "f.txt")
    assert header.unknown == ("store-name", "(unreadable name)")
    assert header.positions["deposit-date"] == 4


@pytest.mark.parametrize("columns", [V2_COLUMNS, V1_COLUMNS])
def test_every_needed_column_is_named_when_it_is_missing(columns: list[str]) -> None:
    """Rule: a missing column is refused by its name, the others are optional."""
    optional = {
        "deposit-date", "merchant-order-id", "adjustment-id", "shipment-id", "fulfillment-id", "order-item-code",
        "merchant-order-item-id", "merchant-adjustment-item-id", "promotion-id", "posted-date-time",
    }  # fmt: skip
    if columns is V2_COLUMNS:
        optional.add("posted-date")
    for missing in columns:
        rest = _header([name for name in columns if name != missing])
        if missing in optional:
            assert missing not in read_header(rest, "f.txt").positions
        else:
            with pytest.raises(SettlementFileRefused) as caught:
                read_header(rest, "f.txt")
            assert missing in str(caught.value)
            assert caught.value.row == 1


def test_a_file_without_any_posted_date_is_refused() -> None:
    """Rule: money without a day cannot be booked."""
    with pytest.raises(SettlementFileRefused, match="posted-date-time"):
        read_header(_header([name for name in V2_COLUMNS if not name.startswith("posted")]), "f.txt")


@pytest.mark.parametrize("doubled", ["amount", "Amount", "settlement id"])
def test_a_doubled_column_is_refused(doubled: str) -> None:
    """Rule: two columns of one name cannot be told apart."""
    with pytest.raises(SettlementFileRefused, match="twice"):
        read_header(_header([*V2_COLUMNS, doubled]), "f.txt")
