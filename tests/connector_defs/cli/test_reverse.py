"""`connector reverse` and `connector repost`: shown first, done with --apply, seen in outbox and audit trail."""

import json
import sys
from datetime import UTC, datetime, timedelta

import pytest

from connector_defs import connections
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.demo.place import demo_environment, environment
from emulators.demo import serve_demo, world_around
from emulators.peoplesoft.site import Timing
from tests.connector_defs.cli.conftest import invoke, place_in
from tests.demo_sellers import seller_of_its_own

C = ("-c", "amazon_us")
WHY = ("--reason", "wrong department")
SETTINGS = "defs/amazon_us/defs.yaml"


@pytest.fixture
def place_apart(tmp_path):
    """A place with a world of its own, whose books a test may change; the first settlement is posted there."""
    world = world_around(seller_of_its_own(datetime.now(UTC).date()))
    world.site.timing = Timing(edit_after_seconds=0, post_after_seconds=0)
    with serve_demo(world) as served:
        addresses = demo_environment(world.seller, "", served.amazon_url, served.peoplesoft_url, served.fusion_url)
        made = place_in(tmp_path / "project", world, addresses)
        with environment(made.variables):
            assert invoke((), "discover", *C).exit_code == 0
            assert invoke((), "post", made.posted, *C).exit_code == 0
            yield made
    world.close()


def _books(place) -> int:
    return len(place.world.peoplesoft.books.journals())


def test_the_plan_is_shown_and_nothing_is_done(place, run, run_json) -> None:
    """Which document is undone, by which, on which day; neither outbox nor PeopleSoft knows of it afterwards."""
    before = _books(place)
    told = run_json("reverse", place.posted, *C, *WHY)
    assert told["is_applied"] is False
    posted = run_json("outbox", "show", place.posted)["documents"]
    assert [one["undoes"] for one in told["documents"]] == [one["erp_id"] for one in posted]
    assert [one["debits"] for one in told["documents"]] == [one["credits"] for one in posted]
    shown = run("reverse", place.posted, *C, *WHY)
    assert "Nothing was done. To do it, repeat the command with --apply." in shown.stdout
    assert run_json("outbox", "show", place.posted)["documents"] == posted
    assert _books(place) == before


# arguments | words of the refusal
REFUSALS = [
    (("reverse", "99999999999"), "99999999999"),
    (("reverse", "{untouched}"), "nothing to reverse: no journal was ever planned"),
    (("reverse", "{before_go_live}"), "nothing to reverse"),
    (("repost", "{posted}"), "is not reversed"),
    (("repost", "99999999999"), "99999999999"),
]


@pytest.mark.parametrize("arguments, words", REFUSALS)
def test_what_cannot_be_done_is_refused_with_the_reason(place, run, arguments, words) -> None:
    """Nothing is stored; the exit code says refused."""
    names = {name: getattr(place, name) for name in ("untouched", "before_go_live", "posted")}
    before = _books(place)
    result = run(*(one.format(**names) for one in arguments), *C, *WHY, "--apply")
    assert result.exit_code == ExitCode.REFUSED
    assert words in result.stderr
    assert _books(place) == before


@pytest.mark.parametrize("arguments", [("reverse",), ("repost",)])
def test_settlement_and_reason_have_to_be_given(place, run, arguments) -> None:
    """A wish without either is none."""
    assert run(*arguments, *C, *WHY).exit_code == 2
    assert run(*arguments, place.posted, *C).exit_code == 2
    assert run(*arguments, place.posted, *C, "--reason", "  ", "--apply").exit_code == 2


def test_reversed_and_posted_again_it_is_seen_everywhere(place_apart, run, run_json) -> None:
    """Outbox, audit trail, review queue, standing: original, reversal and the new revision, linked."""
    settlement = place_apart.posted
    before = _books(place_apart)
    told = run_json("reverse", settlement, *C, *WHY, "--apply", code=ExitCode.WAITS)
    assert told["is_applied"] is True
    assert set(told["settlements"][0]["state"].split(", ")) == {"reversed"}
    assert "connector repost" in told["settlements"][0]["waits_for"]
    documents = run_json("outbox", "show", settlement)["documents"]
    originals = [one for one in documents if one["kind"] == "settlement"]
    undoing = [one for one in documents if one["kind"] == "reversal"]
    assert [one["reverses"] for one in undoing] == [one["key"] for one in originals]
    assert [one["reason"] for one in originals] == [f"undone by {one['erp_id']}" for one in undoing]
    assert _books(place_apart) == before + len(undoing)
    events = run_json("audit", "show", settlement, *C)["events"]
    asked = next(one for one in events if one["kind"] == "reversal_asked")
    assert asked["facts"]["reason"] == "wrong department"
    told_again = run("reverse", settlement, *C, *WHY, "--apply")
    assert (told_again.exit_code, "is reversed already, by" in told_again.stdout) == (ExitCode.FINE, True)
    shown = run_json("repost", settlement, *C, "--reason", "corrected")
    assert (shown["is_applied"], len(shown["documents"])) == (False, len(originals))
    books = place_apart.world.peoplesoft.books
    day = datetime.now(UTC).date().replace(day=1) + timedelta(days=70)
    books.set_periods("US001", (day.year, day.month), (day.year, day.month))
    warned = run_json("repost", settlement, *C, "--reason", "corrected")
    assert any("period" in one for one in warned["warnings"]), warned["warnings"]
    planned = run_json("plan", settlement, *C, code=ExitCode.WAITS)
    assert [stop["check"] for stop in planned["stops"]] == ["accounts_valid"]
    books.set_periods("US001", (2020, 1), (day.year, day.month))
    again = run_json("repost", settlement, *C, "--reason", "corrected", "--apply")
    shown_ids = ", ".join(one["erp_id"] for one in shown["documents"])
    assert again["settlements"][0]["documents"] == shown_ids, "what was shown is what was posted"
    assert again["settlements"][0]["state"] == "posted"
    assert _books(place_apart) == before + 2 * len(undoing)
    assert run_json("review", "list", *C)["items"] == []


