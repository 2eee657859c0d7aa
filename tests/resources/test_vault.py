"""The vault: values only come out by name and key, writes are whole, and a key can be changed at any moment."""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

import resources.vault_keys
from ledger.errors import ConfigurationRefused, InputRefused, SecretMissing, StoreError, VaultClosed
from resources.vault import SecretText, Vault
from resources.vault_keys import EnvironmentKey, KeyFile, key_source_of

SECRET = "Atzr|demo-refresh-token/ü"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """Return an empty vault with its key file beside it."""
    return Vault.open(tmp_path, {})


def test_a_secret_comes_back_as_it_was_stored(vault: Vault):
    """Set, get, list, replace, remove."""
    vault.set("amazon_us/refresh_token", SECRET)
    vault.set("b", "1")
    vault.set("b", "2")
    assert vault.get("amazon_us/refresh_token") == SECRET
    assert vault.names() == ("amazon_us/refresh_token", "b")
    vault.remove("amazon_us/refresh_token")
    assert (vault.names(), vault.get("b")) == (("b",), "2")


def test_a_missing_secret_names_the_command_that_sets_it(vault: Vault):
    """Before and after the vault exists, for get and remove."""
    for _ in range(2):
        with pytest.raises(SecretMissing, match="connector secrets set amazon_us"):
            vault.get("amazon_us")
        with pytest.raises(SecretMissing, match="connector secrets set amazon_us"):
            vault.remove("amazon_us")
        vault.set("other", "x")


def test_an_empty_vault_lists_nothing_and_writes_nothing(vault: Vault, tmp_path: Path):
    """Looking is not touching."""
    assert vault.names() == ()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", " ", "a b", "/a", "-a", "a\n", "ä", "a" * 101, "a;b", "a=b"])
def test_a_name_that_could_not_stand_in_yaml_or_a_shell_is_refused(vault: Vault, name: str):
    """Names travel through settings and commands."""
    with pytest.raises(InputRefused, match="cannot name a secret"):
        vault.set(name, "x")


@pytest.mark.parametrize("value", ["", "x" * 70_000, "ü" * 40_000, "Zq9\x00Zq9"])
def test_a_value_that_cannot_be_a_secret_is_refused_without_showing_it(vault: Vault, value: str):
    """Empty, too long, or binary."""
    with pytest.raises(InputRefused) as caught:
        vault.set("a", value)
    assert "secret 'a'" in str(caught.value)
    assert "Zq9" not in str(caught.value)


def test_nothing_on_disk_shows_a_name_or_a_value(vault: Vault, tmp_path: Path):
    """One encrypted message holds both; only its owner may read the files."""
    vault.set("amazon_us_refresh", SECRET)
    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o077 == 0
        assert b"amazon_us_refresh" not in path.read_bytes()
        assert SECRET.encode() not in path.read_bytes()


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=60))
def test_every_text_survives_the_vault_and_the_seal(tmp_path_factory: pytest.TempPathFactory, value: str):
    """Property: what goes in comes out, letter for letter."""
    vault = Vault.open(tmp_path_factory.mktemp("vault"), {"CONNECTOR_VAULT_KEY": Fernet.generate_key().decode()})
    vault.set("a", value)
    assert vault.get("a") == value
    assert vault.open_sealed(vault.seal(value)) == value


def test_no_object_around_a_secret_prints_it(vault: Vault):
    """repr, str, format and pickle of what holds or leads to a secret."""
    text = SecretText(SECRET)
    assert f"{text} {text!r} {text!s} {text:>10}" == "*** *** *** ***"
    assert text.reveal() == SECRET
    with pytest.raises(TypeError, match="not written"):
        pickle.dumps(text)
    key = Fernet.generate_key().decode()
    assert key not in repr(EnvironmentKey({"CONNECTOR_VAULT_KEY": key}))
    assert repr(vault).startswith("Vault(")


