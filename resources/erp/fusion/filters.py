"""Write the `q` parameter in the grammar that the framework version asks for, every value quoted or refused.

In: conditions, all or one of which must hold. Out: text for `q`. Pure. Version 1, which is also what no header means,
is query by example joined with semicolons; from version 2 it is a row-match expression joined with `and` or `or`, and
neither is valid in place of the other. No way to escape a quote is documented, so a value that holds one is refused.
Source:
docs.oracle.com/en/cloud/saas/public-sector-compliance-regulation-common/20c/psrst/Setting_the_REST_Framework_Version.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ledger.errors import InputRefused

Operator = Literal["=", ">=", "<=", "like"]

_ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")
# What stands unquoted in documented version-1 conditions: ids, names without blanks, dates.
_PLAIN = re.compile(r"[A-Za-z0-9._-]+")
_BANNED = re.compile(r"['\"\x00-\x1f\x7f]")
_WILDCARDS = re.compile(r"[%*]")


@dataclass(frozen=True)
class Condition:
    """One comparison; an int is a number, a str a text, and in a `like` only our own % is a wildcard."""

    attribute: str
    operator: Operator
    value: str | int


def equals(attribute: str, value: str | int) -> Condition:
    """Ask for rows whose attribute has exactly this value."""
    return Condition(attribute, "=", value)


def begins_with(attribute: str, beginning: str) -> Condition:
    """Ask for rows whose text attribute begins so; raise InputRefused when the text holds a wildcard itself."""
    return Condition(attribute, "like", f"{_without_wildcards(attribute, beginning)}%")


def holds(attribute: str, part: str) -> Condition:
    """Ask for rows whose text attribute holds a text; raise InputRefused when that holds a wildcard itself."""
    return Condition(attribute, "like", f"%{_without_wildcards(attribute, part)}%")


def finder_value(variable: str, value: str) -> str:
    """Return a value for a finder, whose variables commas and semicolons divide; raise InputRefused for such a one."""
    if "," in value or "=" in value:
        raise InputRefused(
            f"Fusion cannot be asked for {variable} {value[:80]!r}: a finder's value holds no , and no =."
        )
    return _checked(Condition(variable, "=", value))


def can_ask_for_any(framework_version: int) -> bool:
    """Tell whether the grammar of a version has an `or`."""
    return framework_version >= 2


def expression(conditions: Sequence[Condition], framework_version: int, *, is_any: bool = False) -> str:
    """Return `q` for all of these conditions, or with `is_any` for one of them.

    Raises InputRefused for a value that cannot be written.
    """
    assert conditions, "an empty filter is no filter"
    assert not is_any or can_ask_for_any(framework_version), "query by example knows no or"
    if framework_version >= 2:
        return (" or " if is_any else " and ").join(_row_match(one) for one in conditions)
    return ";".join(_by_example(one) for one in conditions)


def _row_match(one: Condition) -> str:
    value = str(one.value) if isinstance(one.value, int) else f"'{_checked(one)}'"
    return f"{_name(one)} {one.operator} {value}"


def _by_example(one: Condition) -> str:
    if one.operator == "like":
        return f"{_name(one)} LIKE '{_checked(one)}'"
    if isinstance(one.value, int):
        return f"{_name(one)}{one.operator}{one.value}"
    text = _checked(one)
    if one.operator == "=":
        return f"{_name(one)}={text}" if _PLAIN.fullmatch(text) else f"{_name(one)}='{text}'"
    return f'{_name(one)}{one.operator}"{text}"'


def _name(one: Condition) -> str:
    assert _ATTRIBUTE.fullmatch(one.attribute), "attribute names are our own"
    return one.attribute


def _checked(one: Condition) -> str:
    text = str(one.value)
    is_split = ";" in text
    if not text or _BANNED.search(text) or is_split:
        raise InputRefused(
            f"Fusion cannot be asked for {one.attribute} {text[:80]!r}: a value must not be empty, nor hold quotes, "
            "semicolons or control characters."
        )
    return text


def _without_wildcards(attribute: str, text: str) -> str:
    if _WILDCARDS.search(text):
        raise InputRefused(f"Fusion cannot be asked for {attribute} {text[:80]!r}: % and * stand for any text there.")
    return text
