"""What a REST resource is: attributes with types, where its rows come from, its key, children and finders.

What comes in: definitions in `masters.py` and `journal_views.py`. What goes out: `Resource`, which `collection.py`
pages, filters and renders. A row maps attribute names to typed values: int, Decimal, text, None.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulators.fusion.answers import Detail, Refusal
from emulators.fusion.site import Client

Row = dict[str, Any]
ROW_KEY = "#key"

NUMBER, TEXT, DATE, TIME = "number", "text", "date", "time"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute; `kind` decides how a condition compares it."""

    name: str
    kind: str = TEXT
    is_queryable: bool = True


@dataclass(frozen=True)
class Resource:
    """One resource. `rows(client, parent row or None)` lists what a client may see, each with its ROW_KEY.

    `complete` fills what is too costly for every row; such attributes are not queryable. `finders` map a finder's name
    to a function of client and variables.
    """

    name: str
    attributes: tuple[Attribute, ...]
    rows: Callable[[Client, Row | None], list[Row]]
    complete: Callable[[Row], Row] = dict
    children: Mapping[str, Resource] = field(default_factory=dict)
    finders: Mapping[str, Callable[[Client, Mapping[str, str]], list[Row]]] = field(default_factory=dict)
    is_finder_required: bool = False

    def attribute(self, name: str, use: str) -> Attribute:
        """Return an attribute by name.

        Raises:
            Refusal: 400, there is no such attribute; `use` names the parameter that asked for it.
        """
        found = next((one for one in self.attributes if one.name == name), None)
        if found is None:
            raise Refusal(
                400, Detail(f"The attribute {name} specified in {use} isn't valid for {self.name}.", path=use)
            )
        return found

    def described(self) -> dict[str, Any]:
        """Return what `describe` says."""
        return {
            "attributes": [
                {"name": one.name, "type": one.kind, "queryable": one.is_queryable} for one in self.attributes
            ],
            "children": {name: child.described() for name, child in self.children.items()},
            "finders": [{"name": name} for name in ("PrimaryKey", *self.finders)],
        }


def hash_key(*parts: object) -> str:
    """Return an opaque key, as resources without a single key attribute have."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest().upper()[:56]
