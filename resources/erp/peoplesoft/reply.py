"""What a SOAP answer of a component interface says, judged from its body alone.

In: HTTP status, headers and bytes of an answer, and what was asked. Out: a `Reply` with one verdict. Pure. Only a
parsed `notification` or a parsed fault of a class known to come before saving is final; HTML pages, empty bodies, cut
XML, unknown faults and answers to another question are UNREADABLE, whatever the HTTP status: a gateway answers errors
with 200, and successes can hide behind 500. Sources: PeopleTools Integration Broker, "Naming Conventions for
Integration Metadata" (response roots) and the IBResponse error format of the listening connectors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from lxml import etree

from resources.transport.soap import NotXml, child, child_text, local_name, parse_xml


class Verdict(StrEnum):
    """What an answer comes to."""

    SAVED = "saved"  # notification 1
    ANSWERED = "answered"  # a response root without notification: the buffer of Get
    REFUSED = "refused"  # a parsed no, before or instead of saving
    DUPLICATE = "duplicate"  # the key exists already: ask again, nothing is said about whose it is
    ABSENT = "absent"  # Get: no rows for these keys
    MISCONFIGURED = "misconfigured"  # credentials, permissions: refused before the component ran
    UNREACHABLE = "unreachable"  # the gateway did not get an answer from the application server
    UNREADABLE = "unreadable"  # says nothing final


# Message set and number -> class. Everything else in a fault is UNREADABLE, unless the profile gives it a class.
SHIPPED_FAULTS: dict[str, Verdict] = {
    "158,45": Verdict.MISCONFIGURED,  # User password failed.
    "158,55": Verdict.MISCONFIGURED,  # UserName not defined in database.
    "158,536": Verdict.MISCONFIGURED,  # User not authorized to invoke Service Operation.
    "90,6": Verdict.MISCONFIGURED,  # Not Authorized: a method of the component interface is not granted.
    "158,10721": Verdict.UNREACHABLE,  # Integration Gateway - External System Contact Error
    "159,5": Verdict.REFUSED,  # XML parser error: never reached the component.
    "91,34": Verdict.REFUSED,  # Error changing value.
    "91,37": Verdict.REFUSED,  # Error saving Component Interface.
    "15,11": Verdict.REFUSED,  # Invalid value -- press the prompt button or hyperlink for a list of valid values
}

_NUMBER_AT_END = re.compile(r"\((\d+)\s*,\s*(\d+)\)\s*\.?\s*$")
_QUIET_TYPES = ("", "ok", "warning")
_TEXT_MAX = 300
_MESSAGES_MAX = 50


@dataclass(frozen=True)
class Message:
    """One message of an answer; `number` is "set,number" or "" when none was given."""

    kind: str
    number: str
    text: str
    explanation: str = ""

    @property
    def is_error(self) -> bool:
        """Tell whether it is anything but OK or a warning; a message without a type is judged by the notification."""
        return self.kind.lower() not in _QUIET_TYPES

    def __str__(self) -> str:
        has_number = not self.number or _NUMBER_AT_END.search(self.text)
        return self.text if has_number else f"{self.text} ({self.number})"


@dataclass(frozen=True)
class Asked:
    """What was asked: the request's root element and the component interface; and how the site words two things."""

    request_root: str
    component_interface: str
    fault_classes: Mapping[str, str]
    duplicate_texts: tuple[str, ...] = ()
    absent_texts: tuple[str, ...] = ()

    @property
    def response_root(self) -> str:
        """Return the response's root: the request's and `Response`."""
        return f"{self.request_root}Response"


