"""Cut secrets and personal data out of everything that is about to be stored, logged or shown.

In: headers, a URL, a body with its content type, or free text. Out: the same with `***` where a secret stood; all other
bytes stay as they were. Pure. Where a body cannot be read to the end (cut short, hostile), the rest of it is cut:
losing a piece of the trail is better than keeping a password. A value that was cut from a request is also looked for,
literally, in what came back, because servers like to repeat what they were sent.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, quote_plus, unquote_plus
from xml.sax.saxutils import escape, unescape

REDACTED = "***"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Names are compared in lower case without "_", "-" and blanks. A WS-Security header goes as a whole (OASIS Web Services
# Security 1.1, UsernameToken profile).
_SECRET_NAMES = _names(
    "accesstoken refreshtoken clientsecret idtoken token sessiontoken securitytoken restricteddatatoken assertion"
    " clientassertion authorization password passwd pwd pass secret secretkey apikey apitoken privatekey security"
    " binarysecuritytoken usernametoken xamzaccesstoken xamzsecuritytoken xamzsignature xamzcredential signature"
    " awsaccesskeyid cookie setcookie"
)
_PERSONAL_NAMES = _names(
    "buyerinfo buyername buyeremail buyerphonenumber buyertaxinfo buyertaxinformation purchaserinfo recipient"
    " recipientname shippingaddress billingaddress shipaddress defaultaddress destinationaddress deliveryaddress"
    " addressline1 addressline2 addressline3 address1 address2 address3 address4 email emailaddress emailid phone"
    " phonenumber mobilephone firstname lastname fullname customername shippingname name1 name2 iban accountnumber"
    " bankaccountnumber routingnumber"
)
_SECRET_HEADERS = re.compile(r"(?i)authorization|cookie|token|secret|password|api-?key|signature|hmac")

# What can be told from its looks alone: Amazon's tokens and client secrets, Shopify's tokens, the query of a presigned
# link (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html), credentials in front of a host.
_LOOKS = (
    (re.compile(r"Atz[a-z](?:\||%7[Cc]|\\u007[Cc])[^\s\"'&<>\\]+"), REDACTED),
    (re.compile(r"amzn1\.oa2-cs\.v1\.[A-Za-z0-9]+"), REDACTED),
    (re.compile(r"shp(?:at|ca|pa|ss)_[A-Za-z0-9]{8,}"), REDACTED),
    (
        re.compile(
            r"(?i)((?:X-Amz-(?:Signature|Security-Token|Credential)|AWSAccessKeyId|Signature)=)[A-Za-z0-9%._~+/=-]+"
        ),
        rf"\1{REDACTED}",
    ),
    (
        re.compile(r"(?i)(authorization[\"']?\s*[:=]\s*[\"']?(?:basic|bearer|digest)\s+)[^\s\"',<>]+"),
        rf"\1{REDACTED}",
    ),
    (re.compile(r"(?i)(bearer\s+)[A-Za-z0-9._~+/|-]{12,}=*"), rf"\1{REDACTED}"),
    (
        re.compile(
            r"(?i)((?:access_?token|refresh_?token|client_?secret|password|passwd|pwd|api_?key)[\"']?\s*[:=]\s*[\"']?)"
            r"[^\s\"'&,;<>}]+"
        ),
        rf"\1{REDACTED}",
    ),
    (re.compile(r"(://)[^/\s:@\"'<>]*:[^/\s@\"'<>]*@"), rf"\1{REDACTED}@"),
)

# Shorter values are not hunted for in free text: they would hit words that mean nothing.
_HUNTED_LENGTH_MIN = 4

_JSON_KEY = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:\s*)?', re.DOTALL)
_XML_OPEN = re.compile(r"<([A-Za-z_][\w.:-]*)((?:\s[^<>]*)?)>")


@dataclass(frozen=True)
class Cut:
    """A text without its secrets, and the secrets: the values, as their owner would write them."""

    text: str
    values: tuple[str, ...]


def is_secret_name(name: str) -> bool:
    """Tell whether a field of that name holds a secret."""
    return _plain(name) in _SECRET_NAMES


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).lower()


def _is_cut(name: str) -> bool:
    plain = _plain(name)
    return plain in _SECRET_NAMES or plain in _PERSONAL_NAMES


def redact_text(text: str, secrets: Sequence[str] = ()) -> str:
    """Cut whatever looks like a secret out of free text, and every one of `secrets` however it was written there."""
    return _without(text, _spellings(secrets))


def _without(text: str, spellings: list[str]) -> str:
    for spelling in spellings:
        text = text.replace(spelling, REDACTED)
    for pattern, replacement in _LOOKS:
        text = pattern.sub(replacement, text)
    return text


def _spellings(secrets: Sequence[str]) -> list[str]:
    spelled: set[str] = set()
    for secret in secrets:
        if len(secret) < _HUNTED_LENGTH_MIN or secret == REDACTED:
            continue
        for one in (secret, secret.encode("utf-8", "surrogatepass").decode("latin-1")):
            spelled |= {one, escape(one), escape(one, {'"': "&quot;", "'": "&apos;"}), json.dumps(one)[1:-1]}
        spelled |= {quote(secret, safe="", errors="replace"), quote_plus(secret, errors="replace")}
    return sorted(spelled, key=len, reverse=True)


def redact_url(url: str, secrets: Sequence[str] = ()) -> str:
    """Cut secret query values, presigned signatures and credentials before the host out of a URL."""
    head, question, query = url.partition("?")
    if question:
        url = f"{head}?{_cut_form(query).text}"
    return redact_text(url, secrets)


def redact_headers(headers: Iterable[tuple[str, str]], secrets: Sequence[str] = ()) -> dict[str, str]:
    """Return headers by lower-case name, repeated ones joined by a comma, without secrets."""
    shown: dict[str, str] = {}
    # Worked out once for all headers: spelling the secrets takes longer than looking for them.
    spellings = _spellings(secrets)
    for name, value in headers:
        key = name.lower()
        value = REDACTED if _SECRET_HEADERS.search(key) else _without(value, spellings)
        shown[key] = f"{shown[key]}, {value}" if key in shown and shown[key] != value else value
    return shown


def redact_body(body: bytes, content_type: str = "", secrets: Sequence[str] = ()) -> bytes:
    """Cut secrets and personal data out of a form, JSON, XML or plain body.

    The kind is taken from what the body looks like, then from the content type: servers mislabel. The body must be
    unpacked (no Content-Encoding).
    """
    codec = _codec(body)
    text = body.decode(codec, "replace")
    return redact_text(_cut_body(text, content_type).text, secrets).encode(codec, "replace")


def secrets_of(headers: Iterable[tuple[str, str]], body: bytes, content_type: str = "") -> tuple[str, ...]:
    """Return the secret values that a request carries, so that they can be looked for in its answer."""
    found = list(_cut_body(body.decode(_codec(body), "replace"), content_type).values)
    for name, value in headers:
        if _SECRET_HEADERS.search(name):
            scheme, blank, rest = value.partition(" ")
            found += [rest, *_basic_password(rest)] if blank and scheme.isalpha() else [value]
    return tuple(value for value in dict.fromkeys(found) if len(value) >= _HUNTED_LENGTH_MIN)


def _basic_password(credentials: str) -> list[str]:
    # RFC 7617: base64 of user name, colon, password.
    try:
        _, _, password = base64.b64decode(credentials, validate=True).decode("utf-8").partition(":")
    except ValueError:
        return []
    return [password]


def _codec(body: bytes) -> str:
    # Latin-1 maps every byte to one character and back, so that untouched bytes stay what they were.
    return "utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1"


def _cut_body(text: str, content_type: str) -> Cut:
    start = text.lstrip("\ufeff\xef\xbb\xbf \t\r\n")[:1]
    kind = content_type.partition(";")[0].strip().lower()
    if start and start in "{[":
        return _cut_json(text)
    if start == "<":
        return _cut_xml(text)
    if kind == "application/x-www-form-urlencoded":
        return _cut_form(text)
    return Cut(text, ())


def _cut_form(text: str) -> Cut:
    parts, values = [], []
    for part in text.split("&"):
        name, equals, value = part.partition("=")
        if equals and _is_cut(unquote_plus(name)):
            if is_secret_name(unquote_plus(name)):
                values.append(unquote_plus(value))
            part = f"{name}={REDACTED}"
        parts.append(part)
    return Cut("&".join(parts), tuple(values))


def _cut_json(text: str) -> Cut:
    # Every string is stepped over in order; one that is followed by a colon is a key. The value is measured by a real
    # decoder and replaced in place, so that numbers around it keep their digits.
    pieces, values, at = [], [], 0
    while (match := _JSON_KEY.search(text, at)) is not None:
        pieces.append(text[at : match.end()])
        at = match.end()
        if match.group(2) is None or not _is_cut(name := _json_string(match.group(1))):
            continue
        try:
            value, end = json.JSONDecoder(strict=False).raw_decode(text, at)
        except (ValueError, RecursionError):
            value, end = "", len(text)
        if is_secret_name(name) and isinstance(value, str):
            values.append(value)
        pieces.append(f'"{REDACTED}"')
        at = end
    return Cut("".join([*pieces, text[at:]]), tuple(values))


def _json_string(token: str) -> str:
    try:
        return json.loads(token, strict=False)
    except ValueError:
        return token.strip('"')


def _cut_xml(text: str) -> Cut:
    pieces, values, at = [], [], 0
    while (match := _XML_OPEN.search(text, at)) is not None:
        pieces.append(text[at : match.end()])
        at = match.end()
        local = match.group(1).rpartition(":")[2]
        if match.group(2).endswith("/") or not _is_cut(local):
            continue
        end = _element_end(text, match.group(1), at)
        if is_secret_name(local):
            values += _xml_texts(text[at:end])
        pieces.append(REDACTED)
        at = end
    return Cut("".join([*pieces, text[at:]]), tuple(values))


def _element_end(text: str, name: str, start: int) -> int:
    # Where the content of an opened element ends: before its closing tag, or at the end of a text cut short.
    depth = 1
    tags = re.compile(rf"<!\[CDATA\[.*?\]\]>|<(/?){re.escape(name)}(?=[\s/>])([^<>]*)>", re.DOTALL)
    for match in tags.finditer(text, start):
        if match.group(2) is None or match.group(2).endswith("/"):
            continue
        depth += -1 if match.group(1) else 1
        if depth == 0:
            return match.start()
    return len(text)


def _xml_texts(inner: str) -> list[str]:
    # The texts inside a secret element: a WS-Security header holds its password somewhere below.
    entities = {"&quot;": '"', "&apos;": "'"}
    return [unescape(part.strip(), entities) for part in re.split(r"<[^<>]*>", inner) if part.strip()]
