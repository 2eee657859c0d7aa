"""The tree of errors."""

from __future__ import annotations

import re

from ledger import errors
from ledger.errors import ConnectorError, MappingRefused, SettlementFileRefused


def test_the_drawing_names_every_error():
    """The tree at the top of the file is the tree of the classes."""
    drawn = set(re.findall(r"── (\w+)", errors.__doc__)) | {"ConnectorError"}
    classes = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, ConnectorError)}
    assert drawn == classes


def test_errors_keep_their_facts_beside_the_sentence():
    """A person reads the sentence, a program the facts."""
    file = SettlementFileRefused("Row 7 has no date.", source="a.txt", row=7, column="posted-date")
    mapping = MappingRefused("a.yaml:3: version: must be 1.", file="a.yaml", line=3, key="version")
    assert (str(file), file.row, file.column, file.exit_code) == ("Row 7 has no date.", 7, "posted-date", 2)
    assert (mapping.file, mapping.line, mapping.key) == ("a.yaml", 3, "version")
