"""The documents of a zone that moves, goes or comes back are told of as it is."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from chassis.identity.principal import Principal
from tests.chassis.documents.files import PDF, upload
from tests.registry.builders import zone, zone_row
from tests.service_app import RunningService, csv_text, ministry, province

pytestmark = pytest.mark.anyio
ZONE = "/api/v1/zones/code:Z-1"
HUBEI, HUNAN = province("420000"), province("430000")
IN_HUNAN = {"code": "430181", "edition": "201904"}


async def _told(registry: RunningService, who: Principal) -> list[tuple[str, str]]:
    """Changes of documents that the reader is told of, with the document's name."""
    await registry.number_events()
    async with registry.client(who) as reader:
        items: list[dict[str, Any]] = (await reader.get("/api/v1/changes?types=document")).json()["items"]
    return [(event["type"].split(".")[2], event["data"]["resource"]["name"]) for event in items]


async def _held(office: httpx.AsyncClient) -> dict[str, str]:
    return {"if-match": (await office.get(ZONE)).headers["etag"]}


async def _with_documents(office: httpx.AsyncClient, *names: str) -> None:
    assert (await office.post("/api/v1/zones", json=zone())).status_code == 201
    for name in names:
        made = await upload(office, PDF + name.encode(), f"{name}.pdf", f"{ZONE}/documents")
        assert made.status_code == 201, made.text


async def test_each_document_is_told_of_where_its_zone_lies_now(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        await _with_documents(office, "a", "b")
        renamed = await office.patch(ZONE, json={"theme": "改"}, headers=await _held(office))
        assert renamed.status_code == 200
        before = await _told(registry, HUNAN)
        moved = await office.patch(ZONE, json={"division": IN_HUNAN}, headers=await _held(office))
        assert moved.status_code == 200
    assert (before, len(await _told(registry, HUNAN))) == ([], 2)
    assert [change for change, _ in await _told(registry, ministry())] == ["created"] * 2 + ["updated"] * 2


async def test_a_document_goes_with_its_zone_and_comes_back_with_it(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        await _with_documents(office, "a")
        assert (await office.delete(ZONE, headers=await _held(office))).status_code == 204
        for division in ("420102", "430181", "430181"):
            sheet = csv_text([zone_row("Z-1", division)])
            back = await office.post(
                "/api/v1/zones/imports?commit=true", content=sheet, headers={"content-type": "text/csv"}
            )
            assert back.status_code == 200, back.text
        listed = (await office.get(f"{ZONE}/documents")).json()["items"]
    assert [change for change, _ in await _told(registry, ministry())] == [
        "created",
        "deleted",
        "updated",
        "updated",
    ]
    assert [change for change, _ in await _told(registry, HUNAN)] == ["updated"]
    assert len(listed) == 1
