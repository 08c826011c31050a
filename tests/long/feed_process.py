"""One process of the feed's proof: a sequencer, or a reader that writes down what it sees.

    python -m tests.long.feed_process sequencer URL
    python -m tests.long.feed_process reader URL KEYS OUT LIMIT

A reader ends when the file OUT.end is there and it has read all; it goes on through every failure.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import httpx

from chassis.app import create_app
from chassis.database import Database
from chassis.feed.sequencer import run_sequencer
from tests.chassis.probe import PROBE
from tests.service_app import KeyRing, ministry


async def sequencer(url: str) -> None:
    """Number for ever, until killed."""
    await run_sequencer(Database(url, "registry", pool_size=2))


async def reader(url: str, keys: str, out: str, limit: str) -> None:
    """Lines of `id version sequence` to `out`, in the order in which they were read."""
    ring = KeyRing(Path(keys))
    app = create_app(PROBE, ring.settings("registry", url, pool_size=2))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    after, epoch, anchor, failures = "0", "", "", 0
    with Path(out).open("w") as file:
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            while True:
                over = Path(f"{out}.end").exists()
                token = ring.signer("gateway").sign_for("registry", ministry())
                params = {"after": after, "epoch": epoch, "limit": limit, "wait": "1", "types": "thing"}
                answer = await client.get(
                    "/api/v1/changes",
                    params=params | ({"anchor": anchor} if anchor else {}),
                    headers={"authorization": f"Bearer {token}"},
                )
                if answer.status_code != 200:
                    assert answer.status_code == 503, answer.text
                    failures += 1
                    await asyncio.sleep(0.2)
                    continue
                page = answer.json()
                for event in page["items"]:
                    data = event["data"]
                    file.write(f"{data['id']} {data['version']} {event['sequence']}\n")
                after, epoch, anchor = page["next_after"], page["epoch"], page["anchor"] or ""
                if over and page["up_to_date"] and not page["items"]:
                    file.write(f"failures {failures}\n")
                    return


if __name__ == "__main__":
    asyncio.run(sequencer(sys.argv[2]) if sys.argv[1] == "sequencer" else reader(*sys.argv[2:6]))
