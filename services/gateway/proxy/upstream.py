"""The one place that speaks HTTP to the services."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import NetworkError, RequestError
from pyreqwest.request import StreamRequest
from pyreqwest.response import Response

from chassis.problems import DependencyUnavailable
from chassis.words import Words

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS"})
_CONNECT_SECONDS = 2
# a stalled answer is given up; the longest poll is answered before
_STALLED_SECONDS = 100
# below the five seconds after which a service closes an idle connection: a request must not meet its end
_IDLE_SECONDS = 4


@dataclass(frozen=True)
class Answer:
    """Status, headers and body of an answer, the body as it came over the wire."""

    status: int
    headers: Sequence[tuple[str, str]]
    response: Response

    async def chunks(self) -> AsyncIterator[bytes]:
        while (chunk := await self.response.body_reader.read_chunk()) is not None:
            yield bytes(chunk)


class Upstream:
    """Services by name, reached over one pool of connections."""

    def __init__(self, urls: Mapping[str, str], connections: int) -> None:
        self._urls = dict(urls)
        self._client = _client(connections)

    @asynccontextmanager
    async def send(
        self,
        service: str,
        method: str,
        target: str,
        headers: Sequence[tuple[str, str]],
        seconds: float,
        body: bytes | AsyncIterator[bytes] = b"",
    ) -> AsyncIterator[Answer]:
        """Send a request; `target` is the encoded path and query.

        Reading is tried a second time if the connection failed. Raises DependencyUnavailable (503) when the
        service cannot be reached or gives no answer within `seconds`; what the body's stream raises passes.
        """
        request, response = await self._open(service, method, target, headers, seconds, body)
        try:
            yield Answer(response.status, list(response.headers.items()), response)
        finally:
            await request.__aexit__(None, None, None)

    async def get_json(
        self, service: str, target: str, headers: Sequence[tuple[str, str]], seconds: float
    ) -> tuple[int, Any]:
        """Status and decoded body (None if it is no JSON) of a GET, all of it within `seconds`."""
        try:
            async with (
                asyncio.timeout(seconds),
                self.send(service, "GET", target, headers, seconds) as answer,
            ):
                content = b"".join([chunk async for chunk in answer.chunks()])
        except (TimeoutError, RequestError) as error:
            raise unavailable(service, type(error).__name__) from error
        try:
            return answer.status, msgspec.json.decode(content)
        except msgspec.DecodeError:
            return answer.status, None

    async def _open(
        self,
        service: str,
        method: str,
        target: str,
        headers: Sequence[tuple[str, str]],
        seconds: float,
        body: bytes | AsyncIterator[bytes],
    ) -> tuple[StreamRequest, Response]:
        try:
            async with asyncio.timeout(seconds):
                for attempt in (1, 2):
                    builder = self._client.request(method, self._urls[service] + target).headers(headers)
                    if isinstance(body, bytes):
                        builder = builder.body_bytes(body) if body or method not in _IDEMPOTENT else builder
                    else:
                        builder = builder.body_stream(body)
                    request = builder.build_streamed()
                    try:
                        return request, await request.__aenter__()
                    except NetworkError:
                        if attempt == 2 or method not in _IDEMPOTENT or body:
                            raise
        except (TimeoutError, RequestError) as error:
            raise unavailable(service, type(error).__name__) from error
        raise AssertionError("unreachable: the second attempt returns or raises")

    async def close(self) -> None:
        await self._client.close()


def unavailable(service: str, why: str) -> DependencyUnavailable:
    return DependencyUnavailable(
        Words(f"服务 {service} 未能应答 ({why})", f"The service {service} did not answer ({why})"),
        dependency=service,
    )


def _client(connections: int) -> Client:
    """A client that hands on what it is given: it decodes, follows, remembers and looks up nothing."""
    return (
        ClientBuilder()
        .http1_lower_case_headers()
        .no_proxy()
        .follow_redirects(False)
        .referer(False)
        .default_cookie_store(False)
        .gzip(False)
        .brotli(False)
        .zstd(False)
        .deflate(False)
        .max_connections(connections)
        .pool_timeout(timedelta(seconds=_CONNECT_SECONDS))
        .connect_timeout(timedelta(seconds=_CONNECT_SECONDS))
        .read_timeout(timedelta(seconds=_STALLED_SECONDS))
        .pool_idle_timeout(timedelta(seconds=_IDLE_SECONDS))
        .user_agent("sdz-gateway")
        .build()
    )
