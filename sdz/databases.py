"""The databases of a start: the embedded server, or those that the environment names, or some of each."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import asyncpg

from sdz.bootstrap import bootstrap
from sdz.database_urls import build_url, given_url, owner_variable, runtime_variable
from sdz.embedded.binaries import copy_for_other_user, find_binaries
from sdz.embedded.cluster import Cluster
from sdz.folders import Folders
from sdz.log_files import rotate
from sdz.secrets import read_secret, role_passwords
from sdz.services import SERVICES
from sdz.settings import Settings
from sdz.trouble import Trouble

DATABASE: Final = "sdz"


@dataclass(frozen=True)
class Databases:
    """Addresses by service. `owner_urls` lacks a service whose owner's address was not given: another job
    migrates it. `cluster` is None when no service uses the embedded server."""

    cluster: Cluster | None
    runtime_urls: Mapping[str, str]
    owner_urls: Mapping[str, str]


def embedded_services(environment: Mapping[str, str]) -> list[str]:
    """The services for which the environment names no database."""
    return [s for s in SERVICES if given_url(environment, runtime_variable(s)) is None]


def given_databases(environment: Mapping[str, str]) -> Databases:
    """What the environment names, without the embedded server."""
    runtime = {s: u for s in SERVICES if (u := given_url(environment, runtime_variable(s)))}
    owners = {s: u for s in runtime if (u := given_url(environment, owner_variable(s)))}
    return Databases(None, runtime, owners)


def require_password_of_database(folders: Folders) -> None:
    """Refuse to make a new password for a server that has another already."""
    if (folders.database / "data").exists() and not (folders.secrets / "database_admin_password").exists():
        raise Trouble(
            f"the database in {folders.database} is locked by a password that is gone from {folders.secrets}",
            f"restore that folder, or begin anew: rm -r {folders.database}",
        )


def embedded_cluster(settings: Settings, folders: Folders, *, durable: bool = True) -> Cluster:
    """The cluster of this installation, not yet started; the secrets exist."""
    binaries = find_binaries(settings.postgres_bin)
    if folders.server_user is not None:
        binaries = copy_for_other_user(binaries, folders.database)
    log = folders.logs / "database.log"
    rotate(log)
    return Cluster(
        binaries,
        folders.database,
        read_secret(folders.secrets, "database_admin_password"),
        log=log,
        user=folders.server_user,
        durable=durable,
    )


def prepare_embedded(cluster: Cluster, folders: Folders, services: list[str]) -> Databases:
    """Make roles and schemas of `services` in the running cluster; their addresses."""
    passwords = role_passwords(folders.secrets, services)
    asyncio.run(_bootstrap_own_server(cluster, passwords, services))

    def url(role: str) -> str:
        return build_url(f"sdz_{role}", passwords[role], "127.0.0.1", cluster.port, DATABASE)

    return Databases(cluster, {s: url(s) for s in services}, {s: url(f"{s}_owner") for s in services})


async def _bootstrap_own_server(cluster: Cluster, passwords: Mapping[str, str], services: list[str]) -> None:
    await bootstrap(cluster.url(), DATABASE, passwords, services=services)
    # The server is ours alone, so its other databases need not be open to every role either.
    connection = await asyncpg.connect(cluster.url())
    try:
        await connection.execute("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC")
    finally:
        await connection.close()