@dataclass(frozen=True)
class Reply:
    """One answer, judged; `keys` are those the answer names, `buffer` the response root of a Get."""

    verdict: Verdict
    sentence: str
    messages: tuple[Message, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    buffer: etree._Element | None = None

    @property
    def code(self) -> str:
        """Return the first message number that stands in the answer, or ""."""
        return next((one.number for one in self.messages if one.number), "")

    def without(self, secrets: tuple[str, ...]) -> Reply:
        """Return the same answer with secrets cut out of its words."""
        return replace(
            self,
            sentence=_cut(self.sentence, secrets),
            messages=tuple(
                replace(one, text=_cut(one.text, secrets), explanation=_cut(one.explanation, secrets))
                for one in self.messages
            ),
        )


def read_reply(status: int, headers: Mapping[str, str], body: bytes, asked: Asked) -> Reply:
    """Judge one answer."""
    if status == 401 and "www-authenticate" in {name.lower() for name in headers}:
        return Reply(Verdict.MISCONFIGURED, "a proxy in front asks for another user or password (HTTP 401)")
    if not body.strip():
        return Reply(Verdict.UNREADABLE, f"an empty answer (HTTP {status})")
    try:
        root = parse_xml(body)
    except NotXml:
        return Reply(Verdict.UNREADABLE, f"{_kind_of(body)} instead of an answer (HTTP {status})")
    return _read_tree(status, root, asked)


def _read_tree(status: int, root: etree._Element, asked: Asked) -> Reply:
    broker = next(root.iter("{*}IBResponse"), None)
    if broker is not None and broker.get("type", "error").lower() != "success":
        return _fault(_broker_message(broker), asked, status)
    fault = next(root.iter("{*}Fault"), None)
    if fault is not None:
        return _fault(_fault_message(fault), asked, status)
    content = _content(root)
    if content is None or local_name(content) != asked.response_root:
        name = "nothing" if content is None else local_name(content)
        return Reply(Verdict.UNREADABLE, f"an answer that holds {name[:80]} instead of {asked.response_root}")
    return _response(content, asked)


def _response(content: etree._Element, asked: Asked) -> Reply:
    notification = child(content, "notification")
    messages = tuple(_messages(content))
    if notification is None:
        return Reply(Verdict.ANSWERED, "the rows asked for", messages, buffer=content)
    said = "".join(notification.itertext()).strip()
    keys = _keys(content, asked.component_interface)
    errors = [one for one in messages if one.is_error]
    if said == "1" and not errors:
        return Reply(Verdict.SAVED, "saved", messages, keys)
    if said == "1":
        return Reply(Verdict.UNREADABLE, f"saved, and yet an error: {_joined(errors)}", messages, keys)
    if said == "0":
        return _not_saved(messages, asked, keys)
    return Reply(Verdict.UNREADABLE, f"a notification that is neither 1 nor 0: {said[:20]!r}", messages, keys)


def _not_saved(messages: tuple[Message, ...], asked: Asked, keys: tuple[tuple[str, str], ...]) -> Reply:
    sentence = _joined(messages) or "not saved, without a message"
    if _says(messages, asked.duplicate_texts):
        return Reply(Verdict.DUPLICATE, sentence, messages, keys)
    if any(_class_of(one.number, asked) is Verdict.MISCONFIGURED for one in messages):
        return Reply(Verdict.MISCONFIGURED, sentence, messages, keys)
    return Reply(Verdict.REFUSED, sentence, messages, keys)


def _fault(message: Message, asked: Asked, status: int) -> Reply:
    sentence = str(message) or f"a fault without words (HTTP {status})"
    if _says((message,), asked.absent_texts):
        return Reply(Verdict.ABSENT, sentence, (message,))
    if _says((message,), asked.duplicate_texts):
        return Reply(Verdict.DUPLICATE, sentence, (message,))
    return Reply(_class_of(message.number, asked), sentence, (message,))


def _class_of(number: str, asked: Asked) -> Verdict:
    own = {"misconfigured": Verdict.MISCONFIGURED, "refused": Verdict.REFUSED, "unclear": Verdict.UNREADABLE}
    if number in asked.fault_classes:
        return own[asked.fault_classes[number]]
    return SHIPPED_FAULTS.get(number, Verdict.UNREADABLE)


def _broker_message(broker: etree._Element) -> Message:
    text = child_text(broker, "DefaultMessage") or child_text(broker, "DefaultTitle")
    return _message("Error", text, "")


def _fault_message(fault: etree._Element) -> Message:
    text = child_text(fault, "faultstring") or child_text(fault, "Reason")
    detail = child(fault, "detail") if child(fault, "detail") is not None else child(fault, "Detail")
    if text.lower() in ("", "null") and detail is not None:
        text = " ".join("".join(detail.itertext()).split())
    return _message("Error", text, "")


def _messages(content: etree._Element) -> Iterator[Message]:
    for found in list(content.iter("{*}messages"))[:_MESSAGES_MAX]:
        number = ",".join(child_text(found, name) for name in ("messagesetnumber", "messagenumber")).strip(",")
        explanation = child_text(found, "explaintext")
        text = child_text(found, "messagetext") or explanation
        yield _message(child_text(found, "type"), text, number, explanation)


def _message(kind: str, text: str, number: str, explanation: str = "") -> Message:
    plain = " ".join(text.split())
    at_end = _NUMBER_AT_END.search(plain)
    if at_end and not number:
        number = f"{at_end[1]},{at_end[2]}"
    return Message(kind, number if re.fullmatch(r"\d+,\d+", number) else "", plain[:_TEXT_MAX], explanation[:_TEXT_MAX])


def _keys(content: etree._Element, component_interface: str) -> tuple[tuple[str, str], ...]:
    detail = child(content, "detail")
    named = child(detail, component_interface) if detail is not None else None
    if named is None:
        return ()
    return tuple((local_name(one), "".join(one.itertext()).strip()) for one in named.iterchildren("{*}*"))


def _content(root: etree._Element) -> etree._Element | None:
    """Return what the envelope's body holds; without an envelope the root itself."""
    if local_name(root) != "Envelope":
        return root
    body = child(root, "Body")
    return None if body is None else next(body.iterchildren("{*}*"), None)


def _says(messages: tuple[Message, ...], texts: tuple[str, ...]) -> bool:
    return any(text.lower() in one.text.lower() for one in messages for text in texts)


def _joined(messages: object) -> str:
    return "; ".join(str(one) for one in messages if str(one))


def _kind_of(body: bytes) -> str:
    start = body[:2000].lower()
    return "an HTML page" if b"<html" in start or b"<!doctype html" in start else "bytes that are no XML"


def _cut(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        if len(secret) >= 3:
            text = text.replace(secret, "***")
    return text
