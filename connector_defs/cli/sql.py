"""`connector sql`: read-only SQL over everything staged, without ever locking the pipeline out.

In: one SELECT. Out: a table, JSON or CSV. The query runs on a generated file of views; DuckDB may read the warehouse's
own files and nothing else, writes nothing and fetches no extension.
"""

import csv
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from connector_defs.cli import output
from connector_defs.cli.opened import opened_project, opened_stores
from connector_defs.cli.options import examples, json_option
from connector_defs.cli.spreadsheet import csv_cell, safe_text
from ledger.errors import InputRefused

if TYPE_CHECKING:
    import duckdb

_READS = ("SELECT", "EXPLAIN")
ROWS_SHOWN_MAX = 1000


@click.command(
    "sql",
    epilog=examples(
        "connector sql",
        'connector sql "SELECT partition, sum(amount) FROM settlement_lines GROUP BY ALL"',
        'connector sql "FROM mapped_lines" --csv > lines.csv',
    ),
)
@click.argument("query", required=False)
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
def sql(query: str | None, as_json: bool, as_csv: bool) -> None:
    """Run one read-only query over the staged tables; without a query, list them."""
    stores = opened_stores()
    path = opened_project().home / "warehouse.duckdb"
    views = stores.warehouse.write_views(path)
    if query is None:
        _list_views(views, path, as_json)
        return
    with TemporaryDirectory(prefix="connector-sql-") as spill, _opened(path, Path(spill)) as connection:
        names, rows = _asked(connection, query, views)
        _print(names, rows, as_json, as_csv)


def _list_views(views: list[str], path: Path, as_json: bool) -> None:
    if as_json:
        output.write_json({"database": str(path), "views": views})
    else:
        output.print_table([{"view": view} for view in views], nothing="Nothing is staged yet.")
        output.say(f"Open it with any DuckDB, read only: {path}")


def _opened(path: Path, spill: Path) -> "duckdb.DuckDBPyConnection":
    """Open the views so that a query can read the staged files and do nothing else."""
    import duckdb

    connection = duckdb.connect(
        str(path),
        read_only=True,
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "memory_limit": "512MB",
            "temp_directory": str(spill),
        },
    )
    files = [row[0] for row in connection.execute("SELECT filename FROM current_versions").fetchall()]
    connection.execute("SET allowed_paths = ?", [files])
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _asked(connection: "duckdb.DuckDBPyConnection", query: str, views: list[str]) -> tuple[list[str], list[tuple]]:
    import duckdb

    try:
        statements = connection.extract_statements(query)
        kinds = [str(one.type).rsplit(".", 1)[-1] for one in statements]
        if len(kinds) != 1 or kinds[0] not in _READS:
            raise InputRefused("connector sql takes one SELECT (or EXPLAIN) at a time; it never changes anything.")
        answer = connection.execute(statements[0])
        return [column[0] for column in answer.description or ()], answer.fetchall()
    except duckdb.Error as error:
        raise InputRefused(_refusal(str(error), views) or f"DuckDB refuses the query: {output.plain(error)}") from None


def _refusal(told: str, views: list[str]) -> str:
    """Say what is staged where a query names what is not: DuckDB proposes tables of its own instead."""
    missing = re.match(r"Catalog Error: Table with name (\w+) does not exist!", told)
    if missing is None:
        return ""
    staged = f"Staged are: {', '.join(views)}." if views else "Nothing is staged yet."
    when = "a table is there once something of it was read or made"
    return f"Nothing is staged under the name {missing[1]}: {when}. {staged}"


def _print(names: list[str], rows: list[tuple], as_json: bool, as_csv: bool) -> None:
    if as_json:
        output.write_json({"columns": names, "rows": [dict(zip(names, row, strict=True)) for row in rows]})
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow([safe_text(name) for name in names])
        writer.writerows([csv_cell(value) for value in row] for row in rows)
    else:
        shown = [dict(zip(names, row, strict=True)) for row in rows[:ROWS_SHOWN_MAX]]
        output.print_table(shown, names, nothing="No row.")
        if len(rows) > ROWS_SHOWN_MAX:
            output.say(f"{len(rows) - ROWS_SHOWN_MAX} more rows: use --csv or --json.")
