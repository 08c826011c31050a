"""The fast and the ordinary answer to the same request, side by side."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
from sqlalchemy import event

from chassis.app import Service, create_app
from chassis.identity.principal import Principal
from chassis.runtime import Runtime
from tests.postgres import ServiceDatabases
from tests.service_app import RunningService

# a trace id is that of its request
_OF_THE_REQUEST = {"trace-id"}


@dataclass
class SideBySide:
    """`fast` as it runs and `plain` without fast reads, on one database.

    `ordinary` counts the transactions of `fast`'s engine.
    """

    fast: RunningService
    plain: RunningService
    ordinary: int = field(default=0)

    async def get(
        self, who: Principal | None, path: str, headers: Mapping[str, str] | None = None, method: str = "GET"
    ) -> tuple[httpx.Response, bool]:
        """The answer, which is the same in every byte, and whether it was given fast."""
        before = self.ordinary
        answers = []
        for service in (self.plain, self.fast):
            async with service.client(who) as client:
                answers.append(await client.request(method, path, headers=headers))
        plain, fast = answers
        assert _told(fast) == _told(plain)
        return fast, self.ordinary == before


def _told(answer: httpx.Response) -> tuple[int, dict[str, str], bytes]:
    headers = {name: value for name, value in answer.headers.items() if name not in _OF_THE_REQUEST}
    body = answer.content.replace(answer.headers["trace-id"].encode(), b"")
    return answer.status_code, headers, body


@asynccontextmanager
async def side_by_side(
    service: Service, running: RunningService, databases: ServiceDatabases
) -> AsyncIterator[SideBySide]:
    settings = running.keys.settings(service.name, databases.url(service.name), fast_reads=False)
    app = create_app(service, settings)
    plain: Runtime = app.state.runtime
    pair = SideBySide(
        running,
        RunningService(service.name, app, running.keys, httpx.ASGITransport(app, raise_app_exceptions=False)),
    )

    def count(*_checkout: object) -> None:
        pair.ordinary += 1

    engine = running.runtime.database.engine.sync_engine
    event.listen(engine, "checkout", count)
    try:
        yield pair
    finally:
        event.remove(engine, "checkout", count)
        await plain.close()
