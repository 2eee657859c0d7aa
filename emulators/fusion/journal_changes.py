"""What a client may do to a batch that exists: PATCH its completion and reversal attributes, DELETE it while unposted.

What comes in: the batch's row as the caller sees it, the request. What goes out: changed books; or a Refusal 400, 412
or 415. Journals cannot be created or edited through REST. Sources:
https://docs.oracle.com/en/cloud/saas/financials/23d/farfa/api-journal-batches.html,
https://docs.oracle.com/en/cloud/saas/financials/24d/farfa/op-journalbatches-jebatchid-delete.html.
"""

from __future__ import annotations

from datetime import date

from emulators.fusion.answers import Detail, Refusal
from emulators.fusion.bodies import check_tag, json_object
from emulators.fusion.books import Books
from emulators.fusion.journals import WrongStatus
from emulators.fusion.resource import ROW_KEY, Row
from emulators.wsgi import Request

_CHANGEABLE = {
    "CompletionStatusMeaning": "COMPLETION",
    "ReversalDate": "REVERSAL_DATE",
    "ReversalPeriod": "REVERSAL_PERIOD",
    "ReversalMethodMeaning": "REVERSAL_METHOD",
}
_COMPLETIONS = ("Complete", "Incomplete")


def change_batch(books: Books, row: Row, request: Request) -> None:
    """Apply a PATCH."""
    check_tag(row, request)
    changes = {}
    for name, value in json_object(request).items():
        if name not in _CHANGEABLE or not isinstance(value, str):
            raise Refusal(400, Detail(f"The attribute {name[:60]} can't be updated.", path=f"/{name[:60]}"))
        changes[_CHANGEABLE[name]] = value
    _check_day(changes.get("REVERSAL_DATE", ""))
    if changes.get("COMPLETION", "Complete") not in _COMPLETIONS:
        raise Refusal(400, Detail("The completion status isn't valid.", path="/CompletionStatusMeaning"))
    if "COMPLETION" in changes and row["Status"] == "P":
        raise Refusal(400, Detail("A posted batch can't be updated.", path="/CompletionStatusMeaning"))
    if changes:
        books.journals.change(row[ROW_KEY], **changes)


def _check_day(text: str) -> None:
    try:
        date.fromisoformat(text or "2000-01-01")
    except ValueError:
        raise Refusal(400, Detail("The reversal date isn't a date.", "27014", "/ReversalDate")) from None


def delete_batch(books: Books, row: Row, request: Request) -> None:
    """Apply a DELETE."""
    check_tag(row, request)
    try:
        books.journals.delete(row[ROW_KEY])
    except WrongStatus:
        raise Refusal(400, "You can't delete a journal batch that's posted.") from None
