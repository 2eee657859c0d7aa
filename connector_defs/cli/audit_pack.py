"""How a pack for auditors is written: a workbook, the same as CSV and JSON lines, and a manifest of all files.

In: the pages of a pack. Out: one new folder. Every page ends with its count of rows and the hash of its content, the
same in all three formats. The same pages give the same bytes: a workbook's own dates are those of the pack.
"""

import csv
import hashlib
import json
import re
import shutil
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from connector_defs.cli import spreadsheet
from ledger.errors import InputRefused, StoreError

if TYPE_CHECKING:
    from assets.audit.pack import Pack, Page

# The first moment a ZIP file can name; a workbook is one.
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_DATES = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def write_pack(pack: "Pack", folder: Path) -> dict[str, dict]:
    """Write a pack into a new folder, whole or not at all; return name, hash and size of each file."""
    if folder.exists() and any(folder.iterdir()):
        raise InputRefused(f"{folder} holds something already, and a pack never replaces one. Choose another folder.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".connector-pack-", dir=folder.parent) as scratch:
            made = Path(scratch) / "pack"
            files = _write_all(pack, made)
            if folder.exists():
                folder.rmdir()
            shutil.move(made, folder)
    except OSError as error:
        raise StoreError(f"Could not write the pack into {folder}: {error.strerror}. Nothing half is left.") from None
    return files


def _write_all(pack: "Pack", folder: Path) -> dict[str, dict]:
    name = f"audit-{pack.parameters['connection']}-{pack.parameters['period']}"
    workbook = spreadsheet.write_xlsx(folder / f"{name}.xlsx", {page.name: _sheet(pack, page) for page in pack.pages})
    _fix_dates(workbook, pack.parameters["made at"])
    for page in pack.pages:
        _write_csv(folder / "csv" / f"{page.name}.csv", pack, page)
        _write_lines(folder / "jsonl" / f"{page.name}.jsonl", pack, page)
    files = {path.relative_to(folder).as_posix(): _described(path) for path in sorted(folder.rglob("*.*"))}
    pages = {page.name: {"rows": len(page.rows), "sha256": page.sha256} for page in pack.pages}
    manifest = {"parameters": pack.parameters, "sentence": pack.sentence, "pages": pages, "files": files}
    path = folder / "manifest.json"
    path.write_text(f"{json.dumps(manifest, indent=1)}\n", encoding="utf-8")
    return {**files, path.name: _described(path)}


def _sheet(pack: "Pack", page: "Page") -> tuple:
    """Return a sheet's columns and rows, the foot of the page in its first column."""
    first = page.columns[0]
    return page.columns, [*page.rows, {}, {first: pack.footer(page)}]


def _write_csv(path: Path, pack: "Pack", page: "Page") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([spreadsheet.safe_text(column) for column in page.columns])
        writer.writerows([spreadsheet.csv_cell(row.get(column)) for column in page.columns] for row in page.rows)
        writer.writerow([])
        writer.writerow([pack.footer(page)])


def _write_lines(path: Path, pack: "Pack", page: "Page") -> None:
    """Write the rows, and last what they are: the hash is over the lines before that one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shared = {name: value for name, value in pack.parameters.items() if name != "made at"}
    foot = {"page": page.name, "rows": len(page.rows), "sha256": page.sha256, "parameters": shared}
    path.write_text("".join(f"{line}\n" for line in [*page.lines, json.dumps(foot)]), encoding="utf-8")


def _fix_dates(workbook: Path, made_at: str) -> None:
    """Write a workbook anew with dates that say when the pack was made, not when each part was written."""
    moment = made_at.replace("+00:00", "Z").encode()
    fixed = workbook.with_suffix(".fixed")
    with zipfile.ZipFile(workbook) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _DATES.sub(rb"\g<1>" + moment, content)
            new.writestr(zipfile.ZipInfo(name, _ZIP_DATE), content, zipfile.ZIP_DEFLATED)
    fixed.replace(workbook)


def _described(path: Path) -> dict[str, object]:
    content = path.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
