"""What a running service holds: settings, database, keys, peers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chassis.cursors import Cursors
from chassis.database import Database
from chassis.documents.store import DocumentStore
from chassis.identity.tokens import Keys, Signer, Verifier
from chassis.peers import Peer
from chassis.settings import Settings
from chassis.stopping import Stopping


@dataclass(frozen=True)
class Runtime:
    """Reached in a request as `request.app.state.runtime`."""

    settings: Settings
    database: Database
    keys: Keys
    signer: Signer
    verifier: Verifier
    cursors: Cursors
    peers: Mapping[str, Peer]
    documents: DocumentStore
    stopping: Stopping = field(default_factory=Stopping)

    @classmethod
    def make(
        cls, settings: Settings, allowed_peers: Mapping[str, frozenset[str]], called_peers: tuple[str, ...]
    ) -> Runtime:
        own = settings.own
        signer = Signer(settings.service, own.signing_key_file)
        keys = Keys(settings.shared.keys)
        return cls(
            settings=settings,
            database=Database(
                own.database,
                settings.service,
                pool_size=own.pool_size,
                pool_wait_seconds=own.pool_wait_seconds,
            ),
            keys=keys,
            signer=signer,
            verifier=Verifier(settings.service, keys, allowed_peers),
            cursors=Cursors(settings.shared.cursor_key_file.read_bytes()),
            peers={name: Peer(name, settings.shared.url(name), signer) for name in called_peers},
            documents=DocumentStore(settings.service, own),
        )

    async def close(self) -> None:
        for peer in self.peers.values():
            await peer.close()
        await self.database.close()
