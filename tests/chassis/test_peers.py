"""Calls to another service: one retry where none answered, a shrinking deadline, 503 with a name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from chassis import tracing
from chassis.identity.tokens import Keys, Verifier
from chassis.peers import Peer
from chassis.problems import DependencyUnavailable, Gone
from chassis.telemetry.requests import RequestMetrics
from chassis.tracing import Tracing, remaining_seconds
from tests.service_app import KeyRing

pytestmark = pytest.mark.anyio
Answer = Callable[[httpx.Request], httpx.Response]


class Scripted(httpx.AsyncBaseTransport):
    """Answers with the next of the given answers or exceptions."""

    def __init__(self, *script: httpx.Response | type[httpx.RequestError]) -> None:
        self.script, self.asked = list(script), list[httpx.Request]()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        step = self.script.pop(0)
        if isinstance(step, httpx.Response):
            return step
        raise step("scripted", request=request)


def ok() -> httpx.Response:
    return httpx.Response(200, content=b'{"value": 0.10}')


@pytest.fixture
def peer_of(keys: KeyRing) -> Callable[[httpx.AsyncBaseTransport], Peer]:
    return lambda transport: Peer("registry", "http://registry", keys.signer("projects"), transport)


Make = Callable[[httpx.AsyncBaseTransport], Peer]


@pytest.mark.parametrize("failure", [httpx.ConnectError, httpx.RemoteProtocolError, httpx.ReadError])
async def test_a_connection_that_failed_is_tried_once_more(
    peer_of: Make, failure: type[httpx.RequestError]
) -> None:
    once, twice = Scripted(failure, ok()), Scripted(failure, failure, ok())
    answer = await peer_of(once).get_json("/x", {})
    assert str(answer["value"]) == "0.10"
    with pytest.raises(DependencyUnavailable):
        await peer_of(twice).get_json("/x", {})
    assert (len(once.asked), len(twice.asked)) == (2, 2)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(503),
        httpx.Response(404),
        httpx.Response(302, headers={"location": "http://elsewhere/"}),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=b""),
        httpx.Response(200, content=b"[" * 10_000),
        httpx.Response(204),
    ],
    ids=str,
)
async def test_what_was_answered_is_not_asked_again_and_its_fault_is_not_the_callers(
    peer_of: Make, answer: httpx.Response
) -> None:
    script = Scripted(answer, ok())
    with pytest.raises(DependencyUnavailable) as refused:
        await peer_of(script).get_json("/x", {})
    assert len(script.asked) == 1
    assert refused.value.members == {"dependency": "registry"}
    assert refused.value.headers["Retry-After"]


@pytest.mark.parametrize("failure", [httpx.ReadTimeout, httpx.PoolTimeout, httpx.DecodingError])
async def test_what_took_too_long_or_was_garbled_is_not_asked_again(
    peer_of: Make, failure: type[httpx.RequestError]
) -> None:
    script = Scripted(failure, ok())
    with pytest.raises(DependencyUnavailable):
        await peer_of(script).get_json("/x", {})
    assert len(script.asked) == 1


async def test_gone_is_handed_on(peer_of: Make) -> None:
    with pytest.raises(Gone):
        await peer_of(Scripted(httpx.Response(410))).get_json("/x", {})


async def test_the_peer_is_told_who_asks_in_which_trace_and_how_long_it_may_take(
    peer_of: Make, keys: KeyRing
) -> None:
    script = Scripted(ok(), ok())
    await _inside_a_request(lambda: peer_of(script).get_json("/x", {}, timeout=5), timeout_ms="2000")
    await _inside_a_request(lambda: peer_of(script).get_json("/x", {}, timeout=1), timeout_ms="2000")
    first, second = script.asked
    verifier = Verifier("registry", Keys(keys.folder / "public"), {"projects": frozenset()})
    assert verifier.principal(first.headers["authorization"].split()[1]).subject == "service:projects"
    assert first.headers["traceparent"].split("-")[1] == "0af7651916cd43dd8448eb211c80319c"
    assert 0 < int(first.headers["sdz-timeout-ms"]) <= 2000
    assert int(second.headers["sdz-timeout-ms"]) <= 1000
    assert first.extensions["timeout"]["read"] <= 2.0


async def test_a_deadline_that_has_passed_leaves_no_time(peer_of: Make) -> None:
    script = Scripted(ok())
    await _inside_a_request(lambda: peer_of(script).get_json("/x", {}), timeout_ms="0")
    assert script.asked[0].headers["sdz-timeout-ms"] == "0"


@pytest.mark.parametrize("rubbish", ["", "-1", "1.5", "²", "9" * 30, "soon"])
async def test_a_deadline_that_is_no_number_is_none(rubbish: str) -> None:
    seen: list[float] = []

    async def note() -> None:
        seen.append(remaining_seconds(60))

    await _inside_a_request(note, timeout_ms=rubbish)
    assert seen == [60]


async def _inside_a_request(work: Callable[[], Any], timeout_ms: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await work()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    headers = [
        (b"sdz-timeout-ms", timeout_ms.encode("latin-1")),
        (b"traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ]
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}

    async def send(_message: Any) -> None:
        return None

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    await Tracing(app, "test", RequestMetrics())(scope, receive, send)


@pytest.fixture(autouse=True)
async def _no_deadline_is_left() -> AsyncIterator[None]:
    """The context of a request is its own task's; here tests play the request themselves."""
    deadline, trace = tracing._deadline.set(None), tracing._trace_id.set("0" * 32)
    yield
    del deadline, trace
