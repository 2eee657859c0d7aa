"""Say who is calling, the way Amazon wants it said.

In: the application's name and version, further attributes. Out: `Name/1.0 (Language=Python/3.12; Platform=Linux)`.
Rule: https://developer-docs.amazon.com/sp-api/docs/include-a-user-agent-header-in-all-requests
"""

from __future__ import annotations

from collections.abc import Mapping

from ledger.errors import ConfigurationRefused

LENGTH_MAX = 500


def user_agent(name: str, version: str, attributes: Mapping[str, str]) -> str:
    """Return the user-agent header.

    Args:
        name: The application's name as registered with Amazon.
        version: Its version.
        attributes: In this order; Amazon asks for `Language` at least.

    Raises:
        ConfigurationRefused: A part is empty or not printable ASCII, or the whole is over 500 characters.
    """
    assert "Language" in attributes
    for part in (name, version, *attributes, *attributes.values()):
        if not part.strip() or not (part.isascii() and part.isprintable()):
            raise ConfigurationRefused(
                f"{part!r} cannot stand in the user agent that Amazon asks for: it is empty or not plain ASCII."
                " Change the application name in the connection's settings."
            )
    listed = "; ".join(f"{_escaped(key, '=')}={_escaped(value, ');')}" for key, value in attributes.items())
    line = f"{_escaped(name, '/')}/{_escaped(version, '(')} ({listed})"
    if len(line) > LENGTH_MAX:
        raise ConfigurationRefused(
            f"The user agent would have {len(line)} characters; Amazon takes {LENGTH_MAX}."
            " Shorten the application name in the connection's settings."
        )
    return line


def _escaped(text: str, letters: str) -> str:
    return "".join(f"\\{letter}" if letter == "\\" or letter in letters else letter for letter in text)
