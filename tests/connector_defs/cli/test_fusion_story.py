"""The demonstration's connection to Fusion, taken through the command line: posted, and told as a story."""

from connector_defs.cli.exit_codes import ExitCode


def test_the_story_of_what_fusion_was_told_names_each_call_once(own_place, run_json, run) -> None:
    """The file that was loaded and the reads around it; a read is named by its method and path, and not `GET GET`."""
    name, account = "amazon_ca", own_place.world.seller.sellers[2]
    assert run_json("discover", "-c", name)
    ours = [one for one in own_place.world.seller.settlements if one.seller_id == account.seller_id]
    before, first = ours[0].settlement_id, ours[1].settlement_id
    assert run("post", before, first, "-c", name).exit_code == ExitCode.FINE
    told = run("audit", "show", first, "-c", name).stdout
    assert "(POST importBulkData, status 201)" in told
    assert "(GET journalBatches, status 200)" in told
    assert "GET GET" not in told
    states = {row["state"] for row in run_json("outbox", "list", "-c", name)["documents"]}
    assert states == {"posted"}
