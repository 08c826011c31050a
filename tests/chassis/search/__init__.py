"""Tests of finding text."""
