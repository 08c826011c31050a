"""Frozen later migrations of the tables that every service has; `chassis.base_schema` is the first."""
