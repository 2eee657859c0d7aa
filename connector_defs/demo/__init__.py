"""The demonstration: a seller's 90 days through emulated Amazon and PeopleSoft, to posted and proved."""
