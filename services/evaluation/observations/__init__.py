"""Observations (SDMX): the value of an indicator for a zone and a period, or why there is none."""
