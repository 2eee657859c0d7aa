"""What the project's style asks and a program can see: imports, sizes, names, leftovers, packaging.

Everything looks at the files of the project itself, found by folder, so that it holds in a clone, in an archive and in
a working tree with its virtual environment.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ("ledger", "resources", "assets", "connector_defs")  # each may import itself and those before it
PACKAGES = (*LAYERS, "emulators")
FOLDERS = (*PACKAGES, "tests", "benchmarks", "docs", "deploy", ".ci")
LINES_MAX = 450
LINES_MAX_OF_TESTS = 500
# Where the emulators may be imported from besides themselves, the tests and the benchmarks.
DEMONSTRATION = "connector_defs/demo/"


def all_files() -> list[Path]:
    """Return every file of the project, caches left out."""
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    found += [path for path in ROOT.iterdir() if path.is_file()]
    return sorted(path for path in found if "__pycache__" not in path.parts and path.suffix != ".pyc")


def python_files(*folders: str) -> list[Path]:
    """Return the Python files of some folders."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    """Name a file as people do, from the root."""
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> Iterator[str]:
    """Yield the top-level package of every import of a file, those inside functions included."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno}: imports are written whole"
            yield (node.module or "").partition(".")[0]


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_go_one_way(layer: str) -> None:
    """connector_defs → assets → resources → ledger, never back."""
    later = set(LAYERS[LAYERS.index(layer) + 1 :])
    wrong = [(name_of(path), name) for path in python_files(layer) for name in imported(path) if name in later]
    assert wrong == []


def test_emulators_stand_alone() -> None:
    """They share no code with the clients they stand in for."""
    wrong = [(name_of(path), name) for path in python_files("emulators") for name in imported(path) if name in LAYERS]
    assert wrong == []


def test_only_the_demonstration_imports_emulators() -> None:
    """Nothing that runs against a real system knows of them."""
    users = {name_of(path) for path in python_files(*LAYERS) if "emulators" in imported(path)}
    assert [name for name in sorted(users) if not name.startswith(DEMONSTRATION)] == []


def test_files_open_with_a_docstring() -> None:
    """Two to eight lines that say why the file exists; an empty package file needs none."""
    silent = [
        name_of(path)
        for path in python_files(*FOLDERS)
        if path.read_text(encoding="utf-8").strip() and not ast.get_docstring(tree_of(path))
    ]
    assert silent == []


def test_files_are_short() -> None:
    """Past 400 lines one looks for the seam; a table of test cases may be a little longer."""
    long = {
        name_of(path): count
        for path in all_files()
        if path.suffix in (".py", ".sql", ".yaml")
        and (count := len(path.read_text(encoding="utf-8").splitlines()))
        > (LINES_MAX_OF_TESTS if path.is_relative_to(ROOT / "tests") else LINES_MAX)
    }
    assert long == {}


def test_files_and_folders_are_named_for_what_they_are() -> None:
    """No drawer for what nobody could name."""
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}
    wrong = [
        name_of(path)
        for path in all_files()
        if drawers & {word for part in path.relative_to(ROOT).parts for word in re.split(r"[_.]", part.lower())}
    ]
    assert wrong == []


def test_nothing_is_left_for_later() -> None:
    """No note to do it later, no stray print; the command line speaks through its output module."""
    later = re.compile(r"\b(TO" + r"DO|FIX" + r"ME)\b")
    wrong = []
    for path in python_files(*PACKAGES, "tests", "benchmarks", "docs"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if later.search(line):
                wrong.append(f"{name_of(path)}:{number}")
    for path in python_files(*PACKAGES, "docs"):
        calls = (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call))
        wrong += [f"{name_of(path)}:{call.lineno}" for call in calls if getattr(call.func, "id", "") == "print"]
    assert wrong == []


def test_money_never_becomes_a_float() -> None:
    """Nothing in ledger and assets makes a float out of anything."""
    wrong = [
        f"{name_of(path)}:{node.lineno}"
        for path in python_files("ledger", "assets")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "float"
    ]
    assert wrong == []


def test_files_name_neither_package_hosts_nor_a_machine() -> None:
    """The project installs from wherever its user's tools point, and knows no folder of its authors."""
    hosts = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "proxy.golang" + ".org", "conda" + ".anaconda"]
    places = re.compile(r"(?<![\w}.])/(?:work|root|home|Users)/[\w.]")
    wrong = []
    for path in all_files():
        text = path.read_bytes().decode("utf-8", errors="ignore")
        wrong += [f"{name_of(path)}: {one}" for one in (*hosts, *places.findall(text)) if one in text]
    assert wrong == []


def test_every_sql_file_is_used() -> None:
    """A statement is named by the module that runs it, or by another statement it is part of."""
    texts = [path.read_text(encoding="utf-8") for path in python_files("assets", "resources", "ledger")]
    unused = [
        name_of(path)
        for path in (ROOT / "assets" / "sql").glob("*.sql")
        if not any(f'"{path.stem}"' in text for text in texts)
    ]
    assert unused == []


def test_every_sql_file_holds_one_statement_and_says_what_for() -> None:
    """It opens with a comment and ends with its only statement."""
    wrong = []
    for path in sorted((ROOT / "assets" / "sql").glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        code = re.sub(r"--[^\n]*", "", text).strip()
        if not text.startswith("--") or ";" in code.removesuffix(";"):
            wrong.append(name_of(path))
    assert wrong == []


def test_annotations_stay_annotations_where_dagster_reads_them() -> None:
    """Dagster refuses the text form of an annotation on `context`."""
    wrong = [
        name_of(path)
        for path in python_files("assets", "connector_defs")
        for node in tree_of(path).body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
    ]
    assert wrong == []


def test_data_of_packages_travels_in_the_wheel() -> None:
    """Every file of a package that is no Python is covered by a pattern of the package data."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    patterns = settings["package-data"]["*"]
    missing = [
        name_of(path)
        for path in all_files()
        if path.relative_to(ROOT).parts[0] in PACKAGES
        and path.suffix != ".py"
        and not any(fnmatch(path.name, pattern) for pattern in patterns)
    ]
    assert missing == []
    assert {pattern.rstrip("*") for pattern in settings["packages"]["find"]["include"]} == set(PACKAGES)


def test_version_is_the_newest_of_the_changelog() -> None:
    """What is installed is what the changelog tells of last."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert newest is not None
    assert newest[1] == project["version"]


def test_a_command_that_keeps_a_reason_is_told_whole() -> None:
    """Who copies `connector reverse` out of a sentence gets a command that runs; a mere name stands in backticks."""
    names = re.compile(r"(?<!`)connector (reverse|repost|approve|reject)\b")
    told = []
    for path in python_files("assets", "connector_defs", "ledger", "resources"):
        tree = tree_of(path)
        docstrings = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        whole = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
        parts = {id(part) for one in whole for part in ast.walk(one)}
        whole += [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in parts]
        for node in whole:
            text = ast.unparse(node)
            if id(node) not in docstrings and names.search(text) and "--reason" not in text:
                told.append(f"{name_of(path)}:{node.lineno}: {text}")
    assert told == []
