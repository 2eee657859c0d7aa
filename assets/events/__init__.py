"""Financial events as rows, figures, checks and bookings."""
