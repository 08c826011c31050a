"""What only the owner of a schema may do: past and future made for a test."""

from __future__ import annotations

from typing import Any

import asyncpg

from tests.postgres import ServiceDatabases


async def as_owner(databases: ServiceDatabases, statement: str, *values: Any) -> str:
    """Execute a statement in the registry's schema as its owner; its command tag."""
    connection = await asyncpg.connect(
        databases.owner_url("registry"), server_settings={"search_path": "registry"}
    )
    try:
        return str(await connection.execute(statement, *values))
    finally:
        await connection.close()
