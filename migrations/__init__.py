"""Four Alembic histories, one a service; every one lives in its service's own schema."""
