"""What people of the finance department do to journals in the user interface, behind the connector's back.

What comes in: a batch's id. What goes out: other books. Each step raises WrongStatus where Fusion would not offer it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from emulators.clock import Clock
from emulators.fusion.journals import POSTED, UNPOSTED, Journal, Journals
from emulators.fusion.setup import Setup
from emulators.fusion.site import GENERAL_LEDGER, Site
from emulators.fusion.store import Fields

_SIDES = {"ENTERED_DR": "ENTERED_CR", "ENTERED_CR": "ENTERED_DR"}
_SIDES |= {"ACCOUNTED_DR": "ACCOUNTED_CR", "ACCOUNTED_CR": "ACCOUNTED_DR"}


class People:
    """The pages of one pod; account amounts are debit positive."""

    def __init__(self, site: Site, setup: Setup, journals: Journals, clock: Clock, settle: Callable[[], None]) -> None:
        self._site = site
        self._setup = setup
        self._journals = journals
        self._clock = clock
        # What was due before a person acts has happened before.
        self._settle = settle

    def post(self, batch_id: str) -> bool:
        """Post a batch; False when it got an error status instead."""
        self._settle()
        return self._journals.post(batch_id, self._clock.now())

    def unpost(self, batch_id: str) -> None:
        """Take a posted batch out of the balances again, as Oracle's support might; no page offers it."""
        self._settle()
        self._journals.expect(batch_id, is_posted=True)
        self._journals.change(batch_id, STATUS=UNPOSTED, POSTED_DATE="")

    def reverse(self, batch_id: str, day: date, *, is_posted: bool = True) -> str:
        """Reverse a posted batch by one with debits and credits exchanged; return that one's id."""
        return self._copy(batch_id, day, f"Reverses {batch_id}", is_reversed=True, is_posted=is_posted)

    def copy(self, batch_id: str, day: date, *, is_posted: bool = True) -> str:
        """Copy a batch under its own name on another day; return the copy's id."""
        return self._copy(batch_id, day, "", is_reversed=False, is_posted=is_posted)

    def delete(self, batch_id: str) -> None:
        """Delete a batch that is not posted."""
        self._settle()
        self._journals.delete(batch_id)

    def rename(self, batch_id: str, name: str) -> None:
        """Give a batch that is not posted another name."""
        self._settle()
        self._journals.expect(batch_id, is_posted=False)
        self._journals.change(batch_id, NAME=name)

    def alter_line(self, batch_id: str, number: int, **fields: str) -> None:
        """Change columns of one line, counted through the batch from 1; the totals may be wrong afterwards.

        Raises:
            WrongStatus: The batch is posted or missing.
            IndexError: The batch has no such line.
        """
        self._settle()
        self._journals.expect(batch_id, is_posted=False)
        line = self._journals.lines_of_batch(batch_id)[number - 1]
        self._journals.store.change("JE_LINE", line["ID"], **fields)
        self._journals.change(batch_id)

    def enter(
        self,
        ledger_id: int,
        name: str,
        day: date,
        lines: Sequence[tuple[str, Decimal, str]],
        *,
        source: str = "Manual",
        category: str = "Manual",
        is_posted: bool = True,
    ) -> str:
        """Key a batch of one journal in the ledger's currency; lines are (account, debit positive amount, text).

        Raises:
            ValueError: The day lies in no period of the ledger.
        """
        self._settle()
        ledger, period = self._site.ledger(ledger_id), self._setup.period_of(ledger_id, day)
        if ledger is None or period is None:
            raise ValueError(f"Ledger {ledger_id} has no period for {day.isoformat()}.")
        header = {"NAME": name, "PERIOD_NAME": period.name, "EFFECTIVE_DATE": day.isoformat()}
        header |= {"CATEGORY": category, "CURRENCY": ledger.currency}
        batch = {"LEDGER_ID": str(ledger_id), "NAME": name, "PERIOD_NAME": period.name, "SOURCE": source}
        return self._add(batch, [(header, [_line(*one) for one in lines])], day, is_posted=is_posted)

    def close_period(self, ledger_id: int, name: str, application_id: int = GENERAL_LEDGER) -> None:
        """Close a period."""
        self._settle()
        self._setup.set_period(ledger_id, name, "C", application_id)

    def open_period(self, ledger_id: int, name: str, application_id: int = GENERAL_LEDGER) -> None:
        """Open a period, for the first time or again."""
        self._settle()
        self._setup.set_period(ledger_id, name, "O", application_id)

    def _copy(self, batch_id: str, day: date, prefix: str, *, is_reversed: bool, is_posted: bool) -> str:
        self._settle()
        batch = self._journals.expect(batch_id, is_posted=True)
        period = self._setup.period_of(int(batch["LEDGER_ID"]), day)
        if period is None:
            raise ValueError(f"Ledger {batch['LEDGER_ID']} has no period for {day.isoformat()}.")
        dated = {"PERIOD_NAME": period.name, "EFFECTIVE_DATE": day.isoformat()}
        journals: list[Journal] = [
            (
                {**header, **dated, "NAME": f"{prefix} {header['NAME']}".strip()},
                [_swapped(line) if is_reversed else line for line in self._journals.lines(header["ID"])],
            )
            for header in self._journals.headers(batch_id)
        ]
        kept = {name: batch[name] for name in ("LEDGER_ID", "DESCRIPTION", "SOURCE")}
        kept |= {"NAME": f"{prefix} {batch['NAME']}".strip(), "PERIOD_NAME": period.name}
        kept |= {"REVERSED_BATCH_ID": batch_id} if is_reversed else {"REFERENCE1": batch["REFERENCE1"]}
        return self._add(kept, journals, day, is_posted=is_posted)

    def _add(self, batch: Fields, journals: Sequence[Journal], day: date, *, is_posted: bool) -> str:
        stands = {"STATUS": POSTED, "POSTED_DATE": day.isoformat(), "POST_DUE": ""} if is_posted else {}
        return self._journals.add({**batch, "CREATED_BY": "ACCOUNTANT", **stands}, journals, self._clock.now())


def _swapped(line: Fields) -> Fields:
    return {**line, **{name: line[other] for name, other in _SIDES.items()}}


def _line(account: str, signed: Decimal, text: str) -> Fields:
    side = "DR" if signed >= 0 else "CR"
    shown = f"{abs(signed):f}"
    return {"ACCOUNT": account, "DESCRIPTION": text, f"ENTERED_{side}": shown, f"ACCOUNTED_{side}": shown}
