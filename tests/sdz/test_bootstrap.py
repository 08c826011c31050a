"""The separation of the services in the database."""

import secrets
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from sdz.bootstrap import bootstrap, quoted
from sdz.services import SERVICES
from sdz.trouble import Trouble
from tests.postgres import ServiceDatabases, new_service_databases


@pytest.fixture
async def registry(service_databases: ServiceDatabases) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the registry's runtime role with its own password."""
    connection = await asyncpg.connect(service_databases.url("registry"))
    yield connection
    await connection.close()


async def test_a_wrong_password_is_refused(service_databases: ServiceDatabases) -> None:
    for role in ("registry", "registry_owner"):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(service_databases.role_url(role, "not the password"))


async def test_the_password_of_another_service_is_refused(service_databases: ServiceDatabases) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(service_databases.role_url("registry", service_databases.passwords["projects"]))


@pytest.mark.parametrize("other", [service for service in SERVICES if service != "registry"])
async def test_the_registry_reads_no_other_schema(registry: asyncpg.Connection, other: str) -> None:
    assert await registry.fetchval("SELECT count(*) FROM registry.outbox") is not None
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await registry.fetch(f"SELECT * FROM {other}.outbox")


async def test_the_owner_of_one_schema_reads_no_other(service_databases: ServiceDatabases) -> None:
    owner = await asyncpg.connect(service_databases.owner_url("projects"))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await owner.fetch("SELECT * FROM evaluation.outbox")
    finally:
        await owner.close()


@pytest.mark.parametrize("schema", ["registry", "projects", "public", "extensions", "pg_temp"])
async def test_the_runtime_role_creates_no_table(registry: asyncpg.Connection, schema: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await registry.execute(f"CREATE TABLE {schema}.mine (id int)")


async def test_the_runtime_role_cannot_become_another(
    registry: asyncpg.Connection, service_databases: ServiceDatabases
) -> None:
    for role in ("registry_owner", "projects"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await registry.execute(f"SET ROLE {quoted(service_databases.prefix + role)}")


async def test_the_history_cannot_be_altered_by_the_service(registry: asyncpg.Connection) -> None:
    for statement in ("DELETE FROM feed", "UPDATE feed SET version = 1", "UPDATE outbox SET version = 1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await registry.execute(statement)


async def test_an_unqualified_name_means_the_own_schema(registry: asyncpg.Connection) -> None:
    assert await registry.fetchval("SHOW search_path") == "registry, extensions"
    assert await registry.fetchval("SELECT 'outbox'::regclass = 'registry.outbox'::regclass")


async def test_a_function_of_an_owner_runs_for_nobody_unasked(service_databases: ServiceDatabases) -> None:
    owner = await asyncpg.connect(service_databases.owner_url("registry"))
    runtime = await asyncpg.connect(service_databases.url("registry"))
    try:
        await owner.execute("CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await runtime.fetchval("SELECT one()")
    finally:
        await owner.execute("DROP FUNCTION IF EXISTS one()")
        await owner.close()
        await runtime.close()


async def test_exclusion_constraints_can_use_btree_gist(service_databases: ServiceDatabases) -> None:
    owner = await asyncpg.connect(service_databases.owner_url("registry"))
    try:
        await owner.execute("CREATE TABLE stay (room uuid, EXCLUDE USING gist (room WITH =))")
        await owner.execute("DROP TABLE stay")
    finally:
        await owner.close()


async def test_strangers_are_kept_out_of_the_database(service_databases: ServiceDatabases) -> None:
    stranger = f"stranger_{secrets.token_hex(4)}"
    admin = await asyncpg.connect(service_databases.server_url)
    try:
        await admin.execute(f"CREATE ROLE {stranger} LOGIN PASSWORD 'known'")
        url = service_databases.url("registry").replace(
            f"{service_databases.prefix}registry:{service_databases.passwords['registry']}",
            f"{stranger}:known",
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(url)
    finally:
        await admin.execute(f"DROP ROLE IF EXISTS {stranger}")
        await admin.close()


class TestOnANewDatabase:
    @pytest.fixture
    def fresh(self, postgres: str) -> Iterator[ServiceDatabases]:
        with new_service_databases(postgres) as databases:
            yield databases

    async def test_again_it_keeps_what_is_there_and_sets_new_passwords(self, fresh: ServiceDatabases) -> None:
        owner = await asyncpg.connect(fresh.owner_url("registry"))
        await owner.execute("CREATE TABLE kept AS SELECT 7 AS number")
        await owner.close()
        new = dict.fromkeys(fresh.passwords, "an'other \\ password")
        await bootstrap(fresh.server_url, fresh.database, new, prefix=fresh.prefix)
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(fresh.owner_url("registry"))
        owner = await asyncpg.connect(fresh.role_url("registry_owner", "an%27other%20%5C%20password"))
        assert await owner.fetchval("SELECT number FROM kept") == 7
        await owner.close()

    async def test_an_administrator_without_all_power_can_do_it(self, postgres: str) -> None:
        """As on a managed server: may create databases and roles, and is no superuser."""
        token = secrets.token_hex(4)
        name, prefix, database = f"admin_{token}", f"m{token}_", f"sdz_test_m{token}"
        passwords = {f"{s}{part}": "secret" for s in SERVICES for part in ("", "_owner")}
        superuser = await asyncpg.connect(postgres)
        try:
            await superuser.execute(f"CREATE ROLE {name} LOGIN CREATEDB CREATEROLE PASSWORD 'admin'")
            host = postgres.rpartition("@")[2].partition("/")[0]
            admin_url = f"postgresql://{name}:admin@{host}/postgres"
            for _ in range(2):
                await bootstrap(admin_url, database, passwords, prefix=prefix)
            owner = await asyncpg.connect(f"postgresql://{prefix}gateway_owner:secret@{host}/{database}")
            await owner.execute("CREATE TABLE mine (id int)")
            assert await owner.fetchval("SELECT 'mine'::regclass = 'gateway.mine'::regclass")
            await owner.close()
        finally:
            await superuser.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
            for role in passwords:
                await superuser.execute(f"DROP ROLE IF EXISTS {prefix}{role}")
            await superuser.execute(f"DROP ROLE {name}")
            await superuser.close()

    async def test_a_role_of_that_name_with_more_rights_is_refused(self, fresh: ServiceDatabases) -> None:
        admin = await asyncpg.connect(fresh.server_url)
        await admin.execute(f"ALTER ROLE {quoted(fresh.prefix + 'registry')} CREATEDB")
        await admin.close()
        with pytest.raises(Trouble, match="may do more than it should"):
            await bootstrap(fresh.server_url, fresh.database, fresh.passwords, prefix=fresh.prefix)


async def test_a_server_that_does_not_answer_is_named_as_such() -> None:
    with pytest.raises(Trouble, match="cannot be reached"):
        await bootstrap("postgresql://a:b@127.0.0.1:1/postgres", "sdz", {})


@pytest.mark.parametrize("name", ["", "x" * 64, "a\0b"])
def test_names_that_postgresql_would_cut_are_refused(name: str) -> None:
    with pytest.raises(Trouble, match="cannot be a name"):
        quoted(name)


def test_a_quote_sign_in_a_name_is_doubled() -> None:
    assert quoted('a"b') == '"a""b"'
