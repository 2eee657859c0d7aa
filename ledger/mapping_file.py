"""From the text of a mapping file to a checked mapping, or to all its problems at once.

In: YAML text and the name to call it by. Out: the shape, with the line of every key. A person edits this file by hand,
so every problem is collected and written as `file:line: key: what is wrong, what to do`; see `ledger/strict_file.py`.
"""

from pydantic import ValidationError

from ledger import mapping_rules, mapping_shape
from ledger.mapping_shape import MappingShape
from ledger.strict_file import Path, Tree, refused


def read_mapping(text: str, file: str) -> tuple[MappingShape, dict[Path, int]]:
    """Return the shape and the line (counted from 1) of every key in it.

    Raises MappingRefused whose sentence lists every problem, one line each, in the order of the file.
    """
    tree = Tree(file, text)
    values = tree.values()
    if not isinstance(values, dict):
        raise refused(file, [(1, "", "must be keys with values: start with version, owner and accounts")])
    for path, sentence in mapping_rules.unknown_categories(values):
        tree.add(path, sentence)
    shape: MappingShape | None = None
    try:
        shape = MappingShape.model_validate(values)
    except ValidationError as error:
        tree.add_shape(error, values, _allowed, "the mapping guide")
    if shape is not None and not tree.found:
        for path, sentence in mapping_rules.problems(shape):
            tree.add(path, sentence)
    if tree.found or shape is None:
        raise tree.refusal()
    return shape, tree.lines


def _allowed(parent: Path) -> list[str]:
    """Return the keys that may stand under a path."""
    shapes = {
        (): mapping_shape.MappingShape,
        ("owner",): mapping_shape.Owner,
        ("accounts",): mapping_shape.Accounts,
        ("rules",): mapping_shape.Rule,
        ("rules", "when"): mapping_shape.When,
        ("triples",): mapping_shape.TripleRow,
        ("event_leaves",): mapping_shape.LeafRow,
        ("accounts", "inter_unit"): mapping_shape.InterUnit,
    }
    names = tuple(part for part in parent if isinstance(part, str))
    if names[:2] == ("owner", "marketplaces"):
        return list(mapping_shape.OwnerUnit.model_fields)
    usual = mapping_shape.BankBooking if names[:2] == ("accounts", "bank") else mapping_shape.Booking
    return list(shapes.get(names, usual).model_fields)
