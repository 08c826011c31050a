"""The app factory: a service is a name, its routers, and which feeds it follows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi_offline import FastAPIOffline

import chassis.states.tables
import chassis.temporal.tables  # noqa: F401  # every service has them
from chassis import catalogue, problem_responses
from chassis.audit import routes as audit
from chassis.fast.middleware import FastReads
from chassis.feed import changes, digest_route, snapshot
from chassis.feed.consumer import Apply
from chassis.feed.following import run_consumer
from chassis.feed.sequencer import run_sequencer
from chassis.health import health_router
from chassis.logs import configure_logs
from chassis.openapi import install_openapi
from chassis.operations import routes as operations
from chassis.operations.kinds import OperationKind
from chassis.operations.worker import run_worker
from chassis.runtime import Runtime
from chassis.schedules.common import COMMON
from chassis.schedules.routes import schedule_router
from chassis.schedules.running import Schedule
from chassis.settings import Settings
from chassis.start_memory import keep_start_out_of_collections
from chassis.telemetry.metrics_route import metrics_router
from chassis.tracing import Tracing
from chassis.vocabularies.routes import list_router, vocabulary_router
from chassis.vocabularies.terms import Vocabulary


@dataclass(frozen=True)
class Service:
    """Declaration of a service.

    `peers` maps the services that may call this one to what they may do; `follows` maps the services whose
    feed it applies to how; `calls` names further services that it calls; `vocabularies` are the enumerations
    that its resources use. `operations` are the kinds of long work that it does, `schedules` what it does by
    the clock. `lists_whole` says that it answers the error catalogue, all vocabularies and all operations for
    all services by routes of its own.
    """

    name: str
    title: str
    description: str
    routers: Sequence[APIRouter]
    peers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    follows: Mapping[str, Apply] = field(default_factory=dict)
    calls: tuple[str, ...] = ()
    vocabularies: Sequence[Vocabulary] = ()
    operations: Sequence[OperationKind[Any]] = ()
    schedules: Sequence[Schedule] = ()
    lists_whole: bool = False

    def all_routers(self) -> Sequence[APIRouter]:
        """What every service has, and its own."""
        lists = (
            ()
            if self.lists_whole
            else (catalogue.router, list_router(self.vocabularies), operations.list_router)
        )
        return (
            health_router,
            metrics_router,
            *lists,
            vocabulary_router(self.vocabularies),
            changes.router,
            snapshot.router,
            digest_route.router,
            operations.router,
            schedule_router(self.all_schedules()),
            audit.router,
            *self.routers,
        )

    def all_schedules(self) -> Sequence[Schedule]:
        """Its own, and those that every service has."""
        return (*self.schedules, *COMMON)


def create_app(service: Service, settings: Settings | None = None) -> FastAPI:
    """A FastAPI app; its background work runs with its lifespan."""
    settings = settings or Settings.read(service.name)
    configure_logs(settings.shared.log_level)
    runtime = Runtime.make(settings, service.peers, tuple({*service.follows, *service.calls}))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        keep_start_out_of_collections()
        with runtime.stopping.on_signals():
            async with background(_work(service, runtime)):
                yield
        await runtime.close()

    app = FastAPIOffline(
        title=service.title,
        description=service.description,
        version="1",
        lifespan=lifespan,
        openapi_url="/openapi.json",
        redirect_slashes=False,  # a redirect would name an address that only the gateway knows
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.runtime = runtime
    app.state.service = service
    problem_responses.register(app)
    if settings.own.fast_reads:
        reads = tuple(read for router in service.routers for read in getattr(router, "fast_reads", ()))
        app.add_middleware(FastReads, runtime=runtime, reads=reads)
    app.add_middleware(Tracing, service=service.name, requests=runtime.requests, traces=runtime.traces)
    for router in service.all_routers():
        app.include_router(router)
    install_openapi(app)
    return app


def _work(service: Service, runtime: Runtime) -> list[Coroutine[Any, Any, None]]:
    followed = [
        run_consumer(runtime.database, runtime.peers[source], source, apply)
        for source, apply in service.follows.items()
    ]
    work = [run_sequencer(runtime.database, runtime.watcher.told), *followed]
    if runtime.settings.own.worker:
        work.append(run_worker(runtime, service.operations, service.all_schedules()))
    return work


@asynccontextmanager
async def background(work: Sequence[Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Run coroutines beside the app; they are cancelled, and waited for, at its end."""
    tasks = [asyncio.create_task(coroutine) for coroutine in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
