"""`connector backup` and `connector restore`, as a person runs them."""

import shutil
from pathlib import Path

from connector_defs.cli.exit_codes import ExitCode
from ledger.errors import VaultClosed
from resources.private_file import write_private
from resources.store import restore as restoring


def test_a_backup_goes_into_the_home_folder_and_comes_back(copied_place, run_json) -> None:
    """Rows, files and the encrypted vault; the trail verifies; nothing is posted again."""
    made = run_json("backup", "--with-files", "--with-vault")
    assert Path(made["file"]).parent == copied_place.home / "backups"
    assert made["lacking"] == []
    assert made["files"]["present"] > 10
    archive = copied_place.folder / "kept.tar.gz"
    shutil.move(made["file"], archive)
    key = (copied_place.home / "vault.key").read_bytes()  # kept elsewhere, as the guide says
    before = run_json("outbox", "list")
    creates = len(copied_place.world.peoplesoft.books.journals())
    shutil.rmtree(copied_place.home)
    restored = run_json("restore", str(archive))
    assert restored["events"] == made["events"]
    assert (restored["present_kept_aside"], restored["missing_files"]) == ("", 0)
    assert run_json("audit", "verify")["ok"]
    assert run_json("outbox", "list") == before
    write_private(copied_place.home / "vault.key", key)
    assert run_json("post", copied_place.posted, "-c", "amazon_us")["settlements"][0]["state"] == "posted"
    assert len(copied_place.world.peoplesoft.books.journals()) == creates


def test_a_restore_replaces_only_when_asked_and_says_what_is_missing(copied_place, run, tmp_path) -> None:
    """Refused with what to add; without files in it, what is not there is named."""
    archive = tmp_path / "b.tar.gz"
    assert run("backup", "--to", str(archive)).exit_code == ExitCode.FINE
    refused = run("restore", str(archive))
    assert refused.exit_code == ExitCode.REFUSED
    assert "--replace" in refused.stderr
    shutil.rmtree(copied_place.home / "warehouse")
    done = run("restore", str(archive), "--replace")
    assert done.exit_code == ExitCode.FINE
    assert "control.db.before-restore" in done.stdout
    assert "not in the stores of this machine" in done.stderr


def test_a_backup_that_lacks_files_is_written_and_says_so(copied_place, run, run_json, tmp_path) -> None:
    """Exit 5, so that a scheduler notices."""
    shutil.rmtree(copied_place.home / "documents")
    result = run("backup", "--to", str(tmp_path / "b.tar.gz"))
    assert result.exit_code == ExitCode.STORES
    assert "The backup is written, but" in result.stderr
    assert (tmp_path / "b.tar.gz").stat().st_size > 0
    assert run("backup", "--to", str(tmp_path / "b.tar.gz")).exit_code == ExitCode.REFUSED


def _lasting(home: Path) -> list[str]:
    """Return what lies in a home, without what SQLite puts beside a database while somebody has it open."""
    return sorted(path.name for path in home.iterdir() if not path.name.endswith((".db-shm", ".db-wal")))


def test_a_restored_vault_is_as_open_as_the_one_before(copied_place, run, run_json, tmp_path, monkeypatch) -> None:
    """Accounts that share it go on sharing it; one that this account may not replace is refused before anything."""
    archive, vault = tmp_path / "b.tar.gz", copied_place.home / "vault"
    assert run("backup", "--with-vault", "--to", str(archive)).exit_code == ExitCode.FINE
    vault.chmod(0o660)
    restored = run_json("restore", str(archive), "--replace")
    assert vault.stat().st_mode & 0o777 == 0o660
    assert Path(restored["vault_kept_aside"]).is_file()

    def refuse(path: Path) -> None:
        raise VaultClosed(f"{path} is closed to you.")

    monkeypatch.setattr(restoring, "require_replaceable", refuse)
    before = _lasting(copied_place.home)
    refused = run("restore", str(archive), "--replace")
    assert (refused.exit_code, refused.stderr) == (ExitCode.STORES, f"{vault} is closed to you.\n")
    assert _lasting(copied_place.home) == before
