"""Exports: a list as CSV, XLSX or NDJSON whose import changes nothing."""
