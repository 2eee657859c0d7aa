"""Write the reference pages and the generated parts of guides from the code, so that they cannot say anything else.

In: the click program, the settings models, the mapping's schema, the tables of checks, categories, states and exit
codes, and one sentence per setting from docs/texts. Out: docs/reference/*.md whole, and what stands between the marks
`<!-- generated: NAME -->` and `<!-- end -->` of other pages. `python docs/generate.py` writes; with `--check` it writes
nothing and ends with 1 when a page is not current.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import yaml
from pydantic import BaseModel

from assets import review_queue
from assets.stages.checks import CHECKS
from assets.stages.outcome import ACTIONS
from connector_defs.cli.exit_codes import MEANINGS
from connector_defs.cli.program import program
from connector_defs.connections import SETTINGS
from ledger import errors
from ledger.catalogue import catalogue_schema
from ledger.categories import categories
from ledger.classification import known_triples
from ledger.mapping import mapping_schema
from ledger.posting import STEPS

DOCS = Path(__file__).resolve().parent
_MARKED = re.compile(r"(?P<open><!-- generated: (?P<name>[a-z-]+) -->\n)(?P<body>.*?)(?P<close><!-- end -->)", re.S)
_HEAD = "<!-- Written by docs/generate.py; change the code or docs/texts instead. -->\n"


def table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a markdown table; bars inside cells are escaped."""
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def page(title: str, *parts: str) -> str:
    """Return a whole generated page."""
    return f"{_HEAD}# {title}\n\n" + "\n".join(part.rstrip() + "\n" for part in parts)


# The command line.


