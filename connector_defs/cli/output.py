"""How the command line speaks: tables and sentences for people, one JSON document for machines.

Everything that came from outside is stripped of control characters before it reaches a terminal, and never read as
markup. Results go to standard output, sentences about faults to standard error.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

# Wide enough that no id or amount is folded when the output goes into a file.
WIDTH_OF_FILES = 200

Cell = object
Style = Callable[[Mapping[str, Cell]], str]


def plain(text: object) -> str:
    """Return text without control characters, so that no file can drive the terminal."""
    return "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in str(text))


def shown(value: Cell) -> str:
    """Return one value as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return utc_text(value)
    return plain(value)


def utc_text(moment: datetime) -> str:
    """Return a moment as ISO 8601 in UTC, for example 2026-01-15T10:00:00Z."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def write_json(document: object) -> None:
    """Print exactly one JSON document; amounts are text."""
    click.echo(json.dumps(document, indent=2, default=_as_json))


def _as_json(value: object) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, (date, Path)):
        return str(value)
    if isinstance(value, bytes):  # what stands where text should be
        return repr(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def console(*, is_error: bool = False):
    """Return a rich console for this moment's output stream."""
    from rich.console import Console

    made = Console(stderr=is_error, highlight=False, markup=False, emoji=False)
    if not made.is_terminal:
        made.width = WIDTH_OF_FILES
    return made


def table_of(
    rows: Iterable[Mapping[str, Cell]], columns: Sequence[str] = (), title: str = "", style: Style | None = None
):
    """Return a rich table; amounts stand right, ids are folded rather than cut."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    rows = list(rows)
    names = list(columns) or list(dict.fromkeys(name for row in rows for name in row))
    table = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        is_amount = any(
            isinstance(row.get(name), (Decimal, int)) for row in rows if not isinstance(row.get(name), bool)
        )
        table.add_column(Text(plain(name)), justify="right" if is_amount else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(shown(row.get(name))) for name in names), style=style(row) if style else None)
    return table


def print_table(
    rows: Iterable[Mapping[str, Cell]],
    columns: Sequence[str] = (),
    *,
    title: str = "",
    nothing: str = "Nothing to show.",
    style: Style | None = None,
) -> None:
    """Print rows as a table, or a sentence when there is none."""
    rows = list(rows)
    if not rows:
        say(nothing)
        return
    console().print(table_of(rows, columns, title, style))


def print_facts(facts: Mapping[str, Cell], title: str = "") -> None:
    """Print names and values, one a line."""
    width = max((len(name) for name in facts), default=0)
    if title:
        click.echo(plain(title))
    for name, value in facts.items():
        click.echo(f"{name.ljust(width)}  {shown(value)}")


def say(sentence: str) -> None:
    """Print one sentence for a person."""
    click.echo(plain(sentence))


def complain(sentence: str) -> None:
    """Print one sentence about a fault on standard error."""
    click.echo(plain(sentence), err=True)
