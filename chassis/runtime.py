"""What a running service holds: settings, database, keys, peers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from chassis.cursors import Cursors
from chassis.database import Database
from chassis.documents.store import DocumentStore
from chassis.fast.pool import ReadPool
from chassis.feed.watcher import Watcher
from chassis.identity.tokens import Keys, Signer, Verifier
from chassis.operations.computing import Processes
from chassis.operations.waiting import Waiting
from chassis.peers import Peer
from chassis.settings import Settings
from chassis.stopping import Stopping
from chassis.telemetry.requests import RequestMetrics
from chassis.telemetry.spans import Traces

SNAPSHOTS_AT_ONCE = 2  # each holds a database connection for as long as its reader takes


@dataclass(frozen=True)
class Runtime:
    """Reached in a request as `request.app.state.runtime`."""

    settings: Settings
    database: Database
    reads: ReadPool
    keys: Keys
    signer: Signer
    verifier: Verifier
    cursors: Cursors
    peers: Mapping[str, Peer]
    documents: DocumentStore
    stopping: Stopping
    watcher: Watcher
    waiting: Waiting
    processes: Processes
    snapshots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(SNAPSHOTS_AT_ONCE))
    requests: RequestMetrics = field(default_factory=RequestMetrics)
    traces: Traces | None = None

    @classmethod
    def make(
        cls, settings: Settings, allowed_peers: Mapping[str, frozenset[str]], called_peers: tuple[str, ...]
    ) -> Runtime:
        own = settings.own
        signer = Signer(settings.service, own.signing_key_file)
        keys = Keys(settings.shared.keys)
        database = Database(
            own.database, settings.service, pool_size=own.pool_size, pool_wait_seconds=own.pool_wait_seconds
        )
        stopping = Stopping()
        traces = None
        if endpoint := settings.shared.traces_endpoint:
            traces = Traces(settings.service, endpoint, settings.shared.traces_ratio)
            traces.watch(database.engine)
        return cls(
            traces=traces,
            settings=settings,
            database=database,
            reads=ReadPool(
                own.database,
                database.connection_settings,
                size=own.fast_pool_size,
                wait_seconds=own.pool_wait_seconds,
                traces=traces,
            ),
            keys=keys,
            signer=signer,
            verifier=Verifier(settings.service, keys, allowed_peers),
            cursors=Cursors(settings.shared.cursor_key_file.read_bytes()),
            peers={
                name: Peer(name, settings.shared.url(name), signer, traces=traces) for name in called_peers
            },
            documents=DocumentStore(settings.service, own),
            stopping=stopping,
            watcher=Watcher(database, stopping),
            waiting=Waiting(database, stopping),
            processes=Processes(own.worker_processes),
        )

    async def close(self) -> None:
        self.processes.close()
        for peer in self.peers.values():
            await peer.close()
        await self.reads.close()
        await self.database.close()
        if self.traces is not None:
            await asyncio.to_thread(self.traces.close)
