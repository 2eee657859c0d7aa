"""Named keys between real accounts of the system: the guide's own steps, and what each account is told without them.

Only root can become two accounts. The commands run in forked children that give up root for good before they start.
"""

import importlib
import json
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector_defs.demo.place import demo_environment, environment
from connector_defs.project import PACKAGE
from emulators.demo import serve_demo, world_around
from emulators.peoplesoft.site import Timing
from tests.connector_defs.cli.conftest import Place, invoke, place_in
from tests.demo_sellers import seller_of_its_own

GUIDE = PACKAGE.parent / "docs" / "guides" / "approval.md"
PASSPHRASE = "correct horse battery"


def accounts() -> tuple[pwd.struct_passwd, pwd.struct_passwd, pwd.struct_passwd] | None:
    """Return two accounts of one group and one that is not in it; None where the system has none such."""
    by_group = defaultdict(list)
    for one in sorted(pwd.getpwall(), key=lambda one: -one.pw_uid):
        if one.pw_uid != 0:
            by_group[one.pw_gid].append(one)
    for group, members in by_group.items():
        others = (one for found, several in by_group.items() if found != group for one in several)
        other = next((one for one in others if group not in os.getgrouplist(one.pw_name, one.pw_gid)), None)
        if len(members) > 1 and other is not None:
            return members[0], members[1], other
    return None


pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become two accounts of the system"),
    pytest.mark.skipif(accounts() is None, reason="no two accounts of this system share a group"),
]


