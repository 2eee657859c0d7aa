"""`connector people`: named keys for people who share an account, so that each can sign decisions of their own.

The key of somebody who plans does not approve what they planned, and neither does a key that they made for another
name: let an account that plans nothing make the keys.
"""

import click

from connector_defs.cli import output
from connector_defs.cli.deciding import KEY_SECRET, passphrase
from connector_defs.cli.opened import opened_project, opened_stores
from connector_defs.cli.options import examples, json_option
from ledger.errors import InputRefused


@click.group("people", epilog=examples("connector people add maria", "connector people list"))
def people() -> None:
    """Keep the named keys with which people sign decisions."""


@people.command("add", epilog=examples("connector people add maria"))
@click.argument("name")
def add(name: str) -> None:
    """Make a named key; its owner types a passphrase that nobody else knows."""
    from connector_defs.connections import open_vault, operating_person
    from resources.accounts import is_account
    from resources.signing import make_key

    if is_account(name):
        raise InputRefused(
            f"{name} is an account of this system: what the key signs would look like that account's own word. Choose "
            f"another name, for example {name}.key."
        )
    private_key, public_key = make_key(passphrase(f"New passphrase of {name}", is_new=True))
    vault = open_vault(opened_project())
    opened_stores().people.add(
        name, public_key, operating_person(), lambda: vault.set(KEY_SECRET.format(name), private_key)
    )
    output.say(f'{name} can sign now: connector approve SETTLEMENT --sign-as {name} --reason "..."')


@people.command("list", epilog=examples("connector people list", "connector people list --json"))
@json_option
def list_people(as_json: bool) -> None:
    """List who has or had a key, who made it, and until when it counts."""
    rows = [
        {
            "name": one.name,
            "made_by": one.added_by,
            "made_at": output.utc_text(one.added_at),
            "ended_by": one.ended_by,
            "ended_at": output.utc_text(one.ended_at) if one.ended_at else "",
            "public_key": one.public_key,
        }
        for one in opened_stores().people.listing()
    ]
    if as_json:
        output.write_json({"people": rows})
    else:
        output.print_table(rows, nothing="Nobody has a named key yet. Make one: connector people add NAME")


@people.command("end", epilog=examples("connector people end maria"))
@click.argument("name")
def end(name: str) -> None:
    """Let a key count no longer; what it has signed stays signed."""
    from connector_defs.connections import operating_person

    opened_stores().people.end(name, operating_person())
    output.say(f"The key of {name} counts no longer.")