def test_the_same_command_over_several_goes_on_with_those_that_are_left(place_apart, run, run_json) -> None:
    """As after a death between two of them: what is done is said and left alone, and so is all of it in the end."""
    first, second = place_apart.posted, place_apart.untouched
    assert run("post", second, *C).exit_code == 0
    before = _books(place_apart)
    both = ("reverse", first, second, *C, *WHY, "--apply", "--even-if-closed")
    run_json("reverse", second, *C, *WHY, "--apply", "--even-if-closed", code=ExitCode.WAITS)
    told = run_json(*both, code=ExitCode.WAITS)
    assert [one["settlement_id"] for one in told["settlements"]] == [first]
    assert f"Settlement {second} is reversed already" in told["warnings"][0]
    undoing = [one for one in run_json("outbox", "list", *C)["documents"] if one["kind"] == "reversal"]
    assert _books(place_apart) == before + len(undoing)
    repeated = run_json(*both)
    assert {one.split(",")[0] for one in repeated["warnings"]} == {
        f"Settlement {one} is reversed already" for one in (first, second)
    }
    again = ("repost", first, second, *C, "--reason", "corrected", "--apply")
    run_json("repost", first, *C, "--reason", "corrected", "--apply")
    told = run_json(*again)
    assert [one["settlement_id"] for one in told["settlements"]] == [second]
    assert f"Settlement {first} of amazon_us is posted again already, by " in told["warnings"][0]
    assert _books(place_apart) == before + 2 * len(undoing)
    repeated = run(*again)
    assert (repeated.exit_code, repeated.stdout.count("is posted again already")) == (ExitCode.FINE, 2)


def test_repost_over_several_goes_on_with_one_that_was_begun(place_apart, run, run_json, monkeypatch) -> None:
    """As after a death between a wish and its end: the next revision is there, approved, and nothing of it is sent."""
    first, second = place_apart.posted, place_apart.untouched
    run_json("post", second, *C)
    run_json("reverse", first, second, *C, *WHY, "--apply", "--even-if-closed", code=ExitCode.WAITS)
    before = _books(place_apart)
    again = ("repost", first, second, *C, "--reason", "corrected", "--apply")
    with monkeypatch.context() as patch:
        patch.setattr("assets.posting.driving.drive", lambda *_: sys.exit(9))
        assert run("repost", first, *C, "--reason", "corrected", "--apply").exit_code == 9
    told = run_json(*again)
    assert {one["settlement_id"]: one["state"] for one in told["settlements"]} == {first: "posted", second: "posted"}
    assert any("is being posted again" in one for one in told["warnings"])
    parts = [one for one in run_json("outbox", "list", *C)["documents"] if one["revision"] == 2]
    assert _books(place_apart) == before + len(parts)


def test_under_approval_it_waits_for_another_person(copied_place, run, run_json) -> None:
    """Stored as planned; the standing names the command that approves it."""
    settings = copied_place.folder / SETTINGS
    text = settings.read_text(encoding="utf-8")
    assert "approval: automatic" in text
    settings.write_text(text.replace("approval: automatic", "approval: required"), encoding="utf-8")
    before = _books(copied_place)
    told = run_json("reverse", copied_place.posted, *C, *WHY, "--apply", code=ExitCode.WAITS)
    assert "reversal planned" in told["settlements"][0]["state"]
    assert f"connector approve {copied_place.posted}" in told["settlements"][0]["waits_for"]
    assert _books(copied_place) == before
    rows = run_json("outbox", "list", *C, "--state", "planned")["documents"]
    assert {one["kind"] for one in rows} == {"reversal"}
    told = json.loads(run("reject", copied_place.posted, *C, "--reason", "not yet", "--json").stdout)
    assert {one["state"] for one in told["documents"]} == {"refused"}
    assert run_json("post", copied_place.posted, *C)["settlements"][0]["state"] == "posted"


def test_another_person_approves_a_planned_reversal(place_apart, run_json, monkeypatch) -> None:
    """The command approves what waits: the reversal, not the journals it undoes."""
    settings = place_apart.folder / SETTINGS
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("approval: automatic", "approval: required"), encoding="utf-8")
    run_json("reverse", place_apart.posted, *C, *WHY, "--apply", code=ExitCode.WAITS)
    monkeypatch.setattr(connections, "operating_person", lambda: "checker")
    approved = run_json("approve", place_apart.posted, *C, "--reason", "checked")
    assert {one["state"] for one in approved["documents"]} == {"approved"}
    told = run_json("post", place_apart.posted, *C, code=ExitCode.WAITS)
    assert told["settlements"][0]["state"] == "reversed"
