"""Can every service's database be reached, and is its schema at the version of this checkout?"""

import asyncio
from collections.abc import Iterator, Mapping

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from sdz.checks import Finding
from sdz.database_urls import build_url
from sdz.databases import DATABASE, embedded_services, given_databases
from sdz.folder_lock import is_held
from sdz.folders import Folders
from sdz.migrate import current, head
from sdz.secrets import read_secret
from sdz.trouble import Trouble


def check_databases(folders: Folders, environment: Mapping[str, str]) -> Iterator[Finding]:
    for service, url in given_databases(environment).runtime_urls.items():
        yield _check(service, url)
    embedded = embedded_services(environment)
    if embedded and not is_held(folders.run):
        made = (folders.database / "data").exists()
        yield Finding("database", "stopped; `sdz up` starts it" if made else "made by the first `sdz up`")
        return
    for service in embedded:
        try:
            yield _check(service, _embedded_url(folders, service))
        except Trouble as trouble:
            yield Finding(f"database {service}", trouble.what, trouble.remedy)


def _embedded_url(folders: Folders, service: str) -> str:
    try:
        port = int((folders.database / "port").read_text(encoding="ascii"))
    except (OSError, ValueError):
        raise Trouble("the embedded server has not started yet", "wait for `sdz up`, see its logs") from None
    password = read_secret(folders.secrets, f"{service}_password")
    return build_url(f"sdz_{service}", password, "127.0.0.1", port, DATABASE)


def _check(service: str, url: str) -> Finding:
    name = f"database {service}"
    newest = head(service)
    try:
        found = asyncio.run(current(service, url))
    except (OSError, TimeoutError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        return Finding(
            name, f"cannot be used: {reason}", "start it, or correct its address; then `sdz migrate`"
        )
    if found != newest:
        return Finding(name, f"at version {found}, this checkout wants {newest}", "run `sdz migrate`")
    return Finding(name, f"at version {found}")
