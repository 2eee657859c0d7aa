"""The posting protocol: documents into the ERP, each exactly once."""
