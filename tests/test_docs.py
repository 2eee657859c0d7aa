"""The docs say what the code does.

Generated pages are current, commands and settings in examples exist, links lead somewhere, tables are whole.
"""

import ast
import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from assets.posting.findings import REVIEW_CURES
from assets.review_queue import MEANINGS
from assets.road import STAGES
from assets.stages.outcome import ACCOUNT_CODES, ACTIONS, ENDS_BY_ITSELF
from connector_defs.cli.plan import PlanCommands
from connector_defs.cli.program import program
from connector_defs.day_sources import DaySources
from ledger.catalogue import load_catalogue
from ledger.mapping import load_mapping
from ledger.mapping_shape import Accounts, Rule
from ledger.policy import Policy
from ledger.posting import STEPS, PostingState
from resources.bank.settings import BankSettings
from resources.erp.fusion.master_settings import MasterDataSettings
from resources.erp.fusion.receivables.settings import ReceivablesSettings
from resources.erp.peoplesoft.profile import SHIPPED_QUERIES
from resources.erp.peoplesoft.record_fields import HEADER_FIELDS_SENT, LINE_FIELDS_SENT

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
NAMES = [path.relative_to(ROOT).as_posix() for path in PAGES]
_BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.S | re.M)
_CODE = re.compile(r"`(connector [^`\n]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def generator():
    """Return docs/generate.py as a module."""
    described = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert described is not None
    assert described.loader is not None
    module = importlib.util.module_from_spec(described)
    described.loader.exec_module(module)
    return module


def commands_in(text: str) -> Iterator[tuple[str, bool]]:
    """Yield every `connector` command of a page and whether it stands in a shell block, ready to be run."""
    for language, body in _BLOCK.findall(text):
        for line in body.splitlines() if language == "sh" else ():
            for piece in re.split(r"\s[|]\s|&&", line):
                if re.match(r"(?:\w+=\S+ )*connector\b", piece.strip()):
                    yield piece.strip().partition("connector")[2].strip(), True
    for span in _CODE.findall(_BLOCK.sub("", text)):
        yield span.removeprefix("connector ").strip(), False


def parsed(arguments: list[str], *, is_whole: bool) -> None:
    """Parse a command line; raise click's own error for a command, option or value that does not exist."""
    command: click.Command = program
    context = click.Context(command, info_name="connector")
    while isinstance(command, click.Group) and arguments and not arguments[0].startswith("-"):
        if isinstance(command, PlanCommands):
            arguments = command.completed(arguments)
        inner = command.get_command(context, arguments[0])
        if inner is None:
            raise click.UsageError(f"there is no command {arguments[0]}")
        command, arguments = inner, arguments[1:]
        context = click.Context(command, info_name=command.name, parent=context)
    if is_whole and "--help" not in arguments:
        with command.make_context(command.name, list(arguments), parent=context.parent):
            return
    named = {name for option in command.params for name in (*option.opts, *option.secondary_opts)} | {"--help"}
    unknown = [one for one in arguments if one.startswith("-") and one != "..." and one not in named]
    if unknown:
        raise click.UsageError(f"{command.name} has no {unknown[0]}")


@pytest.mark.parametrize("name", NAMES)
def test_commands_in_the_docs_exist(name: str) -> None:
    """Shell blocks parse whole; commands in running text name what exists."""
    wrong = []
    for line, is_whole in commands_in((ROOT / name).read_text(encoding="utf-8")):
        arguments = shlex.split(re.split(r"\s[>#]", line)[0])
        try:
            parsed(arguments, is_whole=is_whole)
        except click.exceptions.NoArgsIsHelpError:
            continue
        except click.ClickException as error:
            wrong.append(f"connector {line}: {error.format_message()}")
    assert wrong == []


def test_a_command_that_does_not_exist_is_seen() -> None:
    """The reader of commands is not blind: a wrong name, option or value is refused."""
    for line in ("posts 1", "post --everything", "demo --port many", "outbox list --state lost", "review resolve 7"):
        with pytest.raises(click.ClickException):
            parsed(shlex.split(line), is_whole=True)


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    """A relative link names a file of the project, and its part after # a heading there."""
    wrong = []
    text = _BLOCK.sub("", (ROOT / name).read_text(encoding="utf-8"))
    for link in _LINK.findall(text):
        if link.startswith(("http://", "https://")):
            continue
        target, _, heading = link.partition("#")
        path = ((ROOT / name).parent / target).resolve() if target else ROOT / name
        if not path.exists() or (heading and heading not in headings(path)):
            wrong.append(link)
    assert wrong == []


def headings(path: Path) -> set[str]:
    """Return the anchors of a page."""
    found = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in found}


