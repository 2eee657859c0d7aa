"""For auditors: the story of a document, and the pack of a period."""
