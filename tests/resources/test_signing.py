"""Named keys: only the passphrase signs, and only the very text that was signed passes."""

import pytest

from ledger.errors import InputRefused
from resources.signing import is_signed, make_key, sign

PASSPHRASE = "correct horse battery"


@pytest.fixture(scope="module")
def key() -> tuple[str, str]:
    return make_key(PASSPHRASE)


def test_what_the_owner_signs_can_be_checked_by_anybody(key):
    """The public half is enough, and another text or key fails."""
    private, public = key
    signature = sign(private, PASSPHRASE, "approve 24")
    assert is_signed(public, signature, "approve 24")
    assert not is_signed(public, signature, "approve 25")
    assert not is_signed(make_key(PASSPHRASE)[1], signature, "approve 24")


def test_a_wrong_passphrase_signs_nothing(key):
    """The private half is encrypted, and the refusal does not repeat what was typed."""
    with pytest.raises(InputRefused, match="does not open this key") as refused:
        sign(key[0], "wrong passphrase", "approve 24")
    assert "wrong passphrase" not in str(refused.value)
    assert PASSPHRASE not in key[0]


@pytest.mark.parametrize("passphrase", ["", "short"])
def test_a_short_passphrase_makes_no_key(passphrase):
    """Ten characters at least."""
    with pytest.raises(InputRefused, match="at least 10"):
        make_key(passphrase)


@pytest.mark.parametrize(("public", "signature"), [("", ""), ("zz", "00"), ("00" * 32, "00" * 64)])
def test_what_is_no_key_or_signature_does_not_pass(public, signature):
    """Garbage is a no, not a fault."""
    assert not is_signed(public, signature, "approve 24")


def test_another_kind_of_key_is_refused():
    """A vault entry that somebody replaced does not sign."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    encryption = serialization.BestAvailableEncryption(PASSPHRASE.encode())
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )
    with pytest.raises(InputRefused, match="another kind of key"):
        sign(pem.decode(), PASSPHRASE, "approve 24")
