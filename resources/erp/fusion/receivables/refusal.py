"""What a refusal of the receivables says of a document: nothing was made, or the call was delivered a second time.

A gateway may hand a call over twice. The first one makes the document, the second is refused because its number is
taken, and only the second answer arrives. Which words Fusion has for that is not documented, so the books are asked.
In: the refusal, and a look by number. Out: the error that holds.
"""

from __future__ import annotations

from collections.abc import Callable

from ledger.errors import TargetError, TargetRefused, TargetUnclear


def after_refusal(refusal: TargetRefused, number: str, stands: Callable[[], bool]) -> TargetError:
    """Return the refusal where no document of this number stands in the books, else that nobody knows yet."""
    try:
        is_there = stands()
    except TargetError as error:
        why = f"whether it stands in the books could not be read ({error})"
    else:
        if not is_there:
            return refusal
        why = "Fusion holds one of this number"
    return TargetUnclear(
        f"Document {number} was refused, and {why}: the call may have been delivered twice. It is looked for by number "
        f"before anything else is sent. The refusal: {refusal}"
    )
