"""Named keys that sign a person's decisions, so that a shared account can still tell people apart.

In: a passphrase that only the person knows. Out: an Ed25519 key (RFC 8032) whose private half is encrypted with the
passphrase and kept in the vault, and signatures that anybody can check with the public half.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.errors import InputRefused

PASSPHRASE_LETTERS_MIN = 10


def make_key(passphrase: str) -> tuple[str, str]:
    """Return a new private key as encrypted PEM and its public half in hexadecimal; raises InputRefused when short."""
    if len(passphrase) < PASSPHRASE_LETTERS_MIN:
        raise InputRefused(f"The passphrase needs at least {PASSPHRASE_LETTERS_MIN} characters; no key was made.")
    key = Ed25519PrivateKey.generate()
    encryption = serialization.BestAvailableEncryption(passphrase.encode())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    public = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return pem.decode("ascii"), public.hex()


def sign(private_key: str, passphrase: str, text: str) -> str:
    """Return the signature over a text in hexadecimal; raises InputRefused for a wrong passphrase."""
    try:
        key = serialization.load_pem_private_key(private_key.encode(), passphrase.encode())
    except (ValueError, TypeError):
        raise InputRefused("The passphrase does not open this key; nothing was decided. Try again.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise InputRefused("The vault holds another kind of key under this name. Make it anew: connector people add")
    return key.sign(text.encode()).hex()


def is_signed(public_key: str, signature: str, text: str) -> bool:
    """Tell whether a signature over a text was made with the private half of a public key."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(bytes.fromhex(signature), text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True
