"""What a connection says of its bank: how its CSV files are laid out, and how long money may be on its way.

In: values from a connection's YAML. Out: frozen settings. OFX, MT940 and CAMT.053 say everything themselves; a CSV file
says nothing, so its columns are named here. The decimal sign and the order of day and month are inferred from the whole
file where that is certain, and have to be said where it is not.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

FILE_BYTES_MAX = 32 * 1024 * 1024


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Columns = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CsvLayout(_Settings):
    """The columns of one bank's CSV file, by the names in its header.

    Either `amount` (signed) or both `debit` and `credit`. `currency` and `account` name columns; where a file has none,
    `in_currency` and `account_tail` say what is meant. `bank_id` is the bank's own id of a line, if it gives one.
    """

    booking_date: str
    value_date: str = ""
    amount: str = ""
    debit: str = ""
    credit: str = ""
    currency: str = ""
    in_currency: str = Field("", pattern=r"^([A-Z]{3})?$")
    account: str = ""
    account_tail: str = Field("", pattern=r"^[0-9A-Za-z]{0,4}$")
    text: Columns = ()
    reference: Columns = ()
    bank_id: str = ""
    delimiter: Literal["", ",", ";", "\t", "|"] = ""
    decimal_sign: Literal["infer", ".", ","] = "infer"
    date_order: Literal["infer", "dmy", "mdy", "ymd"] = "infer"

    @model_validator(mode="after")
    def _is_whole(self) -> CsvLayout:
        if bool(self.amount) == bool(self.debit and self.credit) or bool(self.debit) != bool(self.credit):
            raise ValueError("name either amount, or both debit and credit")
        if bool(self.currency) == bool(self.in_currency):
            raise ValueError("name either currency (a column) or in_currency (a code such as USD)")
        if bool(self.account) == bool(self.account_tail):
            raise ValueError("name either account (a column) or account_tail (its last four characters)")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of all columns that a file must have."""
        single = (self.booking_date, self.value_date, self.amount, self.debit, self.credit, self.currency)
        return tuple(one for one in (*single, self.account, self.bank_id, *self.text, *self.reference) if one)


class BankSettings(_Settings):
    """How a connection's bank statements are read and held against what Amazon paid.

    `accounts` are the last four characters of the accounts that are read; empty reads all. `days_after` is how long
    after a payout its money may come, `days_before` how long before (a value date may lie before the day of payment).
    `payers` are names under which payouts come where it is not Amazon's own, a payment provider's for example.
    """

    csv: dict[str, CsvLayout] = Field(default_factory=dict)
    accounts: tuple[Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,4}$")], ...] = ()
    payers: tuple[Annotated[str, Field(pattern=r"^.*([0-9A-Za-z].*){3}$", max_length=60)], ...] = ()
    days_before: int = Field(1, ge=0, le=10)
    days_after: int = Field(7, ge=0, le=60)
