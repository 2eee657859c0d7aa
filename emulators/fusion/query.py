"""The two grammars of `q`: query by example for framework version 1, row match from version 2 on.

What comes in: the text and the resource. What goes out: a predicate over rows; or a Refusal 400 for what the grammar
of that version does not have, for unknown attributes and for those that are not queryable.
Version 1: `LedgerId=3;PeriodNameId=Jul-26` (joined by AND), also `>=` and LIKE. From version 2:
`BatchName like '%1%' and (LedgerId = 3 or Status in ('U','P')) and PostedDate is null`. Source:
https://docs.oracle.com/en/cloud/saas/financials/23d/farfa/op-receivablesinvoices-get.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from emulators.fusion.answers import Detail, Refusal
from emulators.fusion.resource import DATE, NUMBER, TIME, Attribute, Resource, Row

Predicate = Callable[[Row], bool]

_EXAMPLE = re.compile(r"\s*(\w+)\s*(>=|<=|!=|=|>|<|\s[Ll][Ii][Kk][Ee]\s)\s*(.*?)\s*\Z", re.S)
_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<sign>>=|<=|<>|!=|=|>|<|\(|\)|,)|(?P<word>[\w.+:-]+))", re.S)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<>": lambda left, right: left != right,
    ">": lambda left, right: left > right,
    "<": lambda left, right: left < right,
    ">=": lambda left, right: left >= right,
    "<=": lambda left, right: left <= right,
}


def predicate_of(text: str, resource: Resource, version: int) -> Predicate:
    """Return the condition that `q` stands for.

    Raises:
        Refusal: 400.
    """
    if version == 1:
        conditions = [_example(part, resource) for part in _parts(text) if part.strip()]
        return lambda row: all(condition(row) for condition in conditions)
    return _RowMatch(text, resource).predicate()


def _parts(text: str) -> list[str]:
    return re.findall(r"(?:'[^']*'|\"[^\"]*\"|[^;'\"])+", text)


def _example(part: str, resource: Resource) -> Predicate:
    found = _EXAMPLE.match(part)
    if found is None:
        raise _malformed(part)
    name, sign, given = found[1], found[2].strip().lower(), found[3]
    attribute = _queryable(resource, name)
    if given[:1] in ("'", '"'):
        if len(given) < 2 or given[-1] != given[0] or given[0] in given[1:-1]:
            raise _malformed(part)
        given = given[1:-1]
    elif re.search(r"['\"=]", given) or not given:
        raise _malformed(part)
    return _like(attribute, given) if sign == "like" else _compared(attribute, sign, given)


class _RowMatch:
    """A reader by recursive descent: or, then and, then one condition or parentheses."""

    def __init__(self, text: str, resource: Resource) -> None:
        self._text = text
        self._resource = resource
        self._tokens = _tokens(text)
        self._place = 0

    def predicate(self) -> Predicate:
        found = self._either()
        if self._place != len(self._tokens):
            raise _malformed(self._text)
        return found

    def _either(self) -> Predicate:
        parts = [self._both()]
        while self._took("or"):
            parts.append(self._both())
        return lambda row: any(part(row) for part in parts)

    def _both(self) -> Predicate:
        parts = [self._one()]
        while self._took("and"):
            parts.append(self._one())
        return lambda row: all(part(row) for part in parts)

    def _one(self) -> Predicate:
        if self._took("("):
            inner = self._either()
            self._expect(")")
            return inner
        attribute = _queryable(self._resource, self._next())
        if self._took("is"):
            is_negated = self._took("not")
            self._expect("null")
            return lambda row: (row.get(attribute.name) is None) != is_negated
        is_negated = self._took("not")
        if self._took("like"):
            inner = _like(attribute, self._literal())
        elif self._took("in"):
            inner = self._among(attribute)
        elif self._took("between"):
            low = _compared(attribute, ">=", self._literal())
            self._expect("and")
            high = _compared(attribute, "<=", self._literal())
            inner = lambda row: low(row) and high(row)  # noqa: E731
        else:
            sign = self._next()
            if sign not in _COMPARE or is_negated:
                raise _malformed(self._text)
            return _compared(attribute, sign, self._literal())
        return (lambda row: not inner(row)) if is_negated else inner

    def _among(self, attribute: Attribute) -> Predicate:
        self._expect("(")
        parts = [_compared(attribute, "=", self._literal())]
        while self._took(","):
            parts.append(_compared(attribute, "=", self._literal()))
        self._expect(")")
        return lambda row: any(part(row) for part in parts)

    def _literal(self) -> str:
        token = self._next()
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if not re.fullmatch(r"[+-]?\d+(\.\d+)?", token):
            # Text stands in quotes in this grammar; a bare word is the name of an attribute.
            raise _malformed(self._text)
        return token

    def _next(self) -> str:
        if self._place == len(self._tokens):
            raise _malformed(self._text)
        self._place += 1
        return self._tokens[self._place - 1]

    def _took(self, wanted: str) -> bool:
        is_there = self._place < len(self._tokens) and self._tokens[self._place].lower() == wanted
        self._place += is_there
        return is_there

    def _expect(self, wanted: str) -> None:
        if not self._took(wanted):
            raise _malformed(self._text)


def _tokens(text: str) -> list[str]:
    tokens, place, text = [], 0, text.rstrip()
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise _malformed(text)
        tokens.append(found[found.lastgroup or 0])
        place = found.end()
    return tokens


def _queryable(resource: Resource, name: str) -> Attribute:
    attribute = resource.attribute(name, "q")
    if not attribute.is_queryable:
        raise Refusal(400, Detail(f"The attribute {name} of {resource.name} isn't queryable.", path="q"))
    return attribute


def _compared(attribute: Attribute, sign: str, given: str) -> Predicate:
    wanted = _typed(attribute, given)
    compare = _COMPARE[sign]

    def holds(row: Row) -> bool:
        value = row.get(attribute.name)
        return value is not None and compare(_typed(attribute, str(value)), wanted)

    return holds


def _like(attribute: Attribute, pattern: str) -> Predicate:
    parts = (".*" if one in "%*" else "." if one == "_" else re.escape(one) for one in pattern)
    shape = re.compile("".join(parts), re.S)
    return lambda row: row.get(attribute.name) is not None and shape.fullmatch(str(row[attribute.name])) is not None


def _typed(attribute: Attribute, text: str) -> Any:
    try:
        if attribute.kind == NUMBER:
            number = Decimal(text)
            if not number.is_finite():
                raise InvalidOperation
            return number
        if attribute.kind == DATE:
            return datetime.fromisoformat(text).date()
        if attribute.kind == TIME:
            moment = datetime.fromisoformat(text)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (InvalidOperation, ValueError):
        detail = Detail(f"The value {text[:60]!r} isn't valid for the attribute {attribute.name}.", "27014", "q")
        raise Refusal(400, detail) from None
    return text


def _malformed(text: str) -> Refusal:
    return Refusal(400, Detail(f"The query parameter q isn't well-formed: {text[:200]}", path="q"))
