"""Bulk imports: a sheet in, set-based statements, a row-level report out."""
