"""Read dates and instants by their shape, and say in which order day, month and year stand.

As with amounts, a column is judged by the shapes it holds (the text with every digit as 9). A shape fixes separator,
time and zone; only day-month and month-day look alike, and that is decided elsewhere from the whole file. In: shapes
or one text. Out: possible orders, SQL for a UTC TIMESTAMP, or an aware datetime. An instant without a zone is UTC.
Zones are subtracted by arithmetic, so no time zone data is needed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# Amazon has settled since 1995; a year after the next decades is mistyped.
YEAR_MIN, YEAR_MAX = 1995, 2099
EXISTS_SQL = f"BETWEEN TIMESTAMP '{YEAR_MIN}-01-01' AND TIMESTAMP '{YEAR_MAX}-12-31 23:59:59.999999'"
# No place on earth is further ahead of UTC.
OFFSET_MINUTES_MAX = 14 * 60
_SHAPE = re.compile(
    r"(?:9999(?P<ymd>[-/.])9{1,2}(?P=ymd)9{1,2}|9{1,2}(?P<dmy>[-/.])9{1,2}(?P=dmy)(?P<year>9999|99))"
    r"(?:(?P<gap>[T ])9{1,2}:99(?P<seconds>:99)?(?P<fraction>\.9{1,6})?(?P<zone> ?(?:UTC|GMT|Z|[+-]99:?99))?)?"
)
_DATE_PATTERNS = {"ymd": "%Y{0}%m{0}%d", "dmy": "%d{0}%m{0}{1}", "mdy": "%m{0}%d{0}{1}"}


@dataclass(frozen=True, slots=True)
class DateShape:
    """One shape of dates: in which orders it may be read, and what stands behind the date."""

    shape: str
    orders: tuple[str, ...]
    separator: str
    year: str
    time: str
    zone: str

    @property
    def offset_sign(self) -> str:
        """Return "+" or "-" for a numeric zone, else the empty text."""
        return next((sign for sign in "+-" if sign in self.zone), "")

    def pattern(self, order: str) -> str:
        """Return the strptime pattern of the text without its zone."""
        return _DATE_PATTERNS[order].format(self.separator, self.year) + self.time

    def name(self, order: str) -> str:
        """Return the format's name for people: ISO, ISO with offset, dd.mm.yyyy, mm/dd/yy."""
        if order == "ymd" and self.separator == "-":
            return "ISO with offset" if self.offset_sign else "ISO"
        words = {"y": "yyyy" if order == "ymd" or self.year == "%Y" else "yy", "m": "mm", "d": "dd"}
        return self.separator.join(words[letter] for letter in order)

    def sql(self, text: str, order: str) -> str:
        """Return SQL for the UTC instant of a text of this shape; NULL when there is no such day or time.

        Years that `EXISTS_SQL` leaves out are the caller's to refuse: a test in here would parse every text twice.
        """
        body = f"left({text}, {len(self.shape) - len(self.zone)})" if self.zone else text
        instant = f"try_strptime({body}, '{self.pattern(order)}')"
        if self.offset_sign:
            digits = f"right(replace({text}, ':', ''), 4)"
            minutes = f"CAST(left({digits}, 2) AS INTEGER) * 60 + CAST(right({digits}, 2) AS INTEGER)"
            moved = f"{instant} {'-' if self.offset_sign == '+' else '+'} to_minutes({minutes})"
            is_zone = f"right({digits}, 2) < '60' AND {minutes} <= {OFFSET_MINUTES_MAX}"
            instant = f"(CASE WHEN {is_zone} THEN {moved} END)"
        return instant


def read_shape(shape: str) -> DateShape | None:
    """Return how dates of this shape can be read, or None when it is no shape of a date."""
    found = _SHAPE.fullmatch(shape)
    if not found or (found["fraction"] and not found["seconds"]):
        return None
    if found["ymd"]:
        orders, separator, year = ("ymd",), found["ymd"], "%Y"
    else:
        separator, year = found["dmy"], "%Y" if found["year"] == "9999" else "%y"
        # No marketplace writes mm.dd.yyyy: dots are the European order.
        orders = ("dmy",) if separator == "." else ("dmy", "mdy")
    time = ""
    if found["gap"]:
        time = found["gap"] + "%H:%M" + (":%S" if found["seconds"] else "") + (".%f" if found["fraction"] else "")
    return DateShape(shape, orders, separator, year, time, found["zone"] or "")


def instant(text: str, order: str) -> datetime | None:
    """Return the aware UTC instant of one text read in this order, or None when it cannot be read so."""
    shape = read_shape(re.sub("[0-9]", "9", text))
    order = _order_of(shape, order) if shape else order
    if shape is None or order not in shape.orders:
        return None
    try:
        moment = datetime.strptime(text[: len(text) - len(shape.zone)], shape.pattern(order)).replace(tzinfo=UTC)
    except ValueError:
        return None
    if not YEAR_MIN <= moment.year <= YEAR_MAX:
        return None
    if shape.offset_sign:
        digits = shape_digits(text[-len(shape.zone) :])
        shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        if int(digits[2:]) >= 60 or shift > timedelta(minutes=OFFSET_MINUTES_MAX):
            return None
        moment = moment - shift if shape.offset_sign == "+" else moment + shift
    return moment


def column_sql(text: str, shape_text: str, shapes: list[DateShape], order: str) -> str:
    """Return SQL for a column that holds these shapes; `order` decides where a shape allows two."""
    readings = [(shape, shape.sql(text, _order_of(shape, order))) for shape in shapes]
    if not readings:
        return "CAST(NULL AS TIMESTAMP)"
    if len(readings) == 1:
        return readings[0][1]
    branches = " ".join(f"WHEN '{shape.shape}' THEN {sql}" for shape, sql in readings)
    return f"CASE {shape_text} {branches} END"


def shape_digits(text: str) -> str:
    """Return the digits of a text."""
    return re.sub("[^0-9]", "", text)


def _order_of(shape: DateShape, order: str) -> str:
    return order if len(shape.orders) > 1 else shape.orders[0]
