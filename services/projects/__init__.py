"""Projects and achievements of the zones."""
