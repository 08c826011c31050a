"""Tests of the command and of the embedded database."""
