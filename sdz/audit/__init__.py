"""Exporting and verifying the audit trail."""
