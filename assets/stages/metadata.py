"""Stage results as Dagster metadata: facts, a small table, the picture, links; and verdicts as check results.

Amounts travel as text: a float in metadata would show cents that are not there.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import dagster as dg

from assets.settlements.picture import LENGTH_MAX, waterfall_markdown
from assets.stages.verdicts import NOT_COMPARED, Row, StageResult, Verdict

ROWS_SHOWN_MAX = 25
BAR_WIDTH = 12
_ADDRESS = re.compile(r"https?://[^\s<>\"]+$")
CELL_MAX = 500
# `:` and `@` and `.` stay: without brackets and angle brackets a bare address is text the reader sees whole.
_SPELLED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", **{letter: f"\\{letter}" for letter in "\\|[]`*_~"}}


def metadata_of(result: StageResult, document_path: Path | None = None) -> dict[str, dg.MetadataValue]:
    """Return the metadata of one materialization."""
    shown: dict[str, dg.MetadataValue] = {name: _scalar(value) for name, value in result.facts.items()}
    shown["dagster/row_count"] = dg.MetadataValue.int(result.rows_total)
    if result.picture:
        picture = waterfall_markdown(result.picture)
        if picture:
            shown["gross to deposit"] = dg.MetadataValue.md(picture)
        shown["gross to deposit, amounts"] = dg.MetadataValue.md(_bars(result.picture))
    for title, bars in result.pictures.items():
        shown[title] = dg.MetadataValue.md(waterfall_markdown(bars, title) or _bars(bars))
    if result.rows:
        shown["table"] = dg.MetadataValue.md(markdown_table(result.rows[:ROWS_SHOWN_MAX], len(result.rows)))
    for name, target in result.links.items():
        is_archived = name == "document" and document_path is not None
        shown[name] = dg.MetadataValue.path(str(document_path)) if is_archived else _link(target)
    return shown


def _link(target: str) -> dg.MetadataValue:
    """Return an address as a link to click, anything else (a key of the ERP, a hash) as text."""
    return dg.MetadataValue.url(target) if _ADDRESS.match(target) else dg.MetadataValue.text(target)


def _scalar(value: object) -> dg.MetadataValue:
    assert not isinstance(value, float), "an amount as float shows cents that are not there"
    if isinstance(value, bool):
        return dg.MetadataValue.text("yes" if value else "no")
    if isinstance(value, int):
        return dg.MetadataValue.int(value)
    return dg.MetadataValue.text(format(value, "f") if isinstance(value, Decimal) else str(value))


def markdown_table(rows: Sequence[Mapping[str, str]], rows_total: int | None = None) -> str:
    """Write rows as a markdown table; cells are cleaned so that free text cannot break or forge the table."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = ["| " + " | ".join(map(_cell, names)) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(_cell(str(row.get(name, ""))) for name in names) + " |" for row in rows]
    if rows_total is not None and rows_total > len(rows):
        lines.append(f"\n{rows_total - len(rows)} more rows: see `connector plan` or `connector sql`.")
    return "\n".join(lines)


def markdown_in_sight(rows: Sequence[Mapping[str, str]]) -> str:
    """Write as many rows as Dagster shows without a click, which goes by the length of the text."""
    for count in range(len(rows), 0, -1):
        text = markdown_table(rows[:count])
        if len(text) < LENGTH_MAX:
            return text
    return ""


def _cell(text: str) -> str:
    """Return text that says in a cell what it says in the books, and does nothing: no mark-up, link or line break."""
    return "".join(_SPELLED.get(letter, letter) if letter.isprintable() else " " for letter in text[:CELL_MAX])


def _bars(bars: Iterable[tuple[str, Decimal]]) -> str:
    """Write amounts with a bar column, longest bar for the largest amount."""
    pairs = list(bars)
    largest = max((abs(amount) for _, amount in pairs), default=Decimal(0)) or Decimal(1)
    rows: list[Row] = []
    for label, amount in pairs:
        length = int(abs(amount) * BAR_WIDTH / largest)
        rows.append({"": label, "amount": f"{amount:,}", "bar": ("▇" if amount >= 0 else "░") * max(length, 1)})
    return markdown_table(rows)


def check_result(verdict: Verdict, asset_key: dg.AssetKey) -> dg.AssetCheckResult:
    """Return a verdict as Dagster sees it: an error stops, a warning does not."""
    metadata: dict[str, dg.MetadataValue] = {"says": dg.MetadataValue.text(verdict.sentence or "fine")}
    if verdict.passed and not verdict.is_compared:
        metadata["result"] = dg.MetadataValue.text(NOT_COMPARED)
    if verdict.rows:
        metadata["rows"] = dg.MetadataValue.md(markdown_table(verdict.rows[:ROWS_SHOWN_MAX], len(verdict.rows)))
    if verdict.findings:
        metadata["what to do"] = dg.MetadataValue.md("\n".join(f"- {_cell(one.cure)}" for one in verdict.findings[:10]))
    return dg.AssetCheckResult(
        check_name=verdict.check,
        asset_key=asset_key,
        passed=verdict.passed,
        severity=dg.AssetCheckSeverity.ERROR if verdict.stops else dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )
