"""The whole platform for the length of a block."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from sdz.child import Child
from sdz.database_urls import owner_variable
from sdz.databases import (
    Databases,
    embedded_cluster,
    embedded_services,
    given_databases,
    prepare_embedded,
    require_password_of_database,
)
from sdz.folder_lock import folder_lock
from sdz.folders import Folders, prepare
from sdz.free_ports import free_port, is_free
from sdz.migrate import migrate
from sdz.process_record import end_left_behind
from sdz.processes import Supervisor
from sdz.secrets import ensure_secrets
from sdz.service_environment import service_environment
from sdz.services import SERVICES
from sdz.settings import Settings
from sdz.stop_request import StopRequest
from sdz.trouble import Trouble

APPLICATION: Final = "services.{name}.app:create_app"
STEPS: Final = 3 + len(SERVICES)
"""How often `progress` is called on the way to a ready platform."""


@dataclass(frozen=True)
class Platform:
    """A platform that runs: where it answers, and what its supervisor can do."""

    folders: Folders
    urls: Mapping[str, str]
    """Address of each service, `http://host:port`; front ends use the gateway's only."""
    first_start: bool
    """Whether this start made the secrets: the first administrator's password was never shown."""
    supervisor: Supervisor

    @property
    def gateway_url(self) -> str:
        return self.urls["gateway"]


@contextmanager
def running_platform(
    settings: Settings,
    folders: Folders,
    *,
    say: Callable[[str], None],
    progress: Callable[[str], None] = lambda step: None,
    stop: StopRequest | None = None,
    environment: Mapping[str, str] | None = None,
    application: str = APPLICATION,
    durable: bool = True,
    verbose: bool = False,
) -> Iterator[Platform]:
    """Start everything, hand it over when every service is ready, and stop everything after the block.

    `say` gets news in whole lines, `progress` the steps of the start. When `stop` is asked for during the
    start, the block is entered with what runs: look at `stop.asked`. `durable=False` is for data that is
    thrown away. `Trouble` for whatever a person can mend.
    """
    stop = stop or StopRequest()
    environment = os.environ if environment is None else environment
    prepare(folders)
    with folder_lock(folders.run):
        record = folders.run / "processes.json"
        for process in end_left_behind(record):
            say(f"{process.name} of an earlier start was still running (process {process.pid}) and was ended")
        ports = _choose_ports(settings, environment)
        require_password_of_database(folders)
        made = ensure_secrets(folders.secrets, folders.public_keys)
        progress("secrets 密钥")
        cluster = (
            embedded_cluster(settings, folders, durable=durable) if embedded_services(environment) else None
        )
        try:
            databases = given_databases(environment)
            if cluster is not None:
                cluster.start()
                if cluster.found_running:
                    say("a database server that an earlier start had left was stopped and started anew")
                own = prepare_embedded(cluster, folders, embedded_services(environment))
                databases = Databases(
                    cluster,
                    {**databases.runtime_urls, **own.runtime_urls},
                    {**databases.owner_urls, **own.owner_urls},
                )
            progress("database 数据库")
            _migrate(databases, say)
            progress("migrations 数据库结构")
            children = _children(
                settings=settings,
                folders=folders,
                ports=ports,
                databases=databases,
                environment=environment,
                application=application,
            )
            urls = {child.name: _url(child.host, child.port) for child in children}
        except BaseException:
            if cluster is not None:
                cluster.stop()
            raise
        supervisor = Supervisor(cluster, children, record=record, say=say, verbose=verbose)
        try:
            if not stop.asked:
                supervisor.start(stop, progress)
            yield Platform(folders, urls, "gateway_admin_password" in made, supervisor)
        finally:
            supervisor.stop()


def _choose_ports(settings: Settings, environment: Mapping[str, str]) -> dict[str, int]:
    """A port for each service: the gateway's is known, the others' are free ones unless they are set."""
    ports = {"gateway": settings.gateway_port}
    for service in SERVICES[:-1]:
        given = environment.get(f"SDZ_{service.upper()}_PORT", "")
        if given and not (given.isdecimal() and 1 <= int(given) <= 65535):
            raise Trouble(f"SDZ_{service.upper()}_PORT is {given!r}", "set it to a port, or unset it")
        port = int(given) if given else free_port()
        while port in ports.values() and not given:
            port = free_port()
        ports[service] = port
    for service, port in ports.items():
        if not is_free(port, settings.gateway_host if service == "gateway" else "127.0.0.1"):
            another = port + 1 if port < 65535 else 8000
            raise Trouble(
                f"port {port} of the {service} is taken 端口已被占用",
                f"stop the program that uses it, or choose another: SDZ_{service.upper()}_PORT={another}",
            )
    return ports


def _migrate(databases: Databases, say: Callable[[str], None]) -> None:
    urls = {owner_variable(service): url for service, url in databases.owner_urls.items()}
    in_order = [service for service in SERVICES if service in databases.owner_urls]
    migrate(urls, in_order, waiting=lambda service: say(f"{service}: another migration runs, waiting for it"))


def _children(
    *,
    settings: Settings,
    folders: Folders,
    ports: Mapping[str, int],
    databases: Databases,
    environment: Mapping[str, str],
    application: str,
) -> list[Child]:
    hosts = {service: settings.gateway_host if service == "gateway" else "127.0.0.1" for service in SERVICES}
    urls = {service: _url(hosts[service], ports[service]) for service in SERVICES}
    return [
        Child(
            service,
            application=application.format(name=service),
            host=hosts[service],
            port=ports[service],
            environment=service_environment(
                service,
                base=environment,
                folders=folders,
                database_url=databases.runtime_urls[service],
                urls=urls,
            ),
            log=folders.logs / f"{service}.log",
        )
        for service in SERVICES
    ]


def _url(host: str, port: int) -> str:
    """The address by which this machine reaches a server that listens on `host`."""
    reached = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{reached}:{port}"
