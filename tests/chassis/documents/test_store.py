"""The store: a folder, memory, and a server that speaks S3."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from moto.server import ThreadedMotoServer

from chassis.documents.places import MEMORY
from chassis.documents.store import CONTENT, INCOMING, DocumentStore, content_key
from chassis.problems import PayloadTooLarge, ServiceUnavailable, UnsupportedMediaType, ValidationFailed
from chassis.settings import OwnSettings
from tests.chassis.documents.files import PDF, PROGRAM, office

pytestmark = pytest.mark.anyio
LIMIT = 40_000_000


class CutOff(Exception):
    pass


async def chunks(*parts: bytes, fail: bool = False) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    if fail:
        raise CutOff


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "memory", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """Settings of a store of each kind, empty."""
    if request.param == "memory":
        return {"documents": MEMORY}
    if request.param == "folder":
        return {"documents": str(tmp_path / "documents")}
    server: str = request.getfixturevalue("s3_server")
    assert httpx.post(f"{server}/moto-api/reset").status_code == 200
    assert httpx.put(f"{server}/files").status_code == 200
    secret = tmp_path / "secret"
    secret.write_text("secret\n")
    return {
        "documents": "s3://files/sdz",
        "documents_endpoint": server,
        "documents_access_key_file": secret,
        "documents_secret_key_file": secret,
    }


@pytest.fixture
def store(place: dict[str, Any]) -> DocumentStore:
    return DocumentStore("registry", settings(**place))


def settings(**values: Any) -> OwnSettings:
    return OwnSettings(database_url="postgresql://nobody", signing_key_file=Path("none"), **values)


async def keys(store: DocumentStore) -> set[str]:
    return {
        item.key for folder in (INCOMING, CONTENT) async for page in store.listed(folder) for item in page
    }


async def whole(store: DocumentStore, sha256: str, start: int, end: int) -> bytes:
    return b"".join([part async for part in await store.read(sha256, start, end)])


async def test_a_content_is_kept_under_its_digest_and_read_in_parts(store: DocumentStore) -> None:
    parts = [PDF, *(bytes([number]) * 1_000_000 for number in range(12))]
    content = b"".join(parts)
    received = await store.receive(chunks(*parts), "a.pdf", LIMIT)
    assert (received.size, received.media_type) == (len(content), "application/pdf")
    assert received.sha256 == hashlib.sha256(content).hexdigest()
    assert await keys(store) == {received.key}
    await store.keep(received)
    assert await keys(store) == {content_key(received.sha256)}
    assert await whole(store, received.sha256, 0, len(content)) == content
    assert await whole(store, received.sha256, 999_990, 1_000_050) == content[999_990:1_000_050]


async def test_the_same_content_is_stored_once(store: DocumentStore) -> None:
    first = await store.receive(chunks(PDF), "a.pdf", LIMIT)
    await store.keep(first)
    [stamp] = [item.modified async for page in store.listed(CONTENT) for item in page]
    second = await store.receive(chunks(PDF[:5], PDF[5:]), "b.pdf", LIMIT)
    assert first.sha256 == second.sha256
    await store.keep(second)
    await store.discard(second)
    assert [item.modified async for page in store.listed(CONTENT) for item in page] == [stamp]
    assert await keys(store) == {content_key(first.sha256)}
    assert await whole(store, first.sha256, 0, first.size) == PDF


async def test_an_upload_cut_off_leaves_nothing(
    store: DocumentStore, place: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(CutOff):
        await store.receive(chunks(PDF, bytes(11_000_000), fail=True), "a.pdf", LIMIT)
    with pytest.raises(PayloadTooLarge):
        await store.receive(chunks(PDF, bytes(6_000_000), bytes(6_000_000)), "a.pdf", 7_000_000)
    assert await keys(store) == set()
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "secret"] == []
    if "documents_endpoint" in place:
        listed = httpx.get(f"{place['documents_endpoint']}/files?uploads").text
        assert "ListMultipartUploadsResult" in listed
        assert "<Upload>" not in listed


async def test_what_is_not_allowed_never_reaches_the_store(store: DocumentStore) -> None:
    with pytest.raises(UnsupportedMediaType):
        await store.receive(chunks(PROGRAM, bytes(100_000)), "a.pdf", LIMIT)
    with pytest.raises(ValidationFailed):
        await store.receive(chunks(), "a.pdf", LIMIT)
    with pytest.raises(PayloadTooLarge):
        await store.receive(chunks(PDF), "a.pdf", 10)
    assert await keys(store) == set()


async def test_an_archive_is_opened_where_it_lies(store: DocumentStore) -> None:
    document = await store.receive(chunks(office("word/document.xml")), "a.docx", LIMIT)
    assert document.media_type.endswith("wordprocessingml.document")
    with pytest.raises(UnsupportedMediaType):
        await store.receive(chunks(office("xl/vbaProject.bin")), "a.xlsx", LIMIT)
    assert await keys(store) == {document.key}


async def test_a_content_that_is_missing_is_the_platforms_fault(store: DocumentStore) -> None:
    with pytest.raises(ServiceUnavailable):
        await store.read("0" * 64, 0, 1)
    await store.remove(content_key("0" * 64))


async def test_two_services_share_a_place_and_see_only_their_own(place: dict[str, Any]) -> None:
    if place["documents"] == MEMORY:
        place = {"documents": MEMORY}
    one, other = (DocumentStore(name, settings(**place)) for name in ("registry", "projects"))
    received = await one.receive(chunks(PDF), "a.pdf", LIMIT)
    assert await keys(one) == {received.key}
    assert await keys(other) == set()


async def test_what_a_killed_process_had_begun_goes_too(tmp_path: Path) -> None:
    store = DocumentStore("registry", settings(documents=str(tmp_path)))
    begun, written = asyncio.Event(), asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield PDF + bytes(6_000_000)
        begun.set()
        await written.wait()

    task = asyncio.create_task(store.receive(endless(), "a.pdf", LIMIT))
    await asyncio.wait_for(begun.wait(), 10)
    [half] = (tmp_path / "registry" / INCOMING).iterdir()
    assert await keys(store) == set()
    copy = half.with_name("killed#1")  # as it lies there when its process is no more
    copy.write_bytes(b"%PDF")
    written.set()
    received = await task
    now = datetime.now(UTC)
    assert await store.remove_unfinished(now - timedelta(minutes=1)) == 0
    assert await store.remove_unfinished(now + timedelta(minutes=1)) == 1
    assert not copy.exists()
    assert await keys(store) == {received.key}


@pytest.mark.parametrize(
    "wrong",
    [
        {"documents": "below a file"},
        {"documents": "s3://files", "documents_endpoint": "http://127.0.0.1:9", "documents_region": "x"},
    ],
)
async def test_a_store_that_cannot_be_reached_is_503(wrong: dict[str, str], tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    if not wrong["documents"].startswith("s3:"):
        wrong = {"documents": str(secret / "folder")}
    files = {"documents_access_key_file": secret, "documents_secret_key_file": secret}
    store = DocumentStore("registry", settings(**wrong, **files))
    with pytest.raises(ServiceUnavailable):
        await store.receive(chunks(PDF), "a.pdf", LIMIT)
