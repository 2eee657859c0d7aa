"""The file of a backup: every byte is checked before anything is touched."""

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest

from ledger.errors import InputRefused
from resources.store.backup import write_backup
from tests.resources.store.backup.rows import restored, rows_in

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])  # the engine makes no difference to a file


def rewritten(path: Path, to: Path, change) -> Path:
    """Write an archive anew, each member as `change(name, content)` says; None leaves it out."""
    with tarfile.open(path) as old, tarfile.open(to, "w:gz") as new:
        for member in old:
            content = change(member.name, old.extractfile(member).read())
            if content is not None:
                member.size = len(content)
                new.addfile(member, io.BytesIO(content))
    return to


def _changed_row(name: str, content: bytes) -> bytes:
    return content.replace(b"1.00", b"2.00") if name == "tables/outbox_contents.jsonl" else content


def _without_a_table(name: str, content: bytes) -> bytes | None:
    return None if name == "tables/audit_events.jsonl" else content


def _without_manifest(name: str, content: bytes) -> bytes | None:
    return None if name == "manifest.json" else content


def _of_a_later_format(name: str, content: bytes) -> bytes:
    return json.dumps({**json.loads(content), "format": 2}).encode() if name == "manifest.json" else content


def _of_newer_tables(name: str, content: bytes) -> bytes:
    return json.dumps({**json.loads(content), "schema": "0099"}).encode() if name == "manifest.json" else content


def _without_chains(name: str, content: bytes) -> bytes:
    plain = {**json.loads(content)} if name == "manifest.json" else {}
    plain.pop("chains", None)
    return json.dumps(plain).encode() if plain else content


@pytest.mark.parametrize(
    "change, said",
    [
        (_changed_row, "'tables/outbox_contents.jsonl' is not what its manifest says"),
        (_without_a_table, "tables/audit_events.jsonl is missing"),
        (_without_manifest, "does not begin with a manifest"),
        (_of_a_later_format, "format 2"),
        (_of_newer_tables, "newer than this one"),
        (_without_chains, "its manifest cannot be read"),
    ],
)
def test_what_is_no_whole_backup_is_refused_and_nothing_changes(stores, urls, clock, tmp_path, change, said):
    """Every hash is checked before anything is touched, --replace or not."""
    made = write_backup(stores, tmp_path / "b.tar.gz", "0.1.0")
    before = rows_in(urls.control, clock)
    spoilt = rewritten(made.path, tmp_path / "spoilt.tar.gz", change)
    with pytest.raises(InputRefused) as refused:
        restored(urls, clock, spoilt, replace=True)
    assert said in str(refused.value)
    assert rows_in(urls.control, clock) == before


def test_a_file_cut_short_and_one_that_is_no_archive_are_refused(stores, urls, clock, tmp_path):
    """Half a download is found; so is a path without a file."""
    made = write_backup(stores, tmp_path / "b.tar.gz", "0.1.0")
    (tmp_path / "half").write_bytes(made.path.read_bytes()[: made.bytes // 2])
    (tmp_path / "text").write_text("no archive")
    (tmp_path / "empty").write_bytes(gzip.compress(b""))
    for name, said in (("half", "no whole"), ("text", "no whole"), ("empty", "no whole"), ("none", "no backup")):
        with pytest.raises(InputRefused, match=said):
            restored(urls, clock, tmp_path / name, replace=True)


def test_a_member_with_a_path_of_its_own_is_not_followed(stores, elsewhere, clock, tmp_path):
    """Only names that the stores make themselves are taken, whatever the manifest says."""
    made = write_backup(stores, tmp_path / "b.tar.gz", "0.1.0", with_files=True)
    old = next(name for name in made.manifest.members if name.startswith("documents/"))
    new = "documents/../../../evil"
    with tarfile.open(made.path) as archive, tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as evil:
        for member in archive:
            content = archive.extractfile(member).read()
            if member.name == "manifest.json":
                content = content.replace(old.encode(), new.encode())
            member.name = new if member.name == old else member.name
            member.size = len(content)
            evil.addfile(member, io.BytesIO(content))
    with pytest.raises(InputRefused, match="no store would keep"):
        restored(elsewhere, clock, tmp_path / "evil.tar.gz")
    assert not list(tmp_path.rglob("evil"))


def test_the_same_rows_make_the_same_bytes(stores, tmp_path):
    """So that two backups of one moment can be told apart from two that differ."""
    first, second = (write_backup(stores, tmp_path / f"{name}.tar.gz", "0.1.0") for name in "ab")
    assert first.sha256 == second.sha256
