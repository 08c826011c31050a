"""The registry: divisions and zones."""
