"""The five methods of the journal CI as SOAP operations: Create, Get, Find, Update, Updatedata.

What comes in: the root element of a request in the site's own names and namespace, and the operator. What goes out:
the response element, in the response message's namespace. Raises SoapFault for what the Integration Broker refuses
before the component sees it.
Source: PeopleTools Integration Broker docs on CI-based services; answer shapes from public clients of such services.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from emulators.peoplesoft.books import Books, Saved
from emulators.peoplesoft.edits import Fields
from emulators.peoplesoft.entry import Message, is_fragile
from emulators.peoplesoft.journal_table import JournalKey, key_of
from emulators.peoplesoft.records import HEADER_BY_NAME, HEADER_FIELDS, KEY_FIELDS, LINE_FIELDS, Field, stored
from emulators.peoplesoft.site import User
from emulators.peoplesoft.soap import SoapFault, local_name, namespace, parser_error, schema_error

Given = dict[str, str]


class ComponentInterface:
    """One site's journal CI over its books."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._site = books.site
        self._profile = books.site.profile

    def call(self, method: str, root: Element, operator: User) -> str:
        """Run one method and return the response element as XML."""
        header, lines = self.read(method, root)
        if method in operator.methods_denied:
            return self._denied(method)
        if method == "Get":
            return self._get(header)
        if method == "Find":
            return self._find(header)
        if method == "Create":
            return self._saved(method, self._books.create(header, lines, operator))
        is_replacing = method == "Update"
        return self._saved(method, self._books.update(_key(header), header, lines, is_replacing=is_replacing))

    def read(self, method: str, root: Element) -> tuple[Given, list[Given]]:
        """Return header and lines of a request as record fields; raise SoapFault when it is not as the WSDL says."""
        profile = self._profile
        if local_name(root) != profile.request_root(method):
            raise schema_error(f"expected {profile.request_root(method)}, got {local_name(root)}")
        expected = profile.request_namespace(method)
        if namespace(root) != expected:
            raise schema_error(f"element {local_name(root)} is not in namespace {expected}")
        fields = HEADER_FIELDS if method not in ("Get", "Find") else [HEADER_BY_NAME[name] for name in KEY_FIELDS]
        names = [profile.header_names[field.name] for field in fields]
        collection = profile.lines_collection if method not in ("Get", "Find") else ""
        children = self._children(root, expected, [*names, collection], {collection})
        header = _given(children, fields, profile.header_names)
        line_names = [profile.line_names[field.name] for field in LINE_FIELDS]
        lines = [
            _given(self._children(child, expected, line_names, set()), LINE_FIELDS, profile.line_names)
            for child in children
            if local_name(child) == collection
        ]
        if self._site.switches.is_text_fragile and is_fragile(header, lines):
            raise parser_error("invalid character in text")
        return header, lines

    def _children(self, parent: Element, expected: str, sequence: Sequence[str], many: set[str]) -> list[Element]:
        """Return an element's children after checking namespace, names, order and number against the sequence."""
        switches = self._site.switches
        namespaces = {expected, ""} if switches.are_unqualified_children_accepted else {expected}
        last = -1
        seen: set[str] = set()
        for child in parent:
            name = local_name(child)
            if name not in sequence or namespace(child) not in namespaces:
                raise schema_error(f"element {name} is not expected in {local_name(parent)}")
            if name in seen and name not in many:
                raise schema_error(f"element {name} occurs more than once in {local_name(parent)}")
            place = sequence.index(name)
            if place < last and switches.is_element_order_strict:
                raise schema_error(f"element {name} is out of sequence in {local_name(parent)}")
            last = max(last, place)
            seen.add(name)
        return list(parent)

    def _get(self, header: Given) -> str:
        found = self._books.table.header(_key(header))
        if found is None:
            if self._site.switches.is_unknown_key_a_fault:
                raise SoapFault(91, 50, "No rows exist for the specified keys. (91,50)")
            return self._response("Get", "")
        profile = self._profile
        parts = self._properties(HEADER_FIELDS, found, profile.header_names)
        for line in self._books.table.lines(key_of(found)):
            inner = self._properties(LINE_FIELDS, line, profile.line_names)
            parts += f"<{profile.lines_collection}>{inner}</{profile.lines_collection}>"
        return self._response("Get", parts)

    def _find(self, header: Given) -> str:
        beginnings = {name: value.strip() for name, value in header.items() if value.strip()}
        keys = self._books.find(beginnings, self._site.switches.find_rows_max)
        return self._response("Find", "".join(self._key_element(key) for key in keys))

    def _saved(self, method: str, saved: Saved) -> str:
        if saved.is_duplicate and self._site.switches.is_duplicate_a_fault:
            message = saved.messages[0]
            raise SoapFault(message.message_set, message.number, message.text)
        return self._outcome(method, saved.is_saved, saved.key, saved.messages)

    def _denied(self, method: str) -> str:
        text = "Not Authorized (90,6)"
        if method in ("Get", "Find"):
            raise SoapFault(90, 6, text)
        return self._outcome(method, False, JournalKey("", "", ""), (Message("Error", 90, 6, text),))

    def _outcome(self, method: str, is_saved: bool, key: JournalKey, messages: Iterable[Message]) -> str:
        element = self._key_element(key) if method == "Create" else ""
        spelled = "".join(_message(message) for message in messages)
        notification = f"<notification>{int(is_saved)}</notification>"
        return self._response(method, f"{notification}<detail>{element}{spelled}</detail>")

    def _key_element(self, key: JournalKey) -> str:
        names = self._profile.header_names
        values = zip(KEY_FIELDS, (key.unit, key.id, key.date, str(key.unpost_seq)), strict=True)
        inner = "".join(f"<{names[field]}>{escape(value)}</{names[field]}>" for field, value in values if value)
        return f"<{self._profile.component_interface}>{inner}</{self._profile.component_interface}>"

    def _properties(self, fields: Iterable[Field], row: Fields, names: Mapping[str, str]) -> str:
        blank = self._site.switches.blank_text
        parts = []
        for field in fields:
            value = row[field.name] or (blank if field.kind == "text" else "")
            if row[field.name] or field.kind == "text":
                parts.append(f"<{names[field.name]}>{escape(value)}</{names[field.name]}>")
        return "".join(parts)

    def _response(self, method: str, inner: str) -> str:
        root = self._profile.response_root(method)
        return f"<{root} xmlns={quoteattr(self._profile.response_namespace(method))}>{inner}</{root}>"


def _given(children: Iterable[Element], fields: Iterable[Field], names: Mapping[str, str]) -> Given:
    by_property = {names[field.name]: field.name for field in fields}
    return {by_property[local_name(child)]: child.text or "" for child in children if local_name(child) in by_property}


def _key(header: Given) -> JournalKey:
    """Return the key of a Get or Update; raise SoapFault when one of its values cannot be a key."""
    try:
        row = {name: stored(HEADER_BY_NAME[name], header.get(name, "")) for name in KEY_FIELDS}
    except ValueError as reason:
        raise SoapFault(91, 34, f"Error changing value. {reason} (91,34)") from None
    return key_of(row)


def _message(message: Message) -> str:
    parts = {
        "type": message.kind,
        "messagesetnumber": str(message.message_set),
        "messagenumber": str(message.number),
        "messagetext": message.text,
        "explaintext": message.explanation,
    }
    inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in parts.items() if text)
    return f"<messages>{inner}</messages>"
