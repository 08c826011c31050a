"""Composites: answers put together from several services."""
