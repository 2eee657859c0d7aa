"""`connector replay`: the same journals again, or line by line what differs."""

from connector_defs.cli.exit_codes import ExitCode

MAPPING = "mappings/amazon_us.yaml"


def test_a_posted_settlement_replays_the_same(place, run, run_json) -> None:
    """Exit 0, by name and all together."""
    one = run_json("replay", place.posted, "-c", "amazon_us")["replays"][0]
    assert one["same"]
    assert one["fingerprints"]["posted"] == one["fingerprints"]["now"]
    assert one["differences"] == []
    everything = run("replay", "--all", "-c", "amazon_us")
    assert everything.exit_code == ExitCode.FINE
    assert f"Settlement {place.posted}, revision 1: the same 1 journals, line by line." in everything.stdout


def test_a_changed_mapping_is_shown_and_exits_six(copied_place, run, run_json) -> None:
    """With the mapping of the posting it is the same again."""
    path = copied_place.folder / MAPPING
    path.write_text(path.read_text().replace('revenue: "400100"', 'revenue: "400200"'))
    changed = run("replay", copied_place.posted, "-c", "amazon_us")
    assert changed.exit_code == ExitCode.WAITS
    assert "differences to what was posted" in changed.stdout
    assert "400200" in changed.stdout
    again = run_json("replay", copied_place.posted, "-c", "amazon_us", "--posted-mapping")
    assert again["replays"][0]["same"]


def test_what_to_replay_must_be_said_once(place, run) -> None:
    """Names or --all; a settlement without journals is refused."""
    for arguments in ((), (place.posted, "--all"), (place.untouched,)):
        assert run("replay", *arguments, "-c", "amazon_us").exit_code == ExitCode.REFUSED
