"""The sweep removes what no row names, and never what an upload is about to name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.documents import sweeping
from chassis.documents.intake import Upload
from chassis.documents.store import CONTENT, INCOMING, Received
from chassis.documents.sweeping import sweep
from chassis.documents.writing import hold_content
from chassis.schedules.common import COMMON
from services.registry.zones.documents import ZONE_DOCUMENTS
from tests.chassis.documents.files import HUBEI_PATH, PDF, upload
from tests.service_app import RunningService, ministry

pytestmark = pytest.mark.anyio
SOON, LATER = timedelta(minutes=50), timedelta(minutes=70)
VALUES = {"category": "other", "description": None}


async def received(service: RunningService, content: bytes) -> Received:
    async def chunks() -> AsyncIterator[bytes]:
        yield content

    return await service.runtime.documents.receive(chunks(), "a.pdf", 1_000_000)


async def objects(service: RunningService) -> set[str]:
    store = service.runtime.documents
    return {item.key for part in (INCOMING, CONTENT) async for page in store.listed(part) for item in page}


async def swept(service: RunningService, after: timedelta) -> int:
    return await sweep(service.runtime.database, service.runtime.documents, datetime.now(UTC) + after)


async def test_what_no_row_names_goes_when_it_is_an_hour_old(zones: RunningService) -> None:
    store = zones.runtime.documents
    cut_off, rolled_back = await received(zones, PDF + b"1"), await received(zones, PDF + b"2")
    await store.keep(rolled_back)
    async with zones.client(ministry()) as office:
        kept = await upload(office)
        deleted = await upload(office, PDF + b"3")
        path, etag = deleted.headers["location"], deleted.headers["etag"]
        assert (await office.delete(path, headers={"if-match": etag})).status_code == 204
    before = await objects(zones)
    assert await swept(zones, SOON) == 0
    assert await objects(zones) == before
    assert await swept(zones, LATER) == 2
    left = await objects(zones)
    assert {key.rpartition("/")[2] for key in left} == {kept.json()["sha256"], deleted.json()["sha256"]}
    assert cut_off.key in before
    async with zones.client(ministry()) as office:
        assert (await office.get(kept.json()["content_url"])).content == PDF


async def test_a_schedule_sweeps(zones: RunningService, monkeypatch: pytest.MonkeyPatch) -> None:
    await zones.runtime.documents.keep(await received(zones, PDF))
    monkeypatch.setattr(sweeping, "AGE", timedelta(seconds=-2))
    [schedule] = [schedule for schedule in COMMON if schedule.name == "documents.sweep"]
    await schedule.run(zones.runtime)
    assert await objects(zones) == set()


async def test_a_content_that_an_upload_holds_is_left_alone(zones: RunningService) -> None:
    """The upload found an old orphan of the same content, and has not committed its row yet."""
    orphan = await received(zones, PDF)
    await zones.runtime.documents.keep(orphan)
    async with zones.runtime.database.transaction() as session:
        again = Upload("a.pdf", "application/pdf", await received(zones, PDF))
        store = zones.runtime.documents
        await ZONE_DOCUMENTS.create(session, store, "code:HB", again, VALUES, ministry())
        await store.discard(again.received)
        assert await swept(zones, LATER) == 0
    assert await swept(zones, LATER) == 0
    async with zones.client(ministry()) as office:
        [document] = (await office.get(HUBEI_PATH)).json()["items"]
        assert (await office.get(document["content_url"])).content == PDF


async def test_an_upload_that_comes_after_the_sweep_stores_the_content_anew(zones: RunningService) -> None:
    orphan = await received(zones, PDF)
    await zones.runtime.documents.keep(orphan)
    waiting = await received(zones, PDF)
    assert await swept(zones, timedelta(minutes=59)) == 0
    await zones.runtime.documents.remove(f"{CONTENT}/{orphan.sha256[:2]}/{orphan.sha256}")
    async with zones.runtime.database.transaction() as session:
        upload_ = Upload("a.pdf", "application/pdf", waiting)
        await ZONE_DOCUMENTS.create(session, zones.runtime.documents, "code:HB", upload_, VALUES, ministry())
    async with zones.client(ministry()) as office:
        [document] = (await office.get(HUBEI_PATH)).json()["items"]
        assert (await office.get(document["content_url"])).content == PDF


async def test_a_content_that_was_named_since_the_sweep_looked_stays(
    zones: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    orphan = await received(zones, PDF)
    await zones.runtime.documents.keep(orphan)
    look = sweeping._named

    async def look_then_upload(session: AsyncSession, digests: Sequence[str]) -> set[str]:
        found = await look(session, digests)
        monkeypatch.undo()
        async with zones.client(ministry()) as office:
            assert (await upload(office)).status_code == 201
        return found

    monkeypatch.setattr(sweeping, "_named", look_then_upload)
    assert await swept(zones, LATER) == 0
    async with zones.client(ministry()) as office:
        [document] = (await office.get(HUBEI_PATH)).json()["items"]
        assert (await office.get(document["content_url"])).content == PDF


async def test_the_row_is_looked_for_after_the_lock_is_held(zones: RunningService) -> None:
    """Whoever waits for the lock sees what its holder committed."""
    orphan = await received(zones, PDF)
    await zones.runtime.documents.keep(orphan)
    async with zones.runtime.database.transaction() as session:
        await hold_content(session, orphan.sha256)
        assert await swept(zones, LATER) == 0
    assert await swept(zones, LATER) == 1
