"""Replace a private file whole, and let it stay whose it was: owner, group and mode.

In: a path and its new content. Out: the file, durably on the disk. What the account that runs may not read or write,
or could only write by taking it from the account that owns it, is refused in one sentence before anything is written.
A file that was not there is its maker's alone.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ledger.errors import VaultClosed
from resources.accounts import account_name, acting_account, group_name, is_member, whose

_NOT_LET = (errno.EACCES, errno.EPERM, errno.EROFS)
_READ_AND_WRITE = 0o6
SHARE = (
    "Give it to that account (chown), or share it by a group that every account concerned is in (chgrp, chmod 660); "
    "see docs/guides/approval.md."
)


def write_private(path: Path, content: bytes, like: Path | None = None) -> None:
    """Replace a file at once and durably; owner, group and mode stay those of the file before, or of `like`.

    Raises VaultClosed before anything is written when the account may not do it, or cannot keep them.
    """
    with sentence_for_access("The folder", path.parent, "made"):
        path.parent.mkdir(parents=True, exist_ok=True)
    model = require_replaceable(like or path)
    with sentence_for_access("The file", path, "replaced"), _opened_folder(path.parent) as folder:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            # mkstemp makes the file with mode 0600.
            with os.fdopen(descriptor, "wb") as file:
                _keep(file.fileno(), model)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        os.fsync(folder)


def require_replaceable(path: Path) -> os.stat_result | None:
    """Return how a file stands, None when it is not there.

    Raises VaultClosed when this account may not write it, or when owner or group could not go on using what it writes.
    """
    with sentence_for_access("The file", path, "looked at"):
        try:
            found = path.stat()
        except FileNotFoundError:
            return None
    if os.geteuid() == 0:
        return found
    if not os.access(path.parent, os.W_OK | os.X_OK, effective_ids=True):
        raise VaultClosed(_access_sentence("The folder", path.parent, "written"))
    is_owner = os.geteuid() == found.st_uid
    if not is_owner and not os.access(path, os.R_OK | os.W_OK, effective_ids=True):
        raise VaultClosed(_access_sentence("The file", path, "written"))
    if not _keeps_group(path, found):
        raise VaultClosed(
            f"The file {path} was not written: the account {acting_account()} is not in its group "
            f"{group_name(found.st_gid)}, so what it writes could not keep that group. Put the account into the group, "
            "or give the file another one (chgrp)."
        )
    if not is_owner:
        _require_shared(path, found)
    return found


def open_lock(path: Path, like: Path) -> int:
    """Open a lock file, made with owner, group and mode of the file it guards; raises VaultClosed."""
    flags = os.O_RDWR | os.O_CLOEXEC
    with sentence_for_access("The lock", path, "opened"):
        with suppress(FileExistsError):
            descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                _keep(descriptor, require_replaceable(like))
            except BaseException:
                os.close(descriptor)
                path.unlink()
                raise
            return descriptor
        return os.open(path, flags)


@contextmanager
def sentence_for_access(what: str, path: Path, done: str, cure: str = SHARE) -> Iterator[None]:
    """Turn the system's no to this account into one sentence; every other error goes on as it is."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NOT_LET:
            raise
        raise VaultClosed(_access_sentence(what, path, done, cure)) from None


def _access_sentence(what: str, path: Path, done: str, cure: str = SHARE) -> str:
    return f"{what} {path} cannot be {done} by the account {acting_account()}: {whose(path)}. {cure}"


def _require_shared(path: Path, found: os.stat_result) -> None:
    """Refuse to write another account's file, unless that account can go on reading and writing it."""
    mode, owner = stat.S_IMODE(found.st_mode), account_name(found.st_uid)
    is_of_group = is_member(found.st_uid, found.st_gid)
    # A replaced file belongs to who replaces it; the owner before is then one of its group, or one of all others.
    left = mode >> 3 if is_of_group else mode
    if left & _READ_AND_WRITE != _READ_AND_WRITE:
        group = group_name(found.st_gid)
        cure = f"Open it for the group: chmod 660 {path}" if is_of_group else f"Put {owner} into group {group}"
        raise VaultClosed(
            f"The file {path} was not written: it would become the account {acting_account()}'s, and {owner} could no "
            f"longer use it ({whose(path)}). {cure}; see docs/guides/approval.md."
        )


def _keeps_group(path: Path, found: os.stat_result) -> bool:
    """Tell whether a file made anew can have the group of the one before."""
    folder = path.parent.stat()
    is_given_by_folder = bool(folder.st_mode & stat.S_ISGID) and folder.st_gid == found.st_gid
    return is_given_by_folder or found.st_gid in (os.getegid(), *os.getgroups())


def _keep(descriptor: int, model: os.stat_result | None) -> None:
    """Give an open file the owner (where that is allowed), group and mode of the one it stands for."""
    if model is None:
        return
    made = os.fstat(descriptor)
    owner = model.st_uid if os.geteuid() == 0 else made.st_uid
    if (made.st_uid, made.st_gid) != (owner, model.st_gid):
        os.fchown(descriptor, owner, model.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(model.st_mode) & 0o777)


@contextmanager
def _opened_folder(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
