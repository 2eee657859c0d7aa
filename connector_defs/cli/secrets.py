"""`connector secrets`: values into the vault, from a prompt or standard input, never from an argument.

In: a name and a value typed without echo. Out: names; a value is never shown again.
"""

import sys

import click

from connector_defs.cli import output
from connector_defs.cli.opened import opened_project
from connector_defs.cli.options import examples, json_option
from ledger.errors import InputRefused


@click.group("secrets", epilog=examples("connector secrets set amazon_client_secret", "connector secrets list"))
def secrets() -> None:
    """Keep secrets in the encrypted vault; settings hold only their names."""


@secrets.command(
    "set",
    epilog=examples(
        "connector secrets set peoplesoft_password", "pass show erp | connector secrets set peoplesoft_password"
    ),
)
@click.argument("name")
def set_secret(name: str) -> None:
    """Store a secret; the value is asked for without echo, or read from standard input."""
    _vault().set(name, _value(name))
    output.say(f"{name} is stored. Use the name in the settings of a connection.")


@secrets.command("list", epilog=examples("connector secrets list", "connector secrets list --json"))
@json_option
def list_secrets(as_json: bool) -> None:
    """List the names of all secrets."""
    names = list(_vault().names())
    if as_json:
        output.write_json({"secrets": names})
    else:
        output.say("\n".join(names) or "The vault holds no secret yet. Store one: connector secrets set NAME")


@secrets.command("rotate", epilog=examples("connector secrets rotate"))
def rotate_key() -> None:
    """Encrypt the vault with a new key; secrets keep their names and values."""
    vault = _vault()
    vault.rotate_key()
    output.say(f"{len(vault.names())} secrets are encrypted with a new key. Back the key up apart from the vault.")


@secrets.command("remove", epilog=examples("connector secrets remove amazon_us_refresh_token"))
@click.argument("name")
def remove_secret(name: str) -> None:
    """Forget a secret."""
    _vault().remove(name)
    output.say(f"{name} is removed.")


def _vault():
    from connector_defs.connections import open_vault

    return open_vault(opened_project())


def _value(name: str) -> str:
    """Return the value typed twice without echo, or the first line of standard input."""
    if sys.stdin.isatty():
        return click.prompt(f"Value of {name}", hide_input=True, confirmation_prompt=True)
    value = sys.stdin.readline().rstrip("\r\n")
    if not value:
        raise InputRefused(f"No value for {name} came from standard input; nothing was stored.")
    return value
