"""Every operation that changes something, and what the audit trail says of it."""