def commands(command: click.Command, path: str = "connector") -> Iterator[tuple[str, click.Command]]:
    """Yield every command below a group with its full name, groups first."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=path)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None, f"{name} is listed"
            yield from commands(inner, f"{path} {name}")


def cli_page() -> str:
    """Return the page of all commands."""
    parts = [
        "Every command takes `--help`. With `--json` a command prints exactly one JSON document.\n"
        "What the exit status says stands in [exit codes](exit-codes.md).",
    ]
    for path, command in commands(program):
        if path != "connector":
            parts.append(_command_part(path, command))
    return page("Command line", *parts)


def _command_part(path: str, command: click.Command) -> str:
    context = click.Context(command, info_name=path)
    usage = " ".join(command.collect_usage_pieces(context))
    text = f"## {path}\n\n{(command.help or '').strip()}\n"
    if not isinstance(command, click.Group):
        text += f"\n```text\n{path} {usage}\n```\n"
    options = [one for one in command.params if isinstance(one, click.Option)]
    rows = [(f"`{', '.join((*one.opts, *one.secondary_opts))}`", _option_words(one)) for one in options]
    if rows:
        text += "\n" + table(("Option", "Meaning"), rows)
    examples = [line.strip() for line in (command.epilog or "").splitlines() if line.startswith("  ")]
    if examples:
        text += "\n```sh\n" + "\n".join(examples) + "\n```\n"
    return text


def _option_words(option: click.Option) -> str:
    words = [option.help or ""]
    if isinstance(option.type, click.Choice):
        words.append("One of " + ", ".join(f"`{one}`" for one in option.type.choices) + ".")
    if option.required:
        words.append("Required.")
    if option.show_default:
        words.append(f"Default: `{option.default}`.")
    return " ".join(word for word in words if word)


def exit_codes_page() -> str:
    """Return the page of exit codes with the errors that end with each."""
    by_code: dict[int, list[str]] = {}
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, errors.ConnectorError) and kind is not errors.ConnectorError:
            by_code.setdefault(kind.exit_code, []).append(f"`{name}`")
    rows = [(str(int(code)), words, ", ".join(by_code.get(code, []))) for code, words in MEANINGS.items()]
    intro = (
        "When several things fail, the first failing row decides; 6 gives way to every other code.\n"
        "`connector` itself adds click's own code 2 for a command line it cannot read."
    )
    return page("Exit codes", intro, table(("Code", "Meaning", "Errors"), rows))


# Settings and mapping, from JSON schema.


def what(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    """Say in words what may stand at a place of a JSON schema."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return _values(definitions[name]["enum"]) if "enum" in definitions[name] else f"[{name}](#{name.lower()})"
    if schema.get("title") == "exact number":
        return "exact number"
    if "anyOf" in schema:
        return _either(schema["anyOf"], definitions)
    if "enum" in schema or "const" in schema:
        return _values(schema.get("enum") or [schema["const"]])
    kind = schema.get("type")
    if kind == "array":
        return f"list of {what(schema.get('items', {}), definitions)}"
    if kind == "object":
        inner = schema.get("additionalProperties")
        return f"name: {what(inner, definitions)}" if isinstance(inner, dict) else "keys with values"
    if kind == "string":
        text = f"text like `{schema['pattern']}`" if "pattern" in schema else "text"
        return "date" if schema.get("format") == "date" else text
    if kind in ("integer", "number"):
        return ("whole number" if kind == "integer" else "number") + _bounds(schema)
    return {"boolean": "`true` or `false`", "null": ""}.get(str(kind), "anything")


def _values(values: list[Any]) -> str:
    return ", ".join(f"`{one}`" for one in values)


def _bounds(schema: dict[str, Any]) -> str:
    low, high = schema.get("minimum", schema.get("exclusiveMinimum")), schema.get("maximum")
    if low is not None and high is not None:
        return f" above {low:,}, up to {high:,}" if "exclusiveMinimum" in schema else f" from {low:,} to {high:,}"
    if low is None:
        return ""
    return f" above {low:,}" if "exclusiveMinimum" in schema else f", {low:,} or more"


def _either(choices: list[dict[str, Any]], definitions: dict[str, Any]) -> str:
    """Join alternatives; a code may stand bare, so text or a whole number is one thing."""
    if {"string", "integer"} <= {one.get("type") for one in choices}:
        choices = [one for one in choices if one.get("type") != "integer"]
    words = [word for one in choices if (word := what(one, definitions))]
    return " or ".join(dict.fromkeys(words))


def _default(name: str, schema: dict[str, Any], required: list[str]) -> str:
    if name in required:
        return "required"
    value = schema.get("default")
    if value in (None, "", [], {}) or isinstance(value, dict):
        return ""
    if isinstance(value, list):
        return ", ".join(f"`{one}`" for one in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def settings_page() -> str:
    """Return the page of all settings of a connection, a section per model."""
    sections, definitions = _settings_schemas()
    said = yaml.safe_load((DOCS / "texts" / "settings.yaml").read_text(encoding="utf-8"))
    parts = [
        "What may stand under `attributes:` of `defs/<connection>/defs.yaml`.\n"
        "An unknown key is refused with file, line and key.\n"
        "`{{ env.NAME }}` and `{{ env('NAME', 'default') }}` are resolved first.\n"
        'An exact number is written in quotes: `"1250.37"`.',
    ]
    for name, own in {**sections, **definitions}.items():
        if "properties" in own:
            rows = [
                (f"`{key}`", said[name][key], what(one, definitions), _default(key, one, own.get("required", [])))
                for key, one in own["properties"].items()
            ]
            parts.append(f"## {name}\n\n{_first(own)}\n\n" + table(("Key", "Meaning", "May be", "Default"), rows))
    return page("Settings of a connection", *parts)


def _settings_schemas() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the schema of each component type's settings, and those of what they are made of, each once."""
    schemas = {model.__name__: model.model_json_schema() for model in SETTINGS.values()}
    return schemas, {name: own for one in schemas.values() for name, own in one.get("$defs", {}).items()}


def _first(schema: dict[str, Any]) -> str:
    return schema.get("description", "").split("\n\n")[0]


def mapping_page() -> str:
    """Return the page of the mapping file's shape."""
    intro = "What may stand in a mapping file.\nThe guide on [mapping](../guides/mapping.md) says what for."
    return _shape_page("Mapping file", "MappingShape", intro, mapping_schema())


def catalogue_page() -> str:
    """Return the page of the catalogue file's shape."""
    intro = (
        "What may stand in a product catalogue, as YAML; a column of a CSV is named like the key (`revenue.account`).\n"
        "The guide on [the catalogue](../guides/catalogue.md) says what for."
    )
    return _shape_page("Product catalogue", "CatalogueShape", intro, catalogue_schema())


def _shape_page(title: str, name: str, intro: str, schema: dict[str, Any]) -> str:
    """Return the page of a file's shape, a section per part of it."""
    definitions = schema["$defs"]
    parts = [intro]
    for part, own in {name: schema, **definitions}.items():
        if "properties" in own:
            rows = [
                (f"`{key}`", what(one, definitions), _default(key, one, own.get("required", [])))
                for key, one in own["properties"].items()
            ]
            parts.append(f"## {part}\n\n{own.get('description', '')}\n\n" + table(("Key", "May be", "Default"), rows))
    return page(title, *parts)


# Tables of the books.


def checks_page() -> str:
    """Return the page of all asset checks."""
    rows = [
        (f"`{asset}`", f"`{check.name}`", check.description, "stops the settlement" if check.is_blocking else "warns")
        for asset, checks in CHECKS.items()
        for check in checks
    ]
    intro = (
        "Each check belongs to an asset and is recorded for its own partition: a settlement, a day, or a month.\n"
        "Those of `erp_documents`, `review_queue` and `master_data` are about the whole connection.\n"
        "A check that cannot be told yet, because the ERP is still at work, warns and stops nothing."
    )
    return page("Checks", intro, table(("Asset", "Check", "What it promises", "When it fails"), rows))


def categories_page() -> str:
    """Return the page of categories, with how many label triples of the shipped table lead to each."""
    counts = Counter(classified.category for _, classified in known_triples())
    rows = [
        (
            f"`{one.name}`",
            one.description,
            ", ".join(one.natures),
            one.usual_side,
            str(counts[one.name]),
            "yes" if one.is_earned else "",
            "yes" if one.posts_only_when_named else "",
        )
        for one in categories().values()
    ]
    intro = (
        f"{sum(counts.values())} triples of transaction type, amount type and amount description lead to "
        f"{len(rows)} categories.\n"
        "The first nature is the default; the others may be chosen with `nature:` in the mapping.\n"
        "Accrued is what a month earns, where the connection says `month_end: accrue`."
    )
    columns = ("Category", "What it is", "Nature", "Usual side", "Triples", "Accrued", "Only when named")
    return page("Categories", intro, table(columns, rows))


def steps_part() -> str:
    """Return the table of legal steps between posting states."""
    rows = [(f"`{one}`", f"`{to}`", why) for one, following in STEPS.items() for to, why in following.items()]
    return table(("From", "To", "Because"), rows)


def actions_part() -> str:
    """Return the table of what a person can say to a finding, beyond `retry`."""
    rows = [(f"`{code}`", ", ".join(f"`{one}`" for one in names)) for code, names in ACTIONS.items()]
    return table(("Finding", "Actions"), rows)


def faults_part() -> str:
    """Return what the simulation of PeopleSoft lets go wrong, in the order of its table."""
    return "; ".join(_fault_kinds("peoplesoft")) + ".\n"


def faults_of_fusion_part() -> str:
    """Return how many kinds the simulation of Fusion knows, and those that are its own."""
    kinds, others = _fault_kinds("fusion"), _fault_kinds("peoplesoft")
    own = [name for name in kinds if name not in others]
    shared = len(kinds) - len(own)
    return f"{len(kinds)} kinds: {shared} of those above, and of its own: {'; '.join(own)}.\n"


def _fault_kinds(erp: str) -> list[str]:
    sys.path.insert(0, str(DOCS.parent))
    return [kind.name for kind in import_module("tests.simulation.erps").ERPS[erp].kinds]


def meanings_part() -> str:
    """Return the table of what happens when an item is resolved with an action."""
    order = list(review_queue.MEANINGS)
    said = {("", action): words for action, words in review_queue.MEANINGS.items()} | review_queue.MEANINGS_OF_CODE
    told = sorted(said, key=lambda key: (order.index(key[1]), key[0]))
    rows = [(f"`{action}`", f"`{code}`" if code else "", said[code, action]) for code, action in told]
    return table(("Action", "Only of", "What happens"), rows)


PAGES: dict[str, Callable[[], str]] = {
    "reference/cli.md": cli_page,
    "reference/exit-codes.md": exit_codes_page,
    "reference/settings.md": settings_page,
    "reference/mapping.md": mapping_page,
    "reference/catalogue.md": catalogue_page,
    "reference/checks.md": checks_page,
    "reference/categories.md": categories_page,
}
PARTS: dict[str, Callable[[], str]] = {
    "posting-steps": steps_part,
    "finding-actions": actions_part,
    "action-meanings": meanings_part,
    "fault-kinds": faults_part,
    "fault-kinds-fusion": faults_of_fusion_part,
}


def settings_models() -> dict[str, type[BaseModel]]:
    """Return every settings model by the name it has in the schema."""
    modules = (
        "connector_defs.amazon_to_erp",
        "connector_defs.connections",
        "connector_defs.day_sources",
        "resources.erp.fusion.settings",
        "resources.erp.fusion.receivables.settings",
        "resources.erp.fusion.master_settings",
        "resources.erp.peoplesoft.profile",
        "resources.bank.settings",
        "ledger.policy",
    )
    found = {name: kind for module in modules for name, kind in vars(import_module(module)).items()}
    sections, definitions = _settings_schemas()
    names = [*sections, *definitions]
    return {name: found[name] for name in names if hasattr(found[name], "model_fields")}


def wanted() -> dict[Path, str]:
    """Return every page that is generated, whole or in part, with the text it should have."""
    texts = {DOCS / name: make() for name, make in PAGES.items()}
    for path in sorted(DOCS.glob("guides/*.md")):
        given = path.read_text(encoding="utf-8")
        made = _MARKED.sub(lambda found: found["open"] + PARTS[found["name"]]() + found["close"], given)
        if _MARKED.search(given):
            texts[path] = made
    return texts


def stale() -> list[Path]:
    """Return the pages that say something else than the code."""
    return [path for path, text in wanted().items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def main(arguments: list[str]) -> int:
    """Write the pages, or only compare them; return the exit status."""
    behind = stale()
    for path in behind:
        sys.stdout.write(f"{'not current' if '--check' in arguments else 'written'}: {path.relative_to(DOCS)}\n")
    if "--check" in arguments:
        return 1 if behind else 0
    texts = wanted()
    for path in behind:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
