"""Keep secrets in one encrypted file, so that YAML, arguments, logs and the UI only ever hold their names.

In: names and values, typed by a person into `connector secrets set`. Out: a value, to the door that needs it at the
moment it needs it. The file is one Fernet message (https://cryptography.io/en/latest/fernet/); its key comes from
CONNECTOR_VAULT_KEY, from the file that CONNECTOR_VAULT_KEY_FILE names, or from a key file beside the vault. Writes are
locked between processes and replace the file whole, so a crash leaves the old vault or the new one. Owner, group and
mode stay as they were; what this account may not do is refused before anything is written.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeVar

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from ledger.errors import ConfigurationRefused, InputRefused, SecretMissing, StoreError, VaultClosed
from resources.private_file import open_lock, require_replaceable, sentence_for_access, write_private
from resources.secret_names import NAME
from resources.vault_keys import KeySource, key_source_of

VALUE_BYTES_MAX = 64 * 1024
_FORMAT = 1
# Sealed texts and the vault itself are made with the same keys; the mark keeps one from being taken for the other.
_SEAL_MARK = "sealed:"

Outcome = TypeVar("Outcome")


class SecretText:
    """A secret on its way: prints as `***`, gives its value only to `reveal`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __format__(self, specification: str) -> str:
        return "***"

    def __reduce__(self):
        raise TypeError("a secret is not written anywhere")


class Vault:
    """The secrets of one installation, by name.

    Args:
        path: The encrypted file; it need not exist yet.
        key_source: Where its key comes from.
    """

    def __init__(self, path: Path, key_source: KeySource) -> None:
        self._path = path
        self._keys = key_source

    @classmethod
    def open(cls, home: Path, environ: Mapping[str, str] = os.environ) -> Vault:
        """Return the vault of a project's home folder, with the key the environment names."""
        path = home / "vault"
        return cls(path, key_source_of(environ, path))

    def __repr__(self) -> str:
        return f"Vault({str(self._path)!r})"

    def set(self, name: str, value: str) -> None:
        """Store a secret, replacing what the name held.

        Raises:
            InputRefused: The name or the value cannot be taken.
            VaultClosed: There is no usable key, or this account may not write the vault, or would take it from the
                account that owns it.
        """
        if not NAME.match(name):
            raise InputRefused(
                "This cannot name a secret: use letters, digits, '_', '.', '-' and '/', 100 characters at most."
            )
        if not value or len(value.encode("utf-8", "surrogatepass")) > VALUE_BYTES_MAX or "\x00" in value:
            raise InputRefused(
                f"The value for secret {name!r} cannot be stored: it is empty, longer than {VALUE_BYTES_MAX} bytes or"
                " holds a zero byte. Run the command again and paste the value whole."
            )
        self._change(lambda secrets: secrets.__setitem__(name, value))

    def get(self, name: str) -> str:
        """Return a secret.

        Raises:
            SecretMissing: The vault holds none of that name.
            VaultClosed: The vault cannot be opened, or this account may not read it or its key.
        """
        secrets = self._read_if_any()
        if name not in secrets:
            raise SecretMissing(self._missing(name))
        return secrets[name]

    def names(self) -> tuple[str, ...]:
        """Return the names of all secrets, sorted."""
        return tuple(sorted(self._read_if_any()))

    def remove(self, name: str) -> None:
        """Forget a secret; raises SecretMissing when there is none of that name."""

        def forget(secrets: dict[str, str]) -> None:
            if name not in secrets:
                raise SecretMissing(self._missing(name))
            del secrets[name]

        self._change(forget)

    def rotate_key(self) -> None:
        """Encrypt everything with a new key and drop the old one.

        With a key file: the new key is put before the old one, the vault is written anew, the old key is removed; a
        crash between these leaves a vault that opens, and rotating again ends it. With a key in the environment the
        vault is written with the first of the keys given there.

        Raises:
            ConfigurationRefused: The environment gives one key only, so there is nothing to rotate to.
        """
        with self._locked():
            self._ensure_key()
            old = self._keys.all_keys()
            if self._keys.is_replaceable:
                old = (Fernet.generate_key(), *old)
                self._keys.replace(old)
            elif len(old) < 2:
                raise ConfigurationRefused(
                    f"The vault's key comes from {self._keys.shown}, which this command cannot change. Put the new key"
                    " in front of the present one, separated by a comma, rotate again, then take the old one away."
                )
            if self._exists():
                self._write(self._read())
            if self._keys.is_replaceable:
                self._keys.replace(old[:1])

    def seal(self, text: str) -> str:
        """Encrypt a text for another store, with the vault's key."""
        if not self._keys.exists():
            with self._locked():
                self._ensure_key()
        return self._cipher().encrypt(f"{_SEAL_MARK}{text}".encode()).decode("ascii")

    def open_sealed(self, text: str) -> str:
        """Return what was sealed; raises StoreError when this vault's keys do not open it."""
        try:
            opened = self._cipher().decrypt(text.encode()).decode()
        except (InvalidToken, UnicodeError):
            opened = ""
        if not opened.startswith(_SEAL_MARK):
            raise StoreError("A sealed text cannot be opened with the vault's present key; make it anew.")
        return opened.removeprefix(_SEAL_MARK)

    def _missing(self, name: str) -> str:
        return f"The vault {self._path} holds no secret {name!r}. Set it: connector secrets set {name}"

    def _change(self, change: Callable[[dict[str, str]], None]) -> None:
        with self._locked():
            secrets = self._read_if_any()
            change(secrets)
            self._ensure_key()
            self._write(secrets)

    def _ensure_key(self) -> None:
        # A vault whose key is lost must not get a new key by the way: what it holds could never be read again.
        if not self._exists() and self._keys.is_replaceable and not self._keys.exists():
            self._keys.replace((Fernet.generate_key(),))

    def _cipher(self) -> MultiFernet:
        try:
            return MultiFernet([Fernet(key) for key in self._keys.all_keys()])
        except ValueError:
            raise VaultClosed(
                f"{self._keys.shown} holds no usable key for the vault {self._path}: a key is 32 bytes in URL-safe"
                " base64. Give it the key the vault was made with."
            ) from None

    def _exists(self) -> bool:
        with self._sentence_for_access():
            return self._path.exists()

    def _read_if_any(self) -> dict[str, str]:
        return self._read() if self._exists() else {}

    def _sentence_for_access(self) -> AbstractContextManager[None]:
        return sentence_for_access("The vault", self._path, "read")

    def _read(self) -> dict[str, str]:
        # Another process may be rotating: key and vault are replaced one after the other, so look a second time.
        for _ in range(2):
            with self._sentence_for_access():
                content = self._path.read_bytes()
            try:
                opened = json.loads(self._cipher().decrypt(content))
            except (InvalidToken, ValueError):
                continue
            if isinstance(opened, dict) and opened.get("format") == _FORMAT:
                return dict(opened["secrets"])
        raise VaultClosed(
            f"The vault {self._path} cannot be opened with the key of {self._keys.shown}: the key is another one or the"
            " file is damaged. Give it the key the vault was made with, or restore both from a backup."
        )

    def _write(self, secrets: dict[str, str]) -> None:
        content = json.dumps({"format": _FORMAT, "secrets": secrets}, sort_keys=True).encode()
        write_private(self._path, self._cipher().encrypt(content))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with sentence_for_access("The vault's folder", self._path.parent, "made"):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        require_replaceable(self._path)
        descriptor = open_lock(self._path.with_name(self._path.name + ".lock"), like=self._path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
