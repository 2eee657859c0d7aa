"""Read a collection or one item of a resource: finder, q, orderBy, paging, fields, expand, links.

What comes in: a resource, the caller, the query parameters. What goes out: the JSON value; or a Refusal 400 or 404.
Pages end at the pod's own maximum whatever limit was asked for, so a caller advances by `count` until `hasMore` is
false. Source: https://docs.oracle.com/en/cloud/saas/financials/23d/farfa/op-receivablesinvoices-get.html.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from emulators.fusion.answers import Refusal, plain, written
from emulators.fusion.query import predicate_of
from emulators.fusion.resource import DATE, NUMBER, ROW_KEY, TIME, Resource, Row
from emulators.fusion.site import Client
from emulators.fusion.switches import Switches
from emulators.wsgi import Request

# Expanded children become objects with items from this framework version on, bare arrays before.
CHILD_OBJECTS_FROM = 3

Change = Callable[[list[Row]], list[Row]]


@dataclass(frozen=True)
class Reading:
    """One request's view of the resources: who asks, in which framework version, under which address."""

    client: Client
    version: int
    base: str
    request: Request
    switches: Switches
    change_rows: Change = list

    def collection(self, resource: Resource, parent: Row | None = None, path: str = "") -> dict[str, Any]:
        """Return one page with its envelope."""
        path = path or resource.name
        rows = self.change_rows(self._selected(resource, parent))
        limit, offset = self._whole("limit", self.switches.limit_default, 1), self._whole("offset", 0, 0)
        limit = min(limit, self.switches.limit_max)
        page = rows[offset : offset + limit]
        shown = _Shown.of(resource, self.request)
        body: dict[str, Any] = {
            "items": [self._item(resource, row, shown, f"{path}/{row[ROW_KEY]}") for row in page],
        }
        if self.request.first("totalResults") == "true":
            body["totalResults"] = min(len(rows), limit) if self.switches.is_total_clamped else len(rows)
        body |= {"count": len(page), "hasMore": offset + len(page) < len(rows), "limit": limit, "offset": offset}
        return {**body, "links": [] if self._is_bare else [self._link("self", path, resource.name, "collection")]}

    def item(self, resource: Resource, key: str, parent: Row | None = None, path: str = "") -> dict[str, Any]:
        """Return one item by its key; Refusal 404 when the caller sees none of that key."""
        row = self.row(resource, key, parent)
        shown = _Shown.of(resource, self.request)
        return self._item(resource, row, shown, path or f"{resource.name}/{key}")

    def shown(self, resource: Resource, row: Row) -> dict[str, Any]:
        """Return a row as the answer to the request that made or changed it."""
        return self._item(resource, row, _Shown(None, {}), f"{resource.name}/{row[ROW_KEY]}")

    def row(self, resource: Resource, key: str, parent: Row | None = None) -> Row:
        """Return the row of a key; Refusal 404 when the caller sees none."""
        rows = self.change_rows(resource.rows(self.client, parent))
        found = next((row for row in rows if row[ROW_KEY] == key), None)
        if found is None:
            raise Refusal(404, f"Not Found: {resource.name} {key[:60]}")
        return found

    def _selected(self, resource: Resource, parent: Row | None) -> list[Row]:
        rows = self._found(resource, parent)
        query = self.request.first("q")
        if query:
            predicate = predicate_of(query, resource, self.version)
            rows = [row for row in rows if predicate(row)]
        for part in reversed([part for part in (self.request.first("orderBy") or "").split(",") if part]):
            name, _, way = part.partition(":")
            attribute = resource.attribute(name, "orderBy")
            kind = attribute.kind
            if not attribute.is_queryable:
                raise Refusal(400, f"The attribute {name} of {resource.name} can't be sorted by.")
            if way not in ("", "asc", "desc"):
                raise Refusal(400, f"The orderBy direction {way[:20]!r} isn't valid: use asc or desc.")
            rows = sorted(rows, key=lambda row, name=name, kind=kind: _sortable(row[name], kind), reverse=way == "desc")
        return rows

    def _found(self, resource: Resource, parent: Row | None) -> list[Row]:
        given = self.request.first("finder")
        if not given:
            if resource.is_finder_required:
                raise Refusal(400, f"The resource {resource.name} needs a finder.")
            return resource.rows(self.client, parent)
        name, variables = parse_finder(given)
        if name in resource.finders:
            return resource.finders[name](self.client, variables)
        if name != "PrimaryKey":
            raise Refusal(400, f"The finder {name[:60]} isn't valid for {resource.name}.")
        for variable in variables:
            resource.attribute(variable, "finder")
        rows = resource.rows(self.client, parent)
        return [row for row in rows if all(str(row[key]) == value for key, value in variables.items())]

    def _item(self, resource: Resource, row: Row, shown: _Shown, path: str) -> dict[str, Any]:
        full = resource.complete(row)
        names = [one.name for one in resource.attributes if shown.attributes is None or one.name in shown.attributes]
        body = {name: self._value(full.get(name)) for name in names}
        for name, inner in shown.children.items():
            child = resource.children[name]
            items = [
                self._item(child, one, inner, f"{path}/child/{name}/{one[ROW_KEY]}")
                for one in child.rows(self.client, full)
            ]
            count = len(items)
            whole = {"items": items, "count": count, "hasMore": False, "limit": count, "offset": 0}
            body[name] = whole if self.version >= CHILD_OBJECTS_FROM else items
        if not self._is_bare:
            own = self._link("self", path, resource.name, "item")
            own["properties"] = {"changeIndicator": etag(row)}
            children = [self._link("child", f"{path}/child/{name}", name, "collection") for name in resource.children]
            body["links"] = [own, self._link("canonical", path, resource.name, "item"), *children]
        return body

    def _value(self, value: Any) -> Any:
        return plain(value) if isinstance(value, Decimal) and self.switches.are_amounts_text else value

    @property
    def _is_bare(self) -> bool:
        return self.request.first("onlyData") == "true"

    def _link(self, rel: str, path: str, name: str, kind: str) -> dict[str, Any]:
        return {"rel": rel, "href": f"{self.base}/{path}", "name": name, "kind": kind}

    def _whole(self, name: str, default: int, least: int) -> int:
        text = self.request.first(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) < least:
            raise Refusal(400, f"The value {text[:20]!r} of the parameter {name} isn't valid.")
        return int(text)


