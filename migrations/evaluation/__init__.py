"""The history of the schema `evaluation`."""