class TestKeys:
    """Where keys come from, and which are refused."""

    def test_the_environment_decides_where_the_key_is(self, tmp_path: Path):
        """Key, then key file, then the file beside the vault."""
        vault_path = tmp_path / "vault"
        source = key_source_of({"CONNECTOR_VAULT_KEY": "k", "CONNECTOR_VAULT_KEY_FILE": "f"}, vault_path)
        assert isinstance(source, EnvironmentKey)
        source = key_source_of({"CONNECTOR_VAULT_KEY": " ", "CONNECTOR_VAULT_KEY_FILE": "/x/f"}, vault_path)
        assert source.shown == "key file /x/f"
        assert key_source_of({}, vault_path).shown == f"key file {tmp_path / 'vault.key'}"

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
    def test_a_key_file_that_others_may_use_is_refused(self, vault: Vault, tmp_path: Path, mode: int):
        """The sentence holds the command that closes it."""
        vault.set("a", SECRET)
        key_file = tmp_path / "vault.key"
        key_file.chmod(mode)
        with pytest.raises(VaultClosed, match=f"chmod 600 {key_file}"):
            vault.get("a")

    def test_a_key_file_readable_by_its_owner_only_is_enough(self, vault: Vault, tmp_path: Path):
        """0400 is how secrets are mounted."""
        vault.set("a", SECRET)
        (tmp_path / "vault.key").chmod(0o400)
        assert vault.get("a") == SECRET

    def test_a_lost_key_is_not_replaced_by_a_new_one(self, vault: Vault, tmp_path: Path):
        """What the vault holds could never be read again."""
        vault.set("a", SECRET)
        (tmp_path / "vault.key").unlink()
        for action in (lambda: vault.get("a"), lambda: vault.set("b", "x"), vault.rotate_key, lambda: vault.seal("x")):
            with pytest.raises(VaultClosed, match="Restore it from a backup"):
                action()
        assert not (tmp_path / "vault.key").exists()

    @pytest.mark.parametrize("content", [b"", b"\n \n", b"short", b"\xff\xfe" * 20, b"x" * 44])
    def test_a_key_file_without_a_key_is_refused(self, vault: Vault, tmp_path: Path, content: bytes):
        """Empty, too short, binary."""
        vault.set("a", SECRET)
        (tmp_path / "vault.key").write_bytes(content)
        with pytest.raises(VaultClosed) as caught:
            vault.get("a")
        assert "vault.key" in str(caught.value)

    def test_another_key_is_told_from_no_key(self, vault: Vault, tmp_path: Path):
        """A well-formed key that does not fit, or a damaged vault."""
        vault.set("a", SECRET)
        other = Vault.open(tmp_path, {"CONNECTOR_VAULT_KEY": Fernet.generate_key().decode()})
        with pytest.raises(VaultClosed, match="CONNECTOR_VAULT_KEY: the key is another one"):
            other.get("a")
        (tmp_path / "vault").write_bytes((tmp_path / "vault").read_bytes()[:-9])
        with pytest.raises(VaultClosed, match="damaged"):
            vault.get("a")

    def test_an_empty_variable_is_a_sentence(self):
        """The variable is named."""
        with pytest.raises(VaultClosed, match="MY_KEY is empty"):
            EnvironmentKey({}, "MY_KEY").all_keys()


class TestSeal:
    """Texts sealed for other stores."""

    def test_a_seal_of_another_key_is_refused_without_showing_it(self, vault: Vault, tmp_path: Path):
        """The caller makes the text anew."""
        other = Vault(tmp_path / "other", KeyFile(tmp_path / "other.key"))
        for text in (other.seal(SECRET), "nonsense", "ü", ""):
            vault.seal("x")
            with pytest.raises(StoreError, match="make it anew"):
                vault.open_sealed(text)

    def test_the_vault_itself_is_no_sealed_text(self, vault: Vault, tmp_path: Path):
        """The same key, but another purpose."""
        vault.set("a", SECRET)
        with pytest.raises(StoreError):
            vault.open_sealed((tmp_path / "vault").read_text())


