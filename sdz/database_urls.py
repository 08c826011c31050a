"""Names and forms of the database addresses that services and migrations read.

For each service `SDZ_<SERVICE>_DATABASE_URL` is the runtime role's address and
`SDZ_<SERVICE>_OWNER_DATABASE_URL` the owner's, each of the form `postgresql://user:password@host:port/database`;
with `_FILE` appended the variable holds the path of a file with the address in it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sdz.trouble import Trouble

ADMINISTRATOR: Final = "sdz_admin"
"""The administrator of a server that we make."""


def runtime_variable(service: str) -> str:
    return f"SDZ_{service.upper()}_DATABASE_URL"


def owner_variable(service: str) -> str:
    return f"SDZ_{service.upper()}_OWNER_DATABASE_URL"


def build_url(user: str, password: str, host: str, port: int, database: str) -> str:
    """The address, with every part escaped that could be mistaken for a separator."""
    user, password, database = (quote(part, safe="") for part in (user, password, database))
    return f"postgresql://{user}:{password}@{host}:{port}/{database}"


def given_url(environment: Mapping[str, str], variable: str) -> str | None:
    """The address in `variable`, or in the file that `<variable>_FILE` names; None when neither is set."""
    if value := environment.get(variable):
        return value.strip()
    path = environment.get(f"{variable}_FILE")
    if not path:
        return None
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Trouble(
            f"{variable}_FILE names {path}, which cannot be read: {error.strerror}", "correct the path"
        ) from None


def required_url(environment: Mapping[str, str], variable: str) -> str:
    """The address in `variable`; `Trouble` when it is not set."""
    url = given_url(environment, variable)
    if url is None:
        raise Trouble(
            f"{variable} is not set 未设置",
            f"set it (or {variable}_FILE) to postgresql://user:password@host:port/database",
        )
    return url


def sqlalchemy_url(url: str) -> str:
    """The same address for SQLAlchemy's asyncpg dialect."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.split("+")[0] not in {"postgresql", "postgres"}:
        raise Trouble(
            "a database address does not begin with postgresql://", "correct the variable that holds it"
        )
    return f"postgresql+asyncpg://{rest}"
