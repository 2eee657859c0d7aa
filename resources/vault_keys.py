"""Where the vault's key comes from: an environment variable, or a file that only its owner may read.

In: the environment and the vault's path. Out: keys, the first of which encrypts while all of them open; a key file may
be replaced (rotation), an environment variable may not.
"""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from ledger.errors import VaultClosed
from resources.private_file import sentence_for_access, write_private

KEY_VARIABLE = "CONNECTOR_VAULT_KEY"
KEY_FILE_VARIABLE = "CONNECTOR_VAULT_KEY_FILE"
_ONE_ACCOUNT = (
    f"A key file is one account's alone: give this account the key in {KEY_VARIABLE}, or a file of its own that "
    f"{KEY_FILE_VARIABLE} names."
)


class KeySource(Protocol):
    """Keys of a vault. `shown` names the source in sentences; `is_replaceable` says whether `replace` works."""

    shown: str
    is_replaceable: bool

    def exists(self) -> bool: ...

    def all_keys(self) -> tuple[bytes, ...]: ...

    def replace(self, keys: tuple[bytes, ...]) -> None: ...


class EnvironmentKey:
    """One key, or several separated by commas, in an environment variable."""

    is_replaceable = False

    def __init__(self, environ: Mapping[str, str], name: str = KEY_VARIABLE) -> None:
        self._environ = environ
        self.shown = name

    def __repr__(self) -> str:
        return f"EnvironmentKey({self.shown!r})"

    def exists(self) -> bool:
        """Tell whether the variable holds anything."""
        return bool(self._environ.get(self.shown, "").strip())

    def all_keys(self) -> tuple[bytes, ...]:
        """Return the keys in the order they stand there; raises VaultClosed when there is none."""
        keys = _keys_of(self._environ.get(self.shown, "").replace(",", "\n"))
        if not keys:
            raise VaultClosed(f"The environment variable {self.shown} is empty. Put the vault's key there.")
        return keys

    def replace(self, keys: tuple[bytes, ...]) -> None:
        """Refuse: a program cannot change the environment it will be started with next time."""
        raise AssertionError("ask is_replaceable first")


class KeyFile:
    """Keys in a file, one a line, readable by its owner alone."""

    is_replaceable = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self.shown = f"key file {path}"

    def __repr__(self) -> str:
        return f"KeyFile({str(self._path)!r})"

    def exists(self) -> bool:
        """Tell whether the file is there."""
        with self._sentence_for_access():
            return self._path.exists()

    def all_keys(self) -> tuple[bytes, ...]:
        """Return the keys in the order they stand there.

        Raises:
            VaultClosed: The file is missing or empty, others may read it, or this account may not.
        """
        try:
            with self._sentence_for_access():
                descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise VaultClosed(
                f"The vault's {self.shown} cannot be read: {error.strerror}. Restore it from a backup, or name the"
                f" right one in {KEY_FILE_VARIABLE}. Without its key a vault cannot be opened."
            ) from None
        with os.fdopen(descriptor, encoding="ascii", errors="replace") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                raise VaultClosed(
                    f"The vault's {self.shown} has mode {mode:04o}: others than its owner may use it."
                    f" Close it: chmod 600 {shlex.quote(str(self._path))}"
                )
            keys = _keys_of(file.read(64 * 1024))
        if not keys:
            raise VaultClosed(f"The vault's {self.shown} is empty. Restore it from a backup.")
        return keys

    def replace(self, keys: tuple[bytes, ...]) -> None:
        """Write these keys, whole, as private as the file was; a new one has mode 0600."""
        write_private(self._path, b"\n".join(keys) + b"\n")

    def _sentence_for_access(self) -> AbstractContextManager[None]:
        return sentence_for_access("The vault's key file", self._path, "read", _ONE_ACCOUNT)


def key_source_of(environ: Mapping[str, str], vault_path: Path) -> KeySource:
    """Return the key source that the environment names, else the key file beside the vault."""
    if environ.get(KEY_VARIABLE, "").strip():
        return EnvironmentKey(environ)
    named = environ.get(KEY_FILE_VARIABLE, "").strip()
    return KeyFile(Path(named) if named else vault_path.with_name(vault_path.name + ".key"))


def _keys_of(text: str) -> tuple[bytes, ...]:
    return tuple(line.strip().encode("utf-8") for line in text.splitlines() if line.strip())
