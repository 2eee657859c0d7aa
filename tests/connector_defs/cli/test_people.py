"""`connector people`, `changes`, `approve --sign-as`: who decides, proved; and what changed in the files."""

import json

import pytest

from connector_defs import connections
from ledger.errors import VaultClosed
from resources.vault import Vault

SETTINGS = "defs/amazon_us/defs.yaml"
PASSPHRASE = "correct horse battery"


@pytest.fixture
def planned(copied_place, run):
    """A settlement whose journals wait for approval, planned by the account that runs the tests."""
    path = copied_place.folder / SETTINGS
    path.write_text(path.read_text(encoding="utf-8").replace("approval: automatic ", "approval: required "))
    assert run("post", copied_place.untouched, "-c", "amazon_us").exit_code == 6
    return copied_place.untouched


def add_key(run, monkeypatch, name: str, by: str) -> None:
    """Let an account make a key for a person."""
    with monkeypatch.context() as patched:
        patched.setattr(connections, "operating_person", lambda: by)
        assert run("people", "add", name, stdin=f"{PASSPHRASE}\n").exit_code == 0


def test_a_named_key_approves_with_its_passphrase_and_not_without(planned, run, run_json, monkeypatch):
    """A key made by the planner's own account is no second person; the signature is in the trail."""
    approve = ("approve", planned, "-c", "amazon_us", "--reason", "checked", "--sign-as")
    add_key(run, monkeypatch, "maria", "administrator")
    add_key(run, monkeypatch, "puppet", connections.operating_person())
    assert "does not open this key" in run(*approve, "maria", stdin="wrong passphrase\n").stderr
    assert "the key puppet was made by" in run(*approve, "puppet", stdin=f"{PASSPHRASE}\n").stderr
    assert "No key of nobody counts" in run(*approve, "nobody", stdin=f"{PASSPHRASE}\n").stderr
    done = run(*approve, "maria", stdin=f"{PASSPHRASE}\n")
    assert done.exit_code == 0, done.output
    assert PASSPHRASE not in done.output
    events = run_json("audit", "show", planned, "-c", "amazon_us")["events"]
    approved = next(event for event in events if event["kind"] == "document_approved")
    assert approved["person"] == "maria"
    signed = json.loads(approved["facts"]["details"]["signed"])
    assert (signed["decision"], signed["subject"]) == ("approve", planned)
    assert approved["facts"]["details"]["sig"]


def test_a_key_that_was_ended_signs_no_more(planned, run, run_json, monkeypatch):
    """It is listed with who ended it, and its name is not given again."""
    add_key(run, monkeypatch, "maria", "administrator")
    assert run("people", "end", "maria").exit_code == 0
    refused = run("approve", planned, "-c", "amazon_us", "--reason", "x", "--sign-as", "maria", stdin=f"{PASSPHRASE}\n")
    assert (refused.exit_code, "No key of maria counts" in refused.stderr) == (2, True)
    assert run("people", "add", "maria", stdin=f"{PASSPHRASE}\n").exit_code == 2
    assert run_json("people", "list")["people"][0]["ended_by"] == connections.operating_person()


def test_a_short_passphrase_makes_no_key(own_place, run, run_json):
    """And leaves nobody behind."""
    assert run("people", "add", "maria", stdin="short\n").exit_code == 2
    assert run_json("people", "list")["people"] == []


def test_a_key_that_the_vault_does_not_take_makes_nobody(own_place, run, run_json, monkeypatch):
    """Name and private key are stored together or not at all, and the name is free afterwards."""

    def closed(vault, name, value):
        raise VaultClosed("The vault is closed to you.")

    with monkeypatch.context() as patched:
        patched.setattr(Vault, "set", closed)
        refused = run("people", "add", "maria", stdin=f"{PASSPHRASE}\n")
    assert (refused.exit_code, refused.stderr) == (5, "The vault is closed to you.\n")
    assert run_json("people", "list")["people"] == []
    assert run("people", "add", "maria", stdin=f"{PASSPHRASE}\n").exit_code == 0


def test_a_name_that_is_taken_leaves_the_private_key_as_it_is(planned, run, monkeypatch):
    """The key that counts goes on signing."""
    add_key(run, monkeypatch, "maria", "administrator")
    assert run("people", "add", "maria", stdin="another passphrase\n").exit_code == 2
    done = run("approve", planned, "-c", "amazon_us", "--reason", "x", "--sign-as", "maria", stdin=f"{PASSPHRASE}\n")
    assert done.exit_code == 0, done.output


def test_a_key_whose_private_half_is_gone_says_what_to_do(planned, run, monkeypatch):
    """No passphrase brings it back, and `secrets set` is no way to make one."""
    add_key(run, monkeypatch, "maria", "administrator")
    assert run("secrets", "remove", "signing-key/maria").exit_code == 0
    refused = run("approve", planned, "-c", "amazon_us", "--reason", "x", "--sign-as", "maria", stdin=f"{PASSPHRASE}\n")
    assert (refused.exit_code, "connector people end maria" in refused.stderr) == (5, True)
    assert "secrets set" not in refused.stderr


def test_changed_files_are_listed_with_their_owner_and_can_be_read_again(planned, run, run_json, monkeypatch):
    """One row per content that a run used; whoever approves without a hand in it confirms it."""
    found = run_json("changes", "-c", "amazon_us")["changes"]
    files = [one["file"] for one in found]
    assert files == ["amazon_us/defs.yaml", "mappings/amazon_us.yaml", "amazon_us/defs.yaml"]
    assert found[2]["before"] == found[0]["sha256"]
    assert {one["confirmed_by"] for one in found} == {""}
    shown = run("changes", "--show", str(found[2]["change"])).stdout
    assert "approval: required" in shown
    monkeypatch.setattr(connections, "operating_person", lambda: "checker")
    assert run("approve", planned, "-c", "amazon_us", "--reason", "checked").exit_code == 0
    assert {one["confirmed_by"] for one in run_json("changes")["changes"]} == {"checker"}
    assert run("changes", "--show", "999").exit_code == 2


def test_a_key_cannot_carry_the_name_of_an_account(copied_place, run) -> None:
    """What it signs would look like that account's own word."""
    refused = run("people", "add", connections.operating_person(), stdin=f"{PASSPHRASE}\n")
    assert refused.exit_code == 2
    assert "is an account of this system" in refused.stderr
