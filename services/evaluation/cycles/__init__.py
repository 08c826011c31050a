"""Cycles: a framework applied to a period."""
