"""`connector backup` and `connector restore`: the control database in one file, and back, on either engine.

A backup names every document and warehouse file it refers to, and holds them when asked. The vault goes along only as
the encrypted file it is; its key never does.
"""

from pathlib import Path

import click

from connector_defs.cli import output
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.cli.opened import opened_project, opened_stores
from connector_defs.cli.options import examples, json_option

_NAMED_MAX = 5


@click.command(
    "backup",
    epilog=examples("connector backup", "connector backup --to /backups/connector.tar.gz --with-files --with-vault"),
)
@click.option("--to", "target", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="A new .tar.gz.")
@click.option("--with-files", is_flag=True, help="Put in the documents and staged files, too.")
@click.option("--with-vault", is_flag=True, help="Put in the vault, encrypted as it is; never its key.")
@json_option
@click.pass_context
def backup(ctx: click.Context, target: Path | None, with_files: bool, with_vault: bool, as_json: bool) -> None:
    """Write a consistent backup of the control database while others go on working.

    Without --to the file goes into `backups` of the home folder, named after the moment. Exit 5 when files it refers
    to are missing or damaged: the backup is written all the same.
    """
    from connector_defs import __version__
    from resources.store.backup import write_backup

    project, stores = opened_project(), opened_stores()
    made = write_backup(
        stores,
        (target or _default(project.home, stores.control.clock.now())).absolute(),
        __version__,
        with_files=with_files,
        vault=project.home / "vault" if with_vault else None,
    )
    document = {
        "file": str(made.path),
        "bytes": made.bytes,
        "sha256": made.sha256,
        "made_at": made.manifest.made_at,
        "tables": made.manifest.schema,
        "rows": sum(made.manifest.rows.values()),
        "events": {name: number for name, (number, _) in made.manifest.chains.items()},
        "files": made.manifest.files,
        "has_files": made.manifest.has_files,
        "has_vault": with_vault,
        "lacking": [f"{one.store}{one.name} ({one.state})" for one in made.lacking],
    }
    _show(document, as_json)
    if made.lacking:
        output.complain(
            f"The backup is written, but {len(made.lacking)} files it refers to are missing or damaged: "
            f"{', '.join(document['lacking'][:_NAMED_MAX])}. Restore them from an earlier backup, or let the road make "
            "them anew."
        )
    ctx.exit(ExitCode.STORES if made.lacking else ExitCode.FINE)


@click.command(
    "restore",
    epilog=examples("connector restore /backups/connector.tar.gz", "connector restore connector.tar.gz --replace"),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Put it in the place of what is there, which is kept aside.")
@json_option
@click.pass_context
def restore(ctx: click.Context, file: Path, replace: bool, as_json: bool) -> None:
    """Put a backup back, whole or not at all; stop Dagster first.

    Exit 5 when the chains of the audit trail in it do not verify. Afterwards nothing is posted twice: the ERP is asked
    by key before anything is sent.
    """
    from connector_defs.connections import operating_person
    from resources.clock import SystemClock
    from resources.store.restore import restore_backup
    from resources.store.stores import StoreUrls

    home = opened_project().home
    restored = restore_backup(
        StoreUrls.of(home), SystemClock(), file, person=operating_person(), replace=replace, vault=home / "vault"
    )
    document = {
        "file": str(file),
        "made_at": restored.manifest.made_at,
        "made_by": f"connector {restored.manifest.connector}",
        "rows": sum(restored.manifest.rows.values()),
        "events": {name: number for name, (number, _) in restored.manifest.chains.items()},
        "present_kept_aside": restored.aside,
        "vault_kept_aside": restored.vault_aside,
        "missing_files": len(restored.missing),
        "broken_chains": list(restored.broken),
    }
    _show(document, as_json)
    for sentence in restored.broken:
        output.complain(f"{sentence} It was so when the backup was made: compare with an earlier one.")
    if restored.missing:
        output.complain(
            f"{len(restored.missing)} files that the rows refer to are not in the stores of this machine, for example "
            f"{', '.join(restored.missing[:_NAMED_MAX])}. Copy them back; what Amazon still has is fetched again, and "
            "staged files are made anew when their settlement is taken down the road."
        )
    if not as_json:
        output.say("Run discovery next, and import again what was imported by hand since the backup was made.")
    ctx.exit(ExitCode.STORES if restored.broken else ExitCode.FINE)


def _default(home: Path, now) -> Path:
    return home / "backups" / f"connector-{now:%Y%m%dT%H%M%SZ}.tar.gz"


def _show(document: dict[str, object], as_json: bool) -> None:
    if as_json:
        output.write_json(document)
        return
    shown = {name.replace("_", " "): _text(value) for name, value in document.items() if value not in ("", [], {})}
    output.print_facts(shown)


def _text(value: object) -> object:
    if isinstance(value, dict):
        return ", ".join(f"{name} {number}" for name, number in value.items())
    return len(value) if isinstance(value, list) else value
