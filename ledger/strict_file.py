"""A YAML file that people edit by hand: as plain values with the line of every key, or all its problems at once.

In: YAML text and the name to call it by. Out: values and lines, and each problem as `file:line: key: what is wrong,
what to do`. The text is composed to nodes first: only nodes know their lines, show a key written twice, and show a
code as it was written (0400 is 256 in YAML). The files that say what is booked are all read through here.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Any

import yaml
from pydantic import ValidationError

from ledger.errors import MappingRefused

Path = tuple[str | int, ...]

TEXT_MAX = 500_000
_DEPTH_MAX = 30
_PLAIN_INTEGER = re.compile(r"0|[1-9][0-9]{0,19}")
_PLAIN_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TAG = "tag:yaml.org,2002:"
# libyaml reads a mapping ten times as fast as pure Python, with the same nodes and lines; not every build has it.
_FAST = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# The keys that may stand under a path.
Allowed = Callable[[Path], list[str]]


@dataclass
class Problems:
    """The problems of one file, each at the line of the closest key that stands in it.

    `hidden` is how many parts at the head of a path are not shown, where the line alone says which entry it is.
    """

    file: str
    hidden: int = 0
    lines: dict[Path, int] = field(default_factory=lambda: {(): 1})
    found: list[tuple[int, str, str]] = field(default_factory=list)
    places: set[tuple[int, str]] = field(default_factory=set)

    def add(self, path: Path, sentence: str) -> None:
        """Add a problem at the line of the closest key that stands in the file; one sentence per place is enough."""
        known: Path = ()
        shown: Path = ()
        for part in path:
            is_known = (*known, part) in self.lines
            known = (*known, part) if is_known else known
            # A position that the file does not have was added by the shape: one booking stands for a list of one.
            shown = (*shown, part) if is_known or isinstance(part, str) else shown
        key = written(shown[self.hidden :])
        if (self.hidden and self.lines[known], key) not in self.places:
            self.note(self.lines[known], key, sentence)

    def note(self, line: int, key: str, sentence: str) -> None:
        """Add a problem at a line."""
        self.found.append((line, key, sentence))
        self.places.add((self.hidden and line, key))

    def add_shape(self, error: ValidationError, values: Any, allowed: Allowed, guide: str) -> None:
        """Add what the shape says against values; `guide` is the page to look at where nothing better can be said."""
        for fault in error.errors(include_url=False, include_input=False):
            self.add(*_told(fault, values, allowed, guide))

    def refusal(self) -> MappingRefused:
        """Return the error that says them all, in the order of the file."""
        return refused(self.file, self.found)


class Tree(Problems):
    """The nodes of a file as plain values, with the line of each path and the problems met on the way."""

    def __init__(self, file: str, text: str, text_max: int = TEXT_MAX) -> None:
        super().__init__(file)
        self._text_max = text_max
        self._root = self._composed(file, text)

    def values(self) -> Any:
        """Return plain values; problems are collected, not raised."""
        return self._value(self._root, ()) if self._root is not None else None

    def _composed(self, file: str, text: str) -> yaml.Node | None:
        if len(text) > self._text_max:
            raise refused(
                file, [(1, "", f"is longer than {self._text_max:,} characters: split the connection or trim it")]
            )
        try:
            return self._read(file, text, _FAST)
        except yaml.YAMLError:
            pass
        try:
            return self._read(file, text, yaml.SafeLoader)  # its sentence is the same on every build
        except yaml.YAMLError as error:
            problem = f"is no YAML ({_reason(error)}): check the indentation"
            raise refused(file, [(_line_of(error), "", problem)]) from None

    def _read(self, file: str, text: str, loader: type) -> yaml.Node | None:
        self._survey(file, text, loader)
        return yaml.compose(text, Loader=loader)

    def _survey(self, file: str, text: str, loader: type) -> None:
        """Refuse aliases, tags and deep nesting while the text is still a stream, before any of them can cost."""
        depth = 0
        for event in yaml.parse(text, Loader=loader):
            line = event.start_mark.line + 1
            if isinstance(event, yaml.AliasEvent):
                raise refused(file, [(line, "", f"*{event.anchor} is an alias: write the value out instead")])
            if getattr(event, "tag", None) is not None:
                raise refused(file, [(line, "", "has a tag (an exclamation mark): write the value out, in quotes")])
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEPTH_MAX:
                raise refused(file, [(line, "", "is nested too deeply: start from the example")])

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
                self.note(line, written(path), "has a key that is no plain text: write a name")
                continue
            here = (*path, key.value)
            if key.value in found:
                sentence = f"stands here twice, first on line {self.lines[here]}: keep one"
                self.note(line, written(here), sentence)
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
            self.note(node.start_mark.line + 1, written(path), sentence)
        return text

    def _date(self, text: str, path: Path) -> date | str:
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.note(self.lines[path], written(path), f"{text} is no day of the calendar: correct it")
            return date.max


def _line_of(error: yaml.YAMLError) -> int:
    mark = getattr(error, "problem_mark", None)
    return mark.line + 1 if mark else 1


def _reason(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable")


def _told(fault: Mapping[str, Any], values: Any, allowed: Allowed, guide: str) -> tuple[Path, str]:
    """Return the path a shape error belongs to, without the shape's own names in it, and a sentence for a person."""
    path = _path_in(fault["loc"], values)
    kind, context = fault["type"], fault.get("ctx", {})
    if kind == "extra_forbidden":
        return path, _unknown_key(str(path[-1]), allowed(path[:-1]))
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
    return path, f"cannot be used ({fault['msg']}): see {guide}"


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


def _unknown_key(name: str, allowed: list[str]) -> str:
    """Say what may stand there instead."""
    close = get_close_matches(name, allowed, n=1)
    hint = f"did you mean {close[0]}?" if close else f"allowed are {', '.join(allowed)}"
    return f"is no key here: {hint}"


def written(path: Path) -> str:
    """Write a path as people read it: list positions counted from 1."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def refused(file: str, found: Sequence[tuple[int, str, str]]) -> MappingRefused:
    """Return the error that lists problems as file, line, key and sentence."""
    ordered = sorted(found, key=lambda problem: problem[:2])
    lines = [
        f"{file}:{line}: {key + ': ' if key else ''}{sentence.removesuffix('.')}." for line, key, sentence in ordered
    ]
    text = "\n".join(line.replace("?.", "?") for line in lines)
    return MappingRefused(text, file=file, line=ordered[0][0], key=ordered[0][1] or None)
