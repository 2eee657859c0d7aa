"""Keep what the files of a connection said when a run used them, and who had a hand in that."""

from collections.abc import Iterator

from assets.stages.roadmap import Road
from ledger.four_eyes import Hand

# Stages that decide what is booked; the others use no rule that a person wrote.
READING_STAGES = frozenset({"mapped_lines", "journals", "erp_postings"})


def note_configuration(road: Road) -> None:
    """Keep every content of the connection's files, once, with the owner of the file and who runs."""
    for file in road.configuration():
        road.stores.configuration.note(road.connection, file, person=road.person, run=road.run)


def unconfirmed_hands(road: Road) -> Iterator[Hand]:
    """Yield who changed the files since somebody else approved journals made with them.

    A content that no run has used yet has no first user: whoever decides meanwhile has only looked.
    """
    for change in road.stores.configuration.unconfirmed(road.connection):
        for person in sorted(change.hands):
            owns = person == change.owner
            did = f"{'owns' if owns else 'first used'} {change.name} as it is since {change.seen_at:%Y-%m-%d %H:%M} UTC"
            yield Hand(person, f"{did}, and nobody else has approved journals made with it yet")
    for file in road.configuration():
        if not road.stores.configuration.is_noted(road.connection, file):
            yield Hand(file.owner, f"owns {file.name} as it is, which no run has used yet")
