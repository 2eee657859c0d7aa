"""Bytes of a SQLite file by table, row and column, to be flipped where SQL would change table and indexes together.

In: the file of a closed database. Out: where each cell of a b-tree lies, and what its values are made of. Written from
the published format (https://www.sqlite.org/fileformat2.html); it reads what the tests make, and nothing else: UTF-8,
no reserved bytes, one file without a write-ahead log.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_TABLE_INTERIOR, _TABLE_LEAF, _INDEX_INTERIOR, _INDEX_LEAF = 5, 13, 2, 10
_BYTES_OF_NUMBER = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8, 8: 0, 9: 0}
_ZERO, _ONE = 8, 9  # kinds whose value needs no byte


@dataclass(frozen=True)
class Value:
    """One value of a record: its kind, and the places in the file of its kind and of its bytes."""

    kind: int
    kind_at: int
    bytes_at: tuple[int, ...]

    @property
    def flip(self) -> tuple[int, int] | None:
        """Return place and bits that make another value of it, None for nothing and for an empty text."""
        if self.kind in (_ZERO, _ONE):
            return self.kind_at, _ZERO ^ _ONE
        if not self.bytes_at:
            return None
        return (self.bytes_at[0] if self.kind >= 12 else self.bytes_at[-1]), 1


@dataclass(frozen=True)
class Cell:
    """One row of a table, or one entry of an index; `number_at` is the last byte of a row's number."""

    number_at: int
    values: tuple[Value, ...]


class SqliteFile:
    """The bytes of one file; `flip` changes them in place."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._bytes = path.read_bytes()
        size = int.from_bytes(self._bytes[16:18])
        self._page_bytes = 65536 if size == 1 else size
        with sqlite3.connect(path) as connection:
            made = "SELECT name, tbl_name, type, rootpage FROM sqlite_master WHERE rootpage > 0"
            self._roots = {name: (table, kind, root) for name, table, kind, root in connection.execute(made)}
        connection.close()

    @property
    def indexes(self) -> dict[str, str]:
        """Return the table of every index."""
        return {name: table for name, (table, kind, _) in self._roots.items() if kind == "index"}

    def cells(self, name: str) -> list[Cell]:
        """Return the cells of a table or index in order."""
        return list(self._cells(self._roots[name][2]))

    def flip(self, place: int, bits: int) -> None:
        """Change one byte of the file."""
        with self._path.open("r+b") as file:
            file.seek(place)
            file.write(bytes([self._bytes[place] ^ bits]))

    def put_back(self, place: int) -> None:
        """Write one byte as it was."""
        self.flip(place, 0)

    def _cells(self, page: int) -> Iterator[Cell]:
        start = (page - 1) * self._page_bytes
        header = start + (100 if page == 1 else 0)
        kind, count = self._bytes[header], self._number(header + 3, 2)
        is_interior = kind in (_TABLE_INTERIOR, _INDEX_INTERIOR)
        pointers = header + (12 if is_interior else 8)
        for place in range(count):
            at = start + self._number(pointers + 2 * place, 2)
            if is_interior:
                yield from self._cells(self._number(at, 4))
                at += 4
            if kind != _TABLE_INTERIOR:
                yield self._cell(at, is_table=kind == _TABLE_LEAF)
        if is_interior:
            yield from self._cells(self._number(header + 8, 4))

    def _cell(self, at: int, *, is_table: bool) -> Cell:
        length, at = self._varint(at)
        if is_table:
            _, at = self._varint(at)
        return Cell(at - 1, tuple(self._values(self._payload(at, length, is_table=is_table))))

    def _payload(self, at: int, length: int, *, is_table: bool) -> list[int]:
        """Return the place of each byte of a record, those on overflow pages too."""
        usable = self._page_bytes
        local_max = usable - 35 if is_table else (usable - 12) * 64 // 255 - 23
        if length <= local_max:
            return list(range(at, at + length))
        local_min = (usable - 12) * 32 // 255 - 23
        local = local_min + (length - local_min) % (usable - 4)
        local = local if local <= local_max else local_min
        places, following = list(range(at, at + local)), self._number(at + local, 4)
        while following:
            start = (following - 1) * usable
            places += range(start + 4, start + usable)
            following = self._number(start, 4)
        return places[:length]

    def _values(self, places: list[int]) -> Iterator[Value]:
        header_length, read = self._varint_of(places, 0)
        body = header_length
        while read < header_length:
            kind_at = places[read]
            kind, read = self._varint_of(places, read)
            length = _BYTES_OF_NUMBER[kind] if kind < 12 else (kind - 12) // 2
            yield Value(kind, kind_at, tuple(places[body : body + length]))
            body += length

    def _number(self, at: int, length: int) -> int:
        return int.from_bytes(self._bytes[at : at + length])

    def _varint(self, at: int) -> tuple[int, int]:
        value, read = self._varint_of(range(at, at + 9), 0)
        return value, at + read

    def _varint_of(self, places, read: int) -> tuple[int, int]:
        """Return a number of seven bits a byte, and where the next one begins; none here has nine bytes."""
        value = 0
        while True:
            byte = self._bytes[places[read]]
            value, read = value << 7 | byte & 127, read + 1
            if byte < 128:
                return value, read