@dataclass
class Said:
    """What a command left: its exit code and what it wrote."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass
class Office:
    """A home folder, the account that posts, the one that makes keys and one that is not in their group."""

    place: Place
    poster: pwd.struct_passwd
    maker: pwd.struct_passwd
    outsider: pwd.struct_passwd
    key: dict[str, str] = field(default_factory=dict)

    @property
    def vault(self) -> Path:
        return self.place.home / "vault"

    @property
    def settlement(self) -> str:
        return self.place.untouched

    def run(self, account: pwd.struct_passwd, *arguments: str, stdin: str = "") -> Said:
        """Run a command as an account, with the vault's key in its environment once the guide has put it there."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.close(reading)
                os.initgroups(account.pw_name, account.pw_gid)
                os.setgid(account.pw_gid)
                os.setuid(account.pw_uid)
                os.umask(0o002)
                os.environ.update({**self.key, "HOME": "/"})
                done = invoke((), *arguments, stdin=stdin)
                with os.fdopen(writing, "w") as told:
                    json.dump([done.exit_code, done.stdout, done.stderr], told)
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as told:
            said = told.read()
        os.waitpid(child, 0)
        return Said(*json.loads(said))

    def add_key(self, account: pwd.struct_passwd, name: str) -> Said:
        return self.run(account, "people", "add", name, stdin=f"{PASSPHRASE}\n")

    def follow_guide(self, beginning: str) -> str:
        """Run the block of the guide that begins so, with this office's accounts; return the key it exports."""
        blocks = re.findall(r"^```sh\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
        (block,) = (one for one in blocks if one.startswith(beginning))
        script = block.replace("poster:books", f"{self.poster.pw_uid}:{self.poster.pw_gid}")
        script = f'set -e\n{script}\nprintf %s "$CONNECTOR_VAULT_KEY"'
        variables = {"PATH": os.environ["PATH"], "CONNECTOR_HOME": str(self.place.home)}
        return subprocess.run(["sh", "-c", script], env=variables, check=True, capture_output=True, text=True).stdout

    def share_vault(self) -> None:
        """Follow the guide's steps for the account that makes keys."""
        self.follow_guide("chmod 660")
        self.key = {"CONNECTOR_VAULT_KEY": self.follow_guide("export CONNECTOR_VAULT_KEY")}

    def standing(self, path: Path) -> tuple[int, int]:
        """Return group and mode of a file."""
        return path.stat().st_gid, path.stat().st_mode & 0o777


@pytest.fixture(scope="module")
def own_world(tmp_path_factory) -> Iterator[Place]:
    """A place with a world of its own, so that no other test has posted in these books."""
    world = world_around(seller_of_its_own(datetime.now(UTC).date()))
    world.site.timing = Timing(edit_after_seconds=0, post_after_seconds=0)
    with serve_demo(world) as served:
        addresses = demo_environment(world.seller, "", served.amazon_url, served.peoplesoft_url, served.fusion_url)
        made = place_in(tmp_path_factory.mktemp("office") / "project", world, addresses)
        with environment(made.variables):
            assert invoke((), "discover", "-c", "amazon_us").exit_code == 0
            assert invoke((), "post", made.posted, "-c", "amazon_us").exit_code == 0
        yield made
    world.close()


@pytest.fixture
def office(own_world: Place) -> Iterator[Office]:
    """A copy of the place where every account can reach it, shared as the guide says."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as made:
        folder = Path(made) / "project"
        Path(made).chmod(0o755)
        shutil.copytree(own_world.folder, folder)
        folder.chmod(0o755)
        settings = folder / "defs/amazon_us/defs.yaml"
        settings.write_text(settings.read_text(encoding="utf-8").replace("approval: automatic ", "approval: required "))
        own = {**own_world.variables, "CONNECTOR_PROJECT": str(folder), "CONNECTOR_HOME": str(folder / "var")}
        with environment(own):
            # A child that gave up root may find the interpreter's own folder closed, so what it needs is loaded here.
            importlib.import_module("resources.store.backup")
            assert invoke((), "people", "add", "warm", stdin=f"{PASSPHRASE}\n").exit_code == 0
            assert invoke((), "people", "end", "warm").exit_code == 0
            ready = Office(Place(folder, own_world.world, own), *accounts())
            ready.follow_guide("chown -R")
            books = own_world.world.peoplesoft.books
            before = {one.key for one in books.journals()}
            yield ready
            # A settlement that the next test takes as never posted is so again.
            for key in [one.key for one in books.journals() if one.key not in before]:
                books.table.remove(key)


def test_the_guides_way_to_named_keys_works(office: Office) -> None:
    """One account plans, another makes the key, its owner approves, and both go on using the vault."""
    poster, maker = office.poster, office.maker
    assert office.run(poster, "post", office.settlement, "-c", "amazon_us").exit_code == 6
    office.share_vault()
    added = office.add_key(maker, "maria")
    assert (added.exit_code, added.stderr) == (0, "")
    assert office.standing(office.vault) == (poster.pw_gid, 0o660)
    approve = ("approve", office.settlement, "-c", "amazon_us", "--reason", "checked", "--sign-as", "maria")
    approved = office.run(poster, *approve, stdin=f"{PASSPHRASE}\n")
    assert (approved.exit_code, approved.stderr) == (0, "")
    assert office.run(poster, "post", office.settlement, "-c", "amazon_us").exit_code == 0
    for account, name in ((poster, "one"), (maker, "two")):
        assert office.run(account, "secrets", "set", name, stdin="x\n").exit_code == 0
        assert office.standing(office.vault) == (poster.pw_gid, 0o660)
    assert office.add_key(maker, "kim").exit_code == 0
    names = office.run(poster, "secrets", "list").stdout.split()
    assert {"signing-key/maria", "signing-key/kim", "one", "two"} <= set(names)


def test_an_account_decides_without_the_vault(office: Office) -> None:
    """Approving needs no secret: the second account may be shut out of the vault."""
    assert office.run(office.poster, "post", office.settlement, "-c", "amazon_us").exit_code == 6
    approved = office.run(office.maker, "approve", office.settlement, "-c", "amazon_us", "--reason", "checked")
    assert (approved.exit_code, approved.stderr) == (0, "")


def test_a_key_that_cannot_be_kept_leaves_nobody_behind(office: Office) -> None:
    """The vault is its owner's alone: one sentence, no name taken, and the same name works once the vault is shared."""
    before = office.vault.read_bytes(), office.vault.stat()
    refused = office.add_key(office.maker, "maria")
    assert refused.exit_code == 5
    assert f"{office.vault} cannot be" in refused.stderr
    assert f"by the account {office.maker.pw_name}: it belongs to {office.poster.pw_name}" in refused.stderr
    assert "fault" not in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    listed = json.loads(office.run(office.maker, "people", "list", "--json").stdout)["people"]
    assert [one["name"] for one in listed] == ["warm"]
    assert (office.vault.read_bytes(), office.vault.stat().st_uid) == (before[0], before[1].st_uid)
    office.share_vault()
    assert office.add_key(office.maker, "maria").exit_code == 0


def test_a_key_file_of_another_account_is_told(office: Office) -> None:
    """The vault is shared, its key is not: the sentence names the variable to put it in."""
    office.follow_guide("chmod 660")
    refused = office.add_key(office.maker, "maria")
    assert (refused.exit_code, "CONNECTOR_VAULT_KEY" in refused.stderr) == (5, True)
    assert f"key file {office.vault}.key cannot be read by the account {office.maker.pw_name}" in refused.stderr


def test_a_vault_is_not_taken_from_an_account_outside_the_group(office: Office) -> None:
    """It would be written by its group and lost to its owner, so it is not written."""
    office.share_vault()
    os.chown(office.vault, office.outsider.pw_uid, office.poster.pw_gid)
    before = office.vault.read_bytes()
    refused = office.add_key(office.maker, "maria")
    assert (refused.exit_code, f"Put {office.outsider.pw_name} into group" in refused.stderr) == (5, True)
    assert (office.vault.read_bytes(), office.vault.stat().st_uid) == (before, office.outsider.pw_uid)


@pytest.mark.parametrize(
    "words",
    [
        ("post", "SETTLEMENT", "-c", "amazon_us"),
        ("secrets", "list"),
        ("secrets", "set", "x"),
        ("secrets", "rotate"),
        ("discover", "-c", "amazon_us"),
        ("check", "-c", "amazon_us"),
        ("backup", "--with-vault"),
    ],
    ids=lambda words: words[0] + words[1] if words[0] == "secrets" else words[0],
)
def test_a_vault_that_root_made_is_named_by_every_command(office: Office, words: tuple[str, ...]) -> None:
    """The vault is blamed, with its owner and what to do; PeopleSoft and Amazon are not."""
    os.chown(office.vault, 0, 0)
    asked = [office.settlement if one == "SETTLEMENT" else one for one in words]
    refused = office.run(office.poster, *asked, stdin="x\n")
    said = refused.stdout + refused.stderr
    assert refused.exit_code == 5, said
    plain = " ".join(re.sub(r"[│┃|]", " ", said).split())
    assert "belongs to root" in plain
    assert office.poster.pw_name in plain
    assert "chown" in plain
    assert not re.search("fault|PermissionError|could not be reached", said)


def test_an_approved_journal_waits_for_a_vault_that_is_closed(office: Office) -> None:
    """PeopleSoft is asked before anything is sent; the vault is what stands in the way, and nothing is in doubt."""
    assert office.run(office.poster, "post", office.settlement, "-c", "amazon_us").exit_code == 6
    approve = ("approve", office.settlement, "-c", "amazon_us", "--reason", "checked")
    assert office.run(office.maker, *approve).exit_code == 0
    os.chown(office.vault, 0, 0)
    refused = office.run(office.poster, "post", office.settlement, "-c", "amazon_us")
    assert refused.exit_code in (5, 6), refused
    assert "belongs to root" in " ".join((refused.stdout + refused.stderr).split())
    shown = json.loads(office.run(office.poster, "outbox", "show", office.settlement, "--json").stdout)
    assert {one["state"] for one in shown["documents"]} == {"approved"}
    os.chown(office.vault, office.poster.pw_uid, office.poster.pw_gid)
    assert office.run(office.poster, "post", office.settlement, "-c", "amazon_us").exit_code == 0


@pytest.mark.parametrize("words", [("check",), ("post", "1", "-c", "amazon_us"), ("map", "check", "-c", "amazon_us")])
def test_any_other_file_that_is_closed_is_named_as_well(office: Office, words: tuple[str, ...]) -> None:
    """Settings that the account may not read are no fault of the program."""
    settings = office.place.folder / "defs/amazon_us/defs.yaml"
    settings.chmod(0o600)
    refused = office.run(office.poster, *words)
    assert refused.exit_code == 5, refused
    assert f"The account {office.poster.pw_name} may not use {settings}: it belongs to root" in refused.stderr


def test_root_keeps_the_vault_its_owners(office: Office, run) -> None:
    """What root stores stays readable for the account that posts."""
    assert run("secrets", "set", "x", stdin="1\n").exit_code == 0
    assert run("secrets", "rotate").exit_code == 0
    assert run("people", "add", "maria", stdin=f"{PASSPHRASE}\n").exit_code == 0
    listed = office.run(office.poster, "secrets", "list")
    assert (listed.exit_code, "signing-key/maria" in listed.stdout) == (0, True)
