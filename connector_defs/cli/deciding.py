"""Who decides: the operating-system account that acts, or a named key whose owner types its passphrase now.

In: `--sign-as NAME` or nothing. Out: a `Decider`. A name is never taken as an argument for somebody's word: it is the
account, or it is proved by a signature.
"""

import sys

import click

from connector_defs.cli.opened import opened_project, opened_stores
from ledger.errors import InputRefused, SecretMissing
from ledger.four_eyes import Decider

KEY_SECRET = "signing-key/{}"

sign_option = click.option(
    "--sign-as", default="", metavar="NAME", help="Decide with the named key; its passphrase is asked for."
)


def decider(sign_as: str, signed: str) -> Decider:
    """Return who decides on what `signed` says.

    Raises InputRefused for an unknown key or a wrong passphrase, SecretMissing for a key whose private half is gone,
    VaultClosed where this account may not read the vault.
    """
    from connector_defs.connections import operating_person

    if not sign_as:
        return Decider(operating_person())
    from resources.signing import is_signed, sign

    signer = opened_stores().people.counting(sign_as)
    private_key = _private_key(sign_as)
    signature = sign(private_key, passphrase(f"Passphrase of {sign_as}"), signed)
    if not is_signed(signer.public_key, signature, signed):
        raise InputRefused(f"The key of {sign_as} in the vault is not the one that was added; nothing was decided.")
    return Decider(sign_as, signer.added_by, signer.public_key, signed, signature)


def _private_key(name: str) -> str:
    from connector_defs.connections import open_vault

    try:
        return open_vault(opened_project()).get(KEY_SECRET.format(name))
    except SecretMissing:
        raise SecretMissing(
            f"The vault holds no private key of {name}, so nothing can be signed with it. Restore the vault, or end "
            f"the key (connector people end {name}) and make one of another name."
        ) from None


def passphrase(prompt: str, *, is_new: bool = False) -> str:
    """Return a passphrase typed without echo, twice for a new one, or the first line of standard input."""
    if sys.stdin.isatty():
        return click.prompt(prompt, hide_input=True, confirmation_prompt=is_new)
    return sys.stdin.readline().rstrip("\r\n")
