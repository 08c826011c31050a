"""A service small enough to try the supervision with: ready at once, and it notes when it ends."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sdz.services import SERVICES

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def create_app() -> Callable[[dict[str, Any], Receive, Send], Awaitable[None]]:
    name = next(s for s in SERVICES if f"SDZ_{s.upper()}_SIGNING_KEY_FILE" in os.environ)
    ended = Path(os.environ["SDZ_KEYS"]).parent.parent / "ended"

    async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            with ended.open("a", encoding="utf-8") as file:
                file.write(f"{name}\n")
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}
        )
        await send({"type": "http.response.body", "body": name.encode()})

    return app


def create_broken_app() -> None:
    """What `sdz up` says when a service cannot start."""
    raise RuntimeError("this service never starts")
