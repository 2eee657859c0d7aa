"""SQL that reads one cell of each kind, and SQL that finds a cell which cannot be read as its kind.

In: a cell as SQL, without blanks around it, NULL when blank. Out: an expression. No cast ever sees text whose shape was
not accepted first: casts take `1e3` and round what is too long, and a cast to TIMESTAMP drops an offset without a word.
"""

from __future__ import annotations

from resources.amazon.report_file.table import Kind

_AMOUNT = r"-?[0-9]{1,15}([.][0-9]{1,6})?"
_INSTANT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
_SHAPES = {
    Kind.TEXT: None,
    Kind.CURRENCY: "[A-Z]{3}",
    Kind.COUNTRY: "[A-Z]{2}",
    Kind.AMOUNT: _AMOUNT,
    Kind.DISCOUNT: _AMOUNT,
    Kind.COUNT: "-?[0-9]{1,9}",
    Kind.INSTANT: _INSTANT,
    Kind.DAY: "[0-9]{2}-[0-9]{2}-[0-9]{4}",
    Kind.TRUTH: "(?i)true|false|yes|no",
    Kind.RATE: "[0-9]{1,3}([.][0-9]{1,4})?",
}
_WHAT = {
    Kind.CURRENCY: "is no currency",
    Kind.COUNTRY: "is no country",
    Kind.AMOUNT: "is no amount",
    Kind.DISCOUNT: "is no amount",
    Kind.COUNT: "is no whole number",
    Kind.INSTANT: "cannot be read as a moment with its time zone",
    Kind.DAY: "cannot be read as a date like 30-04-2022",
    Kind.TRUTH: "is neither true nor false",
    Kind.RATE: "is no rate",
}
# Amazon did not sell before 1995; later than this it is a misread year.
_EARLIEST, _LATEST = "1995-01-01", "2200-01-01"


def value_sql(kind: Kind, cell: str) -> str:
    """Return SQL for the value of a cell whose shape was accepted."""
    if kind is Kind.AMOUNT:
        return f"CAST({cell} AS DECIMAL(18,3))"
    if kind is Kind.DISCOUNT:
        return f"-abs(CAST({cell} AS DECIMAL(18,3)))"
    if kind is Kind.COUNT:
        return f"CAST({cell} AS INTEGER)"
    if kind is Kind.INSTANT:
        # By way of the epoch: it takes the offset into account and needs no time zone of the machine.
        return f"make_timestamp(epoch_us(TRY_CAST({cell} AS TIMESTAMPTZ)))"
    if kind is Kind.DAY:
        return f"CAST(try_strptime({cell}, '%d-%m-%Y') AS DATE)"
    if kind is Kind.TRUTH:
        return f"lower({cell}) IN ('true', 'yes')"
    if kind is Kind.RATE:
        # A product, not a quotient: DuckDB's division ends in DOUBLE.
        number = f"CAST({cell} AS DECIMAL(9,6))"
        return f"CASE WHEN {number} > 1 THEN CAST({number} * 0.01 AS DECIMAL(9,6)) ELSE {number} END"
    return cell


def unreadable_sql(kind: Kind, cell: str) -> str | None:
    """Return SQL that is true of a cell which cannot be read as its kind; None for a kind that takes every text."""
    shape = _SHAPES[kind]
    if shape is None:
        return None
    wrong = f"NOT regexp_full_match({cell}, '{shape}')"
    if kind in (Kind.INSTANT, Kind.DAY):
        value = value_sql(kind, cell)
        wrong += f" OR coalesce({value} NOT BETWEEN DATE '{_EARLIEST}' AND DATE '{_LATEST}', true)"
    return f"{cell} IS NOT NULL AND ({wrong})"


def what_is_wrong(kind: Kind) -> str:
    """Return how a sentence goes on about a cell that cannot be read as its kind."""
    return _WHAT[kind]