@dataclass(frozen=True)
class _Shown:
    """Which attributes and children of a resource an answer holds; None means every attribute."""

    attributes: frozenset[str] | None
    children: Mapping[str, _Shown]

    @staticmethod
    def of(resource: Resource, request: Request) -> _Shown:
        """Read `fields`, or `expand` when there are none: if both are sent, only fields counts."""
        fields, expand = request.first("fields"), request.first("expand")
        if fields is not None:
            return _by_fields(resource, fields)
        if expand == "all":
            return _Shown(None, {name: _Shown(None, {}) for name in resource.children})
        return _by_expand(resource, [part.split(".") for part in (expand or "").split(",") if part])


def _by_fields(resource: Resource, fields: str) -> _Shown:
    own: frozenset[str] = frozenset()
    below: dict[str, list[str]] = {}
    for part in fields.split(";"):
        path, colon, names = part.partition(":")
        if not colon:
            own = frozenset(name.strip() for name in part.split(",") if name.strip())
            for name in own:
                resource.attribute(name, "fields")
        else:
            first, _, rest = path.strip().partition(".")
            below.setdefault(first, []).append(f"{rest}:{names}" if rest else names)
    children = {name: _by_fields(_child(resource, name, "fields"), ";".join(parts)) for name, parts in below.items()}
    return _Shown(own, children)


def _by_expand(resource: Resource, paths: list[list[str]]) -> _Shown:
    children = {}
    for name in dict.fromkeys(path[0] for path in paths):
        inner = [path[1:] for path in paths if path[0] == name and path[1:]]
        children[name] = _by_expand(_child(resource, name, "expand"), inner)
    return _Shown(None, children)


def _child(resource: Resource, name: str, use: str) -> Resource:
    if name not in resource.children:
        raise Refusal(400, f"The child {name[:60]} specified in {use} isn't valid for {resource.name}.")
    return resource.children[name]


def parse_finder(text: str) -> tuple[str, dict[str, str]]:
    """Read `Name;variable=value,variable=value`; raises Refusal 400 for anything else."""
    name, _, rest = text.partition(";")
    variables = {}
    for part in rest.split(",") if rest else []:
        variable, equals, value = part.partition("=")
        if not equals or not variable.strip():
            raise Refusal(400, f"The finder {name[:60]} isn't well-formed near {part[:60]!r}.")
        variables[variable.strip()] = value
    return name, variables


def etag(row: Row) -> str:
    """Return the change indicator of a row: another one after every change."""
    return hashlib.sha256(written({name: row[name] for name in sorted(row)}).encode()).hexdigest().upper()[:40]


def _sortable(value: Any, kind: str) -> tuple[bool, Any]:
    if kind == NUMBER:
        return value is None, Decimal(value or 0)
    assert value is None or isinstance(value, str) or kind not in (DATE, TIME)
    return value is None, value or ""
