"""Lay accounts over the chart of accounts: segments in their positions, and one text with a delimiter back again.

In: an `AccountKey`, or a combination such as 01-000-11200 as Fusion shows it. Out: segment values in order, or the
account. Pure. A segment that an account says nothing about stands at its default, and is left out on the way back.
"""

from __future__ import annotations

import re

from ledger.accounts import AccountKey
from ledger.errors import InputRefused, TargetUnavailable
from resources.erp.fusion.settings import FusionSettings

# SEGMENTn of GL_CODE_COMBINATIONS: docs.oracle.com/en/cloud/saas/financials/25c/oedmf/glcodecombinations-21854.html
SEGMENT_LENGTH = 25


def values(account: AccountKey, settings: FusionSettings) -> tuple[str, ...]:
    """Return an account's segment values in the order of the chart.

    Raises InputRefused for a segment that the chart does not have, a value that is too long or holds the delimiter, and
    a segment without value and default.
    """
    given = {"unit": account.unit, **dict(account.segments)}
    held = {one.holds for one in settings.segments if one.holds}
    for name in given:
        if name not in held:
            raise InputRefused(
                f"Account {account} has a segment {name!r} that no segment of the chart of accounts holds. Known are "
                f"{', '.join(sorted(held))}; say under chart of the Fusion settings which one holds it."
            )
    found = []
    for segment in settings.segments:
        value = given.get(segment.holds, segment.default) if segment.holds else segment.default
        if not value:
            raise InputRefused(
                f"Account {account} says nothing of {segment.name} (SEGMENT{segment.position}): give it in the "
                "mapping, or set its default under chart of the Fusion settings."
            )
        if settings.chart_delimiter in value or len(value) > SEGMENT_LENGTH or not value.isprintable():
            raise InputRefused(
                f"Account {account}: {segment.name} {value!r} cannot be a segment value. It has at most "
                f"{SEGMENT_LENGTH} characters and none of them is {settings.chart_delimiter!r}."
            )
        found.append(value)
    return tuple(found)


def combination(account: AccountKey, settings: FusionSettings) -> str:
    """Return an account as Fusion shows it, for example 01-000-11200; raises as `values`."""
    return settings.chart_delimiter.join(values(account, settings))


def account_of(text: str, settings: FusionSettings) -> AccountKey:
    """Return the account that a combination stands for; raise TargetUnavailable when it does not fit the chart."""
    parts = re.split(re.escape(settings.chart_delimiter), text)
    if len(parts) != len(settings.segments):
        raise TargetUnavailable(
            f"Fusion shows account {text[:200]!r}, which has {len(parts)} segments where chart of the Fusion settings "
            f"names {len(settings.segments)}."
        )
    given = {
        segment.holds: value
        for segment, value in zip(settings.segments, parts, strict=True)
        if segment.holds and (segment.holds in ("unit", "account") or value != segment.default)
    }
    try:
        return AccountKey.of(given.pop("unit"), **given)
    except InputRefused as error:
        raise TargetUnavailable(f"Fusion shows account {text[:200]!r}, which cannot be read: {error}") from None
