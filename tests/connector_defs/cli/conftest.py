"""One demonstration world on loopback for all commands, and a way to run a command that proves it leaks no secret."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connector_defs.cli.program import program
from connector_defs.demo.place import demo_environment, environment, seed_vault
from connector_defs.project import PACKAGE, Project
from emulators.amazon.settings import Settings
from emulators.demo import DemoWorld, serve_demo, world_around
from emulators.fusion.demo_site import DEMO_SECRET
from emulators.peoplesoft.demo_site import DEMO_PASSWORD
from emulators.peoplesoft.site import Timing
from tests.demo_sellers import seller_of_its_own
from tests.fusion_connection import AT_ONCE


@dataclass(frozen=True)
class Place:
    """A project folder of its own with the demo's connections, and the world they talk to."""

    folder: Path
    world: DemoWorld
    variables: dict[str, str]

    @property
    def home(self) -> Path:
        return Path(self.variables["CONNECTOR_HOME"])

    @property
    def posted(self) -> str:
        """The first settlement after go-live, posted by the fixture."""
        return self._us[1]

    @property
    def before_go_live(self) -> str:
        return self._us[0]

    @property
    def untouched(self) -> str:
        """A settlement that no fixture posts, of one journal whatever day it is: in one month, with no debt in it."""
        seller = self.world.seller.sellers[0].seller_id
        plain = [one for one in self.world.seller.settlements if one.seller_id == seller]
        within = [plain[number] for number in (2, 6, 9) if plain[number].start.month == plain[number].end.month]
        return within[0].settlement_id

    @property
    def _us(self) -> list[str]:
        seller = self.world.seller.sellers[0].seller_id
        return [one.settlement_id for one in self.world.seller.settlements if one.seller_id == seller]

    def report(self, settlement_id: str) -> bytes:
        """Return the settlement's file as Amazon has it."""
        documents = self.world.seller.world.documents.values()
        wanted = re.compile(rb"^%s\t" % settlement_id.encode(), re.MULTILINE)
        return next(one.content for one in documents if wanted.search(one.content))


def invoke(secrets: tuple[str, ...], *arguments: str, stdin: str = "") -> Result:
    """Run a command; whatever it says, no secret is in it."""
    result = CliRunner().invoke(program, list(arguments), input=stdin)
    for secret in secrets:
        assert secret not in result.stdout
        assert secret not in result.stderr
    return result


@pytest.fixture(scope="session")
def world() -> Iterator[tuple[DemoWorld, dict[str, str]]]:
    """The emulators on loopback; both ERPs post at once and Amazon counts no calls, so that nobody waits.

    Every place has a control database and so buckets of its own, while this one Amazon is everybody's: by its published
    quota it would answer the eleventh discovery of a session with 429, and commands wait by the real clock.
    """
    made = world_around(seller_of_its_own(datetime.now(UTC).date()), settings=Settings(usage_plans={}))
    made.site.timing = Timing(edit_after_seconds=0, post_after_seconds=0)
    made.fusion.site.timing = AT_ONCE
    with serve_demo(made) as served:
        yield made, demo_environment(made.seller, "", served.amazon_url, served.peoplesoft_url, served.fusion_url)
    made.close()


def place_in(folder: Path, world: DemoWorld, variables: dict[str, str]) -> Place:
    """Copy the demo's connections into a project folder of its own, and seed its vault."""
    shutil.copytree(PACKAGE / "defs", folder / "defs")
    shutil.copytree(PACKAGE / "mappings", folder / "mappings")
    own = {**variables, "CONNECTOR_PROJECT": str(folder), "CONNECTOR_HOME": str(folder / "var")}
    seed_vault(Project(folder, folder / "var"), world.seller)
    return Place(folder, world, own)


@pytest.fixture(scope="session")
def shared_place(world: tuple[DemoWorld, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A place where amazon_us is discovered and its first settlement after go-live is posted."""
    made = place_in(tmp_path_factory.mktemp("project"), *world)
    with environment(made.variables):
        assert invoke((), "discover", "-c", "amazon_us").exit_code == 0
        result = invoke((), "post", made.before_go_live, made.posted, "-c", "amazon_us")
        assert result.exit_code == 0, result.output
    return made


@pytest.fixture
def place(shared_place: Place) -> Iterator[Place]:
    """The shared place, for tests that only read or that leave nothing others see."""
    with environment(shared_place.variables):
        yield shared_place


@pytest.fixture
def own_place(world: tuple[DemoWorld, dict[str, str]], tmp_path: Path) -> Iterator[Place]:
    """A place of one test's own, with nothing discovered yet."""
    made = place_in(tmp_path / "project", *world)
    with environment(made.variables):
        yield made


@pytest.fixture
def copied_place(shared_place: Place, tmp_path: Path) -> Iterator[Place]:
    """A copy of the shared place that a test may spoil."""
    folder = tmp_path / "copy"
    shutil.copytree(shared_place.folder, folder)
    own = {**shared_place.variables, "CONNECTOR_PROJECT": str(folder), "CONNECTOR_HOME": str(folder / "var")}
    made = Place(folder, shared_place.world, own)
    with environment(made.variables):
        yield made


@pytest.fixture
def run(world: tuple[DemoWorld, dict[str, str]]) -> Callable[..., Result]:
    """Run a command; no secret of the demonstration may be in what it says."""
    secrets = (*world[0].seller.secrets, DEMO_PASSWORD, DEMO_SECRET)
    return lambda *arguments, stdin="": invoke(secrets, *arguments, stdin=stdin)


@pytest.fixture
def run_json(run: Callable[..., Result]) -> Callable[..., dict]:
    """Run a command with --json; standard output is exactly one document."""

    def asked(*arguments: str, code: int = 0) -> dict:
        result = run(*arguments, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    return asked
