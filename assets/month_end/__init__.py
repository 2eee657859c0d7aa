"""The end of a month: accruals, the marketplace account rolled forward, and ties to the general ledger."""
