"""Turn the buffer that Get answers into the same rows that a query answers.

In: the response root of a Get, properties named as the site names them. Out: line rows by record field, header fields
repeated on each, so that everything after this reads one shape. Pure.
"""

from __future__ import annotations

from lxml import etree

from resources.erp.peoplesoft.profile import PeopleSoftProfile
from resources.erp.peoplesoft.queries import Row
from resources.transport.soap import child, local_name


def line_rows(buffer: etree._Element, profile: PeopleSoftProfile) -> list[Row]:
    """Return one row per line of the journal, in the order of the answer."""
    holder = _holder(buffer, profile)
    header = _fields(holder, profile.header_properties, profile)
    rows = []
    for element in holder.iterchildren("{*}" + profile.lines_collection):
        line = _fields(element, profile.line_properties, profile)
        cells = {f"A.{name}": value for name, value in header.items()}
        cells |= {f"B.{name}": value for name, value in line.items()}
        rows.append(Row(profile.queries["lines"].model_copy(update={"columns": {}}), cells))
    return rows


def _holder(buffer: etree._Element, profile: PeopleSoftProfile) -> etree._Element:
    """Return the element that holds the properties: the root itself, or one named as the component interface."""
    named = child(buffer, profile.component_interface)
    return buffer if named is None else named


def _fields(element: etree._Element, properties: dict[str, str], profile: PeopleSoftProfile) -> dict[str, str]:
    fields = {name: field for field, name in properties.items()}
    return {
        fields.get(local_name(one), local_name(one)): "".join(one.itertext()).strip()
        for one in element.iterchildren("{*}*")
        if local_name(one) != profile.lines_collection
    }
