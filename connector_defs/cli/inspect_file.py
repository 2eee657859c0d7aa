"""`connector inspect`: what is in a settlement file, without any configuration.

In: a file as Amazon sent it (gzip or not). Out: one JSON object or tables, and on standard error what was odd about a
file that is taken; exit 0 when it ties, 2 with a sentence on standard error when it is refused.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector_defs.cli import output
from connector_defs.cli.options import examples, json_option
from ledger.errors import SettlementFileRefused

if TYPE_CHECKING:
    from resources.amazon.settlement_file.settlement import SettlementFile


@click.command(
    "inspect", epilog=examples("connector inspect settlement.txt", "connector inspect settlement.txt.gz --json")
)
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@click.option("--charset", metavar="NAME", help="Character set, where the file's own signs are not enough (cp932 ...).")
def inspect_file(file: Path, as_json: bool, charset: str | None) -> None:
    """Show what is in a settlement file: period, total, amounts by label, and whether it ties."""
    from resources.amazon.settlement_file.reader import read_settlement

    if not file.is_file():
        what = "this is a folder: name a file in it" if file.is_dir() else "there is no such file"
        raise SettlementFileRefused(f"{file}: {what}.", source=str(file))
    read = read_settlement(file, None, charset=charset)
    for warning in read.warnings:
        output.complain(warning)
    document = _described(read)
    if as_json:
        output.write_json(document)
    else:
        _show(document)


def _described(read: "SettlementFile") -> dict[str, Any]:
    """Return a settlement file as plain JSON values."""
    from ledger import money

    rows = [_triple(one, read.currency) for one in read.by_triple]
    return {
        "settlement_id": read.settlement_id,
        "layout": read.layout,
        "currency": read.currency,
        "start": output.utc_text(read.start),
        "end": output.utc_text(read.end),
        "deposit_date": output.utc_text(read.deposit_date) if read.deposit_date else None,
        "total_amount": money.text(read.total_amount, read.currency),
        "sum_amount": money.text(read.sum_amount, read.currency),
        "ties": read.sum_amount == read.total_amount,
        "lines": read.lines,
        "decimal_sign": read.decimal_sign,
        "date_format": read.date_format,
        "by_triple": rows,
        "unmapped": [
            {name: value for name, value in row.items() if name != "category"} for row in rows if not row["category"]
        ],
    }


def _triple(one: Any, currency: str) -> dict[str, Any]:
    from ledger import money
    from ledger.classification import classify

    classified = classify(one.transaction_type, one.amount_type, one.amount_description)
    return {
        "transaction_type": one.transaction_type,
        "amount_type": one.amount_type,
        "amount_description": one.amount_description,
        "category": classified.category if classified else None,
        "amount": money.text(one.amount, currency),
        "lines": one.lines,
    }


def _show(document: dict[str, Any]) -> None:
    lists = ("by_triple", "unmapped")
    facts = {name.replace("_", " "): value for name, value in document.items() if name not in lists}
    output.print_facts(facts)
    output.print_table(document["by_triple"], title="\nAmounts by label")
    if document["unmapped"]:
        names = ", ".join(
            f"{row['transaction_type']} / {row['amount_type']} / {row['amount_description']}"
            for row in document["unmapped"]
        )
        output.say(f"No category is known for: {names}. Name one under `triples` of the mapping.")
