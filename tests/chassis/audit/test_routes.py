"""The trail over the API: who reads which records, heads, export and erasing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from chassis.audit.heads import Head
from chassis.audit.verifying import DoesNotFit, Verified, verify
from chassis.identity.principal import NOWHERE, Scope
from chassis.schedules.common import COMMON
from tests.chassis.test_listing import counted
from tests.registry.builders import zone
from tests.service_app import RunningService, ministry, province

pytestmark = pytest.mark.anyio
AUDITOR = ministry(subject="person:auditor", permissions=frozenset({"audit.read"}), write=NOWHERE)
ERASER = ministry(subject="person:eraser", permissions=frozenset({"audit.erase"}), view=NOWHERE)


async def changed(probe: RunningService, count: int = 3) -> None:
    """Some zones, registered by an office that gives its reasons."""
    async with probe.client(ministry()) as office:
        for i in range(count):
            place = "430181" if i == 1 else "420102"
            answer = await office.post(
                "/api/v1/zones", json=zone(f"Z-{i}", place), headers={"sdz-reason": f"reason-{i}"}
            )
            assert answer.status_code == 201, answer.text
    await probe.number_events()


async def items(client: httpx.AsyncClient, **query: str) -> list[dict[str, Any]]:
    answer = await client.get("/api/v1/audit", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def verified(probe: RunningService, answer: httpx.Response, expected: Head | None = None) -> Verified:
    key = load_pem_public_key((probe.keys.folder / "public" / "registry.pem").read_bytes())
    return verify(
        answer.content.splitlines(keepends=True),
        {probe.keys.signer("registry").key_id: key},  # type: ignore[dict-item]  # Ed25519, as all are
        expected,
    )


async def test_filters(probe: RunningService) -> None:
    await changed(probe)
    async with probe.client(AUDITOR) as auditor:
        everything = await items(auditor)
        assert [item["number"] for item in everything] == [4, 3, 2, 1]
        one = everything[0]
        for query, numbers in (
            ({"actor": "person:ministry"}, [4, 3, 2, 1]),
            ({"actor": "person:other"}, []),
            ({"action": "create_zone"}, [4, 3, 2]),
            ({"action[prefix]": "import_"}, [1]),
            ({"object_kind": "zone", "object_id": one["object"]["id"]}, [4]),
            ({"trace_id": one["trace_id"]}, [4]),
            ({"at[gt]": "2999-01-01T00:00:00Z"}, []),
            ({"occurred_at[lte]": "2999-01-01T00:00:00Z", "number[lt]": "3"}, [2, 1]),
            ({"sort": "number", "limit": "2"}, [1, 2]),
        ):
            assert [item["number"] for item in await items(auditor, **query)] == numbers, query
        page = (await auditor.get("/api/v1/audit?limit=3")).json()["page"]
        rest = await items(auditor, limit="3", cursor=page["next_cursor"])
        assert [item["number"] for item in rest] == [1]


@pytest.mark.parametrize(
    "query",
    [
        "source=projects",
        "number=x",
        "object_id=x",
        "at[gt]=yesterday",
        "who=me",
        "number[gt]=99999999999999999999",
    ],
)
async def test_a_bad_question_is_400(probe: RunningService, query: str) -> None:
    async with probe.client(AUDITOR) as auditor:
        assert (await auditor.get(f"/api/v1/audit?{query}")).status_code == 400


async def test_an_auditor_of_a_province_sees_what_was_done_there(probe: RunningService) -> None:
    await changed(probe)
    rights: dict[str, Any] = {"permissions": frozenset({"audit.read", "audit.erase"})}
    async with probe.client(province("420000", **rights)) as hubei:
        assert [item["number"] for item in await items(hubei)] == [4, 2]
        for path in ("heads", "export"):
            answer = await hubei.get(f"/api/v1/audit/{path}")
            assert (answer.status_code, answer.json()["reason"]) == (403, "outside_view_scope")
        assert (await hubei.post("/api/v1/audit/heads")).status_code == 403
        erasure = {"about": "person:ministry", "comment": "x"}
        assert (await hubei.post("/api/v1/audit/erasures", json=erasure)).status_code == 403
    elsewhere = ministry(view=Scope(divisions=frozenset({"999999"})), **rights)
    async with probe.client(elsewhere) as nobody:
        assert await items(nobody) == []


async def test_an_export_is_verified_with_the_public_key(probe: RunningService) -> None:
    await changed(probe)
    async with probe.client(AUDITOR) as auditor:
        assert (await auditor.get("/api/v1/audit/export")).status_code == 409
        head = (await auditor.post("/api/v1/audit/heads")).json()
        assert (head["service"], head["number"]) == ("registry", 4)
        answer = await auditor.get("/api/v1/audit/export")
        kept = msgspec.convert(head, Head)
        found = verified(probe, answer, kept)
        assert (found.first, found.last, found.heads, found.personal) == (1, 4, 1, 0)
        part = verified(probe, await auditor.get("/api/v1/audit/export?from=3&to=4&personal=true"))
        assert (part.first, part.personal, part.erased) == (3, 2, 0)
        lines = answer.content.splitlines(keepends=True)
        with pytest.raises(DoesNotFit) as fault:
            verified(probe, httpx.Response(200, content=b"".join([*lines[:2], *lines[3:]])))
        assert fault.value.number == 2


async def test_a_schedule_signs_what_was_recorded_once(probe: RunningService) -> None:
    [schedule] = [schedule for schedule in COMMON if schedule.name == "audit.sign"]
    await schedule.run(probe.runtime)
    await changed(probe)
    for _ in range(2):
        await schedule.run(probe.runtime)
    async with probe.client(AUDITOR) as auditor:
        heads = (await auditor.get("/api/v1/audit/heads")).json()["items"]
    assert [head["number"] for head in heads] == [4]


@pytest.mark.parametrize(
    "query", ["from=0", "from=5", "to=5", "from=3&to=2", "from=x", "to=99999999999999999999"]
)
async def test_a_range_that_is_not_there_is_400(probe: RunningService, query: str) -> None:
    await changed(probe)
    async with probe.client(AUDITOR) as auditor:
        await auditor.post("/api/v1/audit/heads")
        assert (await auditor.get(f"/api/v1/audit/export?{query}")).status_code == 400


async def test_heads_are_kept_and_a_second_one_vouches_for_more(probe: RunningService) -> None:
    await changed(probe)
    async with probe.client(AUDITOR) as auditor:
        first = (await auditor.post("/api/v1/audit/heads")).json()
        assert (await auditor.post("/api/v1/audit/heads")).json() == first
        await probe.number_events()  # that heads were asked for is itself recorded
        second = (await auditor.post("/api/v1/audit/heads")).json()
        assert second["number"] == 6
        listed = (await auditor.get("/api/v1/audit/heads")).json()["items"]
        assert listed == [second, first]
        found = verified(probe, await auditor.get("/api/v1/audit/export"), msgspec.convert(first, Head))
        assert found.heads == 2
        forged = Head(**{**asdict(msgspec.convert(first, Head)), "hash": second["hash"]})
        with pytest.raises(DoesNotFit):
            verified(probe, await auditor.get("/api/v1/audit/export"), forged)


async def test_nothing_recorded_is_nothing_to_sign(probe: RunningService) -> None:
    async with probe.client(AUDITOR) as auditor:
        answer = await auditor.post("/api/v1/audit/heads")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "nothing_recorded")


async def test_erasing_breaks_nothing_and_is_recorded(probe: RunningService) -> None:
    await changed(probe)
    async with probe.client(ERASER) as eraser:
        answer = await eraser.post(
            "/api/v1/audit/erasures", json={"about": "person:ministry", "comment": "本人申请"}
        )
        assert answer.json() == {"erased": 3}
        again = await eraser.post("/api/v1/audit/erasures", json={"about": "person:ministry", "comment": "x"})
        assert again.json() == {"erased": 0}
        assert (await eraser.get("/api/v1/audit")).status_code == 403
    await probe.number_events()
    async with probe.client(AUDITOR) as auditor:
        second, first, zone_made = (await items(auditor))[:3]
        assert (zone_made["personal"]["reason"]["erased"], zone_made["personal"]["reason"]["value"]) == (
            True,
            None,
        )
        assert (first["action"], first["details"]["erased"]) == ("erase_personal_data", 3)
        assert zone_made["personal"]["reason"]["digest"] in first["details"]["digests"]
        assert first["personal"]["reason"]["value"] == "本人申请"
        assert second["details"]["erased"] == 0
        await auditor.post("/api/v1/audit/heads")
        found = verified(probe, await auditor.get("/api/v1/audit/export?personal=true"))
        assert (found.last, found.personal, found.erased) == (6, 2, 3)


async def test_one_record_alone_can_be_cleared(probe: RunningService) -> None:
    await changed(probe)
    async with probe.client(AUDITOR) as auditor:
        wanted = (await items(auditor))[1]["id"]
    async with probe.client(ERASER) as eraser:
        answer = await eraser.post("/api/v1/audit/erasures", json={"record": wanted, "comment": "x"})
        assert answer.json() == {"erased": 1}
    async with probe.client(AUDITOR) as auditor:
        assert [item["personal"]["reason"]["erased"] for item in (await items(auditor))[:3]] == [
            False,
            True,
            False,
        ]


@pytest.mark.parametrize(
    "body",
    [
        {"comment": "x"},
        {"about": "person:1", "record": "0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a01", "comment": "x"},
        {"about": "person:1"},
        {"record": "x", "comment": "x"},
        {"about": "a\x00", "comment": "x"},
    ],
)
async def test_an_erasure_names_one_thing_and_says_why(probe: RunningService, body: dict[str, Any]) -> None:
    async with probe.client(ERASER) as eraser:
        assert (await eraser.post("/api/v1/audit/erasures", json=body)).status_code == 422


async def test_a_list_costs_the_same_however_long_it_is(probe: RunningService) -> None:
    await changed(probe, 6)
    counts = []
    async with probe.client(AUDITOR) as auditor:
        for limit in ("1", "6"):
            with counted(probe) as statements:
                await items(auditor, limit=limit)
            counts.append(len(statements))
    assert counts[0] == counts[1]