def test_the_picture_of_the_states_has_every_step_and_no_other() -> None:
    """An arrow is named by its ends."""
    picture = (DOCS / "images" / "posting.svg").read_text(encoding="utf-8")
    drawn = {tuple(one) for one in re.findall(r'<path id="(\w+)-to-(\w+)"', picture)}
    assert drawn == {(present.value, following.value) for present, ways in STEPS.items() for following in ways}


def test_the_runbook_has_every_state_a_document_can_be_in() -> None:
    """A section per state, some share one; every code that puts a document into review has its row."""
    text = (DOCS / "guides" / "runbook.md").read_text(encoding="utf-8")
    sections = {name.strip() for heading in re.findall(r"^## (.+)$", text, re.M) for name in heading.split(",")}
    assert {state.value for state in PostingState} <= sections
    assert set(REVIEW_CURES) <= set(re.findall(r"^\| `(\w+)` \|", text, re.M))


def test_generated_pages_are_current() -> None:
    """`python docs/generate.py` would change nothing."""
    assert [path.relative_to(DOCS).as_posix() for path in generator().stale()] == []


def test_every_setting_has_a_sentence_and_no_sentence_is_left_over() -> None:
    """docs/texts/settings.yaml and the settings models name the same keys."""
    said = yaml.safe_load((DOCS / "texts" / "settings.yaml").read_text(encoding="utf-8"))
    models = generator().settings_models()
    assert {name: set(keys) for name, keys in said.items()} == {
        name: set(model.model_fields) for name, model in models.items()
    }


_RECEIVABLES = dict.fromkeys(("business_unit", "transaction_source", "invoice_type", "credit_memo_type"), "any")


def test_examples_of_yaml_are_accepted() -> None:
    """A whole mapping or catalogue loads; accounts and rules of one, or a piece of settings, are valid."""
    seen = []
    for path in PAGES:
        for body in (body for language, body in _BLOCK.findall(path.read_text(encoding="utf-8")) if language == "yaml"):
            keys = yaml.safe_load(body)
            seen.append(next(iter(keys)))
            if "products" in keys:
                assert load_catalogue(body, path.name).shape.products
            elif "version" in keys:
                assert load_mapping(body, path.name).shape.categories
            elif "by_day" in keys:
                assert DaySources.model_validate(keys["by_day"])
            elif "rules" in keys:
                assert [Rule.model_validate(one) for one in keys["rules"]]
            elif "accounts" in keys:
                assert Accounts.model_validate({"clearing": "110500", **keys["accounts"]})
            elif "fusion" in keys and "books" not in keys:
                told = keys["fusion"]
                assert set(told) <= {"receivables", "master_data"}
                if "receivables" in told:
                    assert ReceivablesSettings.model_validate(_RECEIVABLES | told["receivables"])
                if "master_data" in told:
                    assert MasterDataSettings.model_validate(told["master_data"])
            elif "bank" in keys:
                assert BankSettings.model_validate(keys["bank"])
            elif "accounts" in keys:
                assert Accounts.model_validate({"clearing": "110500", **keys["accounts"]}).bank
            else:
                assert Policy.model_validate({"time_zone": "UTC", **keys.get("books", keys)})
    assert set(seen) == {"version", "books", "marketplaces", "by_day", "bank", "rules", "accounts", "fusion"}


def first_cells(page: str) -> list[str]:
    """Return the code words in the first column of all tables of a page, generated parts left out."""
    text = re.sub(r"<!-- generated:.*?<!-- end -->", "", (DOCS / page).read_text(encoding="utf-8"), flags=re.S)
    return re.findall(r"^\| `(\w+)` \|", text, re.M)


