"""Make the database, its roles and its empty schemas: the step that needs an administrator.

Apart from the migrations, since on a managed server another person runs it. It can be run again at any time.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final

import asyncpg

from sdz.scram import scram_verifier
from sdz.services import SERVICES
from sdz.trouble import Trouble

OLDEST_SERVER: Final = 150000
BOOTSTRAP_LOCK: Final = 0x53445A00


async def bootstrap(
    admin_url: str,
    database: str,
    passwords: Mapping[str, str],
    *,
    services: Iterable[str] = SERVICES,
    prefix: str = "sdz_",
) -> None:
    """Bring the server to the state that the migrations of `services` expect.

    `admin_url` is the address of a role that may create databases and roles; `passwords` maps `registry`,
    `registry_owner`, … to the password of the role `<prefix>registry`, `<prefix>registry_owner`, ….
    Passwords of roles that exist are set again.
    """
    services = tuple(services)
    connection = await _connect(admin_url)
    try:
        await _require_version(connection)
        # Roles are shared by all databases of a server: two at once would fail on the same catalogue row.
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", BOOTSTRAP_LOCK):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        for service in services:
            for role in (f"{service}_owner", service):
                await _ensure_role(connection, f"{prefix}{role}", passwords[role])
        await _ensure_database(connection, database)
        inside = await _connect(admin_url, database)
        try:
            async with inside.transaction():
                await _separate(inside, database, [_Names(service, prefix) for service in services])
        finally:
            await inside.close()
    finally:
        await connection.close()


class _Names:
    """The quoted names that belong to one service."""

    def __init__(self, service: str, prefix: str) -> None:
        self.schema = quoted(service)
        self.owner = quoted(f"{prefix}{service}_owner")
        self.runtime = quoted(f"{prefix}{service}")


def quoted(name: str) -> str:
    """An identifier as SQL writes it; `Trouble` for one that PostgreSQL would cut or refuse."""
    if not name or "\0" in name or len(name.encode()) > 63:
        raise Trouble(f"{name!r} cannot be a name in PostgreSQL", "choose one of 1 to 63 bytes")
    return '"' + name.replace('"', '""') + '"'


async def _connect(url: str, database: str | None = None) -> asyncpg.Connection:
    try:
        if database is None:
            return await asyncpg.connect(url)
        return await asyncpg.connect(url, database=database)
    except (OSError, TimeoutError) as error:
        raise Trouble(
            f"the database server cannot be reached: {error}", "is it running, is the address right?"
        ) from None
    except (asyncpg.PostgresError, ValueError) as error:
        raise Trouble(
            f"the database server refused the administrator: {error}", "check the address"
        ) from None


async def _require_version(connection: asyncpg.Connection) -> None:
    version = int(await connection.fetchval("SHOW server_version_num"))
    if version < OLDEST_SERVER:
        raise Trouble(f"PostgreSQL {version // 10000} is too old", "use PostgreSQL 15 or newer")
    if await connection.fetchval("SHOW server_encoding") != "UTF8":
        raise Trouble("the server's encoding is not UTF8", "make its cluster with initdb --encoding=UTF8")


async def _ensure_role(connection: asyncpg.Connection, role: str, password: str) -> None:
    found = await connection.fetchrow(
        "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls AS powerful"
        " FROM pg_roles WHERE rolname = $1",
        role,
    )
    if found is None:
        await connection.execute(f"CREATE ROLE {quoted(role)} LOGIN")
    elif found["powerful"]:
        raise Trouble(
            f"the role {role} exists and may do more than it should", "drop it or take the rights from it"
        )
    # A verifier holds no quote sign: base64, digits, and $ : - only.
    await connection.execute(f"ALTER ROLE {quoted(role)} LOGIN PASSWORD '{scram_verifier(password)}'")


async def _ensure_database(connection: asyncpg.Connection, database: str) -> None:
    if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database):
        await connection.execute(f"CREATE DATABASE {quoted(database)}")


async def _separate(connection: asyncpg.Connection, database: str, services: list[_Names]) -> None:
    """Give each service a schema that no other service can see; what tables need, their migration grants."""
    roles = ", ".join(role for names in services for role in (names.owner, names.runtime))
    await connection.execute(f"REVOKE ALL ON DATABASE {quoted(database)} FROM PUBLIC")
    await connection.execute(f"GRANT CONNECT ON DATABASE {quoted(database)} TO {roles}")
    await connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    await connection.execute("CREATE SCHEMA IF NOT EXISTS extensions")
    await connection.execute(f"GRANT USAGE ON SCHEMA extensions TO {roles}")
    await _ensure_extension(connection)
    superuser = await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    for names in services:
        if not superuser:  # an administrator of a managed server must be a member to give the schema away
            await connection.execute(f"GRANT {names.owner} TO CURRENT_USER")
        for statement in (
            f"CREATE SCHEMA IF NOT EXISTS {names.schema} AUTHORIZATION {names.owner}",
            f"REVOKE ALL ON SCHEMA {names.schema} FROM PUBLIC",
            f"GRANT USAGE ON SCHEMA {names.schema} TO {names.runtime}",
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {names.owner} REVOKE ALL ON FUNCTIONS FROM PUBLIC",
        ):
            await connection.execute(statement)
        for role in (names.owner, names.runtime):
            await connection.execute(
                f"ALTER ROLE {role} IN DATABASE {quoted(database)}"
                f" SET search_path = {names.schema}, extensions"
            )


async def _ensure_extension(connection: asyncpg.Connection) -> None:
    """btree_gist serves the exclusion constraints of overlapping validity."""
    try:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA extensions")
    except asyncpg.PostgresError as error:
        raise Trouble(
            f"the extension btree_gist cannot be made: {error}", "install PostgreSQL's contrib package"
        ) from None
