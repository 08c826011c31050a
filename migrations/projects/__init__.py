"""The history of the schema `projects`."""
