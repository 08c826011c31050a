"""Zones: national and provincial sustainable-development zones and their kin."""
