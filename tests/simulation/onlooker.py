"""What is committed in a control database at this moment, as any other process would read it.

In: the database's file. Out: rows. One connection is kept and looks again each time: opening one costs many times what
the answer does, and a simulation looks at every effect. A file that another has taken the place of is opened anew.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tests.simulation.doors import acting


class Onlooker:
    """Reads, and does nothing else; nothing that it does is an effect of anybody."""

    def __init__(self, control: Path) -> None:
        self._control = control
        self._opened: sqlite3.Connection | None = None
        self._inode = 0

    @property
    def inode(self) -> int:
        """Return which file it is that stands there now."""
        return self._control.stat().st_ino

    def read(self, query: str, *values: object) -> list[tuple]:
        """Return what is committed."""
        with acting(None):
            inode = self.inode
            if self._opened is None or inode != self._inode:
                self.close()
                self._opened, self._inode = sqlite3.connect(self._control), inode
            return self._opened.execute(query, values).fetchall()

    def close(self) -> None:
        """Let go of the file; the next look opens it anew."""
        if self._opened is not None:
            self._opened.close()
        self._opened = None
