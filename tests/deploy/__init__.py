"""Tests of the container files: what they say agrees with what the code reads."""
