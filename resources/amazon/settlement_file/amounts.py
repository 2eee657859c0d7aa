"""Read amounts as text in the file's own locale, exactly, or not at all.

A number is judged by its shape, the text with every digit replaced by 9: a file of millions of amounts has a few dozen
shapes, so the decimal sign can be inferred from all of them. In: shapes, or one text. Out: how many decimals a shape
has under a decimal sign, SQL that turns text into DECIMAL(18,3), or a Decimal. No cast ever sees text whose shape was
not accepted first: casts take `1e3` and `1_000` and round what is too long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

DECIMAL_SIGNS = (".", ",")
MINUS_SIGNS = "-\u2212"
WHOLE_DIGITS_MAX = 15
_DECIMALS_MAX = 6
_LENGTH_MAX = 40
# Blank, no-break space, narrow no-break space, apostrophe, right single quotation mark.
_BLANK_GROUPS = " \u00a0\u202f'\u2019"
_BLANKS = " \u00a0\u3000\u202f\r"


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How the numbers of a file are written; `is_plain`: a cast reads each of them as it is."""

    sign: str
    is_plain: bool

    def sql(self, text: str) -> str:
        """Return SQL for the amount of a text whose shape was accepted under the decimal sign: DECIMAL(18,3)."""
        digits = text if self.is_plain else f"regexp_replace({text}, '[^0-9{self.sign}]', '', 'g')"
        number = f"CAST({digits} AS DECIMAL(18,3))"
        if self.sign == ",":
            number = f"CAST(replace({digits}, ',', '.') AS DECIMAL(18,3))"
        if self.is_plain:
            return number
        return f"CASE WHEN left({text}, 1) IN ('-', '\u2212', '(') THEN -{number} ELSE {number} END"


def shape_of(text: str) -> str:
    """Return the text with each digit as 9; two texts of one shape are read in one way."""
    return re.sub("[0-9]", "9", text)


def shape_sql(text: str) -> str:
    """Return SQL for the shape of a text column; over-long texts share one shape that nothing reads."""
    return f"CASE WHEN length({text}) > {_LENGTH_MAX} THEN '?' ELSE regexp_replace({text}, '[0-9]', '9', 'g') END"


def cell_sql(column: str) -> str:
    """Return SQL for a number or date without the blanks around it; a blank cell is NULL."""
    return f"nullif(trim({column}, '{_BLANKS}'), '')"


def decimals(shape: str, sign: str, currency: str) -> int | None:
    """Return how many decimals a number of this shape has when `sign` is the decimal sign; None if it is no number."""
    whole, has_fraction, fraction = _unsigned(shape).partition(sign)
    if has_fraction and not re.fullmatch(f"9{{1,{_DECIMALS_MAX}}}", fraction):
        return None
    other = "," if sign == "." else "."
    groups = re.escape(_BLANK_GROUPS + other)
    is_plain = re.fullmatch("9+", whole) or re.fullmatch(f"9{{1,3}}(?P<group>[{groups}])999((?P=group)999)*", whole)
    # India groups by lakh and crore: 12,34,567.89.
    is_indian = currency == "INR" and sign == "." and re.fullmatch("9{1,2}(,99)*,999", whole)
    if not (is_plain or is_indian) or whole.count("9") > WHOLE_DIGITS_MAX:
        return None
    return len(fraction)


def is_plain(shape: str, sign: str) -> bool:
    """Tell whether a shape is digits with a leading minus and this decimal sign at most: a cast reads it as it is."""
    return bool(re.fullmatch(f"-?9+([{sign}]9{{1,3}})?", shape))


def decimals_needed_sql(text: str, sign: str) -> str:
    """Return SQL for the number of decimals a text needs, trailing zeros left out."""
    return f"length(rtrim(regexp_extract({text}, '[{sign}]([0-9]+)[)]?$', 1), '0'))"


def grouped_zero_sql(text: str, sign: str) -> str:
    """Return SQL that is true of a text whose thousands begin with zero (`0.125` where the comma is the sign)."""
    return f"regexp_matches({text}, '^[^0-9]?0+[^0-9{sign})][0-9]')"


def amount(text: str, sign: str) -> Decimal:
    """Return the amount of a text whose shape was accepted under this decimal sign."""
    number = Decimal(re.sub(f"[^0-9{sign}]", "", text).replace(",", "."))
    return -number if number and text[0] in "-\u2212(" else number


def _unsigned(shape: str) -> str:
    if shape.startswith("(") and shape.endswith(")"):
        return shape[1:-1]
    return shape[1:] if shape[:1] and shape[0] in MINUS_SIGNS else shape
