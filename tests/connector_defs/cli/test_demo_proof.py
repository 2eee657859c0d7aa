"""The demonstration's proof where something does not tie: every settlement stands in the table, and why."""

from datetime import UTC, datetime

import pytest

from connector_defs.cli.demo import show_proof
from connector_defs.cli.opened import opened_road
from connector_defs.demo.once import _walked
from connector_defs.demo.place import demo_environment, environment
from emulators.demo import serve_demo, world_around
from emulators.peoplesoft.site import Timing
from tests.connector_defs.cli.conftest import place_in
from tests.demo_sellers import seller_of_its_own


@pytest.fixture
def place_apart(tmp_path):
    """A place with a world of its own, in which nothing has happened yet."""
    world = world_around(seller_of_its_own(datetime.now(UTC).date()))
    world.site.timing = Timing(edit_after_seconds=0, post_after_seconds=0)
    with serve_demo(world) as served:
        made = place_in(
            tmp_path / "project",
            world,
            demo_environment(world.seller, "", served.amazon_url, served.peoplesoft_url, served.fusion_url),
        )
        with environment(made.variables):
            yield made
    world.close()


def test_a_settlement_that_stops_is_told_with_its_reason_beside_those_that_tie(place_apart, capsys):
    """One category without an account: the settlements that need it stop, the others are posted and proved."""
    mapping = place_apart.folder / "mappings" / "amazon_us.yaml"
    text = mapping.read_text(encoding="utf-8")
    mapping.write_text("".join(line for line in text.splitlines(True) if not line.startswith("  subscription_fee:")))
    rows = _walked([opened_road("amazon_us")], lambda *_: None)
    wrong = {row.settlement_id: row for row in rows if not row.ties}
    assert len(rows) == 10
    assert 0 < len(wrong) < 9
    assert {row.state for row in wrong.values()} == {"nothing posted"}
    assert all("every_line_mapped" in row.why and "subscription_fee" in row.why for row in wrong.values())
    show_proof(rows, as_json=False)
    shown = capsys.readouterr().out
    assert f"{len(wrong)} of 10 settlements do not tie:" in shown
    assert all(f"{one}: nothing posted; " in shown for one in wrong)
