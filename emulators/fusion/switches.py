"""How long a pod takes, and every behaviour that differs between pods or is not documented.

What comes in: nothing. What goes out: `Timing` and `Switches`, parts of a `Site`, so that a client can be tried in each
position; the defaults are the more demanding position where there is one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Seconds of a job's steps; `autopost_after_seconds` None means that no AutoPost rule runs by itself.

    `accounting_after_seconds` None means that nobody scheduled Create Accounting, which brings receivables into the
    general ledger; `automatch_after_seconds` None that nobody scheduled AutoMatch, which applies receipts to invoices.
    `seconds_per_poll` moves a job on by so much whenever its status is asked for, besides the clock.
    """

    wait_seconds: float = 2
    running_seconds: float = 1
    load_seconds: float = 3
    import_seconds: float = 5
    output_seconds: float = 1
    completed_seconds: float = 0
    autopost_after_seconds: float | None = None
    visible_after_seconds: float = 0
    invoice_visible_after_seconds: float = 0
    credit_memo_visible_after_seconds: float = 0
    item_visible_after_seconds: float = 0
    automatch_after_seconds: float | None = None
    accounting_after_seconds: float | None = None
    seconds_per_poll: float = 0
    token_seconds: int = 3600


@dataclass(frozen=True)
class Switches:
    """Facts that are unverified or differ by pod.

    `is_basic_accepted` lets a client's id and secret in by HTTP Basic, as pods do with a named user.
    `old_error_shape` ("text" or "flat") is for callers below `structured_errors_from` who do not accept the error type.
    `empty_import_status` and `failed_import_status` end an import of no rows, and one with faulty rows.
    `error_holds`: what one bad row keeps out: its "group" or its "journal".
    Names of batches and journals are made by `batch_name` and `journal_name` and cut at 100 characters.
    `unpostable_status` is the status code of a batch that could not be posted. `do_combinations_inherit` shows a
    combination disabled when one of its values is.
    `is_percent_any` lets % stand for any value of a segment where balances are asked for. `is_ledger_balance_total`: in
    the ledger's currency a balance is what all currencies come to, not what was entered in it.
    """

    limit_default: int = 25
    limit_max: int = 499
    is_total_clamped: bool = False
    allowed_framework_versions: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7, 8, 9)
    is_basic_accepted: bool = False
    structured_errors_from: int = 4
    old_error_shape: str = "text"
    are_amounts_text: bool = False
    submit_http_status: int = 201
    is_source_given_by_id: bool = False
    is_ledger_given_by_name: bool = False
    are_extra_columns_ignored: bool = False
    is_output_kept_without_option: bool = False
    empty_import_status: str = "WARNING"
    failed_import_status: str = "WARNING"
    error_holds: str = "group"
    batch_name: str = "{reference1} {source} {group_id} A {request_id}"
    journal_name: str = "{reference4} {category} {currency}"
    reference4_characters: int = 25
    unpostable_status: str = "F"
    do_combinations_inherit: bool = True
    is_percent_any: bool = False
    is_ledger_balance_total: bool = True
    first_id: int = 9_007_199_254_740_993
