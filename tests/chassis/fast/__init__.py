"""Tests of the machinery of fast reads; each capability's answers are compared beside its own tests."""
