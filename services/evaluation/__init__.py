"""Evaluation: frameworks, reported values, runs, and the engine that scores and ranks."""
