"""The table of roles and permissions."""
