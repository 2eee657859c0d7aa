"""Say of a report what the checks of settlement files refuse, without their advice to hand in another file.

A settlement may be handed in by a person; a report on request comes from Amazon alone, so there the next one is
waited for.
"""

from __future__ import annotations

import re

from ledger.errors import ReportFileRefused, SettlementFileRefused

_HANDED_IN = re.compile(r"[.;] [Hh]and in the (?:flat )?file (?:as Amazon delivered it|instead)\.$")


def of_report(refused: SettlementFileRefused) -> ReportFileRefused:
    """Return the refusal as that of a report."""
    sentence = _HANDED_IN.sub(". Amazon made it like this; one that is made later may be right.", str(refused))
    return ReportFileRefused(sentence, source=refused.source, row=refused.row, column=refused.column)
