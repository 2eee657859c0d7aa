"""Cron lines of a connection's schedules, refused before Dagster loads them: one bad line would stop every connection.

In: a line of five fields. Out: the same line, or a sentence that names the field. Source of the form: crontab(5),
without words such as `@hourly`.
"""

import re
from typing import Annotated

from pydantic import AfterValidator

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: at for at, name in enumerate(_MONTH_NAMES, start=1)}
_DAYS = {name: at for at, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)
_PART = re.compile(r"(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d{1,4}))?")


def cron_line(line: str) -> str:
    """Return a cron line; raise ValueError for what is none."""
    fields = line.split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"{line!r} has {len(fields)} fields: write five, for example 17 * * * *")
    for text, (name, least, most, names) in zip(fields, _FIELDS, strict=True):
        for part in text.split(","):
            if not _is_part(part, least, most, names):
                raise ValueError(f"{part!r} is no {name}: write *, a number from {least} to {most}, a span, or */n")
    return line


def _is_part(part: str, least: int, most: int, names: dict[str, int]) -> bool:
    found = _PART.fullmatch(part)
    if found is None or (found["step"] is not None and int(found["step"]) == 0):
        return False
    ends = [
        names.get(one.lower(), int(one) if one.isdecimal() else -1) for one in (found["first"], found["last"]) if one
    ]
    return all(least <= one <= most for one in ends) and ends == sorted(ends)


CronLine = Annotated[str, AfterValidator(cron_line)]
