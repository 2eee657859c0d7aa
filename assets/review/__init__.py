"""What a person says: approvals, decisions on review items, and who had a hand in what."""
