"""Accounts as the system has them, and where their numbers prove nothing."""

import os
import subprocess
import sys

import pytest

from resources.accounts import account_name, is_in_user_namespace

_ASK = "from connector_defs.connections import operating_person; print(operating_person())"


def test_an_account_without_a_name_is_its_number():
    """As after it was removed."""
    assert account_name(3_999_999_999) == "uid 3999999999"


def test_a_process_of_the_system_sees_accounts_as_they_are():
    """Where the suite itself is in a namespace of its own, that is what it must say."""
    with open("/proc/self/uid_map", encoding="ascii") as file:
        assert is_in_user_namespace() is (file.read().split() != ["0", "0", "4294967295"])


def test_who_takes_another_name_in_a_user_namespace_is_marked():
    """`unshare` makes any account look like any other, without a right to do so."""
    command = ["unshare", "-U", "--map-user=65534", sys.executable, "-c", _ASK]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=os.getcwd())
    if done.returncode and "unshare" in done.stderr:
        pytest.skip(f"user namespaces cannot be made here: {done.stderr.strip()}")
    assert (done.returncode, done.stdout.strip()) == (0, f"{account_name(65534)} in a user namespace")
