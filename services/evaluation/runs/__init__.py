"""Runs: a cycle scored and ranked by a stated method, with all that was read frozen beside the result."""
