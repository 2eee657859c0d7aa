"""Seeds 0 to 499: whatever is drawn, the books are right in the end; the other half is another worker's."""

from tests.simulation.seeds import assert_in_order


def test_seeds_end_with_the_books_in_order(record_property):
    """A failure names its seed and the command that shows it again."""
    assert_in_order(range(0, 500), record_property)
