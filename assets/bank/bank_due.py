"""Days of the bank on which a line may have brought what has come to be known: asked for, so that a person is told.

In: everything known of payouts and bank lines, after payouts were told. Out: due rows of the days whose lines are in
doubt and have no review item yet; a line that names nobody had none before, because it could be any customer's.
"""

from assets.bank.matches import money_of
from assets.bank.statement_files import DEPOSITS
from assets.stages.day_names import day_name
from assets.stages.resumption import ask_for
from assets.stages.roadmap import Road
from ledger.bank_matching import UNCLEAR, UNEXPLAINED


def ask_for_doubtful_days(road: Road, reason: str) -> None:
    """Ask for the days of lines that are in doubt and of which nobody was told."""
    items = road.stores.review.listing(road.connection)
    told = {one.origin for one in items if one.code in (UNCLEAR, UNEXPLAINED)}
    doubts = money_of(road).matching.doubts
    days = {line.booking_date for doubt in doubts for line in doubt.lines if line.key not in told}
    for day in sorted(days):
        ask_for(road, day_name(DEPOSITS, day), reason)