class TestRotation:
    """A new key, at any moment, without losing anything."""

    def test_everything_is_readable_with_the_new_key_only(self, vault: Vault, tmp_path: Path):
        """The old key file no longer opens the vault."""
        vault.set("a", SECRET)
        old = (tmp_path / "vault.key").read_bytes()
        vault.rotate_key()
        assert vault.get("a") == SECRET
        assert len((tmp_path / "vault.key").read_bytes().split()) == 1
        (tmp_path / "vault.key").write_bytes(old)
        with pytest.raises(VaultClosed):
            vault.get("a")

    def test_a_vault_that_is_still_empty_can_rotate(self, vault: Vault):
        """Nothing to encrypt is no reason to fail."""
        vault.rotate_key()
        vault.set("a", SECRET)
        assert vault.get("a") == SECRET

    def test_a_key_from_the_environment_rotates_with_two_keys(self, vault: Vault, tmp_path: Path):
        """The first key encrypts; then the second may go."""
        old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
        Vault.open(tmp_path, {"CONNECTOR_VAULT_KEY": old}).set("a", SECRET)
        with pytest.raises(ConfigurationRefused, match="in front of the present one, separated by a comma"):
            Vault.open(tmp_path, {"CONNECTOR_VAULT_KEY": old}).rotate_key()
        Vault.open(tmp_path, {"CONNECTOR_VAULT_KEY": f"{new}, {old}"}).rotate_key()
        assert Vault.open(tmp_path, {"CONNECTOR_VAULT_KEY": new}).get("a") == SECRET
        with pytest.raises(VaultClosed):
            Vault.open(tmp_path, {"CONNECTOR_VAULT_KEY": old}).get("a")

    @pytest.mark.parametrize("write", [1, 2, 3])
    @pytest.mark.parametrize("moment", ["before", "after"])
    def test_a_crash_at_any_write_leaves_a_vault_that_opens(
        self, vault: Vault, monkeypatch: pytest.MonkeyPatch, write: int, moment: str
    ):
        """Key file, vault, key file: three writes, a crash around each, and rotating again ends it."""
        vault.set("a", SECRET)
        writes = crash_at(write, moment, os.replace)
        with monkeypatch.context() as patched:
            patched.setattr(resources.vault_keys.os, "replace", writes)
            with pytest.raises(InterruptedError):
                vault.rotate_key()
        assert vault.get("a") == SECRET
        vault.rotate_key()
        assert vault.get("a") == SECRET
        assert len(vault._keys.all_keys()) == 1

    def test_a_reader_between_two_writes_of_a_rotation_looks_again(self, vault: Vault, monkeypatch: pytest.MonkeyPatch):
        """It read the old key, then the new vault: the second look fits."""
        vault.set("a", SECRET)
        stale = vault._keys.all_keys()
        vault.rotate_key()
        fresh = vault._keys.all_keys()
        answers = iter([stale, fresh])
        monkeypatch.setattr(vault._keys, "all_keys", lambda: next(answers))
        assert vault.get("a") == SECRET


def crash_at(number: int, moment: str, real: Callable[..., None]) -> Callable[..., None]:
    """Return a stand-in for `real` that dies before or after its n-th work."""
    calls = iter(range(1, 100))

    def run(*arguments: object) -> None:
        is_now = next(calls) == number
        if is_now and moment == "before":
            raise InterruptedError
        real(*arguments)
        if is_now:
            raise InterruptedError

    return run


def test_a_crash_while_writing_leaves_the_old_vault_and_no_litter(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A full disk costs the change, not the vault."""
    vault.set("a", "old")
    before = sorted(path.name for path in tmp_path.iterdir())
    with monkeypatch.context() as patched:
        patched.setattr(resources.vault_keys.os, "fsync", crash_at(1, "before", os.fsync))
        with pytest.raises(InterruptedError):
            vault.set("a", "new")
    assert vault.get("a") == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_two_writers_lose_no_write(tmp_path: Path):
    """Each opens the vault for itself; the lock lets one finish before the other reads."""

    def write(prefix: str) -> None:
        own = Vault.open(tmp_path, {})
        for number in range(15):
            own.set(f"{prefix}{number}", "x")

    threads = [threading.Thread(target=write, args=(prefix,)) for prefix in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Vault.open(tmp_path, {}).names()) == 30
