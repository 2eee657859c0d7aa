"""The three stores: raw documents, the warehouse of staged tables, and the control database."""
