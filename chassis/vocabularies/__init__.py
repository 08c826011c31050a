"""Enumerations with bilingual labels: closed ones, and such as an administrator may extend."""
