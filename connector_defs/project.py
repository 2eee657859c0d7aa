"""Where an installation keeps its YAML, and how a connection's YAML is read.

A project folder holds `defs/<connection>/defs.yaml` and `mappings/`; it is a clone's `connector_defs/` or a folder that
CONNECTOR_PROJECT names. What runs and what is stored lies under CONNECTOR_HOME (`var/` beside the project by default).
Templates `{{ env.NAME }}` and `{{ env('NAME', 'default') }}` are resolved first, then the result is validated; an error
names file, line and key.
"""

import os
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import yaml
from jinja2 import StrictUndefined, UndefinedError
from jinja2.sandbox import SandboxedEnvironment
from pydantic import BaseModel, ValidationError

from ledger.errors import ConfigurationRefused
from resources.secret_names import HOLDS_A_SECRET, secrets_in

PACKAGE = Path(__file__).resolve().parent
Settings = TypeVar("Settings", bound=BaseModel)
# libyaml reads the same values ten times as fast as pure Python; not every build has it.
_FAST = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class EnvironmentScope:
    """`env` inside a template: `env.NAME` must be set, `env('NAME', 'default')` may be."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def __getattr__(self, name: str) -> str:
        if name in self._variables:
            return self._variables[name]
        if not name.isupper():  # what the template engine asks of every object
            raise AttributeError(name)
        raise UndefinedError(f"the environment variable {name} is not set")

    def __call__(self, name: str, default: str | None = None) -> str:
        """Return the variable or the default."""
        return self._variables.get(name, default) if default is not None else getattr(self, name)


def render(value: Any, variables: Mapping[str, str] | None = None) -> Any:
    """Resolve the templates in every text of a nested value; raise ConfigurationRefused for a missing variable."""
    scope = {"env": EnvironmentScope(os.environ if variables is None else variables)}
    engine = SandboxedEnvironment(undefined=StrictUndefined)

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: walk(inner) for key, inner in node.items()}
        if isinstance(node, (list, tuple)):
            return [walk(inner) for inner in node]
        if isinstance(node, str) and "{{" in node:
            try:
                return engine.from_string(node).render(scope)
            except UndefinedError as error:
                raise ConfigurationRefused(f"{node} cannot be resolved: {error.message}.") from None
        return node

    return walk(value)


def text_of(path: Path, what: str) -> str:
    """Return the text of a file that people write; raise ConfigurationRefused, with the line, for what is no text.

    PermissionError passes: a file that is closed to this account is told as such wherever it is met.
    """
    try:
        raw = path.read_bytes()
    except PermissionError:
        raise
    except OSError as error:
        raise ConfigurationRefused(f"{path}: {what} cannot be read: {error.strerror}.") from None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigurationRefused(
            f"{path}:{line}: {what} cannot be read: it is no UTF-8 text. Save the file as UTF-8."
        ) from None


def _loaded(text: str) -> Any:
    """Return the plain values of YAML; raises yaml.YAMLError, whose sentence is the same on every build."""
    try:
        return yaml.load(text, Loader=_FAST)
    except yaml.YAMLError:
        return yaml.safe_load(text)


class ConnectionFile:
    """One `defs/<connection>/defs.yaml`, read with the line of every key."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection = path.parent.name

    @cached_property
    def _document(self) -> dict[str, Any]:
        try:
            document = _loaded(text_of(self.path, "the connection"))
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f"{self.path}:{mark.line + 1}" if mark else str(self.path)
            raise ConfigurationRefused(f"{where}: this is not YAML: {getattr(error, 'problem', error)}.") from None
        if not isinstance(document, dict) or "type" not in document:
            raise ConfigurationRefused(f"{self.path}: a connection starts with `type:` and `attributes:`.")
        return document

    @property
    def type_name(self) -> str:
        """Return the component type, for example AmazonToPeopleSoft."""
        return str(self._document["type"]).rsplit(".", 1)[-1]

    def settings(self, model: type[Settings]) -> Settings:
        """Return the validated settings; raise ConfigurationRefused naming file, line and key of every problem."""
        try:
            attributes = render(self._document.get("attributes") or {})
        except ConfigurationRefused as error:
            raise ConfigurationRefused(f"{self.path}: {error}") from None
        problems = dict.fromkeys(_left_open(attributes), "is not filled in yet")
        problems |= dict.fromkeys(secrets_in(attributes), HOLDS_A_SECRET)
        settings = None
        try:
            settings = model.model_validate(attributes)
        except ValidationError as error:
            for one in error.errors():
                problems.setdefault(one["loc"], one["msg"].removeprefix("Value error, "))
        if settings is None or problems:
            at = {location: self._line(("attributes", *location)) for location in problems}
            told = [self._problem(at[one], one, problems[one]) for one in sorted(problems, key=at.__getitem__)]
            raise ConfigurationRefused("\n".join(told))
        return settings

    def _problem(self, line: int, location: tuple, message: str) -> str:
        return f"{self.path}:{line}: {'.'.join(str(step) for step in location)}: {message}"

    def _line(self, location: tuple) -> int:
        """Return the line of the deepest node on the way to a key."""
        node = yaml.compose(text_of(self.path, "the connection"))
        line = 1
        for step in location:
            following = None
            if isinstance(node, yaml.MappingNode):
                following = next((pair for pair in node.value if pair[0].value == str(step)), None)
                if following is not None:
                    line, node = following[0].start_mark.line + 1, following[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = following = node.value[step]
                line = node.start_mark.line + 1
            if following is None:
                break
        return line


def _left_open(value: Any, location: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield where a value still says what belongs there, as `connector new` writes it: `<business unit>`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _left_open(inner, (*location, key))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _left_open(inner, (*location, at))
    elif isinstance(value, str) and re.fullmatch(r"<[^<>]+>", value.strip()):
        yield location


class Project:
    """An installation: its folder, its home, its connection files."""

    def __init__(self, folder: Path | None = None, home: Path | None = None) -> None:
        self.folder = (folder or Path(os.environ.get("CONNECTOR_PROJECT") or PACKAGE)).resolve()
        default_home = self.folder.parent / "var" if self.folder == PACKAGE else self.folder / "var"
        self.home = (home or Path(os.environ.get("CONNECTOR_HOME") or default_home)).resolve()

    def connection_files(self) -> dict[str, ConnectionFile]:
        """Return the connection files by connection name."""
        return {path.parent.name: ConnectionFile(path) for path in sorted(self.folder.glob("defs/*/defs.yaml"))}

    def connection_file(self, connection: str) -> ConnectionFile:
        """Return one connection file; raise ConfigurationRefused naming those that exist."""
        files = self.connection_files()
        if connection not in files:
            named = ", ".join(files) or "none yet"
            raise ConfigurationRefused(
                f"There is no connection {connection!r} in {self.folder / 'defs'} (connections: {named})."
            )
        return files[connection]

    def import_folder(self, connection: str) -> Path:
        """Return the folder into which a person drops archived settlement files of a connection."""
        return self.home / "import" / connection

    def mapping_path(self, name: str) -> Path:
        """Return the path of a mapping file; raise ConfigurationRefused when it leaves the project folder."""
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.folder):
            raise ConfigurationRefused(
                f"mapping: {name} lies outside {self.folder}. Keep mappings in {self.folder / 'mappings'}."
            )
        return path
