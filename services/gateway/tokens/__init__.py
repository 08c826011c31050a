"""Access tokens for credentials."""
