"""How one site has named its journal component interface.

Nothing about a CI service is the same at two sites: message numbers (so XML namespaces), CI name, property names and
SOAPAction aliases all differ. A `SiteProfile` holds these names; the WSDL and the SOAP answers are made from it.
Source: PeopleTools Integration Broker, "Naming Conventions for Integration Metadata"; two shipped profiles show how
far apart two sites can be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from emulators.peoplesoft.records import HEADER_FIELDS, KEY_FIELDS, LINE_FIELDS

SUFFIXES = MappingProxyType({"Create": "C", "Get": "G", "Find": "F", "Update": "UP", "Updatedata": "UD"})
OPERATIONS = tuple(SUFFIXES)


@dataclass(frozen=True)
class SiteProfile:
    """The names of one site's journal CI.

    `messages` gives per method the request and the response message (`M500101`); `header_names` and `line_names` map
    record field to property name; `aliases` map method to SOAPAction.
    """

    component_interface: str
    lines_collection: str
    messages: Mapping[str, tuple[str, str]]
    header_names: Mapping[str, str]
    line_names: Mapping[str, str]
    aliases: Mapping[str, str]
    schema_base: str = "http://xmlns.oracle.com/Enterprise/Tools/schemas"
    service_base: str = "http://xmlns.oracle.com/Enterprise/FSCM/service"
    service_version: int = 1

    @property
    def service(self) -> str:
        """The service name: `CI_` and the CI's name."""
        return f"CI_{self.component_interface}"

    @property
    def wsdl_name(self) -> str:
        """The WSDL's name with its version, as it stands in the URL before `.wsdl`."""
        return f"{self.service}.{self.service_version}"

    def operation(self, method: str) -> str:
        """Return the service operation of a CI method: `CI_X_C`."""
        return f"{self.service}_{SUFFIXES[method]}"

    def request_root(self, method: str) -> str:
        """Return the local name of the request's root element."""
        return f"{method}__CompIntfc__{self.component_interface}"

    def response_root(self, method: str) -> str:
        """Return the local name of the response's root element."""
        return f"{self.request_root(method)}Response"

    def request_namespace(self, method: str) -> str:
        """Return the XML namespace of a method's request message."""
        return f"{self.schema_base}/{self.messages[method][0]}.V1"

    def response_namespace(self, method: str) -> str:
        """Return the XML namespace of a method's response message."""
        return f"{self.schema_base}/{self.messages[method][1]}.V1"

    def method_of(self, alias: str) -> str | None:
        """Return the CI method a SOAPAction or operation alias stands for; case matters, as at the real gateway."""
        return next((method for method, known in self.aliases.items() if known == alias), None)


def _same_names(fields: tuple) -> dict[str, str]:
    return {field.name: field.name for field in fields}


def journal_entry_profile() -> SiteProfile:
    """Return the default profile: JOURNAL_ENTRY_CI, properties named like the record fields."""
    return SiteProfile(
        component_interface="JOURNAL_ENTRY_CI",
        lines_collection="JRNL_LN",
        messages={
            "Create": ("M500101", "M500102"),
            "Get": ("M500103", "M500104"),
            "Find": ("M500105", "M500106"),
            "Update": ("M500107", "M500108"),
            "Updatedata": ("M500109", "M500110"),
        },
        header_names=_same_names(HEADER_FIELDS),
        line_names=_same_names(LINE_FIELDS),
        aliases={method: f"CI_JOURNAL_ENTRY_CI_{suffix}.V1" for method, suffix in SUFFIXES.items()},
    )


def custom_journal_profile() -> SiteProfile:
    """Return the other shipped profile: a site-built CI with prefixed properties, its own namespace and aliases."""
    header_names = {name: f"KEYPROP_{name}" if name in KEY_FIELDS else f"PROP_{name}" for name in _names(HEADER_FIELDS)}
    header_names["DESCR254"] = "PROP_DESCR254_MIXED"
    twice = set(header_names)
    line_names = {name: f"PROP_{name}_0" if name in twice else f"PROP_{name}" for name in _names(LINE_FIELDS)}
    line_names["JOURNAL_LINE"] = "KEYPROP_JOURNAL_LINE"
    return SiteProfile(
        component_interface="C_GL_JOURNAL",
        lines_collection="COLL_JRNL_LN",
        messages={
            "Create": ("M83592201", "M417738"),
            "Get": ("M83592202", "M417739"),
            "Find": ("M83592203", "M417740"),
            "Update": ("M83592204", "M417741"),
            "Updatedata": ("M83592205", "M417742"),
        },
        header_names=header_names,
        line_names=line_names,
        aliases={
            "Create": "Create.V1",
            "Get": "GET.V1",
            "Find": "FIND.V1",
            "Update": "UPDATE.V1",
            "Updatedata": "UPDATEDATA.V1",
        },
        schema_base="http://its-host:1111/Enterprise/Tools/schemas",
        service_base="http://its-host:1111/Enterprise/FSCM/service",
        service_version=2,
    )


def _names(fields: tuple) -> list[str]:
    return [field.name for field in fields]
