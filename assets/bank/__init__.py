"""The bank: statement files, lines and payouts matched, receipts planned."""
