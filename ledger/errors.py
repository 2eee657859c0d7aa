"""The tree of things that go wrong, in one place.

Faults of the program and refusals of the outside world are exceptions and live here. Faults in the books (an
unmapped line, a broken reserve chain) are values: a `Finding` has a sentence, an origin and a cure, and stops the
money of one settlement without stopping the run of another.

    ConnectorError
    ├── InputRefused                what a person or a marketplace handed in cannot be used
    │   ├── DoneAlready             what was asked for stands already
    │   │   ├── NeverUndone         or was never undone, so that nothing is posted again
    │   │   └── UnderWayAlready     or was begun, and goes on
    │   ├── SettlementFileRefused   a settlement file, whole
    │   ├── ReportFileRefused       another report of a marketplace, whole
    │   ├── BankFileRefused         a bank statement, whole
    │   ├── MappingRefused          a mapping file: file, line, key
    │   ├── ConfigurationRefused    a connection's settings
    │   └── UnknownCurrency
    ├── SourceError                 a marketplace
    │   ├── SourceRefused           permanent: role, revoked grant, bad request
    │   ├── SourceUnavailable       may pass: throttled, 5xx, dropped connection, bounds used up
    │   └── DocumentDamaged         a download that is not what was announced
    ├── TargetError                 an ERP
    │   ├── TargetRefused           a parsed answer that says no: nothing was written
    │   ├── TargetUnclear           nobody knows whether it was written: ask before sending again
    │   ├── TargetUnavailable       nothing was sent, or only a read failed: may pass
    │   └── TargetMisconfigured     credentials, permissions, names: a person has to act
    └── StoreError                  our own stores
        ├── IllegalStep             a posting state that does not follow from the present one
        ├── LeaseLost               another worker took over; this one must stop
        ├── UndoneMeanwhile         what a document builds on is being undone; it must not be sent
        ├── ContentChanged          same key, other content
        ├── WrittenMeanwhile        what was read to be added to is not the newest any more
        ├── VaultClosed             the account that runs may not use the vault, its key or what lies around them
        └── SecretMissing           a name the vault does not hold
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


class ConnectorError(Exception):
    """Base of every error this project raises on purpose; `str()` is a sentence for a person."""

    exit_code = 1


class InputRefused(ConnectorError):
    """What was handed in cannot be used; nothing of it was taken over."""

    exit_code = 2


class DoneAlready(InputRefused):
    """What was asked for stands already, so there is nothing left to do."""


class NeverUndone(DoneAlready):
    """What is to be posted again stands as it was posted first: nobody has undone it."""


class UnderWayAlready(DoneAlready):
    """What was asked for was begun before and is not at its end: whoever asks again lets it go on."""


class SettlementFileRefused(InputRefused):
    """A file that is not a settlement, or not a whole one."""

    def __init__(self, sentence: str, *, source: str, row: int | None = None, column: str | None = None) -> None:
        super().__init__(sentence)
        self.source = source
        self.row = row
        self.column = column


class ReportFileRefused(InputRefused):
    """A file that is not the report it should be, or not a whole one."""

    def __init__(self, sentence: str, *, source: str, row: int | None = None, column: str | None = None) -> None:
        super().__init__(sentence)
        self.source = source
        self.row = row
        self.column = column


class BankFileRefused(InputRefused):
    """A file that is no bank statement, or not a whole one."""

    def __init__(self, sentence: str, *, source: str, row: int | None = None) -> None:
        super().__init__(sentence)
        self.source = source
        self.row = row


class MappingRefused(InputRefused):
    """A mapping file that cannot be used: names the file, the line and the key."""

    def __init__(self, sentence: str, *, file: str, line: int | None = None, key: str | None = None) -> None:
        super().__init__(sentence)
        self.file = file
        self.line = line
        self.key = key


class ConfigurationRefused(InputRefused):
    """Settings of a connection that contradict each other or the outside world."""


class UnknownCurrency(InputRefused):
    """A currency code that ISO 4217 does not list among those we keep books in."""


class SourceError(ConnectorError):
    """A marketplace did not give what was asked."""

    exit_code = 3


class SourceRefused(SourceError):
    """A permanent no; asking again changes nothing until a person acts.

    `reasons` are (name, sentence) of each entry of an answer that cannot be used, where single ones are to blame.
    """

    def __init__(
        self,
        sentence: str,
        *,
        status: int | None = None,
        code: str | None = None,
        reasons: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.reasons = reasons


class SourceUnavailable(SourceError):
    """Attempts or time are used up; a later run may succeed."""


class DocumentDamaged(SourceError):
    """A downloaded body that is shorter or other than announced."""


class TargetError(ConnectorError):
    """An ERP did not do what was asked, or did not say so."""

    exit_code = 4


class TargetRefused(TargetError):
    """A parsed answer that says no; nothing was written."""

    def __init__(self, sentence: str, *, code: str | None = None, messages: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.code = code
        self.messages = messages


class TargetUnclear(TargetError):
    """The outcome is unknown; the only way on is to ask the ERP by key."""


class TargetUnavailable(TargetError):
    """Nothing was written by this call: it never left, or it only read."""


class TargetMisconfigured(TargetError):
    """Credentials, permissions or names are wrong; a person has to act."""


class StoreError(ConnectorError):
    """Our own stores refuse."""

    exit_code = 5


class IllegalStep(StoreError):
    """A posting state that does not follow from the present one."""


class LeaseLost(StoreError):
    """Another worker holds the lease now; this one must not write any more."""


class UndoneMeanwhile(StoreError):
    """What a document carries in is being undone by now, or its month is accrued; the document must not be sent."""


class ContentChanged(StoreError):
    """A document of the same key with other content."""


class WrittenMeanwhile(StoreError):
    """Another writer has made a newer version of what this one was made from; read that and do it again."""


class VaultClosed(StoreError):
    """The vault cannot be used: its key is missing or another one, or this account may not; nothing was written."""


class SecretMissing(StoreError):
    """The vault holds no secret of that name."""


@dataclass(frozen=True)
class Finding:
    """A fault in the books: stops the money of one settlement until somebody ends it.

    `code` is stable and names the rule; `sentence` says what and where; `cure` says what to do; `origin` points at
    rows or documents (row numbers, order ids, document hashes), never at personal data.
    """

    code: str
    sentence: str
    cure: str
    origin: str = ""
    amount: Decimal | None = None
    is_blocking: bool = True
    details: dict[str, Any] = field(default_factory=dict)
