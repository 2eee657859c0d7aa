"""Record the histories of the present version: `python -m tests.golden_histories.record`.

In: the happenings. Out: one folder each under the version's name; a folder that exists is never written again, for a
history that changes with the code proves nothing. Record once per release, after the last change to what is booked.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from assets.review.approval import documents_of
from connector_defs import __version__
from connector_defs.project import PACKAGE, render
from resources.store import schema
from resources.store.backup import write_backup
from resources.store.backup_archive import TABLES, members, rows_of
from tests.fusion_connection import write_connection
from tests.golden_histories.happenings import HAPPENINGS, Happening
from tests.golden_histories.history import FOLDER, History, journals_text
from tests.golden_histories.place import START, Place, place

# Machines and staged files are no part of what was posted; exchanges and verdicts are, as events tell of their chains.
_LEFT_OUT = frozenset({"leases", "warehouse_versions", "due_rows"})


def record(name: str, into: Path) -> History:
    """Let one history happen and write it into a folder that is not there yet."""
    happening = HAPPENINGS[name]()
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / name
        _write_project(happening, folder)
        (folder / "settlements").mkdir()
        with place(folder, Path(scratch) / "home", happening.erp) as made:
            happening.happen(made.road(), folder / "settlements")
            _write(folder, happening, made, Path(scratch) / "backup.tar.gz")
        into.mkdir(parents=True, exist_ok=True)
        shutil.move(folder, into / name)
    return History(into / name)


def _write_project(happening: Happening, folder: Path) -> None:
    """Copy the demonstration's connection with the settings of this history, and its mapping as it stands."""
    if happening.erp == "fusion":
        write_connection(folder, folder, happening.connection)
        return
    source = PACKAGE / "defs" / happening.connection / "defs.yaml"
    document = render(yaml.safe_load(source.read_text(encoding="utf-8")), {})
    document["attributes"]["books"].update(happening.books)
    target = folder / "defs" / happening.connection / "defs.yaml"
    target.parent.mkdir(parents=True)
    target.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    mapping = document["attributes"]["mapping"]
    (folder / mapping).parent.mkdir()
    shutil.copyfile(PACKAGE / mapping, folder / mapping)


def _write(folder: Path, happening: Happening, made: Place, archive: Path) -> None:
    road = made.road()
    texts = []
    for settlement in happening.settlements:
        documents = documents_of(road, settlement.settlement_id)
        assert {str(one.state) for one in documents} == {"posted"}, f"{folder.name}: {settlement.settlement_id}"
        texts.append(journals_text(settlement.settlement_id, [(one.journal, one.erp_id or "") for one in documents]))
    (folder / "journals.txt").write_text("\n".join(texts))
    (folder / "books.jsonl").write_text(made.erp.text())
    (folder / "control.jsonl").write_text("".join(_rows(write_backup(road.stores, archive, __version__).path)))
    facts = {"connector": __version__, "tables": schema.HEAD, "now": START.isoformat(), "erp": happening.erp}
    (folder / "history.json").write_text(f"{json.dumps(facts, indent=1)}\n")


def _rows(archive: Path):
    for name, file in members(archive):
        table = name.removeprefix(TABLES).removesuffix(".jsonl")
        if name.startswith(TABLES) and table not in _LEFT_OUT:
            yield from (f"{json.dumps([table, row], sort_keys=True)}\n" for row in rows_of(file))


def main() -> int:
    """Record every history that the present version does not have yet."""
    into = FOLDER / __version__
    missing = [name for name in HAPPENINGS if not (into / name).exists()]
    for name in missing:
        record(name, into)
        sys.stdout.write(f"recorded {__version__}/{name}\n")
    if not missing:
        sys.stdout.write(f"Every history of {__version__} is there already, and none is written again.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
