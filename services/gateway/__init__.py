"""The gateway: who someone is, where a request goes, and what only the whole can answer."""
