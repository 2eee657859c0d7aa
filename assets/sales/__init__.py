"""Orders: their rows and countries, what is billed of them, and what they took out of the stock."""
