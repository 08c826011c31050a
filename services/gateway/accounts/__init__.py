"""People and machine clients: credentials, roles, scopes."""
