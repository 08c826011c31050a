"""A client keeps a ledger of what it was promised while everything is killed in turn."""
