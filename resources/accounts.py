"""Names of the operating system's accounts and groups, for who acts and whose a file is.

In: numbers, as the system keeps them, and paths. Out: names for sentences; a number where the system has no name.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path


def account_name(number: int) -> str:
    """Return the name of an account, its number where the system has no name for it."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid {number}"


def is_in_user_namespace() -> bool:
    """Tell whether this process sees account numbers as somebody mapped them, which on Linux any account may do.

    Source: user_namespaces(7), /proc/[pid]/uid_map.
    """
    try:
        mapped = Path("/proc/self/uid_map").read_text(encoding="ascii").split()
    except OSError:
        return False
    return mapped != ["0", "0", "4294967295"]


def group_name(number: int) -> str:
    """Return the name of a group, its number where the system has no name for it."""
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return f"gid {number}"


def is_account(name: str) -> bool:
    """Tell whether the system has an account of this name."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def acting_account() -> str:
    """Return the account whose rights on files this process has."""
    return account_name(os.geteuid())


def is_member(account: int, group: int) -> bool:
    """Tell whether the system lists an account in a group; False for an account it does not know."""
    try:
        known = pwd.getpwuid(account)
    except KeyError:
        return False
    return group in os.getgrouplist(known.pw_name, known.pw_gid)


def whose(path: Path) -> str:
    """Say whose a file is, or the nearest folder above it that this account can look at."""
    for place in (path, *path.absolute().parents):
        try:
            found = place.stat()
        except OSError:
            continue
        what = "it" if place == path else f"its folder {place}"
        owner, group, mode = account_name(found.st_uid), group_name(found.st_gid), stat.S_IMODE(found.st_mode)
        return f"{what} belongs to {owner}, group {group}, mode {mode:04o}"
    return "nothing on the way to it can be looked at"
