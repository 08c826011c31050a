"""Between a client and a service: what passes, what is bounded, what happens when nobody answers."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from chassis.problems import DependencyUnavailable
from services.gateway.proxy import front
from services.gateway.proxy.upstream import Upstream
from tests.gateway.conftest import Whole
from tests.gateway.running import RunningGateway, running_gateway
from tests.gateway.upstreams import FakeService, closed_address, served
from tests.postgres import ServiceDatabases


async def test_paths_and_queries_arrive_as_they_were_sent(whole: Whole) -> None:
    path = "/api/v1/zones/code:SDZ-0001%2F%E6%85%88;a=b"
    async with whole.gateway.client() as client:
        await client.get(f"{path}?name[contains]=%E6%85%88+x&sort=-a,b&cursor=a%2Fb%3D")
        await client.get("/api/v1/zones/慈溪")
    first, second = whole.registry.seen
    assert first.raw_path == path
    assert first.query == "name[contains]=%E6%85%88+x&sort=-a,b&cursor=a%2Fb%3D"
    assert second.raw_path == "/api/v1/zones/%E6%85%88%E6%BA%AA"


async def test_another_route_is_not_reached_by_dots(whole: Whole) -> None:
    async with served(whole.gateway.front) as address, httpx.AsyncClient() as client:
        for path in (
            "/api/v1/zones/%2e%2e/%2e%2e/%2e%2e/openapi.json",
            "/api/v1/zones/..%5c..%5copenapi.json",
        ):
            answer = await client.get(httpx.URL(address, raw_path=path.encode()))
            assert answer.status_code == 400
        host, port = address.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            b"GET /api/v1/zones/../../../openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        assert (await reader.readline()).split()[1] == b"400"
        await reader.read()
        writer.close()
    assert whole.registry.seen == []


async def test_a_client_cannot_speak_for_the_platform(whole: Whole) -> None:
    sent = {
        "sdz-timeout-ms": "1",
        "sdz-roles": "admin",
        "x-forwarded-for": "10.0.0.1",
        "x-forwarded-host": "evil.example",
        "forwarded": "for=10.0.0.1",
        "connection": "x-private",
        "x-private": "1",
        "cookie": "a=b",
        "x-kept": "慈".encode(),
        "traceparent": f"00-{'a' * 32}-{'b' * 16}-01",
    }
    async with whole.gateway.client() as client:
        answer = await client.get("/api/v1/zones?wait=20", headers=sent)  # type: ignore[arg-type]
    seen = whole.registry.seen[0]
    names = [name for name, _ in seen.headers]
    assert len(names) == len(set(names))
    assert not {"sdz-roles", "forwarded", "x-private", "cookie"}.intersection(names)
    assert seen.header("x-kept") == "慈"
    assert seen.header("x-forwarded-host") == "gateway"
    assert seen.header("x-forwarded-for") == "127.0.0.1"
    assert 49_000 < int(seen.header("sdz-timeout-ms") or 0) <= 50_000
    assert (seen.header("traceparent") or "").startswith(f"00-{'a' * 32}-")
    assert "b" * 16 not in (seen.header("traceparent") or "")
    assert answer.headers["trace-id"] == "a" * 32


async def test_encoded_content_is_not_touched(whole: Whole) -> None:
    content = gzip.compress(b'{"items":[]}')
    whole.registry.answers["/api/v1/zones"] = (200, content)
    whole.registry.headers = {"content-encoding": "gzip", "vary": "accept-encoding"}
    async with (
        whole.gateway.client() as client,
        client.stream("GET", "/api/v1/zones", headers={"accept-encoding": "gzip"}) as answer,
    ):
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert raw == content
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-length"] == str(len(content))
    assert whole.registry.seen[0].header("accept-encoding") == "gzip"


async def test_redirects_and_problems_pass(whole: Whole) -> None:
    whole.registry.answers["/api/v1/zones/a"] = (303, {})
    whole.registry.answers["/api/v1/zones/b"] = (412, {"code": "precondition_failed"})
    whole.registry.headers = {"location": "/api/v1/zones/c", "retry-after": "7"}
    async with whole.gateway.client() as client:
        moved = await client.get("/api/v1/zones/a")
        stale = await client.patch("/api/v1/zones/b", json={}, headers={"if-match": '"1.x"'})
    assert (moved.status_code, moved.headers["location"]) == (303, "/api/v1/zones/c")
    assert (stale.status_code, stale.json()["code"], stale.headers["retry-after"]) == (
        412,
        "precondition_failed",
        "7",
    )
    assert len(whole.registry.seen) == 2


async def test_head_is_handed_on_and_has_no_body(whole: Whole) -> None:
    whole.registry.answers["/api/v1/zones"] = (200, {"items": [1, 2, 3]})
    async with whole.gateway.client() as client:
        zones, own = await client.head("/api/v1/zones"), await client.head("/livez")
    assert whole.registry.seen[0].method == "HEAD"
    assert (zones.status_code, zones.content, zones.headers["content-length"]) == (200, b"", "20")
    assert (own.status_code, own.content) == (200, b"")


async def test_bodies_of_every_size_arrive_whole(whole: Whole) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 10_000

    async with whole.gateway.client() as client:
        await client.post("/api/v1/zones", content=b"")
        await client.post("/api/v1/zones", json={"name": "慈溪"})
        await client.post("/api/v1/zones/imports", content=b"y" * 3_000_000)
        await client.post("/api/v1/zones/imports", content=chunks())
    bodies = [seen.body for seen in whole.registry.seen]
    assert [len(body) for body in bodies] == [0, 17, 3_000_000, 400_000]
    assert set(bodies[3]) == {ord("x")}
    assert [seen.header("content-length") for seen in whole.registry.seen] == ["0", "17", "3000000", None]


async def test_a_body_beyond_the_bound_is_413(service_databases: ServiceDatabases, tmp_path: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 50_000

    registry = FakeService()
    async with AsyncExitStack() as stack:
        urls = {"registry": await stack.enter_async_context(served(registry))}
        gateway = await stack.enter_async_context(
            running_gateway(service_databases, tmp_path, urls=urls, max_forwarded_bytes=300_000)
        )
        async with gateway.client() as client:
            declared = await client.post("/api/v1/zones/imports", content=b"x" * 300_001)
            streamed = await client.post("/api/v1/zones/imports", content=endless())
            fitting = await client.post("/api/v1/zones/imports", content=b"x" * 300_000)
    assert [answer.status_code for answer in (declared, streamed, fitting)] == [413, 413, 200]
    assert streamed.json()["limit_bytes"] == 300_000


async def test_a_long_answer_streams(service_databases: ServiceDatabases, tmp_path: Path) -> None:
    """The first part is with the client before the service has made the last."""
    go_on = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        await go_on.wait()
        await send({"type": "http.response.body", "body": b"last"})

    async with AsyncExitStack() as stack:
        urls = {"registry": await stack.enter_async_context(served(slow))}
        gateway = await stack.enter_async_context(running_gateway(service_databases, tmp_path, urls=urls))
        address = await stack.enter_async_context(served(gateway.front))
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=address))
        answer = await stack.enter_async_context(client.stream("GET", "/api/v1/zones"))
        chunks = answer.aiter_raw()
        assert await anext(chunks) == b"first"
        go_on.set()
        assert b"".join([chunk async for chunk in chunks]) == b"last"


async def test_an_answer_that_breaks_off_does_not_look_whole(
    service_databases: ServiceDatabases, tmp_path: Path
) -> None:
    async def breaking(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"100")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        raise ConnectionResetError

    async with AsyncExitStack() as stack:
        urls = {"registry": await stack.enter_async_context(served(breaking))}
        gateway = await stack.enter_async_context(running_gateway(service_databases, tmp_path, urls=urls))
        address = await stack.enter_async_context(served(gateway.front))
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=address))
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get("/api/v1/zones")


async def test_a_service_that_is_down_is_503_with_its_name(gateway: RunningGateway) -> None:
    async with gateway.client() as client:
        for method in ("GET", "POST"):
            answer = await client.request(method, "/api/v1/projects", headers={"accept-language": "en"})
            assert answer.status_code == 503
            assert answer.json()["code"] == "dependency_unavailable"
            assert answer.json()["dependency"] == "projects"
            assert answer.json()["retryable"] is True
            assert int(answer.headers["retry-after"]) >= 1
        assert (await client.head("/api/v1/projects")).status_code == 503


async def test_a_service_that_says_nothing_is_503_in_time(
    service_databases: ServiceDatabases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal calls
        calls += scope["path"] == "/api/v1/zones"  # the gateway itself reads the feed
        while (await receive())["type"] != "http.disconnect":
            pass

    monkeypatch.setattr(front, "seconds_for", lambda method, path, query: 0.2)
    monkeypatch.setattr(front, "_GRACE_SECONDS", 0.1)
    monkeypatch.setattr(front, "body_seconds_for", lambda path: 0.1)
    async with AsyncExitStack() as stack:
        urls = {"registry": await stack.enter_async_context(served(silent))}
        gateway = await stack.enter_async_context(running_gateway(service_databases, tmp_path, urls=urls))
        client = await stack.enter_async_context(gateway.client())
        answer = await client.get("/api/v1/zones")
    assert (answer.status_code, answer.json()["dependency"]) == (503, "registry")
    assert calls == 1  # what took too long is not asked twice


async def tried(method: str, body: bytes = b"") -> int:
    """How many connections a request makes to a service that closes each without an answer."""
    connections = 0

    async def close(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        writer.close()

    server = await asyncio.start_server(close, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    services = Upstream({"registry": f"http://127.0.0.1:{port}"}, 10)
    with pytest.raises(DependencyUnavailable):
        async with services.send("registry", method, "/", [], 5, body):
            pass
    await services.close()
    server.close()
    return connections


async def test_reading_is_tried_twice_and_writing_once() -> None:
    assert [await tried(method) for method in ("GET", "HEAD", "OPTIONS")] == [2, 2, 2]
    assert [await tried(method, b"{}") for method in ("POST", "PUT", "PATCH", "DELETE")] == [1, 1, 1, 1]


async def test_what_comes_back_between_two_tries_is_used() -> None:
    """The first connection is refused in the middle, the second is answered."""
    connections = 0

    async def second_time(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        if connections == 2:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(second_time, "127.0.0.1", 0)
    services = Upstream({"registry": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"}, 10)
    async with services.send("registry", "GET", "/", [], 5) as answer:
        assert b"".join([chunk async for chunk in answer.chunks()]) == b"ok"
    await services.close()
    server.close()


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", closed_address())
    monkeypatch.setenv("HTTP_PROXY", closed_address())
    async with served(FakeService()) as address:
        services = Upstream({"registry": address}, 10)
        assert await services.get_json("registry", "/x", [], 5) == (200, {})
        await services.close()


async def test_one_service_that_hangs_leaves_the_others_their_connections() -> None:
    hanging = asyncio.Event()

    async def hang(scope: Scope, receive: Receive, send: Send) -> None:
        hanging.set()
        while (await receive())["type"] != "http.disconnect":
            pass

    async with served(hang) as slow, served(FakeService()) as quick:
        services = Upstream({"registry": slow, "projects": quick}, 1)
        waiting = asyncio.create_task(services.get_json("registry", "/", [], 1))
        await hanging.wait()
        assert await services.get_json("projects", "/", [], 5) == (200, {})
        assert not waiting.done()
        with pytest.raises(DependencyUnavailable):
            await waiting
        await services.close()


@pytest.mark.parametrize("method", ["TRACE", "BREW", "CONNECT"])
async def test_strange_requests_are_no_fault_of_ours(whole: Whole, method: str) -> None:
    headers = [(b"x-odd", b"\x01\xff"), (b"x odd", b"1"), (b"accept-language", b"\xff;q=a")]
    async with whole.gateway.client() as client:
        answer = await client.request(method, "/api/v1/zones", headers=headers)
    assert answer.status_code < 500 or answer.status_code == 503
    assert answer.headers.get("content-type", "").startswith("application/")


async def test_unknown_paths_are_problems(gateway: RunningGateway) -> None:
    async with gateway.client() as client:
        for path in ("/api/v1/nothing", "/api/v2/zones", "/nothing", "/api/v1/"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        feed = await client.get("/api/v1/changes?source=nobody")
    assert (feed.status_code, feed.json()["code"]) == (400, "invalid_parameter")
    assert feed.json()["errors"][0]["parameter"] == "source"


async def test_feeds_go_to_their_source(whole: Whole) -> None:
    async with whole.gateway.client() as client:
        for source in ("registry", "projects", "evaluation"):
            await client.get(f"/api/v1/changes?source={source}&after=5")
    for fake in (whole.registry, whole.projects, whole.evaluation):
        assert [seen.raw_path for seen in fake.seen] == ["/api/v1/changes"]
