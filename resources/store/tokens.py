"""Access tokens shared by runs and processes, sealed by the vault before they are stored.

In: tokens with their end. Out: the same while they can be opened. A token that cannot be opened (another key, a damaged
row) is simply not there: the price is one token exchange.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete, insert, select

from resources.store.control import ControlDatabase
from resources.store.schema import sealed_tokens


class SealedTokens:
    """Tokens in the control database; only the vault that sealed them can read them."""

    def __init__(self, control: ControlDatabase, seal: Callable[[str], str], open_sealed: Callable[[str], str]) -> None:
        self._control = control
        self._seal = seal
        self._open_sealed = open_sealed

    def get(self, key: str) -> tuple[str, datetime] | None:
        """Return a token and the moment it ends, which may be past; None when there is none that can be read."""
        with self._control.reading() as reading:
            row = reading.execute(select(sealed_tokens).where(sealed_tokens.c.key == key)).one_or_none()
        if row is None:
            return None
        try:
            return self._open_sealed(row.sealed), row.expires_at
        except Exception:  # whatever is wrong with it, a new token is the cure, and no detail of it may be shown
            return None

    def put(self, key: str, token: str, expires_at: datetime) -> None:
        """Keep a token in place of the one before."""
        values = {"key": key, "sealed": self._seal(token), "expires_at": expires_at}
        with self._control.transaction("traffic") as transaction:
            transaction.execute(delete(sealed_tokens).where(sealed_tokens.c.key == key))
            transaction.execute(insert(sealed_tokens), values)

    def forget(self, key: str) -> None:
        """Remove a token that the other side has refused."""
        with self._control.transaction("traffic") as transaction:
            transaction.execute(delete(sealed_tokens).where(sealed_tokens.c.key == key))
