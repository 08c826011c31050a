"""The gateway: `uvicorn --factory services.gateway.app:create_app`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI

from chassis.app import Service, background
from chassis.app import create_app as create_service_app
from chassis.feed.consumer import Reacting
from chassis.settings import Settings
from services.gateway.accounts import me_routes
from services.gateway.accounts import routes as accounts
from services.gateway.accounts.first_start import make_first_accounts
from services.gateway.contract.collect import Contract
from services.gateway.contract.routes import serve_merged_contract
from services.gateway.merged import operations
from services.gateway.merged import routes as merged
from services.gateway.notices import routes as notices
from services.gateway.notices.following import tell_people
from services.gateway.notices.forgetting import FORGETTING
from services.gateway.notices.kinds import SOURCES
from services.gateway.notices.mailing import run_mailing
from services.gateway.proxy.front import Front
from services.gateway.proxy.routing_table import GATEWAY
from services.gateway.roles import routes as roles
from services.gateway.settings import GatewaySettings
from services.gateway.state import Gateway
from services.gateway.status import routes as status
from services.gateway.tokens import routes as tokens
from services.gateway.views import routes as views
from services.gateway.vocabularies import VOCABULARIES

log = structlog.get_logger("gateway")
_FIRST_START_SECONDS, _BROKEN_SECONDS = 10.0, 1.0

SERVICE = Service(
    name=GATEWAY,
    title="SDZ",
    description="可持续发展实验区开放平台 · Open platform for sustainable-development experimental zones",
    routers=(
        accounts.router,
        me_routes.router,
        tokens.router,
        roles.router,
        views.router,
        status.router,
        merged.router,
        notices.router,
        operations.router,
    ),
    follows=dict.fromkeys(SOURCES, Reacting(tell_people)),
    vocabularies=VOCABULARIES,
    schedules=(FORGETTING,),
    lists_whole=True,
)


def create_app(settings: Settings | None = None, own: GatewaySettings | None = None) -> Front:
    """The whole gateway; settings that are not given are read from the environment."""
    app = create_service_app(SERVICE, settings)
    gateway = Gateway.make(app.state.runtime, own or GatewaySettings.read())
    app.state.gateway = gateway
    serve_merged_contract(app, Contract(gateway.upstream))
    _extend_lifespan(app, gateway)
    return Front(app, gateway)


def _extend_lifespan(app: FastAPI, gateway: Gateway) -> None:
    serve = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(served: FastAPI) -> AsyncIterator[None]:
        made = asyncio.Event()
        mail = gateway.settings.mail
        mailing = [run_mailing(served.state.runtime.database, mail)] if mail else []
        async with serve(served), background([_first_start(served, gateway, made), *mailing]):
            await _wait_a_while(made)
            yield
        await gateway.upstream.close()

    app.router.lifespan_context = lifespan


async def _first_start(app: FastAPI, gateway: Gateway, made: asyncio.Event) -> None:
    """Make the first accounts, as soon as there is a database."""
    while True:
        try:
            await make_first_accounts(app.state.runtime.database, gateway.settings, gateway.passwords)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.warning("first accounts wait for the database", error=type(error).__name__)
            await asyncio.sleep(_BROKEN_SECONDS)
        else:
            made.set()
            return


async def _wait_a_while(made: asyncio.Event) -> None:
    """Who finds the gateway ready finds its accounts; without a database it serves what it can."""
    try:
        await asyncio.wait_for(made.wait(), _FIRST_START_SECONDS)
    except TimeoutError:
        log.warning("started without its first accounts")
