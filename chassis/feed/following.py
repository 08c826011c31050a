"""The background work of a consumer."""

from __future__ import annotations

import asyncio

import structlog

from chassis.database import Database
from chassis.feed.consumer import Apply
from chassis.feed.recovery import follow_or_recover
from chassis.peers import Peer
from chassis.problems import DependencyUnavailable

log = structlog.get_logger("consumer")
_WAIT_SECONDS, _BROKEN_SECONDS = 20, 1.0


async def run_consumer(database: Database, peer: Peer, source: str, apply: Apply) -> None:
    """Follow `source` for ever."""
    while True:
        try:
            await follow_or_recover(database, peer, source, apply, wait=_WAIT_SECONDS)
        except asyncio.CancelledError:
            raise
        except DependencyUnavailable:
            await asyncio.sleep(_BROKEN_SECONDS)
        except Exception as error:
            log.warning("consumer waits", source=source, error=repr(error))
            await asyncio.sleep(_BROKEN_SECONDS)
