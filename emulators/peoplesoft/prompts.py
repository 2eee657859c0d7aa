"""What a stored query is asked with and what it answers: prompts, rows, and a date among the prompts.

In: prompt values as text. Out: types that every query shares. Raises PromptError for a value that cannot be used.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

Cell = str | int | Decimal
Row = dict[str, Cell]
Prompts = Mapping[str, str]


class PromptError(ValueError):
    """A prompt's value cannot be used."""


def day_of(value: str) -> date:
    """Return a date prompt; raise PromptError for anything but YYYY-MM-DD."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise PromptError(f"{value!r} is not a date of the form YYYY-MM-DD") from None


def number_of(value: str) -> int:
    """Return a whole-number prompt; raise PromptError for anything else."""
    if not value.isascii() or not value.isdigit():
        raise PromptError(f"{value!r} is not a whole number")
    return int(value)
