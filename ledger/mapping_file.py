"""From the text of a mapping file to a checked mapping, or to all its problems at once.

In: YAML text and the name to call it by. Out: the shape, with the line of every key. A person edits this file by hand,
so every problem is collected and written as `file:line: key: what is wrong, what to do`. The text is composed to nodes
first: only nodes know their lines, show a key written twice, and show a code as it was written (0400 is 256 in YAML).
"""

import re
from collections.abc import Sequence
from datetime import date
from difflib import get_close_matches
from typing import Any

import yaml
from pydantic import ValidationError

from ledger import mapping_rules, mapping_shape
from ledger.errors import MappingRefused
from ledger.mapping_shape import MappingShape

Path = tuple[str | int, ...]

_TEXT_MAX = 500_000
_DEPTH_MAX = 30
_PLAIN_INTEGER = re.compile(r"0|[1-9][0-9]{0,19}")
_PLAIN_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TAG = "tag:yaml.org,2002:"
# libyaml reads a mapping ten times as fast as pure Python, with the same nodes and lines; not every build has it.
_FAST = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_mapping(text: str, file: str) -> tuple[MappingShape, dict[Path, int]]:
    """Return the shape and the line (counted from 1) of every key in it.

    Raises MappingRefused whose sentence lists every problem, one line each, in the order of the file.
    """
    tree = _Tree(file, text)
    values = tree.values()
    if not isinstance(values, dict):
        raise _refused(file, [(1, "", "must be keys with values: start with version, owner and accounts")])
    for path, sentence in mapping_rules.unknown_categories(values):
        tree.add(path, sentence)
    shape: MappingShape | None = None
    try:
        shape = MappingShape.model_validate(values)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            tree.add(*_told(fault, values))
    if shape is not None and not tree.problems:
        for path, sentence in mapping_rules.problems(shape):
            tree.add(path, sentence)
    if tree.problems or shape is None:
        raise _refused(file, tree.problems)
    return shape, tree.lines


