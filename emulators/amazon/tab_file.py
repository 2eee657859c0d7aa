"""Write a report as Amazon does: tab separated, one header line, LF line ends, no quoting.

In: column names, rows as mappings from name to text, an encoding. Out: bytes; a column a row does not name is empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def tab_file(columns: Sequence[str], rows: Iterable[Mapping[str, str]], encoding: str = "utf-8") -> bytes:
    """Return the file's bytes.

    Raises:
        ValueError: A row names a column that the file does not have.
    """
    known, lines = frozenset(columns), ["\t".join(columns)]
    for row in rows:
        strange = row.keys() - known
        if strange:
            raise ValueError(f"The file has no column {sorted(strange)}.")
        lines.append("\t".join(row.get(name, "") for name in columns))
    return ("\n".join(lines) + "\n").encode(encoding)
