"""What Dagster and `connector check` say of a connection that accrues at month end."""

from __future__ import annotations

import pytest

from assets.stages.month_stages import MONTH_STAGES, month_stages
from connector_defs.cli.checkups import _month_end
from connector_defs.cli.exit_codes import ExitCode
from connector_defs.components.connection_component import connection_definitions
from connector_defs.connections import Connection, connections
from connector_defs.project import PACKAGE, Project
from ledger.mapping import load_mapping


def accruing(tmp_path, **by_day) -> Connection:
    """Return the American connection with accruals."""
    known = connections(Project(PACKAGE, tmp_path))["amazon_us"]
    books = known.settings.books.model_copy(update={"month_end": "accrue"})
    days = known.settings.by_day.model_copy(update=by_day)
    settings = known.settings.model_copy(update={"books": books, "by_day": days})
    return Connection(known.name, settings, known.mapping_path)


def mapping(connection: Connection, more: str):
    """Return its mapping with a line more under accounts."""
    text = connection.mapping_path.read_text().replace("accounts:\n", f"accounts:\n{more}")
    return load_mapping(text, "mapping.yaml")


def test_only_a_connection_that_accrues_has_the_asset(tmp_path):
    """With its checks by month; another one is not shown what it does not make."""
    connection = accruing(tmp_path)
    assert list(month_stages(connection.settings.books)) == list(MONTH_STAGES)
    split = connection.settings.books.model_copy(update={"month_end": "split"})
    assert "accruals" not in month_stages(split)
    assets = {one.key.path[-1]: one for one in connection_definitions(connection).assets}
    checks = {one.name for one in assets["accruals"].check_specs}
    assert {"everything_told", "every_leaf_mapped", "books_equal_events", "accrued_account_empties"} <= checks


@pytest.mark.parametrize(
    "by_day, more, said",
    [
        ({}, '  accrued: "110950"\n', [(True, "accrued on 110950 on its last day and reversed on the day after")]),
        ({}, "", [(False, "no account that accruals stand on")]),
        ({"financial_events": False}, "", [(False, "which are not read"), (False, "no account")]),
    ],
)
def test_check_says_what_is_accrued_and_what_is_missing_for_it(tmp_path, by_day, more, said):
    """An account, and the transactions it is made of."""
    connection = accruing(tmp_path, **by_day)
    rows = list(_month_end(connection, mapping(connection, more)))
    assert [one.ok for one in rows] == [ok for ok, _ in said]
    assert all(words in one.sentence for one, (_, words) in zip(rows, said, strict=True))
    assert all(one.cure and one.code is ExitCode.REFUSED for one in rows if not one.ok)


def test_check_says_nothing_of_accruals_where_none_is_wanted(tmp_path):
    """The demonstration splits."""
    connection = connections(Project(PACKAGE, tmp_path))["amazon_us"]
    assert list(_month_end(connection, mapping(connection, ""))) == []
