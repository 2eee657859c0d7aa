"""`connector import` and `connector discover`: each file reported, each outcome with its code."""

import gzip
from pathlib import Path

import pytest

from assets.settlement_reports import Discovery
from connector_defs.cli.exit_codes import ExitCode
from tests.resources.bank.files import MT940, OFX1, OFX2, camt


def test_a_folder_is_imported_file_by_file(own_place, run_json, tmp_path: Path) -> None:
    """A refused file does not keep the others out; the code says that one was refused."""
    folder = tmp_path / "archive"
    folder.mkdir()
    (folder / "a.txt").write_bytes(own_place.report(own_place.posted))
    (folder / "b.txt").write_bytes(own_place.report(own_place.posted))
    (folder / "c.txt").write_text("<html>Sign in</html>")
    (folder / ".hidden").write_text("not looked at")
    document = run_json("import", str(folder), "-c", "amazon_us", code=ExitCode.REFUSED)
    assert [row["outcome"] for row in document["files"]] == ["new", "known", "refused"]
    assert document["files"][0]["settlement_id"] == own_place.posted


def test_a_file_that_is_refused_is_an_item_until_it_comes_whole(own_place, run, run_json, tmp_path: Path) -> None:
    """Under its own name; the others of its folder have none."""
    whole, content = tmp_path / "b.txt", own_place.report(own_place.posted)
    whole.write_bytes(content)
    cut = tmp_path / "september (1).txt"
    cut.write_bytes(content[: len(content) // 2])
    run_json("import", str(tmp_path), "-c", "amazon_us", code=ExitCode.REFUSED)
    run_json("import", str(cut), "-c", "amazon_us", code=ExitCode.REFUSED)
    [item] = run_json("review", "list", code=ExitCode.WAITS)["items"]
    assert (item["code"], item["origin"], item["actions"]) == ("file_refused", "september (1).txt", "dismiss")
    assert "september (1).txt" in item["sentence"]
    assert "import it again" in item["cure"]
    cut.write_bytes(content)
    assert run("import", str(cut), "-c", "amazon_us").exit_code == ExitCode.FINE
    assert run("review", "list").exit_code == ExitCode.FINE


@pytest.mark.parametrize("kind, text", [("OFX", OFX1), ("OFX", OFX2), ("MT940", MT940), ("CAMT.053", camt())])
@pytest.mark.parametrize("is_packed", [False, True])
def test_a_bank_statement_is_no_settlement_and_goes_through_its_own_door(
    own_place, run, run_json, tmp_path: Path, kind: str, text: str, is_packed: bool
) -> None:
    """It is said what it is and where it goes; nothing of it is archived, because a whole account number is in it."""
    path = tmp_path / "statement 0123456789.txt"
    path.write_bytes(gzip.compress(text.encode()) if is_packed else text.encode())
    before = archived(own_place)
    document = run_json("import", str(path), "-c", "amazon_us", code=ExitCode.REFUSED)
    sentence = document["files"][0]["sentence"]
    assert f"is a bank statement ({kind}), not a settlement file" in sentence
    assert "`connector bank import FILE`" in sentence
    assert archived(own_place) == before
    [item] = run_json("review", "list", code=ExitCode.WAITS)["items"]
    assert "0123456789" not in str(document) + str(item)
    assert f"is a bank statement ({kind})" in run("inspect", str(path)).stderr
    if not is_packed:
        run("bank", "import", str(path), "-c", "amazon_us")
        left = run_json("review", "list", code=ExitCode.WAITS)["items"]
        assert {one["code"] for one in left} == {"bank_line_unexplained"}


def archived(place) -> list[Path]:
    """Return the documents that are kept."""
    return sorted(one for one in (place.home / "documents").rglob("*") if one.is_file())


def test_other_content_under_a_known_id_waits_for_a_person(own_place, run, run_json, tmp_path: Path) -> None:
    """The newer file is kept and shown; a person who accepts it makes it count."""
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    content = own_place.report(own_place.posted)
    first.write_bytes(content)
    second.write_bytes(content.replace(b"WAREHOUSE_DAMAGE", b"WAREHOUSE_LOST") + b"")
    assert content != second.read_bytes()
    run_json("import", str(first), "-c", "amazon_us")
    document = run_json("import", str(second), "-c", "amazon_us", code=ExitCode.WAITS)
    assert document["files"][0]["outcome"] == "changed"
    items = run_json("review", "list", code=ExitCode.WAITS)["items"]
    assert [item["code"] for item in items] == ["settlement_changed"]
    resolved = run_json("review", "resolve", str(items[0]["id"]), "--action", "accept", "--reason", "restated")
    assert (resolved["state"], resolved["resolution"]) == ("resolved", "accept")
    again = run_json("import", str(second), "-c", "amazon_us")
    assert again["files"][0]["outcome"] == "known"
    assert run("review", "list").exit_code == 0


def test_a_path_that_leads_nowhere_is_refused(own_place, run, tmp_path: Path) -> None:
    """Nothing is imported then."""
    result = run("import", str(tmp_path / "nothing"), "-c", "amazon_us")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "there is no such file or folder" in result.stderr


def test_discovery_finds_each_settlement_once(place, run_json) -> None:
    """A second discovery finds nothing new: the twin under another report id is the same settlement."""
    document = run_json("discover", "-c", "amazon_us")
    assert document["new"] == []
    assert document["interrupted"] == ""
    assert (document["damaged"], document["elsewhere"], document["foreign"]) == ([], [], [])


@pytest.mark.parametrize("trouble", ["changed", "refused", "damaged", "elsewhere"])
def test_discovery_that_leaves_something_to_a_person_says_so(place, run, monkeypatch, trouble: str) -> None:
    """What was found is named, and the code is that of waiting; foreign settlements wait for nobody."""
    found = Discovery(foreign=["24000000009"])
    monkeypatch.setattr("assets.settlement_reports.discover", lambda road: found)
    assert run("discover", "-c", "amazon_us").exit_code == ExitCode.FINE
    getattr(found, trouble).append("report-7")
    result = run("discover", "-c", "amazon_us")
    assert result.exit_code == ExitCode.WAITS
    assert "report-7" in result.stdout
    assert "24000000009" in result.stdout


def test_discovery_without_a_secret_says_how_to_set_it(own_place, run) -> None:
    """The name and the command stand in the sentence; the code is that of the stores."""
    run("secrets", "remove", "amazon_us_refresh_token")
    result = run("discover", "-c", "amazon_us")
    assert result.exit_code == ExitCode.STORES
    assert "connector secrets set amazon_us_refresh_token" in result.stderr


def test_several_connections_must_be_told_apart(place, run) -> None:
    """Without --connection the choices are named."""
    result = run("discover")
    assert result.exit_code == 2
    assert "amazon_ca, amazon_eu, amazon_us" in result.stderr
