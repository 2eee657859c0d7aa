"""Options and help that the commands share."""

import click

connection_option = click.option(
    "--connection", "-c", "connection_name", metavar="C", help="Connection to work on; needed when there are several."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
reason_option = click.option("--reason", required=True, metavar="TEXT", help="Why; kept in the audit trail.")


def examples(*lines: str) -> str:
    """Return the examples of a command's help."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
