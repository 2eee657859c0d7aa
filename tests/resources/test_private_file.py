"""Private files: replaced whole, and afterwards as much whose they were as before; else refused before any write."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

import resources.private_file
from ledger.errors import VaultClosed
from resources.accounts import account_name, group_name, is_account, is_member, whose
from resources.private_file import open_lock, require_replaceable, sentence_for_access, write_private
from resources.vault import Vault

STRANGER = 64_123


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """Return a file that its group may write, as an account shares it."""
    path = tmp_path / "vault"
    path.write_bytes(b"before")
    path.chmod(0o660)
    return path


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the files be another account's than the one that acts."""
    monkeypatch.setattr(resources.private_file.os, "geteuid", lambda: STRANGER)


def listed(monkeypatch: pytest.MonkeyPatch, is_listed: bool) -> None:
    """Let the system list the file's owner in its group, or not."""
    monkeypatch.setattr(resources.private_file, "is_member", lambda account, group: is_listed)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o660, 0o400])
def test_a_file_keeps_its_mode(shared: Path, mode: int):
    """And a new one is its maker's alone."""
    shared.chmod(mode)
    write_private(shared, b"after")
    assert (shared.read_bytes(), shared.stat().st_mode & 0o777) == (b"after", mode)
    write_private(shared.with_name("new"), b"")
    assert shared.with_name("new").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_what_root_writes_stays_its_owners(tmp_path: Path):
    """Vault, key file and lock, through every write, and a lock that is made anew."""
    vault = Vault.open(tmp_path, {})
    vault.set("a", "1")
    (tmp_path / "vault").chmod(0o660)
    for path in tmp_path.iterdir():
        os.chown(path, STRANGER, STRANGER + 1)
    (tmp_path / "vault.lock").unlink()
    vault.set("b", "2")
    vault.rotate_key()
    vault.remove("b")
    assert vault.names() == ("a",)
    for path in tmp_path.iterdir():
        found = path.stat()
        assert (path.name, found.st_uid, found.st_gid) == (path.name, STRANGER, STRANGER + 1)
        assert found.st_mode & 0o777 == (0o600 if path.name == "vault.key" else 0o660)


def test_another_accounts_file_is_written_where_its_group_shares_it(shared: Path, stranger, monkeypatch):
    """The owner before is one of the group and goes on."""
    listed(monkeypatch, True)
    write_private(shared, b"after")
    assert (shared.read_bytes(), shared.stat().st_mode & 0o777) == (b"after", 0o660)


@pytest.mark.parametrize(
    "mode, is_listed, cure",
    [
        (0o600, True, "chmod 660 "),
        (0o640, True, "chmod 660 "),
        (0o660, False, f"Put {account_name(os.getuid())} into group "),
    ],
)
def test_a_write_that_shuts_the_owner_out_is_refused(shared: Path, stranger, monkeypatch, mode, is_listed, cure):
    """Before anything is written, with what to do."""
    shared.chmod(mode)
    listed(monkeypatch, is_listed)
    monkeypatch.setattr(resources.private_file.os, "access", lambda *_, **__: True)
    for write in (lambda: write_private(shared, b"after"), lambda: require_replaceable(shared)):
        with pytest.raises(VaultClosed, match="could no longer use it") as caught:
            write()
        assert cure in str(caught.value)
    assert shared.read_bytes() == b"before"
    assert [path.name for path in shared.parent.iterdir()] == ["vault"]


def test_a_group_that_would_be_lost_is_refused(shared: Path, stranger, monkeypatch):
    """Its members would be shut out."""
    monkeypatch.setattr(resources.private_file.os, "getegid", lambda: STRANGER)
    monkeypatch.setattr(resources.private_file.os, "getgroups", list)
    with pytest.raises(VaultClosed, match=f"not in its group {group_name(shared.stat().st_gid)}"):
        write_private(shared, b"after")
    assert shared.read_bytes() == b"before"


@pytest.mark.parametrize("closed", [True, False], ids=["folder", "file"])
def test_what_the_account_may_not_write_is_told_with_whose_it_is(shared: Path, stranger, monkeypatch, closed: bool):
    """Which file, which account, whose, what to do."""
    barred = shared.parent if closed else shared
    monkeypatch.setattr(resources.private_file.os, "access", lambda path, *_, **__: path != barred)
    with pytest.raises(VaultClosed) as caught:
        write_private(shared, b"after")
    said = str(caught.value)
    assert f"{barred} cannot be written by the account uid {STRANGER}: it belongs to" in said
    assert "chown" in said


def test_a_vault_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch):
    """Vault and key file each by name; other errors of the system go on as they are."""
    vault = Vault.open(tmp_path, {})
    vault.set("a", "1")

    def bar(name: str) -> None:
        real = os.open

        def barred(path, *arguments, **named):
            if Path(os.fspath(path)).name == name:
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return real(path, *arguments, **named)

        monkeypatch.setattr(resources.private_file.os, "open", barred)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", lambda path: bar_reading(path))
        with pytest.raises(VaultClosed, match=r"The vault .*vault cannot be read by the account .*mode 0600"):
            vault.get("a")
    bar("vault.key")
    with pytest.raises(VaultClosed, match=r"key file .*vault.key cannot be read .*CONNECTOR_VAULT_KEY"):
        vault.get("a")
    bar("vault.lock")
    with pytest.raises(VaultClosed, match=r"The lock .*vault.lock cannot be opened"):
        vault.set("b", "2")
    with pytest.raises(OSError, match="full"), sentence_for_access("The file", tmp_path, "written"):
        raise OSError(errno.ENOSPC, "full")


def bar_reading(path: Path) -> bytes:
    """Refuse as the system does."""
    raise PermissionError(errno.EACCES, "Permission denied", str(path))


def test_a_closed_vault_is_refused_before_its_lock_is_made(tmp_path: Path, stranger, monkeypatch):
    """A lock of this account's own would shut the owner out."""
    Vault.open(tmp_path, {"CONNECTOR_VAULT_KEY": (key := Fernet.generate_key().decode())}).set("a", "1")
    (tmp_path / "vault.lock").unlink()
    listed(monkeypatch, True)
    with pytest.raises(VaultClosed):
        Vault.open(tmp_path, {"CONNECTOR_VAULT_KEY": key}).set("b", "2")
    assert [path.name for path in tmp_path.iterdir()] == ["vault"]


def test_a_lock_is_as_open_as_what_it_guards(shared: Path):
    """Made once; opened as it is afterwards."""
    lock = shared.with_name("vault.lock")
    for _ in range(2):
        os.close(open_lock(lock, shared))
        assert lock.stat().st_mode & 0o777 == 0o660


def test_accounts_and_groups_have_names_or_numbers(tmp_path: Path):
    """A container's account may have no name; nobody without a name is listed in a group."""
    assert (account_name(0), group_name(0), is_account("root"), is_member(0, 0)) == ("root", "root", True, True)
    assert (account_name(STRANGER), group_name(STRANGER)) == (f"uid {STRANGER}", f"gid {STRANGER}")
    assert not is_account("no-such-account")
    assert not is_member(STRANGER, STRANGER)
    assert whose(tmp_path / "a" / "b").startswith(f"its folder {tmp_path} belongs to ")
