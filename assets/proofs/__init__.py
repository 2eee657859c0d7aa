"""What a settlement, a payout or an invoice is held against."""
