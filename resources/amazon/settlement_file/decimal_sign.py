"""Infer the decimal sign from all amounts of a file, or refuse to guess.

In: the shapes of the amount columns, and two questions to the cells (decimals needed, does it tie). Out: "." or ",".
The evidence, in order: a sign under which some number cannot be read is out; if both are left and mean different
amounts, the one under which the rows add up to the total; if they do under both, a currency without decimals decides.
That a currency has no thirds of a cent decides nothing: Amazon writes cents, so such a file has passed through other
hands, and a wrong reading would be wrong a thousandfold.
"""

from __future__ import annotations

from collections.abc import Callable

from ledger.errors import SettlementFileRefused
from resources.amazon.settlement_file.amounts import DECIMAL_SIGNS, decimals
from resources.amazon.settlement_file.raw_table import ShapeCount
from resources.amazon.settlement_file.refusals import cell_refused, file_refused


def infer_decimal_sign(
    shapes: list[ShapeCount],
    currency: str,
    source: str,
    *,
    has_decimals: bool,
    fits_currency: Callable[[str], bool],
    ties: Callable[[str], bool],
) -> str:
    """Return the decimal sign of a file.

    Args:
        shapes: Of all filled cells of the amount columns and the total.
        currency: ISO code; India groups digits in its own way.
        source: Name of the file, for sentences.
        has_decimals: Whether the currency has any.
        fits_currency: Tells whether no amount needs more decimals than the currency has under a sign.
        ties: Tells whether the rows add up to the total under a sign.

    Raises:
        SettlementFileRefused: A number cannot be read, both signs are used, or both readings stand.
    """
    readable = [sign for sign in DECIMAL_SIGNS if not _unreadable(shapes, sign, currency)]
    if not readable:
        raise _no_reading(shapes, currency, source)
    if len(readable) == 1 or _mean_the_same(shapes, currency):
        return readable[0]
    tying = [sign for sign in readable if ties(sign)]
    if len(tying) == 1:
        return tying[0]
    fitting = [sign for sign in readable if fits_currency(sign)]
    # What ties under neither sign is refused for that, in the reading that the currency allows.
    if len(fitting) == 1 and (not tying or not has_decimals):
        return fitting[0]
    first = min((each for each in shapes if _differs(each, currency)), key=lambda each: each.first_row)
    raise file_refused(
        source,
        f"can be read in two ways: {first.first_text} in row {first.first_row} is a thousand or has three decimals, "
        "and nothing in the file decides",
        first.first_row,
        first.column,
    )


def unreadable_number(shape: ShapeCount, source: str) -> SettlementFileRefused:
    """Return the refusal of a cell that is no number."""
    return cell_refused(source, shape.first_row, shape.column, shape.first_text, "cannot be read as a number")


def _unreadable(shapes: list[ShapeCount], sign: str, currency: str) -> list[ShapeCount]:
    return [each for each in shapes if decimals(each.shape, sign, currency) is None]


def _differs(shape: ShapeCount, currency: str) -> bool:
    point, comma = (decimals(shape.shape, sign, currency) for sign in DECIMAL_SIGNS)
    return point != comma


def _mean_the_same(shapes: list[ShapeCount], currency: str) -> bool:
    return not any(_differs(each, currency) for each in shapes)


def _no_reading(shapes: list[ShapeCount], currency: str, source: str) -> SettlementFileRefused:
    bad = {sign: _unreadable(shapes, sign, currency) for sign in DECIMAL_SIGNS}
    never = [each for each in bad["."] if each in bad[","]]
    if never:
        return unreadable_number(min(never, key=lambda each: each.first_row), source)
    point, comma = (min(bad[sign], key=lambda each: each.first_row) for sign in (",", "."))
    return file_refused(
        source,
        f"uses both decimal signs: {point.first_text} in row {point.first_row} and {comma.first_text} in row "
        f"{comma.first_row}",
        max(point.first_row, comma.first_row),
        point.column if point.first_row > comma.first_row else comma.column,
    )
