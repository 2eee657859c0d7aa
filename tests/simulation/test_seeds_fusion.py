"""Fusion, seeds 0 to 149: whatever is drawn, the books are right in the end."""

from tests.simulation.seeds import assert_in_order


def test_seeds_end_with_the_books_of_fusion_in_order(record_property):
    """A failure names its seed and the command that shows it again."""
    assert_in_order(range(0, 150), record_property, "fusion")
