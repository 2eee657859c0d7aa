"""The demonstration: a seller's 90 days through emulated Amazon, PeopleSoft and Fusion, to posted and proved."""