class _Tree:
    """The nodes of a file as plain values, with the line of each path and the problems met on the way."""

    def __init__(self, file: str, text: str) -> None:
        self.lines: dict[Path, int] = {(): 1}
        self.problems: list[tuple[int, str, str]] = []
        self._root = self._composed(file, text)

    def values(self) -> Any:
        """Return plain values; problems are collected, not raised."""
        return self._value(self._root, ()) if self._root is not None else None

    def add(self, path: Path, sentence: str) -> None:
        """Add a problem at the line of the closest key that stands in the file; one sentence per place is enough."""
        known: Path = ()
        shown: Path = ()
        for part in path:
            is_known = (*known, part) in self.lines
            known = (*known, part) if is_known else known
            # A position that the file does not have was added by the shape: one booking stands for a list of one.
            shown = (*shown, part) if is_known or isinstance(part, str) else shown
        key = _written(shown)
        if key not in {earlier for _, earlier, _ in self.problems}:
            self.problems.append((self.lines[known], key, sentence))

    def _composed(self, file: str, text: str) -> yaml.Node | None:
        if len(text) > _TEXT_MAX:
            raise _refused(file, [(1, "", f"is longer than {_TEXT_MAX:,} characters: split the connection or trim it")])
        try:
            return self._read(file, text, _FAST)
        except yaml.YAMLError:
            pass
        try:
            return self._read(file, text, yaml.SafeLoader)  # its sentence is the same on every build
        except yaml.YAMLError as error:
            problem = f"is no YAML ({_reason(error)}): check the indentation"
            raise _refused(file, [(_line_of(error), "", problem)]) from None

    def _read(self, file: str, text: str, loader: type) -> yaml.Node | None:
        self._survey(file, text, loader)
        return yaml.compose(text, Loader=loader)

    def _survey(self, file: str, text: str, loader: type) -> None:
        """Refuse aliases, tags and deep nesting while the text is still a stream, before any of them can cost."""
        depth = 0
        for event in yaml.parse(text, Loader=loader):
            line = event.start_mark.line + 1
            if isinstance(event, yaml.AliasEvent):
                raise _refused(file, [(line, "", f"*{event.anchor} is an alias: write the value out instead")])
            if getattr(event, "tag", None) is not None:
                raise _refused(file, [(line, "", "has a tag (an exclamation mark): write the value out, in quotes")])
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEPTH_MAX:
                raise _refused(file, [(line, "", "is nested too deeply to be a mapping: start from the example")])

    def _value(self, node: yaml.Node, path: Path) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._keys(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(one, (*path, index)) for index, one in enumerate(node.value)]
        return self._scalar(node, path)

    def _keys(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self.problems.append((line, _written(path), "has a key that is no plain text: write a name"))
                continue
            here = (*path, key.value)
            if key.value in found:
                sentence = f"stands here twice, first on line {self.lines[here]}: keep one"
                self.problems.append((line, _written(here), sentence))
                continue
            self.lines[here] = line
            found[key.value] = self._value(value, here)
        return found

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        kind, text = node.tag.removeprefix(_TAG), node.value
        if kind == "null":
            return None
        if kind == "int" and _PLAIN_INTEGER.fullmatch(text):
            return int(text)
        if kind == "timestamp" and _PLAIN_DATE.fullmatch(text):
            return self._date(text, path)
        if kind in ("int", "float", "bool", "timestamp", "merge", "value", "binary"):
            sentence = f'{text} is not taken as it stands: write it in quotes, "{text}", if it is a code or a name'
            self.problems.append((node.start_mark.line + 1, _written(path), sentence))
        return text

    def _date(self, text: str, path: Path) -> date | str:
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.problems.append((self.lines[path], _written(path), f"{text} is no day of the calendar: correct it"))
            return date.max


def _line_of(error: yaml.YAMLError) -> int:
    mark = getattr(error, "problem_mark", None)
    return mark.line + 1 if mark else 1


def _reason(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable")


def _told(fault: dict[str, Any], values: dict[str, Any]) -> tuple[Path, str]:
    """Return the path a shape error belongs to, without the shape's own names in it, and a sentence for a person."""
    path = _path_in(fault["loc"], values)
    kind, context = fault["type"], fault.get("ctx", {})
    if kind == "extra_forbidden":
        return path, _unknown_key(str(path[-1]), path[:-1])
    if kind == "missing":
        return path, "is missing: add it"
    if kind == "value_error":
        return path, str(context["error"])
    if kind in ("string_type", "string_sub_type"):
        return path, "must be text: write it in quotes"
    if kind == "string_too_short" or (kind == "too_short" and context["min_length"] == 1):
        return path, "is empty: fill it in"
    if kind in ("literal_error", "enum"):
        return path, f"must be {context['expected']}"
    if kind == "too_short":
        return path, f"is too short: give at least {context['min_length']}"
    if kind == "too_long":
        return path, f"is too long: give at most {context['max_length']}"
    if kind in ("model_type", "dict_type"):
        return path, "must be keys with values, each on a line of its own, indented"
    if kind in ("tuple_type", "list_type"):
        return path, "must be a list: start each entry with a dash"
    return path, f"cannot be used ({fault['msg']}): see the mapping guide"


def _path_in(location: Sequence[str | int], values: Any) -> Path:
    """Drop from a shape error's location what does not stand in the file (list positions the shape added)."""
    path: list[str | int] = []
    for position, part in enumerate(location):
        if isinstance(values, dict) and (part in values or position == len(location) - 1):
            values = values.get(part)
        elif isinstance(values, list) and isinstance(part, int) and part < len(values):
            values = values[part]
        else:
            continue
        path.append(part)
    return tuple(path)


def _unknown_key(name: str, parent: Path) -> str:
    """Say what may stand there instead."""
    allowed = _allowed(parent)
    close = get_close_matches(name, allowed, n=1)
    hint = f"did you mean {close[0]}?" if close else f"allowed are {', '.join(allowed)}"
    return f"is no key here: {hint}"


def _allowed(parent: Path) -> list[str]:
    """Return the keys that may stand under a path."""
    shapes = {
        (): mapping_shape.MappingShape,
        ("owner",): mapping_shape.Owner,
        ("accounts",): mapping_shape.Accounts,
        ("rules",): mapping_shape.Rule,
        ("rules", "when"): mapping_shape.When,
        ("triples",): mapping_shape.TripleRow,
        ("event_leaves",): mapping_shape.LeafRow,
        ("accounts", "inter_unit"): mapping_shape.InterUnit,
    }
    names = tuple(part for part in parent if isinstance(part, str))
    if names[:2] == ("owner", "marketplaces"):
        return list(mapping_shape.OwnerUnit.model_fields)
    usual = mapping_shape.BankBooking if names[:2] == ("accounts", "bank") else mapping_shape.Booking
    return list(shapes.get(names, usual).model_fields)


def _written(path: Path) -> str:
    """Write a path as people read it: list positions counted from 1."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _refused(file: str, found: Sequence[tuple[int, str, str]]) -> MappingRefused:
    ordered = sorted(found, key=lambda problem: problem[:2])
    lines = [
        f"{file}:{line}: {key + ': ' if key else ''}{sentence.removesuffix('.')}." for line, key, sentence in ordered
    ]
    text = "\n".join(line.replace("?.", "?") for line in lines)
    return MappingRefused(text, file=file, line=ordered[0][0], key=ordered[0][1] or None)