def test_every_posting_state_is_explained() -> None:
    """The table of states is whole and has nothing else."""
    told = first_cells("guides/posting-and-its-states.md")
    assert sorted(told) == sorted(str(state) for state in PostingState)


def codes_in_code() -> set[str]:
    """Return every finding code that the code can open, from calls and from its own tables."""
    positions = {"Finding": 0, "finding": 0, "_finding": 0, "posting_finding": 0, "_stopped": 0, "_unknown": 0}
    positions |= {"verdict_of": 2, "_to_review": 3, "_hold_report": 2}
    found: set[str] = set()
    for folder in ("ledger", "assets", "resources", "connector_defs"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                position = positions.get(name)
                given = [one.value for one in node.keywords if one.arg == "code"]
                if position is not None:
                    given += node.args[position : position + 1]
                    found |= {one.value for one in given if isinstance(one, ast.Constant) and one.value}
    found |= {code for codes in ENDS_BY_ITSELF.values() for code in codes} | set(ACTIONS)
    return found | set(ACCOUNT_CODES) | set(REVIEW_CURES)


def test_every_finding_is_explained() -> None:
    """Each code that can be opened has a row with meaning and cure; none is left over."""
    told = first_cells("guides/when-something-stops.md")
    assert len(told) == len(set(told))
    assert set(told) == codes_in_code()


def test_what_to_do_names_the_actions_that_a_finding_takes() -> None:
    """No cell names one that its finding, or another finding it names, does not take; each way out but looking again
    is named."""
    text = (DOCS / "guides/when-something-stops.md").read_text(encoding="utf-8").partition("\n## Actions\n")[0]
    cures = dict(re.findall(r"^\| `(\w+)` \|.*\| (.*?) \|$", text, re.M))
    looks = {"retry", "recheck"}
    wrong = []
    for code, cure in cures.items():
        words = set(re.findall(r"`(\w+)`", cure))
        takes = set(ACTIONS.get(code, ("retry",)))
        allowed = takes.union(*(ACTIONS.get(other, ("retry",)) for other in words & cures.keys()))
        unknown, silent = words & MEANINGS.keys() - allowed, takes - words - looks
        wrong += [f"{code}: {what} {', '.join(sorted(of))}" for what, of in (("not", unknown), ("also", silent)) if of]
    assert wrong == []


def test_every_stage_that_can_fail_is_named() -> None:
    """A stage that could not be made opens an item of its name."""
    text = (DOCS / "guides/when-something-stops.md").read_text(encoding="utf-8")
    assert [stage.asset for stage in STAGES if f"`{stage.asset}_failed`" not in text] == []


def test_the_setup_guide_names_every_query_prompt_and_field() -> None:
    """What an administrator has to create is what the client asks for."""
    text = (DOCS / "guides/peoplesoft-setup.md").read_text(encoding="utf-8")
    rows = {row[0]: row for row in re.findall(r"^\| `(\w+)` \| `(\w+)` \| ([\w, ]+) \|", text, re.M)}
    shipped = {
        purpose: (purpose, query["name"], ", ".join(query["prompts"].values()))
        for purpose, query in SHIPPED_QUERIES.items()
    }
    assert rows == shipped
    assert [field for field in (*HEADER_FIELDS_SENT, *LINE_FIELDS_SENT) if field not in text] == []


def test_make_targets_in_the_docs_exist() -> None:
    """Every `make` command of the docs is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    command = re.compile(r"(?:^ *|`)make ([a-z-]+)", re.M)
    named = {word for path in PAGES for word in command.findall(path.read_text(encoding="utf-8"))}
    assert named - targets == set()


def test_decisions_are_numbered_without_gaps_and_listed() -> None:
    """0001, 0002, ...; each says question, choice and what would change it."""
    notes = sorted(path for path in (DOCS / "decisions").glob("*.md") if path.name != "README.md")
    index = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    assert [path.name[:4] for path in notes] == [f"{number:04d}" for number in range(1, len(notes) + 1)]
    assert [path.name for path in notes if f"({path.name})" not in index] == []
    for path in notes:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {path.name[:4]} ")
        assert "**Question.**" in text
        assert "**Choice.**" in text
        assert "**What would change it.**" in text
