"""Documents over the API of a service."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import pytest

from chassis.documents.digests import digest_field
from chassis.documents.store import CONTENT, INCOMING
from tests.chassis.answers import problem_of, raw_request
from tests.chassis.audit.trail import records
from tests.chassis.documents.files import HUBEI_PATH, HUNAN_PATH, PDF, PROGRAM, named, office, upload
from tests.registry.builders import zone_row
from tests.service_app import RunningService, csv_text, ministry, province

pytestmark = pytest.mark.anyio


async def stored(service: RunningService, folder: str = CONTENT) -> list[str]:
    return [item.name async for page in service.runtime.documents.listed(folder) for item in page]


async def test_a_file_goes_in_and_comes_out_as_it_was(zones: RunningService) -> None:
    digest = hashlib.sha256(PDF).hexdigest()
    async with zones.client(province("420000")) as officer:
        made = await upload(
            officer, path=f"{HUBEI_PATH}?category=approval", content_digest=digest_field(digest)
        )
        assert made.status_code == 201, made.text
        document = made.json()
        read = await officer.get(made.headers["location"])
        listed = (await officer.get(HUBEI_PATH)).json()["items"]
        content = await officer.get(document["content_url"])
        head = await officer.head(document["content_url"])
    assert read.json() == document
    assert listed == [document]
    assert read.headers["etag"] == made.headers["etag"]
    expected = {"name": "批复.pdf", "category": "approval", "media_type": "application/pdf"}
    assert {name: document[name] for name in expected} == expected
    assert (document["size"], document["sha256"]) == (len(PDF), digest)
    assert document["created_by"] == "person:office-420000"
    assert content.content == PDF
    for answer in (content, head):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-length"] == str(len(PDF))
        assert answer.headers["repr-digest"] == digest_field(digest)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("sandbox")
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert answer.headers["cache-control"] == "private, no-cache"
    assert head.content == b""


async def test_a_download_goes_on_where_it_was_broken_off(zones: RunningService) -> None:
    async with zones.client(ministry()) as office_:
        url = (await upload(office_)).json()["content_url"]
        etag = (await office_.get(url)).headers["etag"]
        begun = await office_.get(url, headers={"range": "bytes=0-9"})
        rest = await office_.get(url, headers={"range": "bytes=10-", "if-range": etag})
        other = await office_.get(url, headers={"range": "bytes=10-", "if-range": '"another"'})
        beyond = await office_.get(url, headers={"range": f"bytes={len(PDF)}-"})
        fresh = await office_.get(url, headers={"if-none-match": etag, "range": "bytes=0-1"})
        head = await office_.head(url, headers={"range": "bytes=0-1"})
    assert (begun.status_code, rest.status_code) == (206, 206)
    assert begun.content + rest.content == PDF
    assert rest.headers["content-range"] == f"bytes 10-{len(PDF) - 1}/{len(PDF)}"
    assert (other.status_code, other.content) == (200, PDF)
    problem_of(beyond, 416, "range_not_satisfiable")
    assert beyond.headers["content-range"] == f"bytes */{len(PDF)}"
    assert (fresh.status_code, fresh.content) == (304, b"")
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(PDF)))


async def test_the_same_content_is_stored_once_and_told_twice(zones: RunningService) -> None:
    async with zones.client(ministry()) as office_:
        first = (await upload(office_)).json()
        second = (await upload(office_, name="副本.pdf", path=HUNAN_PATH)).json()
        await zones.number_events()
        events = (await office_.get("/api/v1/changes?types=document")).json()["items"]
    assert first["id"] != second["id"]
    assert await stored(zones) == [first["sha256"]]
    assert await stored(zones, INCOMING) == []
    assert [event["type"] for event in events] == ["sdz.document.created.v1"] * 2
    assert [event["data"]["resource"] for event in events] == [first, second]


async def test_documents_are_seen_and_written_where_their_zone_is(zones: RunningService) -> None:
    async with zones.client(ministry()) as office_:
        document = (await upload(office_)).json()
        read = await office_.get(HUBEI_PATH)
        await zones.number_events()
    url = document["content_url"]
    own = url.removesuffix("/content")
    async with zones.client(province("430000")) as neighbour:
        for path in (HUBEI_PATH, own, url):
            problem_of(await neighbour.get(path), 404, "not_found")
        problem_of(await upload(neighbour), 404, "not_found")
        changes = (await neighbour.get("/api/v1/changes?types=document")).json()["items"]
    reader = province("420000", write=province("430000").write)
    async with zones.client(reader) as looking:
        problem_of(await upload(looking), 403, "forbidden")
        problem_of(await looking.delete(own, headers={"if-match": '"1.x"'}), 403, "forbidden")
        assert (await looking.get(url)).content == PDF
    async with zones.client(ministry()) as office_:
        foreign = own.replace(document["parent"]["id"], "code:HN")
        problem_of(await office_.get(foreign), 404, "not_found")
    assert len(read.json()["items"]) == 1
    assert changes == []
    assert len(await stored(zones)) == 1


@pytest.mark.parametrize("way", ["patch", "sheet"])
async def test_documents_leave_feed_and_snapshot_with_their_zone(zones: RunningService, way: str) -> None:
    async with zones.client(ministry()) as office_:
        document = (await upload(office_)).json()
        if way == "patch":
            tag = (await office_.get("/api/v1/zones/code:HB")).headers["etag"]
            body = {"division": {"code": "430181", "edition": "201904"}}
            moved = await office_.patch("/api/v1/zones/code:HB", json=body, headers={"if-match": tag})
        else:
            moved = await office_.post(
                "/api/v1/zones/imports?commit=true",
                content=csv_text([zone_row("HB", "430181")]),
                headers={"content-type": "text/csv"},
            )
    assert moved.status_code == 200, moved.text
    await zones.number_events()
    record = (await records(zones.runtime.database))[-1]
    assert record["object"] == {"id": document["parent"]["id"], "kind": "zone", "version": 2}
    assert record["changes"]["kinds"] == {"document.updated": 1, "zone.updated": 1}
    async with zones.client(province("420000")) as left, zones.client(province("430000")) as came:
        events = [
            (await reader.get("/api/v1/changes?types=document")).json()["items"][-1]
            for reader in (left, came)
        ]
        lines = [
            (await reader.get("/api/v1/changes/snapshot?types=document")).text.splitlines()
            for reader in (left, came)
        ]
    assert events[0]["type"] == "sdz.document.removed_from_scope.v1"
    assert (events[1]["data"]["resource"], events[1]["data"]["version"]) == (document, 1)
    assert [len(found) - 2 for found in lines] == [0, 1]


async def test_what_is_known_of_a_file_changes_and_its_content_does_not(zones: RunningService) -> None:
    async with zones.client(ministry()) as office_:
        made = await upload(office_)
        path, tag = made.headers["location"], made.headers["etag"]
        problem_of(await office_.patch(path, json={"name": "x.pdf"}), 428)
        changed = await office_.patch(
            path,
            json={"name": "a/b/国批.pdf", "category": "plan", "description": "说明"},
            headers={"if-match": tag},
        )
        now = {"if-match": changed.headers["etag"]}
        stale = await office_.patch(path, json={"name": "y.pdf"}, headers={"if-match": tag})
        same = await office_.patch(path, json={"category": "plan"}, headers=now)
        empty = await office_.patch(path, json={"name": None}, headers=now)
        other = await office_.patch(path, json={"category": "plans"}, headers=now)
        content = await office_.patch(path, json={"sha256": "0"}, headers={"if-match": tag})
        gone = await office_.delete(path, headers=now)
        after = await office_.get(path + "/content")
        await zones.number_events()
        events = (await office_.get("/api/v1/changes?types=document")).json()["items"]
    assert (changed.json()["name"], changed.json()["version"]) == ("国批.pdf", 2)
    assert problem_of(stale, 412)["changed_fields"] == ["category", "description", "name"]
    assert (same.status_code, same.json()) == (200, changed.json())
    assert problem_of(empty, 422)["errors"][0]["pointer"] == "#/name"
    assert problem_of(other, 422)["errors"][0]["code"] == "unknown_term"
    problem_of(content, 422)
    assert gone.status_code == 204
    problem_of(after, 404)
    assert [event["data"]["version"] for event in events] == [1, 2, 3]
    # whoever has to account for a deleted file finds its content
    assert len(await stored(zones)) == 1


@pytest.mark.parametrize(
    ("content", "headers", "query", "status", "code"),
    [
        (PROGRAM, named("a.pdf"), "", 415, "unsupported_media_type"),
        (PDF, named("a.pdf", content_type="image/png"), "", 415, "unsupported_media_type"),
        (PDF, named("a.pdf", content_encoding="gzip"), "", 415, "unsupported_media_type"),
        (PDF, named("a.pdf", content_type="multipart/form-data"), "", 415, "unsupported_media_type"),
        (office("xl/vbaProject.bin"), named("a.xlsx"), "", 415, "unsupported_media_type"),
        (b"PK\x03\x04" + bytes(90), named("a.zip"), "", 415, "unsupported_media_type"),
        (b"", named("a.pdf"), "", 422, "validation_failed"),
        (PDF, {}, "", 400, "invalid_parameter"),
        (PDF, named("a.pdf", repr_digest="sha-256=:x:"), "", 400, "invalid_parameter"),
        (PDF, named("a.pdf", repr_digest=digest_field("0" * 64)), "", 400, "invalid_parameter"),
        (PDF, named("a.pdf"), "?category=photo", 400, "invalid_parameter"),
        (PDF, named("a.pdf"), "?categorie=plan", 400, "unknown_parameter"),
        (PDF + bytes(2_000), named("a.pdf"), "", 413, "payload_too_large"),
    ],
)  # fmt: skip
async def test_what_is_refused_leaves_nothing(
    zones: RunningService, content: bytes, headers: dict[str, str], query: str, status: int, code: str
) -> None:
    zones.runtime.settings.own.max_document_bytes = 2_000
    async with zones.client(ministry()) as office_:
        answer = await office_.post(HUBEI_PATH + query, content=content, headers=headers)
        problem_of(answer, status, code)
        assert (await office_.get(HUBEI_PATH)).json()["items"] == []
    assert await stored(zones, INCOMING) == []
    assert await stored(zones) == []


async def test_a_client_that_leaves_in_the_middle_leaves_nothing(zones: RunningService) -> None:
    headers = named("a.pdf") | {"authorization": f"Bearer {zones.token(ministry())}"}
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": PDF + bytes(100_000), "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(_message: Any) -> None:
        pass

    scope = {
        "type": "http",
        "method": "POST",
        "path": HUBEI_PATH,
        "raw_path": HUBEI_PATH.encode(),
        "query_string": b"",
        "headers": [(key.encode(), value.encode()) for key, value in headers.items()],
    }
    await zones.app(scope, receive, send)
    assert messages == []
    assert await stored(zones, INCOMING) == []
    async with zones.client(ministry()) as office_:
        assert (await office_.get(HUBEI_PATH)).json()["items"] == []


async def test_a_slow_client_holds_no_connection_to_the_database(zones: RunningService) -> None:
    headers = named("a.pdf") | {"authorization": f"Bearer {zones.token(ministry())}", "idempotency-key": "k"}
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def body() -> Any:
        yield PDF + bytes(70_000)
        arrived.set()
        await go_on.wait()
        yield PDF

    async with zones.client() as client:
        sending = asyncio.create_task(client.post(HUBEI_PATH, content=body(), headers=headers))
        await asyncio.wait_for(arrived.wait(), 10)
        assert zones.runtime.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # a queue pool
        go_on.set()
        assert (await sending).status_code == 201


async def test_a_repeated_upload_is_answered_as_before(zones: RunningService) -> None:
    async with zones.client(ministry()) as office_:
        first = await upload(office_, idempotency_key="one")
        again = await upload(office_, idempotency_key="one")
        other = await upload(office_, content=PDF + b"%", idempotency_key="one")
        renamed = await upload(office_, name="另.pdf", idempotency_key="one")
        listed = (await office_.get(HUBEI_PATH)).json()["items"]
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    problem_of(other, 422, "idempotency_mismatch")
    problem_of(renamed, 422, "idempotency_mismatch")
    assert len(listed) == 1
    assert await stored(zones, INCOMING) == []


async def test_lists_are_filtered_and_cost_the_same_queries(zones: RunningService) -> None:
    async with zones.client(ministry()) as office_:
        for number in range(5):
            category = "plan" if number % 2 else "report"
            await upload(
                office_, PDF + bytes([65 + number]), f"{number}.pdf", f"{HUBEI_PATH}?category={category}"
            )
        plans = (await office_.get(f"{HUBEI_PATH}?category=plan")).json()["items"]
        first = (await office_.get(f"{HUBEI_PATH}?limit=3")).json()
        rest = (await office_.get(f"{HUBEI_PATH}?limit=3&cursor={first['page']['next_cursor']}")).json()
    assert [item["name"] for item in plans] == ["3.pdf", "1.pdf"]
    names = [item["name"] for item in first["items"] + rest["items"]]
    assert names == ["4.pdf", "3.pdf", "2.pdf", "1.pdf", "0.pdf"]


@pytest.mark.parametrize("value", ["\xff\xfe", 'attachment; filename="a\x01b"', "a" * 9_000, "*=''"])
async def test_hostile_headers_are_refused(zones: RunningService, value: str) -> None:
    headers = {"authorization": f"Bearer {zones.token(ministry())}", "content-disposition": value}
    answer = await raw_request(zones.app, "POST", HUBEI_PATH, headers=headers, chunks=(PDF,))
    assert answer.status == 400
